"""Python objectives: one run at a time, whole batches, and differentiated by other packages."""

import os
import sys
import types

import numpy as np
import pytest

from adamcli import UsageError, minimize
from adamcli.config.load import load_config, parse_config
from adamcli.diagnostics import ConfigError
from adamcli.errors import ObjectiveError
from adamcli.experiment import prepare, run_config
from adamcli.optimizer.loop import minimize_batch

CODE = """
from __future__ import annotations
from dataclasses import dataclass
import numpy as np

@dataclass
class Weights:
    w: list[float]

shapes = []

def single(x, w):
    return x**2 + float((w**2).sum())

def single_gradient(x, w):
    return [2*x, 2*w]

def batch(x, w):
    shapes.append((x.shape, w.shape))
    return x**2 + (w**2).sum(axis=(0, 1))

def batch_gradient(x, w):
    return [2*x, 2*w]

def wrong(x, w):
    return np.ones(3)

def wrong_gradient(x, w):
    return [2*x, 2*x]
"""

BOUNDS = "bounds: {x: [-1, 1], w: {low: -1, high: 1, shape: [2, 2]}}\nseed: 3\nalpha: 0.1\n"


@pytest.fixture
def config_for(tmp_path):
    (tmp_path / "code.py").write_text(CODE)

    def make(objective: str, gradient: str = ""):
        text = f"objective: {objective}\n{BOUNDS}" + (f"gradient: {gradient}\n" if gradient else "")
        return parse_config(text, folder=tmp_path)

    return make


def test_batches_give_the_run_of_single_calls(config_for) -> None:
    single = run_config(
        config_for("{python: code.py:single}", "{python: code.py:single_gradient}"),
        allow_python=True,
    )
    batch = run_config(
        config_for(
            "{python: code.py:batch, vectorized: true}",
            "{python: code.py:batch_gradient, vectorized: true}",
        ),
        allow_python=True,
    )
    assert batch.last.x == single.last.x
    assert batch.best.score == pytest.approx(single.best.score, rel=1e-14)


@pytest.mark.parametrize("scheme", ["2-point", "3-point", "complex-step"])
def test_batches_are_differenced(config_for, scheme) -> None:
    config = config_for("{python: code.py:batch, vectorized: true}", scheme)
    exact = config_for("{python: code.py:single}", "{python: code.py:single_gradient}")
    found, wanted = (run_config(c, allow_python=True).last.x for c in (config, exact))
    assert found == pytest.approx(wanted, abs=1e-5)


def test_a_batch_holds_all_runs(config_for) -> None:
    config = config_for(
        "{python: code.py:batch, vectorized: true}",
        "{python: code.py:batch_gradient, vectorized: true}",
    )
    task = prepare(config, allow_python=True)
    starts = np.random.RandomState(0).uniform(-1, 1, (5, 7))
    outcome = minimize_batch(task, starts)
    for run in range(7):
        alone = minimize_batch(task, starts[:, [run]])
        assert outcome.last.x[:, run].tolist() == alone.last.x[:, 0].tolist()


@pytest.mark.parametrize(
    ("objective", "gradient", "message"),
    [
        ("wrong", "batch_gradient", r"the objective returned an array of shape \(3,\)"),
        ("batch", "wrong_gradient", r"the gradient returned an array of shape \(2, 1\)"),
    ],
)
def test_batches_of_a_wrong_shape_are_refused(config_for, objective, gradient, message) -> None:
    config = config_for(
        f"{{python: code.py:{objective}, vectorized: true}}",
        f"{{python: code.py:{gradient}, vectorized: true}}",
    )
    outcome = minimize_batch(prepare(config, allow_python=True), np.zeros((5, 1)))
    assert isinstance(outcome.error, ObjectiveError)
    with pytest.raises(ObjectiveError, match=message):
        raise outcome.error


@pytest.mark.parametrize("package", ["autograd", "jax"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, package) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"pip install 'adamcli\[{package}\]'"):
        minimize(lambda x: x @ x, [(-1, 1)], jac=package)


@pytest.fixture(params=["autograd", "jax"])
def package(request, monkeypatch):
    """A stand-in that differentiates x**2 + y[0]*y[1], and notes how it was used."""
    used = {}

    def value_and_grad(fun):
        def call(x):
            used["calls"] = used.get("calls", 0) + 1
            return fun(x), np.array([2 * x[0], x[2], x[1]])

        return call

    module = types.ModuleType(request.param)
    module.value_and_grad = value_and_grad
    module.jit = lambda fun: used.setdefault("jit", True) and fun
    module.config = types.SimpleNamespace(update=lambda key, value: used.update({key: value}))
    monkeypatch.setitem(sys.modules, request.param, module)
    return request.param, used


def test_packages_differentiate_functions_of_several_arguments(package) -> None:
    name, used = package
    bounds = {"x": (-1, 1), "y": {"low": -1, "high": 1, "shape": 2}}
    found = minimize(lambda x, y: x**2 + y[0] * y[1], bounds, jac=name, seed=1, n_iter=20)
    exact = minimize("x**2 + y[0]*y[1]", bounds, seed=1, n_iter=20)
    assert found.last.x == pytest.approx(exact.last.x, rel=1e-14)
    assert found.njev == 21
    assert used["calls"] == found.njev + found.verdict.njev
    if name == "jax":
        assert used["jax_enable_x64"] is True
        assert used["jit"] is True


def test_autograd_itself_agrees_with_the_formula() -> None:
    anp = pytest.importorskip("autograd.numpy")
    found = minimize(
        lambda x, y: anp.sin(x) * anp.exp(anp.sum(y)),
        {"x": (-1, 1), "y": {"low": -1, "high": 1, "shape": 2}},
        jac="autograd",
        alpha=0.01,
        n_iter=50,
        direction="maximize",
    )
    exact = minimize(
        "sin(x)*exp(sum(y))",
        {"x": (-1, 1), "y": {"low": -1, "high": 1, "shape": 2}},
        alpha=0.01,
        n_iter=50,
        direction="maximize",
    )
    assert found.last.x == pytest.approx(exact.last.x, rel=1e-12)


def load_and_run(path) -> None:
    run_config(load_config(str(path)), allow_python=True)


def test_what_is_no_file_of_python(tmp_path) -> None:
    text = "objective: {{python: '{}:f'}}\nbounds: {{x: [0, 1]}}\n"
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "d.py").mkdir()
    os.mkfifo(tmp_path / "p.py")
    for name, why in (
        ("d.py", "is a folder, expected a file of Python"),
        ("p.py", "is no file, but a pipe or a device"),
        ("no.py", "there is no such file"),
        ("loop.py", "cannot be read: "),
    ):
        (tmp_path / "c.yaml").write_text(text.format(name))
        with pytest.raises((UsageError, ConfigError), match=f"{name}: {why}"):
            load_and_run(tmp_path / "c.yaml")
