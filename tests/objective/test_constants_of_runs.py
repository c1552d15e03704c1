"""Constants that differ between the runs of one program: each run has the bits it has alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcli.diagnostics import ConfigError
from adamcli.objective.formula import FormulaObjective
from adamcli.objective.graph import Graph, Split, agreed
from adamcli.sweeps.batch import compiled
from tests.conftest import config_of, evaluate, same_bits

POINTS = np.array([[0.3, -1.2, 0.0, 2.5], [1.7, 0.4, -0.6, 0.0]])


def objective_of(formula: str, constants: dict[str, float]) -> FormulaObjective:
    given_constants = "{" + ", ".join(f"{k}: {v!r}" for k, v in constants.items()) + "}"
    objective = config_of(formula, bounds_mode="start", constants=given_constants).objective.make()
    assert isinstance(objective, FormulaObjective)
    return objective


def assert_same_as_alone(formula: str, values: dict[str, list[float]]) -> int:
    """Compare each run with its own program, and return how many programs they needed."""
    names = list(values)
    rows = np.array([values[name] for name in names], dtype=float)
    base = objective_of(formula, dict(zip(names, rows[:, 0].tolist(), strict=True)))
    parts = list(compiled(base, dict(zip(names, rows, strict=True))))
    seen = np.sort(np.concatenate([places for places, _ in parts]))
    assert np.array_equal(seen, np.arange(rows.shape[1]))
    for places, objective in parts:
        for point in POINTS.T:
            together = evaluate(objective, np.repeat(point[:, None], len(places), axis=1))
            for k, run in enumerate(places):
                one = dict(zip(names, rows[:, run].tolist(), strict=True))
                alone = evaluate(objective_of(formula, one), point[:, None])
                assert same_bits(together[0][k], alone[0][0]), (one, point)
                assert same_bits(together[1][:, k], alone[1][:, 0]), (one, point)
    return len(parts)


def grid(**axes: list[float]) -> dict[str, list[float]]:
    mesh = np.meshgrid(*axes.values(), indexing="ij")
    return {name: m.reshape(-1).tolist() for name, m in zip(axes, mesh, strict=True)}


SPECIAL = [1.0, 2.0, 3.0, 0.5, -1.0, 0.0, 2.5, 9.0, -3.0]


@pytest.mark.parametrize(
    ("formula", "values"),
    [
        ("k*x**2 + 3*(k*y)**3", {"k": [0.1, 0.7, 1.0, -1.0, 2.0, 3.0]}),
        ("x**p + y**2", {"p": SPECIAL}),
        ("k*x**2 + k*x**2*p + y**p", grid(k=SPECIAL[:6], p=SPECIAL)),
        ("a*x + b*x + a*sin(b*y) + b*x", grid(a=[0.1, 0.2, 0.3], b=[0.1, 0.2, 0.3])),
        ("sum((w*arange(3))**2)*x + where(w > 2, x, y**w)", {"w": [1.0, 2.0, 3.0, 4.5]}),
        ("clip(x*q, -q, q) + logaddexp(q*x, y) + arctan2(y, q) + q**x", {"q": SPECIAL}),
        ("sum(take(arange(4)*x + y, k)) + y**2", {"k": [0.0, 3.0, -1.0, 3.0]}),
        (
            "sum(take(concat(x, y, p), argmax(concat(x, p)))*onehot(k, 3)*k)",
            grid(k=[0.0, 2.0], p=SPECIAL),
        ),
        ("sum(reshape(outer(stack(x, q), stack(y, q, 1)), -1)*arange(6))", {"q": SPECIAL}),
        ("maximum(q, x)*minimum(y, q) + abs(q)*softplus(q*y)", {"q": SPECIAL}),
        ("mean(c*ones(3))*x + norm(concat(x, y, c)) + prod(concat(c, x, 3))", {"c": SPECIAL}),
        ("(m - n)*x**(m - n) + sigmoid(n*y)*exp(-m*n)", grid(m=SPECIAL[:4], n=SPECIAL[:4])),
        ("sum(arange(n)*x**2) + y**2", {"n": [1.0, 2.0, 3.0, 4.0]}),
        ("k*x + -k*y + 1/k", {"k": [0.0, -0.0, 1.0, -1.0]}),
    ],
)
def test_every_run_has_the_bits_of_its_own_program(formula, values) -> None:
    assert_same_as_alone(formula, values)


@settings(max_examples=25)
@given(st.lists(st.sampled_from([*SPECIAL, 0.3, 1e-300, 1e300]), min_size=1, max_size=6))
def test_any_values_of_two_constants(values) -> None:
    assert_same_as_alone("a*(b*x)**2 + 2*(3*(a*y)) + (x*y)**b", {"a": values, "b": values[::-1]})


def test_ordinary_values_share_one_program() -> None:
    assert assert_same_as_alone("k*x**2 + y/k", {"k": [0.1, 0.2, 0.3, 1.7]}) == 1


def test_values_that_change_the_program_are_split_off() -> None:
    assert assert_same_as_alone("k*x**2 + y", {"k": [0.1, 1.0, 0.3, 1.0]}) == 2
    assert assert_same_as_alone("x**k + y", {"k": [2.0, 3.0, 2.2, 2.0, 2.4]}) == 3


def test_a_value_that_all_runs_share_is_a_plain_constant() -> None:
    graph = Graph()
    assert graph.per_run([2.0, 2.0]) is graph.constant(2.0)
    assert graph.per_run([0.0, -0.0]).differs


def test_a_value_that_does_not_fit_is_an_error() -> None:
    base = objective_of("sum(arange(n))*x + y", {"n": 2.0})
    with pytest.raises(ConfigError, match="expected a whole number from 1"):
        list(compiled(base, {"n": np.array([2.0, 2.5])}))


def test_runs_that_do_not_agree_raise_a_split() -> None:
    assert agreed(np.array([True, True]))
    assert not agreed(np.array([False, False]))
    with pytest.raises(Split) as caught:
        agreed(np.array([True, False]))
    assert caught.value.mask.tolist() == [True, False]
