"""Derivatives against mpmath, against each other, and at the points where they are awkward."""

import re

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import evaluate, objective_of

UNARY = {
    "sin": (mpmath.sin, (-5, 5)),
    "cos": (mpmath.cos, (-5, 5)),
    "tan": (mpmath.tan, (-1.5, 1.5)),
    "arcsin": (mpmath.asin, (-0.99, 0.99)),
    "arccos": (mpmath.acos, (-0.99, 0.99)),
    "arctan": (mpmath.atan, (-5, 5)),
    "sinh": (mpmath.sinh, (-5, 5)),
    "cosh": (mpmath.cosh, (-5, 5)),
    "tanh": (mpmath.tanh, (-20, 20)),
    "arcsinh": (mpmath.asinh, (-5, 5)),
    "arccosh": (mpmath.acosh, (1.01, 5)),
    "arctanh": (mpmath.atanh, (-0.99, 0.99)),
    "exp": (mpmath.exp, (-50, 50)),
    "expm1": (mpmath.expm1, (-1, 1)),
    "log": (mpmath.log, (0.01, 50)),
    "log1p": (mpmath.log1p, (-0.9, 1)),
    "log2": (lambda x: mpmath.log(x, 2), (0.01, 50)),
    "log10": (mpmath.log10, (0.01, 50)),
    "sqrt": (mpmath.sqrt, (0.01, 50)),
    "cbrt": (lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), (0.01, 50)),
    "square": (lambda x: x * x, (-5, 5)),
    "abs": (abs, (0.1, 5)),
    "sigmoid": (lambda x: 1 / (1 + mpmath.exp(-x)), (-30, 30)),
    "softplus": (lambda x: mpmath.log(1 + mpmath.exp(x)), (-30, 30)),
    "erf": (mpmath.erf, (-4, 4)),
    "lgamma": (mpmath.loggamma, (0.05, 50)),
    "relu": (lambda x: max(x, mpmath.mpf(0)), (0.1, 5)),
}

BINARY = {
    "arctan2(x, y)": (mpmath.atan2, (-3, 3), (0.1, 3)),
    "logaddexp(x, y)": (lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)), (-9, 9), (-9, 9)),
    "x**y": (lambda a, b: a**b, (0.1, 3), (-3, 3)),
    "x/y": (lambda a, b: a / b, (-3, 3), (0.1, 3)),
    "x*y": (lambda a, b: a * b, (-3, 3), (-3, 3)),
    "x - y": (lambda a, b: a - b, (-3, 3), (-3, 3)),
    "minimum(x, y)": (min, (-3, 0.9), (1, 3)),
    "maximum(x, y)": (max, (-3, 0.9), (1, 3)),
    "clip(x, -1, y)": (lambda a, b: min(max(a, mpmath.mpf(-1)), b), (-0.9, 0.9), (1, 3)),
    "where(x < y, x*y, x + y)": (lambda a, b: a * b if a < b else a + b, (-3, 0), (1, 3)),
}


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_argument_against_mpmath(name: str) -> None:
    reference, (low, high) = UNARY[name]
    objective = objective_of(f"{name}(x)", "{x: [-1, 1]}")
    points = np.linspace(low, high, 41)
    values, slopes = evaluate(objective, points[None, :])
    with mpmath.workdps(50):
        for x, value, slope in zip(points, values, slopes[0], strict=True):
            exact, exact_slope = reference(mpmath.mpf(x)), mpmath.diff(reference, mpmath.mpf(x))
            assert value == pytest.approx(float(exact), rel=4e-15, abs=1e-300)
            assert slope == pytest.approx(float(exact_slope), rel=2e-14, abs=1e-30)


