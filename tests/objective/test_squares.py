"""Sums of squares are recognised however they are grouped, and nothing else is."""

import random

import numpy as np
import pytest

from adamcli.config.load import parse_config
from adamcli.fit.statistics import fit_at

HEAD = """
bounds: {a: [-2, 3], b: [-1, 2]}
constants: {k: 2.5}
data:
  x: [0.5, 1, 2.5, 4]
  y: [1.5, 2, 4, 7]
  w: [1, 2, 0.5, 3]
  A: [[1, 2], [3, 4], [5, 7], [2, 1]]
"""

SUMS = [
    "sum((y - a*x - b)**2)",
    "mean((y - (a*x + b))**2)",
    "0.5*sum((a*x + b - y)**2)/7 + 3",
    "sum(square(y - a*x - b)) - k",
    "sum(w*(y - a*x - b)**2)",
    "sum((y - a*x - b)**2/w)*k",
    "dot(y - a*x, y - a*x)",
    "(y - a*x - b) @ (y - a*x - b)",
    "norm(y - a*x - b)**2",
    "sqrt(sum((y - a*x)**2))**2",
    "sum((y - a*x)*(y - a*x))",
    "sum(w*(y - a*x)*(y - a*x))",
    "sum((y - a*x)*w*(y - a*x))",
    "sum(abs(y - a*x)**2)",
    "mean((y - a*x)**2) + 3*sum((x - b)**2) - (-1)*(a - 1)**2",
    "sum((y - a*x)**2 + 0.1*b**2)",
    "sum(sum((A - a)**2, axis=1)*w)",
    "mean(transpose(A - a*b)**2)",
    "-(-sum((y - a)**2))",
    "(1 - a)**2 + 100*(b - a**2)**2",
    "var(y - a*x**2 - b)",
    "sum((y - a*exp(b*x))**4)",
    "r = y - a*x\n  q = r*r\n  total = sum(q)\n  total/len(x)",
    "sum((y - cumsum(a*x) - b)**2)",
    "sum((y - A @ concat(a, b))**2)",
    "sum((y[1:3] - a*x[1:3])**2)",
    "sum(ones(40, 40) @ (a - arange(40))**2)",
    "sum((b - arange(40))**2 @ ones(40, 40))",
    "sum(transpose(ones(40, 30)) @ (a + b*arange(40))**2)",
    "sum((ones(9, 40)*(arange(40) - a))**2 @ ones(40, 8))",
    "sum(ones(8, 40) @ transpose((ones(9, 40)*(arange(40) - a))**2))",
]

OTHERS = [
    "sum(abs(y - a*x))",
    "max((y - a*x)**2)",
    "sum((y - a*x)**2)*a",
    "sum((y - a*x)**2) - sum((x - b)**2)",
    "sum((w - 2)*(y - a*x)**2)",
    "-sum((y - a*x)**2)",
    "sqrt(sum((y - a*x)**2))",
    "sum((y - a*x)**3)",
    "sum((y - a*x)*(y - b*x))",
    "sum((y - a*x)**2) + a",
    "sum(w)",
]


def config_of(formula: str, more: str = ""):
    lines = formula.replace("\n  ", "\n  ")
    return parse_config(f"objective: |\n  {lines}\n{HEAD}{more}")


def objective_at(config, x):
    objective = config.objective.make()
    value = np.empty(x.shape[1])
    for call in objective.bind_values(x, value):
        call()
    return value


@pytest.mark.parametrize("formula", SUMS)
def test_a_sum_of_squares_is_the_sum_of_the_squares_of_its_residuals(formula) -> None:
    config = config_of(formula)
    residuals = config.objective.residuals
    assert residuals is not None
    x = np.random.default_rng(0).uniform(-1, 2, (2, 7))
    squares = residuals.multiple * np.sum(residuals.values(x) ** 2, axis=0)
    values = objective_at(config, x)
    # They may differ by a constant, which is that of any two points.
    assert squares - squares[0] == pytest.approx(values - values[0], rel=1e-12, abs=1e-11)


