"""A store goes on with a plan that contains its own, and becomes the store of a fresh sweep."""

import pytest

from tests.sweeps.test_store import contents, left_unfinished, picky_config
from tests.sweeps.test_validation import damaged

CONFIG = """\
objective: (x - 0.2)**2 + y**2 + x*y/3
bounds: {x: [-1, 1], y: [-1, 1]}
alpha: 0.3
n_iter: 7
"""

GROWTHS = {
    "more seeds": (["alpha=0.1,0.2", "seed=0..4"], ["alpha=0.1,0.2", "seed=0..7"]),
    "one alpha": (["alpha=0.1,0.2", "seed=0..4"], ["alpha=0.1,0.15,0.2", "seed=0..4"]),
    "both": (["alpha=0.1,0.2", "seed=0..4"], ["alpha=0.3,0.2,0.1", "seed=9,3,0..2,4,6"]),
    "a formula": (["alpha=1,2", "seed=0..4"], ["alpha=0.1/t,2,1,0.5", "seed=0..4"]),
    "zeros": (["start.x=-0.0,1", "seed=0..1"], ["start.x=1,0.5,-0.0", "seed=0..2"]),
    "methods": (["method=adam,sgd", "seed=0..1"], ["method=adam,momentum,sgd", "seed=0..1"]),
    "new variables": (
        ["objective=x**2 + y**2,x**2*y**2"],
        ["objective=x**2 + y**2,y**4 - x,x**2*y**2"],
    ),
    "an order": (["alpha=0.1,0.2", "seed=0..4"], ["seed=0..9", "alpha=0.1,0.2"]),
    "an order alone": (["alpha=0.1,0.2", "seed=0..4"], ["seed=0..4", "alpha=0.1,0.2"]),
    "the own value": (
        ["alpha=0.1,0.2", "seed=0..4"],
        ["alpha=0.1,0.2", "seed=0..4", "beta1=0.8,0.9"],
    ),
    "the own seed": (["alpha=0.1,0.2"], ["seed=2,0", "alpha=0.1,0.2,0.3"]),
    "the own text": (["seed=0..4"], ["bounds_mode=reflect,clip", "seed=0..4"]),
    "draws": (
        ["alpha=loguniform(1e-3,1)", "beta1=uniform(0.1,0.9)", "--samples=8"],
        ["alpha=loguniform(1e-3,1)", "beta1=uniform(0.1,0.9)", "--samples=16"],
    ),
    "pairs": (
        ["alpha=0.1,0.2", "beta1=0.7,0.8", "--zip"],
        ["alpha=0.2,0.3,0.1", "beta1=0.8,0.9,0.7", "--zip"],
    ),
}

REFUSED = {
    "fewer": ["alpha=0.1,0.2", "seed=0..3"],
    "others": ["alpha=0.1,0.3", "seed=0..4"],
    "an axis": ["alpha=0.1,0.2", "seed=0..4", "beta1=0.7,0.8"],
    "an axis less": ["seed=0..4"],
    "another form": ["alpha=1/10,0.2", "seed=0..4"],
    "a config": ["alpha=0.1,0.2,0.3", "seed=0..4", "--set=n_iter=8"],
    "no points": ["alpha=0.1,0.2,0.3", "seed=0..4", "--no-points"],
    "a part": ["alpha=0.1,0.2,0.3", "seed=0..4", "--shard=1/2"],
    "pairs": ["alpha=0.1,0.2,0.3,0.4,0.5", "seed=0..4", "--zip"],
}


@pytest.fixture
def sweep(tmp_path):
    """Return a function that returns the arguments of a sweep with some axes."""
    config = tmp_path / "c.yaml"
    config.write_text(CONFIG)

    def arguments(plan) -> list[str]:
        parts = [part for axis in plan for part in ((axis,) if axis[:2] == "--" else ("-p", axis))]
        return ["sweep", str(config), "-q", *parts]

    return arguments


@pytest.mark.parametrize("unfinished", [False, True])
@pytest.mark.parametrize("name", GROWTHS)
def test_a_store_that_has_grown_is_that_of_a_fresh_sweep(
    cli, tmp_path, sweep, name, unfinished
) -> None:
    store, whole = tmp_path / "s.db", tmp_path / "whole.db"
    rows, fresh = tmp_path / "rows.csv", tmp_path / "fresh.csv"
    small, large = map(sweep, GROWTHS[name])
    assert cli(*small, "--store", str(store)).code == 0
    count = len(contents(store)["runs"])
    if unfinished:
        left_unfinished(store, (1, count))
        count -= 1
    ended = cli(*large, "--store", str(store), "-o", str(rows))
    assert cli(*large, "--store", str(whole), "-o", str(fresh)).code == 0
    total = len(contents(whole)["runs"])
    told = f"note: {store} has {count} of {total} runs of this plan\n"
    assert (ended.stderr, ended.code) == (told, 0)
    assert contents(store) == contents(whole)
    assert rows.read_bytes() == fresh.read_bytes()
    # It is an ordinary store from now on.
    assert cli(*large, "--store", str(store)) == ("", "", 0)


