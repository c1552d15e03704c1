"""`adamcli.sweep` as a call: the bits of the command, as arrays."""

import csv
import io

import numpy as np
import pytest

from adamcli import ConfigError, Status, UsageError, load_config, run_config, sweep
from tests.conftest import ROOT, config_of, same_bits

ARTICLE = str(ROOT / "configs" / "article.yaml")
GRID = ("-p", "alpha=log(1e-3,1e-1,3)", "-p", "eps_mode=hat,inside", "-p", "seed=0..4")
AXES = {"alpha": "log(1e-3,1e-1,3)", "eps_mode": ["hat", "inside"], "seed": range(5)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_columns_are_those_of_the_command(cli, jobs) -> None:
    shown = cli("sweep", ARTICLE, *GRID, "--format", "csv").stdout
    header, *rows = csv.reader(io.StringIO(shown))
    found = sweep(ARTICLE, AXES, jobs=jobs)
    assert list(found.columns) == header
    for name, texts in zip(header, zip(*rows, strict=True), strict=True):
        column = found[name]
        assert column.shape == (30,)
        if name in ("status", "eps_mode"):
            assert column.tolist() == list(texts)
        else:
            assert same_bits(column, np.array(texts, dtype=float))


def test_numbers_are_arrays_of_numbers() -> None:
    found = sweep(ARTICLE, AXES)
    kinds = {name: array.dtype.kind for name, array in found.columns.items()}
    assert kinds.pop("status") == "U"
    assert kinds.pop("eps_mode") == "O"
    assert {kinds.pop(name) for name in ("index", "seed", "nit")} == {"i"}
    assert set(kinds.values()) == {"f"}


def test_the_best_run_has_a_whole_result() -> None:
    found = sweep(ARTICLE, AXES)
    run = int(np.argmin(found["best.score"]))
    alone = run_config(
        load_config(
            ARTICLE,
            [
                f"alpha={float(found['alpha'][run])!r}",
                f"eps_mode={found['eps_mode'][run]}",
                f"seed={found['seed'][run]}",
            ],
        )
    )
    assert found.best.best == alone.best
    assert found.best.gradient == alone.gradient
    assert found.best.fun == found["best.score"][run]


def test_the_settings_are_compared_over_the_seeds() -> None:
    found = sweep(ARTICLE, AXES, top=100)
    assert len(found.settings) == 6
    first = found.settings[0]
    assert set(first.parameters) == {"alpha", "eps_mode"}
    chosen = (found["alpha"] == first.parameters["alpha"]) & (
        found["eps_mode"] == first.parameters["eps_mode"]
    )
    assert first.mean == pytest.approx(found["best.score"][chosen].mean(), rel=1e-12)
    assert [s.mean for s in found.settings] == sorted(s.mean for s in found.settings)
    assert sweep(ARTICLE, {"alpha": [0.1, 0.2]}).settings == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.1, 0.2], [0.1, 0.2]),
        (np.array([0.1, 0.2]), [0.1, 0.2]),
        (np.float32([0.5, 0.25]), [0.5, 0.25]),
        ("0.1, 0.2", [0.1, 0.2]),
        (["0.1/t", 0.2], ["0.1/t", 0.2]),
        ((1, 2), [1, 2]),
    ],
)
def test_values_may_be_listed_in_many_ways(values, expected) -> None:
    assert sweep(ARTICLE, {"alpha": values})["alpha"].tolist() == expected


def test_whole_numbers_stay_whole() -> None:
    for values in (range(3), [0, 1, 2], np.arange(3), "0..2"):
        column = sweep(ARTICLE, {"n_iter": values})["n_iter"]
        assert column.dtype.kind == "i"
        assert column.tolist() == [0, 1, 2]


def test_lists_and_mappings_are_values_too() -> None:
    found = sweep(ARTICLE, {"bounds.x": [[-1, 1], [-2, 2]], "start": [{"x": 0.5}, {"x": 0.25}]})
    assert found["start"].tolist() == ["{x: 0.5}", "{x: 0.25}"] * 2
    assert found["bounds.x"].tolist() == ["[-1, 1]"] * 2 + ["[-2, 2]"] * 2