@pytest.mark.parametrize("formula", SUMS)
def test_the_jacobian_is_that_of_differences(formula) -> None:
    residuals = config_of(formula).objective.residuals
    x = np.random.default_rng(1).uniform(-1, 2, (2, 3))
    r = residuals.values(x).copy()
    system = residuals.system(x, r).copy()
    assert np.array_equal(system[-1], r)
    for k in range(2):
        h = np.zeros((2, 1))
        h[k] = 1e-6
        slope = (residuals.values(x + h).copy() - residuals.values(x - h)) / 2e-6
        assert system[k] == pytest.approx(slope, rel=1e-6, abs=1e-7)


ATOMS = ["a", "b", "x", "y", "w", "(x - 1)", "2", "0.5", "-1", "exp(-b*x)", "(a*exp(-b*x) + 0.3)"]
FORMS = [
    "({0})**2",
    "-({0})*({0})*(-1)",
    "w*({0})*({0})",
    "({0})/w*({0})/y",
    "((x - 1)*({0}))**2",
    "w*(({0})*(x - 1))**2",
]


def random_term(pick: random.Random, depth: int) -> str:
    if not depth:
        return pick.choice(ATOMS)
    one, other = random_term(pick, depth - 1), random_term(pick, pick.randrange(depth))
    return pick.choice([f"({one} - {other})", f"({one} + {other})", f"{one}*{other}", f"{one}/w"])


@pytest.mark.parametrize("seed", range(60))
def test_sums_written_at_random_are_those_of_their_residuals(seed) -> None:
    pick = random.Random(seed)
    root = random_term(pick, 2)
    sums = [f"{k + 1}*sum({pick.choice(FORMS).format(root)})" for k in range(pick.randint(1, 3))]
    sums += [f"sum(({pick.choice(ATOMS)}*{root})**2)"]
    sign = pick.choice(["", "3 - "])
    config = config_of(f"{sign}({' + '.join(sums)})", "direction: maximize" if sign else "")
    residuals = config.objective.residuals
    if residuals is not None:
        x = np.random.default_rng(seed).uniform(-1, 2, (2, 5))
        squares = residuals.multiple * np.sum(residuals.values(x) ** 2, axis=0)
        values = (-1 if sign else 1) * objective_at(config, x)
        scale = 1e-11 * abs(values).max()
        assert squares - squares[0] == pytest.approx(values - values[0], rel=1e-9, abs=scale)
        assert residuals.data is None or np.isfinite(np.stack(residuals.data)).all()


@pytest.mark.parametrize("formula", OTHERS)
def test_what_is_no_sum_of_squares_has_no_residuals(formula) -> None:
    assert config_of(formula).objective.residuals is None


def test_the_negative_of_a_sum_of_squares_is_one_when_it_is_maximised() -> None:
    residuals = config_of("-sum((y - a*x)**2)", "direction: maximize").objective.residuals
    assert residuals.multiple == 1.0
    assert config_of("sum((y - a*x)**2)", "direction: maximize").objective.residuals is None


def taken_from(number: str, formula: str) -> str:
    lines, newline, value = formula.rpartition("\n  ")
    return f"{lines}{newline}{number} - ({value})"


@pytest.mark.parametrize("formula", SUMS)
def test_the_maximum_of_a_number_less_a_sum_of_squares_is_its_minimum(formula) -> None:
    least = config_of(formula).objective.residuals
    most = config_of(taken_from("1", formula), "direction: maximize").objective.residuals
    assert least.multiple > 0
    assert most.multiple > 0
    x = np.random.default_rng(3).uniform(-1, 2, (2, 5))
    squares = [each.multiple * np.sum(each.values(x) ** 2, axis=0) for each in (least, most)]
    assert squares[1] == pytest.approx(squares[0], rel=1e-13)


@pytest.mark.parametrize(
    ("formula", "direction"),
    [
        ("5 - (-sum((y - a*x)**2))", "minimize"),
        ("-sum(log(w)) - 0.5*sum(((y - a*x)/w)**2)", "maximize"),
        ("-sum(-sum(w*(y - a*x)**2))", "minimize"),
        ("sum(-w*(y - a*x)**2)", "maximize"),
        ("u = -w\n  sum(u*(y - a*x)**2)", "maximize"),
        ("(1 - sum((y - a*x)**2))/(-2)", "minimize"),
    ],
)
def test_signs_that_undo_each_other_leave_real_residuals(formula, direction) -> None:
    residuals = config_of(formula, f"direction: {direction}").objective.residuals
    assert residuals.multiple > 0
    assert np.isfinite(residuals.values(np.ones((2, 1)))).all()
    assert np.isfinite(residuals.data.factor).all()