def test_what_is_stored_is_not_computed_again(cli, tmp_path) -> None:
    store, log = str(tmp_path / "s.db"), tmp_path / "calls"
    sweep = ["sweep", picky_config(tmp_path), "--allow-python", "-q", "--fail-on", "never"]
    sweep += ["--store", store, "--set", "bounds.x=[-1, 0.4]"]
    assert cli(*sweep, "-p", "seed=0..9", env={"CALLS": str(log)}).code == 0
    calls = log.read_text().count("\n")
    assert cli(*sweep, "-p", "seed=0..14", env={"CALLS": str(log)}).code == 0
    assert log.read_text().count("\n") == calls * 15 // 10


def test_messages_move_along(cli, tmp_path) -> None:
    store, whole = tmp_path / "s.db", tmp_path / "whole.db"
    sweep = ["sweep", picky_config(tmp_path), "--allow-python", "-q", "--fail-on", "never"]
    sweep += ["-p", "alpha=0.1,0.2"]
    assert cli(*sweep, "-p", "seed=0..9", "--store", str(store)).code == 0
    for path in (store, whole):
        ended = cli(*sweep, "-p", "seed=12,0..11,13..19", "--store", str(path))
        assert ended.code == 0
    assert len(contents(store)["messages"]) > 2
    assert contents(store) == contents(whole)


@pytest.mark.parametrize("name", REFUSED)
def test_a_plan_that_does_not_contain_the_other_is_refused(cli, tmp_path, sweep, name) -> None:
    store = tmp_path / "s.db"
    assert cli(*sweep(["alpha=0.1,0.2", "seed=0..4"]), "--store", str(store)).code == 0
    before = store.read_bytes()
    ended = cli(*sweep(REFUSED[name]), "--store", str(store))
    assert ended.code == 2
    assert ended.stderr.startswith(f"{store}: belongs to another sweep\n")
    assert store.read_bytes() == before


def test_a_run_that_a_plan_lacks_is_named(cli, tmp_path, sweep) -> None:
    store = str(tmp_path / "s.db")
    assert cli(*sweep(["alpha=0.1,0.2", "seed=0..4"]), "--store", store).code == 0
    said = cli(*sweep(["seed=0..9", "alpha=1/10,0.2"]), "--store", store).stderr
    assert "\n  not in this plan: run 0 of the store, with alpha=0.1\n" in said
    said = cli(*sweep(["seed=0..3", "alpha=0.1,0.2"]), "--store", store).stderr
    assert "\n  not in this plan: run 4 of the store, with seed=4\n" in said
    said = cli(*sweep(["alpha=0.1,0.2", "seed=0..4", "beta1=0.7,0.8"]), "--store", store).stderr
    assert "\n  not in this plan: run 0 of the store, with beta1=0.9\n" in said


def test_a_damaged_store_does_not_grow(cli, tmp_path, sweep) -> None:
    store = tmp_path / "s.db"
    assert cli(*sweep(["seed=0..4"]), "--store", str(store)).code == 0
    damaged(store, "UPDATE runs SET nit = 6 WHERE seed = 3")
    before = contents(store)
    ended = cli(*sweep(["seed=0..5"]), "--store", str(store))
    assert ended.code == 4
    assert "the rows of runs 0 to 4 are not those that were stored" in ended.stderr
    assert contents(store) == before


def test_a_store_that_grows_is_as_before_if_that_is_interrupted(
    cli, tmp_path, sweep, monkeypatch
) -> None:
    store = tmp_path / "s.db"
    assert cli(*sweep(["seed=0..4"]), "--store", str(store)).code == 0
    before = contents(store)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("adamcli.sweeps.extension.insert_block", interrupted)
    assert cli(*sweep(["seed=0..5"]), "--store", str(store)).code == 130
    assert contents(store) == before
    monkeypatch.undo()
    assert cli(*sweep(["seed=0..5"]), "--store", str(store)).code == 0
