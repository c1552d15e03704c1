"""Derivatives at tiny, huge and edge arguments against closed forms in mpmath.

Values that are not finite end a run with a message, so only slopes at finite ones are compared. A
slope below the least normal number may be 0.
"""

from __future__ import annotations

import sys

import mpmath
import numpy as np
import pytest

from adamcli.objective.derivatives import PIECEWISE_CONSTANT
from adamcli.objective.functions import ALIASES, ARITY, WHOLE
from tests.conftest import evaluate, objective_of

mpf = mpmath.mpf

NEAR_ONE = [np.nextafter(1.0, 0.0), 1.0, np.nextafter(1.0, 2.0)]
SIZES = [5e-324, 1e-310, 1e-300, 1e-200, 1e-160, 1e-154, 1e-100, 1e-16, 1e-3, 0.5, *NEAR_ONE, 1.5]
SIZES += [2.0, 10.0, 20.0, 40.0, 345.0, 700.0, 746.0, 1e5, 1e10, 1e16, 1e100, 1.3e154, 1e155, 1e200]
SIZES += [1e300, 1.7e308]
POINTS = np.array([-size for size in SIZES] + [0.0] + SIZES)

FEWER = [0.0, 5e-324, 1e-310, 1e-160, 1e-20, 0.5, 1.0, 3.0, 100.0, 1e10, 1e160, 1.7e308]
PAIRS = np.array([-size for size in FEWER[1:]] + FEWER)


def _logistic(x):
    return 1 / (1 + mpmath.exp(-x))


def _bump(x):
    return _logistic(x) * _logistic(-x)


ONE = {
    "sqrt": lambda x: 1 / (2 * mpmath.sqrt(x)) if x else mpmath.inf,
    "cbrt": lambda x: 1 / (3 * mpmath.cbrt(abs(x)) ** 2) if x else mpmath.inf,
    "square": lambda x: 2 * x,
    "abs": mpmath.sign,
    "exp": mpmath.exp,
    "expm1": mpmath.exp,
    "log": lambda x: 1 / x,
    "log1p": lambda x: 1 / (1 + x),
    "log2": lambda x: 1 / (x * mpmath.log(2)),
    "log10": lambda x: 1 / (x * mpmath.log(10)),
    "sin": mpmath.cos,
    "cos": lambda x: -mpmath.sin(x),
    "tan": lambda x: mpmath.sec(x) ** 2,
    "arcsin": lambda x: 1 / mpmath.sqrt(1 - x * x) if abs(x) != 1 else mpmath.inf,
    "arccos": lambda x: -1 / mpmath.sqrt(1 - x * x) if abs(x) != 1 else -mpmath.inf,
    "arctan": lambda x: 1 / (1 + x * x),
    "sinh": mpmath.cosh,
    "cosh": mpmath.sinh,
    "tanh": lambda x: mpmath.sech(x) ** 2,
    "arcsinh": lambda x: 1 / mpmath.sqrt(1 + x * x),
    "arccosh": lambda x: 1 / mpmath.sqrt(x * x - 1) if x != 1 else mpmath.inf,
    "arctanh": lambda x: 1 / (1 - x * x),
    "sigmoid": _bump,
    "softplus": _logistic,
    "relu": lambda x: mpf(x > 0),
    "erf": lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
    "lgamma": mpmath.digamma,
}

TWO = {
    "x/y": (lambda a, b: 1 / b, lambda a, b: -a / b**2),
    "x*y": (lambda a, b: b, lambda a, b: a),
    "arctan2(x, y)": (lambda a, b: b / (a * a + b * b), lambda a, b: -a / (a * a + b * b)),
    "logaddexp(x, y)": (lambda a, b: _logistic(a - b), lambda a, b: _logistic(b - a)),
    "logsumexp(stack(x, y))": (lambda a, b: _logistic(a - b), lambda a, b: _logistic(b - a)),
    "prod(stack(x, y))": (lambda a, b: b, lambda a, b: a),
}


def agrees(found: float, exact: mpmath.mpf) -> bool:
    """Return whether a slope is the exact one, but for its last three digits."""
    wanted = float(exact)
    if abs(wanted) < sys.float_info.min:
        return abs(found) < sys.float_info.min
    return found == pytest.approx(wanted, rel=1e-13, abs=0)


