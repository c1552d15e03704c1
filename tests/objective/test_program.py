"""The flat program: shared subexpressions, folded constants, few buffers."""

import math
import tracemalloc

import numpy as np
import pytest

from adamcli.diagnostics import ConfigError, Source
from adamcli.objective.compiler import Compiler, Scope
from adamcli.objective.derivatives import gradient
from adamcli.objective.graph import Graph
from adamcli.objective.program import Program
from adamcli.objective.syntax import parse
from adamcli.objective.variables import Variables
from tests.conftest import config_of, evaluate, objective_of


def compiled(formula: str, names: str = "x y"):
    graph = Graph()
    scope = Scope(Variables((name, ()) for name in names.split()))
    return graph, Compiler(graph, parse(Source("f", formula).whole()), scope).compile()


def operations(formula: str, *, with_gradient: bool = False) -> list[str]:
    graph, value = compiled(formula)
    outputs = [value]
    if with_gradient:
        outputs += gradient(graph, value, [graph.leaf(0), graph.leaf(1)])
    calls = Program(outputs).bind(np.ones((2, 1)), [np.ones(1) for _ in outputs])
    return [call.func.__name__ for call in calls]


def test_the_articles_objective_takes_five_calls_with_its_gradient() -> None:
    found = operations("x**2 + y**2", with_gradient=True)
    assert sorted(found) == ["add", "multiply", "multiply", "square", "square"]


def test_a_subexpression_is_computed_once() -> None:
    assert operations("sin(x + y) * cos(x + y)").count("add") == 1


def test_value_and_gradient_share_subexpressions() -> None:
    assert operations("exp(x*y)", with_gradient=True).count("exp") == 1


def test_constants_are_folded() -> None:
    assert operations("x + sin(pi/6)*2**10") == ["add"]


def test_a_huge_power_is_infinite_and_not_a_hang() -> None:
    _, value = compiled("9**9**9**9")
    assert value.value == np.inf


def test_small_whole_powers_are_products() -> None:
    assert "power" not in operations("x**2 + y**7 + x**-3", with_gradient=True)
    assert "_power" in operations("x**9.5")


def test_a_signed_zero_is_another_constant() -> None:
    values, _ = evaluate(objective_of("1/(0*x + 0.0) + 0*(1/(0*x - 0.0))"), np.ones((2, 1)))
    graph = Graph()
    assert graph.constant(0.0) is not graph.constant(-0.0)
    assert graph.constant(0.0) is graph.constant(0.0)
    assert np.isnan(values[0])


def test_arrays_beyond_the_limit_are_refused_before_they_are_allocated(monkeypatch) -> None:
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "400MB")
    for formula in (
        "x + sum(zeros(100000, 20000))",
        "sum(x*ones(99999, 1)*ones(1, 9999))",
        "sum(ones(9000, 10) @ ones(10, 9000))*x",
        " + ".join(f"sum(arange(9000000)*{k}*x)" for k in range(1, 9)),
    ):
        with pytest.raises(
            ConfigError,
            match=r"needs \S+ [GMT]B of memory; the most is 400 MB, see ADAMCLI_MAX_DATA",
        ):
            config_of(formula)


def many(array: str) -> str:
    return f"sum(concat({', '.join(array.replace('k', str(k)) for k in range(2, 42))}))"


def test_a_formula_is_counted_before_its_constants_are_folded(monkeypatch) -> None:
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "16MB")
    wide = many("arange(30000)*k")
    for formula, more in (
        (f"{wide} + x**2", {}),
        ("x**2", {"alpha": wide}),
        ("x**2", {"stop": f"score < {wide}"}),
        ("x**2", {"expect": f"'best.score < {wide}'"}),
    ):
        tracemalloc.start()
        with pytest.raises(ConfigError, match=r"needs 19\.[0-9] MB of memory"):
            config_of(formula, **more)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2e6, formula


def test_a_constant_that_is_written_twice_is_folded_once(monkeypatch) -> None:
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "16MB")
    objective = objective_of(f"{many('sin(arange(30000)*0.5)')}*x")
    assert evaluate(objective, np.ones((2, 1)))[0][0] == pytest.approx(
        40 * math.fsum(np.sin(np.arange(30000) * 0.5)), abs=1e-8
    )


def test_constants_of_many_operations_are_folded_without_recursion() -> None:
    objective = objective_of("sum(ones(2000)" + " + 1" * 1500 + " + x)")
    assert evaluate(objective, np.ones((2, 1)))[0][0] == 2000 * 1502


def test_a_long_sum_is_neither_recursive_nor_slow() -> None:
    formula = " + ".join(f"x*{k}.5" for k in range(1500))
    value, slope = evaluate(objective_of(formula, "{x: [-1, 1]}"), np.array([[2.0]]))
    total = sum(k + 0.5 for k in range(1500))
    assert (value[0], slope[0, 0]) == (2 * total, total)


def test_buffers_are_shared_by_values_that_never_meet() -> None:
    _, value = compiled("sin(cos(sin(cos(sin(cos(x + y))))))")
    calls = Program([value]).bind(np.ones((2, 1)), [np.ones(1)])
    buffers = {id(call.args[-1]) for call in calls}
    assert len(buffers) == 2


def test_a_buffer_is_not_reused_while_it_is_needed() -> None:
    formula = "where(x > y, sin(x), cos(x)) * sin(x) + where(y > x, x, sin(x) + cos(x))"
    points = np.random.RandomState(3).uniform(-2, 2, (2, 50))
    x, y = points
    sin, cos = np.sin(x), np.cos(x)
    expected = np.where(x > y, sin, cos) * sin + np.where(y > x, x, sin + cos)
    np.testing.assert_allclose(evaluate(objective_of(formula), points)[0], expected)


def test_a_gradient_that_is_a_constant_or_shared_is_written_each_time() -> None:
    objective = objective_of("3*x + 3*y")
    x, f, g = np.ones((2, 4)), np.empty(4), np.empty((2, 4))
    calls = objective.bind(x, f, g).calls
    for _ in range(2):
        g[:] = -1.0
        for call in calls:
            call()
        assert (g == 3.0).all()


def test_a_variable_that_is_not_used_has_gradient_zero() -> None:
    _, slopes = evaluate(objective_of("x**2"), np.array([[2.0], [5.0]]))
    assert slopes[:, 0].tolist() == [4.0, 0.0]


def test_a_constant_objective_has_no_gradient() -> None:
    values, slopes = evaluate(objective_of("pi/2"), np.zeros((2, 3)))
    assert values.tolist() == [np.pi / 2] * 3
    assert not slopes.any()


def test_a_maximised_objective_keeps_its_sign_and_turns_its_gradient() -> None:
    values, slopes = evaluate(objective_of("x + y", direction="maximize"), np.ones((2, 1)))
    assert values[0] == 2.0
    assert slopes[:, 0].tolist() == [-1.0, -1.0]