@pytest.mark.parametrize("formula", BINARY)
def test_functions_of_two_arguments_against_mpmath(formula: str) -> None:
    reference, first, second = BINARY[formula]
    objective = objective_of(formula)
    x, y = (a.ravel() for a in np.meshgrid(np.linspace(*first, 9), np.linspace(*second, 9)))
    values, slopes = evaluate(objective, np.stack([x, y]))
    with mpmath.workdps(40):
        for k, (a, b) in enumerate(zip(map(mpmath.mpf, x), map(mpmath.mpf, y), strict=True)):
            assert values[k] == pytest.approx(float(reference(a, b)), rel=1e-14, abs=1e-300)
            for row, order in enumerate(((1, 0), (0, 1))):
                exact = float(mpmath.diff(reference, (a, b), order))
                assert slopes[row, k] == pytest.approx(exact, rel=2e-13, abs=1e-13)


@pytest.mark.parametrize("power", [-8, -3, -2, -1, 0, 1, 2, 3, 4, 5, 8, 9, 20, 0.5, 1.5, -0.5])
def test_powers_with_a_constant_exponent(power: float) -> None:
    objective = objective_of(f"x**({power})", "{x: [-1, 1]}")
    points = np.array([-2.5, -1.0, -0.3, 0.3, 1.0, 2.5])
    values, slopes = evaluate(objective, points[None, :])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(values, np.power(points, power), rtol=2e-15, equal_nan=True)
        expected = power * np.power(points, power - 1.0)
    np.testing.assert_allclose(slopes[0], expected, rtol=4e-15, equal_nan=True)


AWKWARD = [
    ("abs(x)", 0.0, 0.0),
    ("relu(x)", 0.0, 0.0),
    ("maximum(x, 0) + minimum(x, 0)", 0.0, 1.0),
    ("x**2", 0.0, 0.0),
    ("x**1.5", 0.0, 0.0),
    ("(x**2)**0.5", 3.0, 1.0),
    ("where(x > 0, sqrt(x), 0)", -4.0, 0.0),
    ("where(x > 0, sqrt(x), x**2)", -4.0, -8.0),
    ("where(x > 0, log(x), x)", 0.0, 1.0),
    ("where(x != 0, sin(x)/x, 1)", 0.0, 0.0),
    ("maximum(sqrt(x), 2)", -1.0, 0.0),
    ("floor(x) + x", 2.5, 1.0),
    ("sign(x)*x", -3.0, -1.0),
    ("sigmoid(x)", -800.0, 0.0),
    ("sigmoid(x)", 40.0, 4.248354255291589e-18),
    ("softplus(x)", 800.0, 1.0),
    ("tanh(x)", 400.0, 0.0),
    ("erf(x)", 30.0, 0.0),
    ("erf(x)", 0.0, 1.1283791670955126),
    ("lgamma(x)", 1.0, -0.5772156649015329),
    ("lgamma(x)", -0.5, 0.03648997397857652),
]


@pytest.mark.parametrize(("formula", "x", "slope"), AWKWARD)
def test_awkward_points_have_the_documented_derivative(
    formula: str, x: float, slope: float
) -> None:
    objective = objective_of(formula, "{x: [-1, 1]}")
    _, found = evaluate(objective, np.array([[x]]))
    assert found[0, 0] == pytest.approx(slope, rel=1e-14)


def test_an_exponent_has_no_slope_where_the_base_is_zero() -> None:
    _, slopes = evaluate(objective_of("x**y"), np.array([[0.0], [2.0]]))
    assert slopes[:, 0].tolist() == [0.0, 0.0]


def test_a_power_with_exponent_zero_is_constant_also_at_zero() -> None:
    _, slopes = evaluate(objective_of("x**y"), np.array([[0.0], [0.0]]))
    assert slopes[0, 0] == 0.0


def test_complex_kernels_continue_what_has_no_complex_function() -> None:
    formula = (
        "abs(x)*floor(y) + sign(x)*x + ceil(y)*x + cbrt(x + 3) + arctan2(x, y) + sigmoid(x)"
        " + erf(x*y) + lgamma(abs(x) + 0.1) + lgamma(y - 3)"
    )
    points = np.random.RandomState(4).uniform(-2, 2, (2, 40))
    points[0, 0] = -800.0
    _, exact = evaluate(objective_of(formula), points)
    _, stepped = evaluate(objective_of(formula, gradient="complex-step"), points)
    np.testing.assert_allclose(exact, stepped, rtol=1e-12, atol=1e-12)


