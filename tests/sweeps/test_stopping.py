"""Sweeps whose runs stop by themselves: the bits of each alone, however the sweep is computed."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adamcli
import adamcli.sweeps.blocks as blocks
from adamcli.config.load import read_keys
from adamcli.errors import UsageError
from adamcli.experiment import run_config
from adamcli.optimizer.status import STATUSES
from adamcli.sweeps.variations import SweepOptions, vary
from tests.conftest import same_bits

KEYS = {
    "objective": "k*(1 - x)**2 + c*(y - x**2)**2 + log(x + 3)",
    "constants": {"k": 1, "c": 10},
    "bounds": {"x": [-2, 2], "y": [-2, 2]},
    "alpha": 0.1,
    "n_iter": 120,
}

RULES = ["score < 1.5", "gradient < 0.5", "predicted_decrease < 1e-3", "score < 3 and t > 12"]

AXES = {
    "constants.k": [0.0, 1, 2.5],
    "constants.c": [1, 2, 10.5],
    "alpha": ["0.1/t", 0.3, 0.01, "0.01*width"],
    "beta1": [0.0, 0.5, 0.9],
    "weight_decay": [0.0, 0.1],
    "method": ["adam", "radam", "momentum"],
    "start.x": [-1.9, 0.3],
    "bounds_mode": ["clip", "reflect", "transform", "start"],
    "bounds.x": [[-2, 2], {"low": 0.1, "high": 2, "scale": "log"}],
    "n_iter": [0, 30, 100],
    "stop": [["score < 1.5"], {"patience": 15}, [{"patience": 30}, "gradient < 1"]],
    "direction": ["minimize", "maximize"],
}


def assert_rows_are_those_of_single_runs(variations, rows) -> None:
    for run in rows.columns["index"].tolist():
        alone = run_config(variations.config(run))
        k = int(np.flatnonzero(rows.columns["index"] == run)[0])
        assert STATUSES[rows.columns["status"][k]] is alone.status
        assert rows.columns["nit"][k] == alone.nit
        for name in ("best", "last"):
            point = getattr(alone, name)
            assert same_bits(rows.columns[f"{name}.score"][k], point.score)
            assert same_bits(rows.columns[f"{name}.x"][:, k], point.x)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(RULES), min_size=1, max_size=2, unique=True),
    st.lists(st.sampled_from(sorted(AXES)), min_size=1, max_size=3, unique=True),
    st.booleans(),
)
def test_every_run_of_a_sweep_stops_as_it_does_alone(rules, keys, repeated) -> None:
    axes = {key: AXES[key] for key in keys if key != "start.x" or "bounds.x" not in keys}
    axes |= {"seed": range(5 if repeated else 1)}
    config = {**KEYS, "stop": rules}
    if "direction" in axes:
        config["objective"] = "-sin(3*x)*k - y**2/c"
    found = adamcli.sweep(config, axes, jobs=1)
    variations = vary(read_keys(config, "c"), SweepOptions(), adamcli_axes(axes))
    some = np.unique(np.linspace(0, variations.plan.size - 1, 8).astype(int))
    rows = variations.compute(np.arange(variations.plan.size))
    assert_rows_are_those_of_single_runs(variations, variations.compute(some))
    scores = variations.compute(np.arange(variations.plan.size), points=False)
    assert same_bits(found["best.score"], rows.columns["best.score"])
    for name in ("status", "nit", "best.score", "last.score"):
        assert same_bits(scores.columns[name], rows.columns[name])


def adamcli_axes(axes):
    from adamcli.config.sweep import read_values

    return read_values(axes)


def config_file(folder, stop="[score < 1.5, {patience: 20}]"):
    path = folder / "c.yaml"
    path.write_text(
        "objective: k*(1 - x)**2 + 10*(y - x**2)**2 + log(x + 1.8)\n"
        "constants: {k: 1}\nbounds: {x: [-2, 2], y: [-2, 2]}\n"
        f"alpha: 0.1\nn_iter: 80\nbounds_mode: start\nstop: {stop}\n",
        encoding="utf-8",
    )
    return str(path)


AXES_OF_FILE = ("-p", "constants.k=0.5,1,2", "-p", "alpha=0.05,0.3/sqrt(t)", "-p", "seed=0..39")


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_workers_stores_and_shards_stop_at_the_same_steps(cli, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(blocks, "MOST_RUNS", 17)
    config = config_file(tmp_path)
    command = ("sweep", config, *AXES_OF_FILE, "--quiet", "--format", "csv", "--fail-on", "never")
    whole = cli(*command, "-j", "1")
    assert whole.code == 0
    rows = rows_of(whole.stdout)
    assert {row["status"] for row in rows} == {"converged", "diverged", "finished"}
    assert len({row["nit"] for row in rows}) > 20
    assert cli(*command, "-j", "2") == whole
    store = str(tmp_path / "s.db")
    assert cli(*command, "-j", "2", "--store", store) == whole
    assert cli(*command, "--store", store) == whole
    parts = [cli(*command, "--shard", f"{k}/3", "--store", f"{tmp_path}/{k}.db") for k in (1, 2, 3)]
    assert [row for part in parts for row in rows_of(part.stdout)] == rows
    merged = str(tmp_path / "m.db")
    stores = [f"{tmp_path}/{k}.db" for k in (3, 1, 2)]
    assert cli("merge", *stores, "-o", merged).code == 0
    assert cli(*command, "--store", merged) == whole


def test_a_store_with_a_part_of_the_runs_is_completed(tmp_path, monkeypatch) -> None:
    config, axes = {**KEYS, "stop": ["score < 1.5", {"patience": 9}]}, {"seed": range(60)}
    whole = adamcli.sweep(config, {**axes, "constants.k": [0.1, 1]}, jobs=1)
    store = str(tmp_path / "s.db")
    monkeypatch.setattr(blocks, "MOST_RUNS", 11)
    compute, left = blocks.Work.compute, [4]

    def stops(self, block, control=None):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return compute(self, block, control)

    monkeypatch.setattr(blocks.Work, "compute", stops)
    part = adamcli.sweep(config, {**axes, "constants.k": [0.1, 1]}, jobs=1, store=store)
    assert part.stop is not None
    monkeypatch.setattr(blocks.Work, "compute", compute)
    again = adamcli.sweep(config, {**axes, "constants.k": [0.1, 1]}, jobs=1, store=store)
    assert again.columns.keys() == whole.columns.keys()
    assert all(np.array_equal(again[name], whole[name]) for name in whole.columns)


def test_seconds_are_refused_in_a_sweep(cli, tmp_path) -> None:
    config = config_file(tmp_path)
    reason = "stop: in a sweep, `seconds` would end the same run elsewhere at another step"
    found = cli("sweep", config, "-p", "seed=0..3", "--stop", "seconds > 60")
    assert found == ("", f"{config}: {reason}\n", 2)
    assert cli("run", config, "--stop", "seconds > 60", "--quiet").code == 0
    with pytest.raises(UsageError, match="in a sweep, `seconds` would"):
        adamcli.sweep(KEYS, {"stop": ["score < 1", "score < 1 and seconds > 2"]})


def test_rules_are_an_axis_and_the_best_config_has_its_own(cli, tmp_path) -> None:
    config, best = config_file(tmp_path, "[]"), tmp_path / "best.yaml"
    axes = ("-p", "stop=[score < 1.5],{patience: 9},gradient < 1e-2", "-p", "seed=0..4")
    command = ("sweep", config, *axes, "--fail-on", "never", "--save-best", str(best))
    rows = rows_of(cli(*command, "--quiet", "--format", "csv").stdout)
    assert [row["stop"] for row in rows[::5]] == [
        "[score < 1.5]",
        "{patience: 9}",
        "gradient < 1e-2",
    ]
    scores = [float(row["best.score"]) for row in rows]
    saved = adamcli.load_config(str(best))
    run = run_config(saved)
    assert run.best.score == min(scores)
    assert run.nit == int(rows[scores.index(min(scores))]["nit"])


def test_an_axis_inside_the_key_varies_one_rule(cli, tmp_path) -> None:
    config = config_file(tmp_path, "{patience: {steps: 30}, score: -9}")
    found = cli("sweep", config, "-p", "stop.patience.steps=5,10,40", "--quiet", "--format", "csv")
    nit = [int(row["nit"]) for row in rows_of(found.stdout)]
    assert nit == sorted(nit)
    assert nit[0] < nit[2]


def test_converged_runs_are_counted_shown_and_expected(cli, tmp_path) -> None:
    config = config_file(tmp_path, "score < 3")
    axes = ("-p", "seed=0..3", "-p", "constants.k=0.5,1")
    found = cli("sweep", config, *axes, "--expect", "converged == runs", "--format", "csv")
    rows = rows_of(found.stdout)
    assert {row["status"] for row in rows} == {"converged"}
    # Nothing is amiss, so nothing is said.
    assert (found.stderr, found.code) == ("", 0)
    found = cli(
        "sweep", config, *axes, "--stop", "t > 5", "--expect", "finished == runs", "--quiet"
    )
    assert found == ("", "expected finished == runs, found finished = 0, off by 8\n", 1)
    found = cli("sweep", config, "-p", "seed=0..3")
    assert found.stdout.count("converged") == 4


def test_the_statistics_of_groups_take_converged_runs(tmp_path) -> None:
    config = {**KEYS, "stop": "score < 2", "n_iter": 900}
    found = adamcli.sweep(config, {"alpha": [0.05, 0.1], "seed": range(20)}, jobs=1)
    assert found.counts["converged"] == 40
    scores = found["best.score"].reshape(2, 20)
    means = sorted(group.mean for group in found.settings)
    assert means == pytest.approx(sorted(scores.mean(axis=1)), rel=1e-12)
    assert {group.best for group in found.settings} == set(scores.min(axis=1))
    assert [group.runs for group in found.settings] == [20, 20]
