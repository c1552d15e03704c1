"""Every method against PyTorch's recorded paths and the papers' equations with 50 digits."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pytest

import adamcli
from adamcli.optimizer.methods import METHODS
from tests.conftest import same_bits
from tests.optimizer.paper_methods import PAPERS, paper_path
from tests.optimizer.problems import PROBLEMS

RECORDED = json.loads(Path(__file__).with_name("torch_paths.json").read_text(encoding="utf-8"))

CASES = [
    pytest.param(case, id=f"{case['method']}-{case['problem']}-{case['kind']}")
    for case in RECORDED["cases"]
]

USED = {
    "adam": ("alpha", "beta1", "beta2", "eps", "weight_decay"),
    "amsgrad": ("alpha", "beta1", "beta2", "eps", "weight_decay"),
    "nadam": ("alpha", "beta1", "beta2", "eps", "weight_decay"),
    "radam": ("alpha", "beta1", "beta2", "eps", "weight_decay"),
    "adamax": ("alpha", "beta1", "beta2", "eps", "weight_decay"),
    "sgd": ("alpha", "weight_decay"),
    "momentum": ("alpha", "beta1", "weight_decay"),
    "nesterov": ("alpha", "beta1", "weight_decay"),
    "adagrad": ("alpha", "eps", "weight_decay"),
    "rmsprop": ("alpha", "beta2", "eps", "weight_decay"),
}
"""The hyperparameters of each method."""

AXES = {
    "alpha": [0.0003, 0.002, 0.0007],
    "beta1": [0.9, 0.0, 0.7],
    "beta2": [0.999, 0.9, 0.5],
    "eps": [1e-8, 0.01, 0.0],
    "weight_decay": [0.0, 0.1, 0.3],
}
"""Values in which the runs of a batch differ."""

SCHEDULES = {
    "alpha": ("0.0002/sqrt(t)", lambda t: 0.0002 / mpmath.sqrt(t)),
    "beta1": ("0.9 - 0.3/t", lambda t: 0.9 - 0.3 / t),
    "beta2": ("1 - 1/(t + 1)**0.8", lambda t: 1 - 1 / (t + 1) ** 0.8),
    "eps": ("1e-4/t", lambda t: 1e-4 / t),
    "weight_decay": ("0.3/(1 + t)", lambda t: 0.3 / (1 + t)),
}
"""Formulas of the step, each with the function it stands for."""


def keys_of(name, **keys):
    """Return the keys of a config for a problem."""
    problem = PROBLEMS[name]
    return {
        "objective": problem.formula,
        "bounds": problem.bounds,
        "bounds_mode": "start",
        **keys,
    }


def path_of(name, n_iter, **settings):
    """Return x (steps, dim) after every step of ours."""
    keys = keys_of(name, start=PROBLEMS[name].start, n_iter=n_iter, **settings)
    found = adamcli.minimize(keys.pop("objective"), keys.pop("bounds"), history=True, **keys)
    assert [record.t for record in found.history] == list(range(n_iter))
    return np.array([record.x for record in found.history])


def assert_close(found, wanted, tolerance) -> None:
    """Check two paths (steps, dim), relative to x or to 1 where that is larger."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape
    assert np.isfinite(wanted).all()
    error = np.abs(found - wanted) / np.maximum(np.abs(wanted), 1)
    assert error.max() <= tolerance, f"{error.max():.1e} at {np.argwhere(error == error.max())[0]}"


def at_recorded_steps(path):
    return [path[t - 1] for t in RECORDED["steps"]]


def test_every_method_has_its_oracles() -> None:
    recorded = {}
    for case in RECORDED["cases"]:
        recorded.setdefault(case["method"], set()).update(case["settings"])
    assert set(METHODS) == set(PAPERS) == set(recorded)
    assert {name: set(used) for name, used in USED.items()} == recorded


@pytest.mark.parametrize("case", CASES)
def test_every_step_is_that_of_torch(case) -> None:
    found = path_of(case["problem"], 200, method=case["method"], **case["settings"])
    assert_close(at_recorded_steps(found), case["path"], 1e-12)