def test_a_nan_in_the_branch_that_is_taken_is_not_hidden() -> None:
    objective = objective_of("where(x < 0, sqrt(x), 0)", "{x: [-1, 1]}")
    values, slopes = evaluate(objective, np.array([[-1.0]]))
    assert np.isnan(values[0])
    assert np.isnan(slopes[0, 0])


def formulas() -> st.SearchStrategy[str]:
    """Return smooth formulas of x and y, finite everywhere near the unit box."""
    leaves = st.sampled_from(["x", "y", "2.5", "0.3", "-1.25", "pi"])

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        unary = st.sampled_from(["sin", "cos", "tanh", "arctan", "sigmoid", "softplus"])
        return st.one_of(
            st.builds("{}({})".format, unary, inner),
            st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
            st.builds("({}/(2 + {}**2))".format, inner, inner),
            st.builds("({}**{})".format, inner, st.sampled_from(["2", "3"])),
        )

    return st.recursive(leaves, grow, max_leaves=12)


@given(formulas(), st.floats(-1, 1), st.floats(-1, 1))
def test_derived_gradients_agree_with_the_complex_step(formula: str, x: float, y: float) -> None:
    point = np.array([[x], [y]])
    value, exact = evaluate(objective_of(formula), point)
    again, stepped = evaluate(objective_of(formula, gradient="complex-step"), point)
    assert value == again
    scale = max(1.0, float(np.abs(exact).max()))
    np.testing.assert_allclose(exact, stepped, rtol=1e-9, atol=1e-11 * scale)


NAMESPACE = {
    "pi": np.pi,
    **{name: getattr(np, name) for name in ("sin", "cos", "tanh", "arctan")},
    "sigmoid": lambda x: 1 / (1 + np.exp(-np.asarray(x, dtype=float))),
    "softplus": lambda x: np.logaddexp(0, x),
}


@given(formulas(), st.lists(st.floats(-1, 1), min_size=2, max_size=2))
def test_values_are_those_of_numpy(formula: str, point: list[float]) -> None:
    x, y = (np.array([value]) for value in point)
    value, _ = evaluate(objective_of(formula), np.array([x, y]))
    expected = eval(formula, {"__builtins__": {}}, {**NAMESPACE, "x": x, "y": y})
    np.testing.assert_allclose(value, np.broadcast_to(expected, (1,)), rtol=1e-13, atol=1e-300)


ARRAYS = "{w: {low: -1, high: 1, shape: [3, 4]}, b: {low: -1, high: 1, shape: 3}, s: [-1, 1]}"

ARRAY_FORMULAS = [
    "sum((w @ ones(4) + b)**2)*s",
    "sum(transpose(w) @ b) + s",
    "sum(sum(w, axis=0)**2) + sum(max(w, axis=1)*b)",
    "sum((w @ transpose(w))**2) + min(b)",
    "sum(w*ones(3, 1) + w**2*s)",
    "mean(softmax(w, axis=1)[:, 0]*b)",
    "prod(w, axis=1)[0] + sum(cumsum(w, axis=1)[:, -1]**2) + prod(b)",
    "logsumexp(w[1] + 2*w[2]) + sum(logsumexp(w, axis=0))",
    "sum(b @ w) + dot(b, b)*norm(w)",
    "sum(tanh(w @ arange(4) + b*s)**2)",
    "std(w) + sum(var(w, axis=0)) + mean(b**3)",
    "sum(where(w > s, w**2, s*w)) + sum(where(abs(b) < 0.5, 0.5*b**2, abs(b) - 0.5))",
    "sum(maximum(w, s)) + sum(minimum(w[0], w[1])*relu(w[2]))",
    "sum(concat(b, s, w[:, 0], b[::-1])*arange(10))",
    "sum(sqrt(1 + (w[1:] - w[:-1])**2)) + w[-1, -1]*w[0, 0]",
    "norm(w, axis=1)[2]*len(w) + sum(norm(w, axis=0))",
    "sum(abs(w - s)) + sum(where(s > w, sqrt(abs(w)), s))",
    "sum(w + s) + sum(w + b[0]) + mean(-s + w[0])",
    "sum(arange(4)*sin(arange(4)*transpose(ones(1, 1)*s)))",
    "sum(arange(4)*(w[:1] + s)) + sum(b*(transpose(w)[:1]*ones(5, 1)))",
    "sum(where(w @ transpose(w) > 0, (w @ transpose(w))*s, b))",
    "sum(relu(sum(w[:, :3]*w[:, 1:], axis=0))) + max(prod(w, axis=1))",
]