def test_a_config_may_be_a_path_or_loaded_or_a_mapping() -> None:
    keys = {"objective": "x**2 + y**2", "bounds": {"x": [-1, 1], "y": [-1, 1]}, "n_iter": 60}
    keys |= {"alpha": 0.02, "beta1": 0.8}
    wanted = sweep(ARTICLE, {"seed": [1, 2]})["best.score"]
    for config in (load_config(ARTICLE), keys, ROOT / "configs" / "article.yaml"):
        assert same_bits(sweep(config, {"seed": [1, 2]})["best.score"], wanted)
    overridden = load_config(ARTICLE, ["n_iter=3"])
    assert sweep(overridden, {"seed": [1, 2]})["nit"].tolist() == [3, 3]


def test_samples_are_drawn_as_by_the_command(cli) -> None:
    axis = "loguniform(1e-3, 1e-1)"
    shown = cli(
        "sweep", ARTICLE, "-p", f"alpha={axis}", "--samples", "8", "--format", "tsv"
    ).stdout.splitlines()
    alphas = sweep(ARTICLE, {"alpha": axis}, samples=8)["alpha"]
    assert [repr(v) for v in alphas.tolist()] == [row.split("\t")[1] for row in shown[1:]]


def test_a_store_is_gone_on_from(tmp_path) -> None:
    store = str(tmp_path / "s.db")
    whole = sweep(ARTICLE, AXES, store=store)
    again = sweep(ARTICLE, AXES, store=store)
    assert all(map(same_bits, _numbers(whole), _numbers(again)))
    with pytest.raises(UsageError, match="belongs to another sweep"):
        sweep(ARTICLE, {"seed": range(3)}, store=store)


def _numbers(found) -> list[np.ndarray]:
    return [array for array in found.columns.values() if array.dtype.kind in "if"]


def test_without_points_there_are_scores_alone() -> None:
    found = sweep(ARTICLE, {"seed": range(5)}, points=False)
    assert list(found.columns) == ["index", "seed", "status", "nit", "best.score", "last.score"]
    assert same_bits(found["best.score"], sweep(ARTICLE, {"seed": range(5)})["best.score"])


@pytest.mark.parametrize(
    ("axes", "options", "message"),
    [
        ({"alpah": [1]}, {}, "`alpah` is not a key of the config\n.*\n.*\n  did you mean `alpha`"),
        ({"alpha": []}, {}, "the axis `alpha` is empty"),
        ({"alpha": [0.1, 0.1]}, {}, "has the value 0.1 twice"),
        ({"alpha": np.array([0.1, -1.0])}, {}, "expected a number, 0 or above"),
        ({"seed": [1], "alpha": "lin(1,2)"}, {}, "expected a first value, a last value"),
        ({}, {}, "nothing is varied"),
        ({"seed": [1]}, {"jbos": 2}, "unknown option `jbos`\n  did you mean `jobs`"),
    ],
)
def test_what_does_not_fit_is_an_error(axes, options, message) -> None:
    with pytest.raises((ConfigError, UsageError), match=message):
        sweep(ARTICLE, axes, **options)


def test_a_callers_terminal_stays_empty(capfd) -> None:
    sweep(ARTICLE, {"seed": range(3)})
    assert capfd.readouterr() == ("", "")


def test_an_interrupt_keeps_the_runs_that_are_done(monkeypatch) -> None:
    from adamcli.sweeps import blocks

    compute, calls = blocks.Work.compute, []

    def interrupted(self, block, control=None):
        calls.append(block)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return compute(self, block, control)

    monkeypatch.setattr(blocks, "MOST_RUNS", 10)
    monkeypatch.setattr(blocks.Work, "compute", interrupted)
    found = sweep(config_of("x**2 + y**2", n_iter=5), {"seed": range(100)}, jobs=1)
    assert found.stop is Status.INTERRUPTED
    assert found["index"].tolist() == list(range(calls[2].first))
    assert found.counts["runs"] == calls[2].first > 0


def test_a_result_is_short_in_a_notebook() -> None:
    found = sweep(ARTICLE, AXES)
    run = int(np.argmin(found["best.score"]))
    best = f"best score {found['best.score'][run]:.6g} in run {run}"
    assert repr(found) == f"<SweepResult of 30 runs over alpha, eps_mode, seed: {best}>"