@pytest.mark.parametrize("formula", ["sum((y - a*x)**2/z)", "mean((y - a*x)**2)/0"])
def test_weights_that_are_not_finite_are_none_and_no_warning(formula) -> None:
    data = "{x: [1, 2], y: [1, 3], z: [0, 1]}"
    config = parse_config(f"objective: {formula}\nbounds: {{a: [-2, 3]}}\ndata: {data}")
    assert config.objective.residuals is None


@pytest.mark.parametrize(
    ("formula", "observed", "factor"),
    [
        ("sum((y - a*x)**2)", "y", 1.0),
        ("mean((a*x - y)**2)", "y", -1.0),
        ("sum((y - a*x - b)**2)", "y", 1.0),
        ("sum(((b + a*x - y)/2)**2)", "y", -0.5),
        ("sum((-(y - a*x))**2)", "y", -1.0),
        ("sum((log(y) - a*x)**2)", "log y", 1.0),
        ("sum((y - 1 - a*x)**2)", "y - 1", 1.0),
        ("sum((2*(y - a*x) - 2*b)**2)", "y", 2.0),
        ("sum(((y - a*x)/4 - b/4)**2)", "y", 0.25),
        ("sum((a*x/w - (y - b)/w)**2)", "y", "-1/w"),
        ("sum((y/w - a*x/w - b/w)**2)", "y", "1/w"),
        ("sum((y/w - (a*x + b)/w)**2)", "y", "1/w"),
        ("sum((y/w - a*x/w)**2)", "y", "1/w"),
        ("sum((y - a*x)**2/w**2)", "y", "1/w"),
        ("mean(((y - (a*x + b))/w)**2)", "y", "1/w"),
        ("sum((w*y - w*a*exp(-b*x) - w*b)**2)", "y", "w"),
        ("sum((w*y - w*x*a - b*w)**2)", "y", "w"),
        ("sum((w*y - exp(-b*x)*w*a)**2)", "y", "w"),
        ("sum((1 - (a*x + b)/y)**2)", "y", "1/y"),
        ("sum(((a*x + b)/y - 1)**2)", "y", "-1/y"),
        ("sum((1 - exp(-b*x)/y*a - b/y)**2)", "y", "1/y"),
        ("sum((3 - 3*(a*x + b)/y)**2)", "y", "3/y"),
        ("sum((1 - (a*x + 0.1)/y)**2)", "y - 0.1", "1/y"),
        ("sum((w*y - (a*x + k)*w)**2)", "y - 2.5", "w"),
        ("sum((1 - (a*x + b)/log(y))**2)", "log y", "1/log y"),
        ("sum(log(y/(a*x + b))**2)", "log y", 1.0),
        ("sum(log((a*x + b)/y)**2)", "log y", -1.0),
        ("sum((2*log(exp(a*x)/y))**2)", "log y", -2.0),
        ("-sum((y - a*x)*(a*x - y))", "y", -1.0),
        ("sum((y - a*x)*(a*x - y))*-1", "y", -1.0),
        ("-dot(y - a*x, a*x - y)", "y", -1.0),
        ("sum((y - a*x)/w*((y - a*x)/w))", "y", "1/w"),
    ],
)
def test_the_data_of_a_fit_are_found(formula, observed, factor) -> None:
    data = config_of(formula).objective.residuals.data
    y = np.array([1.5, 2, 4, 7])
    known = {"y": y, "log": np.log}
    assert data.values == pytest.approx(eval(observed.replace("log y", "log(y)"), known))
    w = np.array([1, 2, 0.5, 3])
    expected = eval(str(factor).replace("log y", "log(y)"), known | {"w": w}) * np.ones(4)
    assert data.factor == pytest.approx(expected)