@pytest.mark.parametrize("formula", ARRAY_FORMULAS)
def test_array_formulas_agree_with_the_complex_step(formula: str) -> None:
    points = np.random.RandomState(11).uniform(-1, 1, (16, 9))
    value, exact = evaluate(objective_of(formula, ARRAYS), points)
    again, stepped = evaluate(objective_of(formula, ARRAYS, gradient="complex-step"), points)
    assert np.array_equal(value, again)
    np.testing.assert_allclose(exact, stepped, rtol=1e-9, atol=1e-12)


def gradient_at(formula: str, x: list[float]) -> list[float]:
    bounds = f"{{x: {{low: -9, high: 9, shape: {len(x)}}}}}"
    return evaluate(objective_of(formula, bounds), np.array(x)[:, None])[1][:, 0].tolist()


@pytest.mark.parametrize(
    ("formula", "x", "gradient"),
    [
        ("norm(x)", [0.0, 0.0], [0, 0]),
        ("std(x)", [2.0, 2.0, 2.0], [0, 0, 0]),
        ("max(x)", [1.0, 3.0, 3.0], [0, 0.5, 0.5]),
        ("max(sqrt(x))", [0.0, 4.0], [0, 0.25]),
        ("min(where(x > 1, x, log(x)))", [0.5, 3.0], [2, 0]),
        ("sum(where(arange(2) > 0, log(x), 0))", [-1.0, 0.5], [0, 2]),
        ("where(1 > 2, sqrt(x[0]), x[0]**2)", [-0.5], [-1]),
        ("min(x)", [1.0, 1.0, 3.0], [0.5, 0.5, 0]),
        ("3*max(reshape(x, 2, 2))", [1.0, 1.0, 1.0, 0.0], [1, 1, 1, 0]),
        ("3*max(reshape(x, 2, 1, 2))", [1.0, 1.0, 1.0, 0.0], [1, 1, 1, 0]),
        ("min(reshape(x, 2, 2))", [7.0, 2.0, 2.0, 2.5], [0, 0.5, 0.5, 0]),
        ("min(reshape(x, 2, 1, 2), axis=0)[0, 1]", [7.0, 2.0, 5.0, 2.0], [0, 0.5, 0, 0.5]),
        ("sum(relu(cumsum(sqrt(x)[::-1]) - 3))", [0.0, 4.0, 0.0], [0, 0, 0]),
        ("sum(where(x > 0, take(log(x), 2 - arange(3)), 0))", [1.0, 0.0, 4.0], [1, 0, 0.25]),
        ("maximum(x[0], x[1])", [2.0, 2.0], [0.5, 0.5]),
        ("prod(x)", [0.0, 3.0, 5.0], [15, 0, 0]),
        ("prod(x)", [0.0, 0.0, 5.0], [0, 0, 0]),
        ("logsumexp(x)", [1000.0, -1000.0], [1, 0]),
        ("softmax(x)[0]", [1000.0, -1000.0], [0, 0]),
        ("sum(where(x > 0, sqrt(x), 0))", [4.0, -1.0, 0.0], [0.25, 0, 0]),
        ("sum(x[1:]*x[:-1])", [2.0, 3.0, 5.0], [3, 7, 3]),
        ("x[0]*x[0] + x[-1]", [2.0, 3.0], [4, 1]),
        ("x[0]", [7.0], [1]),
        ("sum(x + x[0])", [1.0, 2.0, 3.0], [4, 1, 1]),
        ("mean(x - x[-1])", [1.0, 2.0], [0.5, -0.5]),
        ("sum(2*(x[0] + zeros(5)))", [3.0], [10]),
        ("sum(relu(sum(x*ones(3, 3), axis=1)))", [1.0, 2.0, 3.0], [3, 3, 3]),
    ],
)
def test_awkward_arrays_have_the_documented_derivative(formula, x, gradient) -> None:
    assert gradient_at(formula, x) == gradient