def assert_agree(points, values, slopes, exact) -> None:
    with mpmath.workdps(60):
        for point, value, slope in zip(points, values, slopes, strict=True):
            if np.isfinite(value):
                assert agrees(slope, exact(*map(mpf, point))), (point, slope)


@pytest.mark.parametrize("name", ONE)
def test_slopes_of_one_argument(name: str) -> None:
    # The gamma function has no neighbours at huge negative numbers, all of which are whole.
    points = POINTS[POINTS > -1e10] if name == "lgamma" else POINTS
    values, slopes = evaluate(objective_of(f"{name}(x)", "{x: [-1, 1]}"), points[None, :])
    assert_agree(points[:, None], values, slopes[0], ONE[name])


def test_no_function_of_one_argument_is_left_out() -> None:
    unary = {name for name, arity in ARITY.items() if arity == 1 and name not in ALIASES}
    assert unary - WHOLE.keys() - PIECEWISE_CONSTANT == ONE.keys()


@pytest.mark.parametrize("formula", TWO)
def test_slopes_of_two_arguments(formula: str) -> None:
    points = np.stack([a.ravel() for a in np.meshgrid(PAIRS, PAIRS)])
    if formula.startswith("arctan2"):
        points = points[:, (points != 0).any(axis=0)]
    values, slopes = evaluate(objective_of(formula), points)
    for slope, exact in zip(slopes, TWO[formula], strict=True):
        assert_agree(points.T, values, slope, exact)


def by_exponent(base: mpmath.mpf, exponent: mpmath.mpf) -> mpmath.mpf:
    if base:
        return base**exponent * mpmath.log(base)
    return mpf(0) if exponent > 0 else -mpmath.inf


def test_slopes_by_an_exponent() -> None:
    points = np.stack([a.ravel() for a in np.meshgrid(FEWER, PAIRS)])
    values, slopes = evaluate(objective_of("x**y"), points)
    assert_agree(points.T, values, slopes[1], by_exponent)


@pytest.mark.parametrize(
    ("formula", "x"), [("x**x", 0.0), ("(x - 1)**(x - 1)", 1.0), ("(x**2)**x", 0.0)]
)
def test_a_power_of_itself_is_infinitely_steep_at_zero(formula: str, x: float) -> None:
    _, slopes = evaluate(objective_of(formula, "{x: [0, 2]}"), np.array([[x]]))
    assert slopes[0, 0] == -np.inf


def test_a_constant_base_of_zero_is_a_step_without_slope() -> None:
    objective = objective_of("sum(arange(3)**x)", "{x: [0, 2]}")
    _, slopes = evaluate(objective, np.array([[0.0, 1.0]]))
    np.testing.assert_allclose(slopes[0], [np.log(2), 2 * np.log(2)], rtol=1e-15)


@pytest.mark.parametrize("x", [0.0, 5e-324, -2.0])
def test_a_polynomial_by_an_array_of_exponents(x: float) -> None:
    objective = objective_of("sum(x**arange(4))", "{x: [-1, 1]}")
    _, slopes = evaluate(objective, np.array([[x]]))
    assert slopes[0, 0] == pytest.approx(1 + 2 * x + 3 * x * x, rel=1e-15)


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e157, 1e200])
def test_the_complex_step_of_an_angle_at_any_distance(size: float) -> None:
    objective = objective_of("arctan2(x, y)", gradient="complex-step")
    _, slopes = evaluate(objective, np.array([[3 * size], [4 * size]]))
    np.testing.assert_allclose(slopes[:, 0], [4 / 25 / size, -3 / 25 / size], rtol=1e-14)


def test_a_run_says_that_it_starts_where_the_slope_is_infinite(cli) -> None:
    ended = cli("run", "-e", "x**x", "-b", "x=0,2", "--set", "start.x=0")
    assert ended.code == 3
    assert "the gradient with respect to x is -inf at the start" in ended.stderr


def test_check_finds_the_slope_of_arcsinh_right_far_out(cli) -> None:
    far = ["-b", "x=-1e200,1e200", "--set", "start.x=1e160", "--no-probe"]
    assert "gradient: agrees" in cli("check", "-e", "arcsinh(x)**2", *far).stdout