GROUPS = {
    "1/y": [
        "sum(((y - f)/y)**2)",
        "sum((1 - f/y)**2)",
        "sum((f/y - 1)**2)",
        "sum(abs(1 - f/y)**2)",
        "mean((100*(1 - f/y))**2)",
        "mean((100 - 100*f/y)**2)",
        "sum((1 - a*exp(-b*x)/y - 0.1/y)**2)",
        "sum((1 - exp(-b*x)/y*a - 0.1/y)**2)",
        "sum((1 - f/y)*(1 - f/y))",
        "-sum((1 - f/y)*(f - y)/y)",
    ],
    "1": [
        "sum((y - f)**2)",
        "-sum((y - f)*(f - y))",
        "sum((y - f)*(f - y))*-1",
        "sum((y - f)*(y - f)) + 7",
        "-0.5*(y - f) @ (f - y)",
        "-dot(f - y, y - f)/len(y)",
    ],
    "w": [
        "sum((w*(y - f))**2)",
        "sum((w*y - w*f)**2)",
        "sum((y*w - f*w)**2)",
        "sum((w*y - w*a*exp(-b*x) - w*0.1)**2)",
        "sum((w*y - exp(-b*x)*w*a - 0.1*w)**2)",
        "-sum(w*(y - f)*(f - y)*w)",
        "sum(w**2*(y - f)**2)",
        "sum((w*(y - f))*(w*y - w*f))",
        "sum((y - f)**2/(1/w**2))",
    ],
    "sqrt(1/y)": [
        "sum((y - f)**2/y)",
        "sum((1 - f/y)*(y - f))",
        "sum((y - f)*(y - f)/y)",
        "-sum((f/y - 1)*(y - f))",
        "sum(((y - f)/sqrt(y))**2)",
        "sum((sqrt(y) - f/sqrt(y))**2)",
    ],
}


@pytest.mark.parametrize(
    ("weight", "formula"), [(weight, each) for weight, group in GROUPS.items() for each in group]
)
def test_r_squared_does_not_depend_on_how_the_sum_is_written(weight, formula) -> None:
    x, y, w = np.array([0.5, 1, 2.5, 4]), np.array([1.5, 2, 4, 7]), np.array([1, 2, 0.5, 3])
    fitted = 1.25 * np.exp(0.4 * x) + 0.1
    weights = np.broadcast_to(eval(weight, {"w": w, "y": y, "sqrt": np.sqrt}) ** 2, 4)
    total = np.sum(weights * (y - np.average(y, weights=weights)) ** 2)
    expected = 1 - np.sum(weights * (y - fitted) ** 2) / total
    residuals = config_of(f"f = a*exp(-b*x) + 0.1\n  {formula}").fitted
    found = fit_at(residuals, np.array([1.25, -0.4]), ["a", "b"])
    assert found.r_squared == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("formula", "values"),
    [
        ("sum((y - log(a*x))**2)", "y"),
        ("sum((w*y - a*x)**2)", "w*y"),
        ("sum((y/w - a*x*b)**2)", "y/w"),
        ("sum((y - (a*x + x)/w)**2)", "y - x/w"),
        ("sum((log(y) - log(a*x))**2)", "log(y)"),
    ],
)
def test_data_that_are_a_formula_of_columns_stay_so(formula, values) -> None:
    x, y, w = np.array([0.5, 1, 2.5, 4]), np.array([1.5, 2, 4, 7]), np.array([1, 2, 0.5, 3])
    columns = {"x": x, "y": y, "w": w, "log": np.log}
    data = config_of(formula).fitted.data
    assert data.values == pytest.approx(eval(values, columns))
    assert data.factor == pytest.approx(np.ones(4))


@pytest.mark.parametrize("formula", ["sum((1 - a*x)**2)", "sum((a*x + b*y - 1)**2)"])
def test_a_number_is_no_data(formula) -> None:
    assert config_of(formula).fitted.data is None


def test_without_one_column_of_data_there_is_none_to_compare() -> None:
    assert config_of("sum((a*x - b*y)**2)").objective.residuals.data is None


FITS = [
    "sum((y - a*x)**2)",
    "sum(abs(y - a*x)**2)",
    "sum((y - exp(x - a))**2)",
    "sum((exp(x - a) - b)**2)",
    "sum((x - a)**2 + (y - b)**2)",
    "sum((sqrt((x - a)**2 + (y - b)**2) - k)**2)",
    "sum(((x - a)**2 + (y - b)**2 - a**2)**2)",
    "sum((a*x + b*y - 1)**2)",
    "sum(log(y/(2 + a*x))**2)",
    "sum(where(w > 0.7, y - a*x, 0)**2)",
    "sum(concat(y - a*x, y - b*x)**2)",
    "sum(take(y - a*x, arange(3))**2)",
    "sum((ones(4, 4) @ (y - exp(x - a)))**2)",
    "sum(cumsum(y - exp(x - a))**2)",
]