@pytest.mark.parametrize(
    ("formula", "x"),
    [
        ("maximum(sqrt(x[0])**2, -1)", [0.0]),
        ("minimum(x[1], sqrt(x[0])**2)", [0.0, 1.0]),
        ("relu(1 - sqrt(x[0])**2)", [0.0]),
        ("min(sqrt(x)**2)", [0.0, 1.0]),
        ("logsumexp(log(x))", [0.0, 2.0]),
        ("softmax(log(x))[0]", [0.0, 2.0]),
        ("where(x[1] > 0, prod(sqrt(x)**2), 0)", [0.0, 0.0, 1.0]),
        ("where(x[1] > 0, sum((ones(40, 40) @ (ones(40)*sqrt(x[0])))**2), 0)", [0.0, 1.0]),
    ],
)
def test_zero_times_infinity_is_nan_in_a_branch_that_was_taken(formula, x) -> None:
    if "x[1] > 0" in formula:
        x = [x[0], 1.0, *x[2:]]
    assert np.isnan(gradient_at(formula, x)[0])


@pytest.mark.parametrize("size", [1e-200, 3e-162, 1e-150, 1.0, 1e154, 1e200, 5e-309])
def test_the_slopes_of_an_angle_are_right_at_any_distance(size: float) -> None:
    _, slopes = evaluate(objective_of("arctan2(x, y)"), np.array([[3 * size], [4 * size]]))
    expected = [4 / 25 / size, -3 / 25 / size]
    np.testing.assert_allclose(slopes[:, 0], expected, rtol=1e-14)


def array_formulas() -> st.SearchStrategy[str]:
    """Return formulas, each a number, of an array x (3 entries), a matrix m (3 by 3) and s."""
    start = (
        st.sampled_from(["s", "x[0]", "x[-1]", "m[1, 2]", "0.7"]),
        st.sampled_from(["x", "m[0]", "m[:, 1]", "x[::-1]", "arange(3)"]),
        st.sampled_from(["m", "transpose(m)", "ones(3, 3)"]),
    )
    number, vector, matrix = start
    for _ in range(3):
        either = st.one_of(number, vector)
        one = ["sum", "mean", "max", "min", "norm", "std", "logsumexp"]
        smooth = ["sin", "tanh", "exp", "sigmoid", "square", "relu", "abs"]
        number, vector, matrix = (
            st.one_of(
                number,
                st.builds("{}({})".format, st.sampled_from(one), vector),
                st.builds("{}({})".format, st.sampled_from(["sum", "mean", "norm"]), matrix),
                st.builds("dot({}, {})".format, vector, vector),
                st.builds("({} {} {})".format, number, st.sampled_from("+-*"), number),
            ),
            st.one_of(
                vector,
                st.builds("({} {} {})".format, vector, st.sampled_from("+-*"), either),
                st.builds("{}({})".format, st.sampled_from(smooth), vector),
                st.builds("({} @ {})".format, matrix, vector),
                st.builds(
                    "{}({}, axis={})".format,
                    st.sampled_from(["sum", "max", "prod"]),
                    matrix,
                    st.sampled_from("01"),
                ),
                st.builds("where({} > {}, {}, {})".format, vector, either, either, vector),
                st.builds("maximum({}, {})".format, vector, either),
                st.builds("{}({})".format, st.sampled_from(["cumsum", "softmax"]), vector),
                st.builds("concat({}, {}[1:])".format, number, vector),
                st.builds("stack({}, {}, {})".format, number, number, number),
                st.builds(
                    "take({}, {})".format, vector, st.sampled_from(["1 - arange(3)", "-ones(3)"])
                ),
                st.builds("take({}, argmin({}), axis=1)".format, matrix, vector),
                st.builds("reshape({}, -1)[1:8:3]".format, matrix),
            ),
            st.one_of(
                matrix,
                st.builds("({} {} {})".format, matrix, st.sampled_from("+-*"), vector),
                st.builds("tanh({})".format, matrix),
                st.builds("({} @ {})".format, matrix, matrix),
                st.builds("cumsum({}, axis=1)".format, matrix),
                st.builds("outer({}, {})".format, vector, vector),
                st.builds("({}*{}[:, None])".format, matrix, vector),
                st.builds("stack({}, {}, {}, axis=1)".format, vector, vector, vector),
                st.builds("concat({}[2:], {}[:2], axis=0)".format, matrix, matrix),
                st.builds("(onehot(argmax({}, axis=1), 3)*{})".format, matrix, matrix),
            ),
        )
    return number