@pytest.mark.parametrize("case", CASES)
def test_every_step_is_that_of_the_paper(case) -> None:
    found = path_of(case["problem"], 80, method=case["method"], **case["settings"])
    wanted = paper_path(case["method"], PROBLEMS[case["problem"]], 80, case["settings"])
    assert_close(found, wanted, 1e-11)


@pytest.mark.parametrize("case", CASES)
def test_the_oracles_agree_with_each_other(case) -> None:
    path = paper_path(case["method"], PROBLEMS[case["problem"]], 200, case["settings"])
    assert_close(at_recorded_steps(path), case["path"], 1e-12)


def test_radam_is_recorded_before_and_after_it_rectifies() -> None:
    def rho(t: int, beta2: float) -> float:
        return 2 / (1 - beta2) - 1 - 2 * t * beta2**t / (1 - beta2**t)

    beta2s = {case["settings"]["beta2"] for case in RECORDED["cases"] if case["method"] == "radam"}
    assert len(beta2s) > 1
    for beta2 in beta2s:
        assert {rho(t, beta2) > 5 for t in RECORDED["steps"]} == {False, True}


def test_radam_never_rectifies_when_the_average_is_short() -> None:
    settings = {"alpha": 0.0002, "beta1": 0.8, "beta2": 0.6, "eps": 1e-4}
    wanted = paper_path("radam", PROBLEMS["bowl"], 60, settings)
    assert_close(path_of("bowl", 60, method="radam", **settings), wanted, 1e-11)
    plain = paper_path("radam", PROBLEMS["bowl"], 60, {**settings, "eps": 1.0})
    assert wanted == plain


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("method", METHODS)
def test_formulas_of_the_step_are_those_of_the_paper(method, name) -> None:
    formulas = {key: SCHEDULES[key][0] for key in USED[method]}
    functions = {key: SCHEDULES[key][1] for key in USED[method]}
    wanted = paper_path(method, PROBLEMS[name], 100, functions)
    assert_close(path_of(name, 100, method=method, **formulas), wanted, 1e-11)


def alone(keys):
    """Return the last x and the best score of one run."""
    keys = dict(keys)
    found = adamcli.minimize(keys.pop("objective"), keys.pop("bounds"), **keys)
    return [*found.last.x, found.best.score]


def assert_bits_of_each_alone(keys, axes, runs) -> None:
    """Check some runs of a sweep against runs of their own."""
    found = adamcli.sweep(keys, axes, jobs=1)
    columns = [*(f"last.x.{name}" for name in keys["bounds"]), "best.score"]
    for run in runs:
        values = {axis: found[axis][run].item() for axis in axes}
        assert same_bits([found[c][run] for c in columns], alone({**keys, **values})), values


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("method", METHODS)
def test_a_run_has_the_same_bits_alone_and_as_one_of_many(method, name) -> None:
    settings = {key: AXES[key][0] for key in USED[method]} | {"weight_decay": 0.1}
    keys = keys_of(name, method=method, n_iter=300, **settings)
    assert_bits_of_each_alone(keys, {"seed": range(300)}, (0, 1, 128, 299))


@pytest.mark.parametrize(("method", "axis"), [(m, axis) for m in METHODS for axis in USED[m]])
def test_a_hyperparameter_may_differ_between_runs(method, axis) -> None:
    settings = {key: AXES[key][1] for key in USED[method] if key != axis}
    keys = keys_of("bowl", method=method, n_iter=40, **settings)
    assert_bits_of_each_alone(keys, {axis: AXES[axis], "seed": range(4)}, range(0, 12, 3))


@pytest.mark.parametrize("method", METHODS)
def test_all_hyperparameters_may_differ_between_runs(method) -> None:
    axes = {key: AXES[key] for key in USED[method]}
    runs = 3 ** len(axes)
    keys = keys_of("bowl", method=method, n_iter=40, start=PROBLEMS["bowl"].start)
    assert_bits_of_each_alone(keys, axes, range(0, runs, max(1, runs // 9)))


@pytest.mark.parametrize("method", METHODS)
def test_hyperparameters_may_differ_where_others_are_formulas(method) -> None:
    formulas = {key: SCHEDULES[key][0] for key in USED[method] if key != "alpha"}
    keys = keys_of("valley", method=method, n_iter=300, **formulas)
    assert_bits_of_each_alone(keys, {"alpha": AXES["alpha"], "seed": range(3)}, range(9))