NO_FITS = [
    "sum((y - a*x)**4)",
    "sum((y - a*x)**6)",
    "mean((a*x + b - y)**8/w)",
    "sum((w*(y - a*x)**2 + (y - b*x)**2)**2)",
    "sum(tanh(y - a*x)**2)",
    "sum((log1p((y - a*x)**2) * (y - a*x))**2)",
    "sum(maximum(y - a*x, 0)**2)",
    "sum(where(y > a*x, 2*(y - a*x), y - a*x)**2)",
    "sum(concat(y - a*x, y - b*x)**4)",
    "sum(take((y - a*x)**3, arange(3))**2)",
    "sum((y - a*x)**2) + sum((y - b*x)**4)",
]


@pytest.mark.parametrize("formula", [*FITS, *NO_FITS])
def test_a_fit_sums_squares_of_what_is_linear_in_the_comparisons(formula) -> None:
    config = config_of(formula)
    assert config.objective.residuals is not None
    assert (config.fitted is not None) == (formula in FITS)


@pytest.mark.parametrize(
    ("formula", "weight"),
    [
        ("sum((y - a*x)**2) + sum((y - a*x)**2)", 2),
        ("mean((y - a*x)**2) + mean((a*x - y)**2)", 0.5),
        ("sum((y - a*x)**2 + 3*(a*x - y)**2)", 4),
        ("sum((y - a*x)**2) - k*(-sum((y - a*x)**2))", 3.5),
        ("sum((y - a*x)**2) + sum((2*y - a*x*2)**2)", 5),
        ("sum((y - a*x)**2) + sum(((a*x - y)/w)**2)", "1 + 1/w**2"),
        ("sum((w*y - a*x*w)**2) + sum((y - a*x)**2/w)", "w**2 + 1/w"),
        ("sum((x*(y - a*x))**2) + sum((a*x - y)**2) + sum((y - a*x)**2*w)", "x**2 + 1 + w"),
        ("sum(((x - 1)*(y - a*x))**2) + sum(w*((x - 1)*(y - a*x))**2)", "(1 + w)*(x - 1)**2"),
        ("sum(((x - 1)*(y - a*x))**2) + sum((y - a*x)**2)", "1 + (x - 1)**2"),
        ("sum((y - a*x)**2) + sum(((x - 1)*(a*x - y))**2)", "1 + (x - 1)**2"),
    ],
)
def test_a_row_that_is_compared_twice_counts_once(formula, weight) -> None:
    own, plain = config_of(formula).fitted, config_of("sum((y - a*x)**2)").fitted
    assert own.rows == plain.rows == 4
    x, w = np.array([0.5, 1, 2.5, 4]), np.array([1, 2, 0.5, 3])
    weights = eval(str(weight), {"x": x, "w": w})
    point = np.array([[1.5], [0]])
    squares = own.multiple * own.values(point) ** 2
    assert squares[:, 0] == pytest.approx(weights * plain.values(point)[:, 0] ** 2, rel=1e-14)
    assert own.data.values == pytest.approx(plain.data.values, rel=1e-14)
    assert np.ndim(weights) > 0 or abs(own.data.factor) == pytest.approx(np.ones(4), rel=1e-14)


@pytest.mark.parametrize(
    "formula",
    [
        "sum((y - a*x)**2) + sum((y - b*x)**2)",
        "sum((y - a*x)**2) + sum((y - a*x - 1)**2)",
        "sum((y - a*x)**2) + sum((y - k*a*x)**2)",
        "sum((y - a*x)**2) + sum((w - a*x)**2)",
        "sum((y - a*x)**2) + sum((y - a*x*w)**2)",
    ],
)
def test_rows_that_differ_count_each(formula) -> None:
    assert config_of(formula).fitted.rows == 8


def test_runs_have_the_same_bits_alone_and_together() -> None:
    for formula in ("sum((y - a*exp(b*x))**2)", "sum((y - cumsum(a*x) - b)**2)"):
        residuals = config_of(formula).objective.residuals
        x = np.random.default_rng(2).uniform(-1, 2, (2, 11))
        together = residuals.system(x, residuals.values(x).copy()).copy()
        for run in range(11):
            own = x[:, run : run + 1]
            alone = residuals.system(own, residuals.values(own).copy())
            assert np.array_equal(alone[..., 0], together[..., run])