@settings(max_examples=400)
@given(array_formulas(), st.integers(0, 10**6))
def test_any_array_formula_agrees_with_the_complex_step(formula: str, seed: int) -> None:
    bounds = "{x: {low: -1, high: 1, shape: 3}, m: {low: -1, high: 1, shape: [3, 3]}, s: [-1, 1]}"
    points = np.random.RandomState(seed).uniform(-1, 1, (13, 4))
    value, exact = evaluate(objective_of(formula, bounds), points)
    again, stepped = evaluate(objective_of(formula, bounds, gradient="complex-step"), points)
    assert np.array_equal(value, again, equal_nan=True)
    # Equal entries of arange and ones tie, and at a tie the complex step takes one side.
    ties = "arange" in formula or "ones" in formula or "relu" in formula or "std" in formula
    if not ties and np.isfinite(exact).all() and np.abs(exact).max() < 1e6:
        scale = max(1.0, float(np.abs(exact).max()))
        np.testing.assert_allclose(exact, stepped, rtol=1e-7, atol=1e-9 * scale)


@settings(max_examples=200)
@given(array_formulas(), st.integers(0, 10**6), st.sampled_from(["maximum", "where", "min"]))
def test_a_branch_that_is_taken_has_the_gradient_of_the_formula_alone(formula, seed, by) -> None:
    # The slope of sqrt at 0 is infinite, and the zeros of other factors meet it.
    formula = re.sub(r"\bx\b", "sqrt(x)", formula)
    inside = {
        "maximum": f"maximum({formula}, -1e9)",
        "where": f"where(s < 9, {formula}, log(x[0]))",
        "min": f"min(stack({formula}, 1e9))",
    }
    bounds = "{x: {low: 0, high: 1, shape: 3}, m: {low: -1, high: 1, shape: [3, 3]}, s: [-1, 1]}"
    points = np.random.RandomState(seed).uniform(-1, 1, (13, 4))
    points[:3] = abs(points[:3])
    points[:3, :2] = np.random.RandomState(seed).choice([0, 0, 0.25, 1], (3, 2))
    value, alone = evaluate(objective_of(formula, bounds), points)
    _, slopes = evaluate(objective_of(inside[by], bounds), points)
    # Entries that are in no use, such as x[0] of x[1:], are 0 * inf alone, and 0 in a branch.
    used = (alone[:, 2:] != 0).any(axis=1)
    if (abs(value) < 1e9).all() and "argmin" not in formula:
        np.testing.assert_allclose(slopes[used], alone[used], rtol=1e-9, atol=1e-9)
