"""Entries that a formula does not take contribute 0, whatever their values and slopes are."""

from __future__ import annotations

import numpy as np
import pytest

from adamcli.objective.derivatives import PIECEWISE_CONSTANT, RULES
from adamcli.objective.functions import OPERATIONS
from adamcli.objective.graph import Graph
from adamcli.objective.steep import STEEP, is_steep
from tests.conftest import evaluate, objective_of
from tests.objective.test_constants_of_runs import assert_same_as_alone


def gradient_at(formula: str, x: list[float]) -> list[float]:
    bounds = f"{{x: {{low: -9, high: 9, shape: {len(x)}}}}}"
    value, slopes = evaluate(objective_of(formula, bounds), np.array(x)[:, None])
    assert np.isfinite(value).all()
    return slopes[:, 0].tolist()


PARTS = [
    ("sum(sqrt(x)[1:])", [0, 4, 4], [0, 0.25, 0.25]),
    ("sum(sqrt(x)[1:])", [-1, 4, 4], [0, 0.25, 0.25]),
    ("stack(sqrt(x[0]), x[0])[1]", [0], [1]),
    ("concat(log(x), 3*x)[2]", [0, 2], [3, 0]),
    ("sum(log(x)[::2])", [1, 0, 4], [1, 0, 0.25]),
    ("log(x)[-1] + sqrt(x)[1]", [0, 4, 2], [0, 0.25, 0.5]),
    ("cumsum(sqrt(x))[1]", [1, 4, 0], [0.5, 0.25, 0]),
    ("sum(sqrt(reshape(x, 2, 2)), axis=0)[1]", [0, 4, 0, 1], [0, 0.25, 0, 0.5]),
    ("transpose(log(reshape(x, 2, 2)))[0, 1]", [0, 0, 2, 0], [0, 0, 0.5, 0]),
    ("max(sqrt(reshape(x, 2, 2)), axis=1)[1]", [0, 0, 1, 4], [0, 0, 0, 0.25]),
    ("prod(sqrt(reshape(x, 2, 2)), axis=1)[1]", [0, 0, 1, 4], [0, 0, 1, 0.25]),
    ("(sqrt(reshape(x, 2, 2)) @ ones(2))[1]", [0, 0, 1, 4], [0, 0, 0.5, 0.25]),
    ("exp(1000*x)[1]", [9, 0], [0, 1000]),
    ("(x*log(x))[1]", [0, 1], [0, 1]),
    ("(x/x[::-1])[1]", [4, 0], [0, 0.25]),
    ("(x*stack(1/0, 3))[1]", [1, 2], [0, 3]),
    ("(x[0]*stack(1/0, 3))[1]", [1], [3]),
    ("where(x[1] > 0, sum(sqrt(x)[1:]), 0)", [0, 4], [0, 0.25]),
    ("take(sqrt(x), 1)", [0, 4], [0, 0.25]),
    ("sum(take(sqrt(x), stack(1, -1)))", [0, 4, 1], [0, 0.25, 0.5]),
    ("sum(take(sqrt(reshape(x, 2, 2)), 1, axis=0))", [0, 0, 1, 4], [0, 0, 0.5, 0.25]),
    ("take(log(x), argmax(x))", [0, 4], [0, 0.25]),
    ("where(x[1] > 0, take(sqrt(x), argmax(x)), 0)", [0, 4], [0, 0.25]),
    ("sum(stack(sqrt(x), x**2)[1, 1:])", [0, 4], [0, 8]),
]


@pytest.mark.parametrize(("formula", "x", "gradient"), PARTS)
def test_what_is_not_taken_contributes_0(formula, x, gradient) -> None:
    assert gradient_at(formula, x) == pytest.approx(gradient, rel=1e-15)


@pytest.mark.parametrize("formula", ["sum((sqrt(x)**2)[:2])", "take(sqrt(x)**2, 0)"])
def test_what_is_taken_still_shows_0_times_infinity(formula: str) -> None:
    assert np.isnan(gradient_at(formula, [0, 1, 1])[0])


@pytest.mark.parametrize(
    "formula",
    ["sum((x**2)[1:])", "sum(sin(x)[1:])", "r = sqrt(x)\nsum(r[1:]*r[:-1])", "mean(x*x)*x[1]"],
)
def test_masks_cost_nothing_where_they_change_nothing(formula: str, monkeypatch) -> None:
    def calls() -> int:
        x = np.ones((3, 1))
        objective = objective_of(formula, "{x: {low: 0, high: 1, shape: 3}}")
        return len(objective.bind(x, np.empty(1), np.empty((3, 1))).calls)

    own = calls()
    monkeypatch.setattr("adamcli.objective.branches.is_steep", lambda node: False)
    assert own == calls()


EDGES = np.array([-1e100, -710.5, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 710.5, 1e100])


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - PIECEWISE_CONSTANT - {"digamma"}))
def test_what_is_not_steep_has_finite_values_and_slopes(name: str) -> None:
    operation = OPERATIONS[name]
    graph = Graph()
    args = [graph.constant(a.ravel()) for a in np.meshgrid(*[EDGES] * operation.arity)]
    if name == "where":
        args[0] = graph.apply("greater", args[0], graph.constant(0.0))
    if name == "length":
        # It is the root of what is never negative.
        args[0] = graph.apply("abs", args[0])
    value = graph.apply(name, *args)
    slopes = [rule(graph.constant(1.0), value, *args) for rule in RULES[name] if rule is not None]
    found = [node.value for node in (value, *slopes)]
    are_finite = all(np.isfinite(array).all() for array in found)
    assert are_finite or name in STEEP


def test_a_chain_of_many_operations_is_followed() -> None:
    graph = Graph()
    node = graph.leaf(0)
    for _ in range(5000):
        node = graph.apply("sin", node + graph.constant(1.0))
    assert not is_steep(node)
    assert is_steep(graph.apply("sin", graph.apply("sqrt", node)))


@pytest.mark.parametrize(
    "formula",
    ["sum((stack(x, y)*k)[1:])", "sum((stack(x, y)/k)[1:])", "sum(stack(x, y)**stack(k, 2))"],
)
def test_runs_have_the_bits_that_they_have_alone(formula: str) -> None:
    assert_same_as_alone(formula, {"k": [0.5, np.inf, 2.0, 0.0, -1.0]})
