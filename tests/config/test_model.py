"""The keys `model`, `sigma` and `loss`: what they mean, and the errors that point."""

import pickle

import numpy as np
import pytest

from adamcli import sweep
from adamcli.config.checking import checked
from adamcli.config.load import parse_config, read_config
from adamcli.config.write import yaml_of
from adamcli.diagnostics import ConfigError
from adamcli.experiment import run_config
from adamcli.inspection import inspect_config

HEAD = """
bounds: {a: [0, 5], k: [0, 2]}
data: {x: [0, 1, 2, 3], y: [3.1, 1.9, 1.2, 0.6], s: [1, 2, 1, 4]}
"""
MODEL = "model: y ~ a*exp(-k*x)\n" + HEAD
X, Y, S = np.arange(4.0), np.array([3.1, 1.9, 1.2, 0.6]), np.array([1.0, 2, 1, 4])
POINT = np.array([[2.0, 3.5], [0.5, 1.5]])


def values_at(text: str):
    """Return the objective of a config at both points."""
    objective, f, g = parse_config(text).objective.make(), np.empty(2), np.empty((2, 2))
    for call in objective.bind(POINT.copy(), f, g).calls:
        call()
    return f


def residuals(k: int):
    return Y - POINT[0, k] * np.exp(-POINT[1, k] * X)


@pytest.mark.parametrize(
    ("keys", "errors"),
    [("", 1.0), ("sigma: 0.5\n", 0.5), ("sigma: s\n", S), ("sigma: sqrt(s) + x\n", S**0.5 + X)],
)
def test_the_objective_of_a_model_is_the_sum_of_squares(keys, errors) -> None:
    expected = [np.sum((residuals(k) / errors) ** 2) for k in range(2)]
    assert values_at(MODEL + keys) == pytest.approx(expected, rel=1e-14)


def rho(name: str, z):
    """Return the losses as SciPy documents them for `least_squares`."""
    return {
        "linear": z,
        "huber": np.where(z <= 1, z, 2 * z**0.5 - 1),
        "soft_l1": 2 * ((1 + z) ** 0.5 - 1),
        "cauchy": np.log(1 + z),
        "arctan": np.arctan(z),
    }[name]


@pytest.mark.parametrize("name", ["linear", "huber", "soft_l1", "cauchy", "arctan"])
@pytest.mark.parametrize("scale", [None, 0.3])
def test_losses_are_those_of_scipy(name, scale) -> None:
    if name == "linear" and scale:
        return
    loss, d = (f"{name}({scale})", scale) if scale else (name, 1.0)
    expected = [np.sum(d**2 * rho(name, (residuals(k) / d) ** 2)) for k in range(2)]
    assert values_at(f"{MODEL}loss: {loss}\n") == pytest.approx(expected, rel=1e-12)
    found = parse_config(f"{MODEL}loss: {loss}\n").objective.residuals
    assert np.sum(found.loss.values(found.values(POINT)), axis=0) == pytest.approx(expected)


@pytest.mark.parametrize("loss", ["huber(0.3)", "soft_l1(0.3)", "cauchy(0.1)", "arctan(2)"])
def test_a_robust_fit_is_where_its_gradient_vanishes(loss) -> None:
    from tests.fit.cases import fit_from

    config = parse_config(f"{MODEL}loss: {loss}\n")
    box = config.bounds.low, config.bounds.high
    found = fit_from(config.objective.residuals, np.array([2.5, 0.5]), *box)
    f, g = np.empty(1), np.empty((2, 1))
    for call in config.objective.make().bind(found.x[:, None].copy(), f, g).calls:
        call()
    assert f[0] == pytest.approx(found.score, rel=1e-12)
    assert np.abs(g).max() < 1e-7


@pytest.mark.parametrize(
    "model",
    [
        "log(y) ~ log(a) - k*x",
        "|\n  decay = exp(-k*x)  # not y ~ this\n  y ~ a*decay",
        "y*2 ~ 2*a*exp(-k*x)",
    ],
)
def test_both_sides_may_be_formulas(model) -> None:
    result = run_config(parse_config(f"model: {model}\n{HEAD}n_iter: 5\n"))
    assert result.fit.points == 4
    assert result.best.score < result.start.score


ERRORS = [
    ("model: y = a*x", "1:8: expected one `~` in the last line, found none"),
    ("model: y ~ a ~ k", "1:14: expected one `~` in the last line, found another one"),
    ("model: sin(y ~ a*k)", "1:14: expected one formula on each side of `~`"),
    ("model: y ~ a*z + k", "1:14: unknown name `z`"),
    ("model: yy ~ a*x + k", "1:8: unknown name `yy`"),
    ("model: a ~ a*x + k", "1:8: the left side of `~` is what was measured"),
    ("model: y ~ a*(x + k", "1:14: this `(` has no closing `)`"),
    ("model: y ~ a*x^k", "1:15: `^` is not a power"),
    ("model: |\n  q = a*zz\n  y ~ q + k*x", "2:9: unknown name `zz`"),
    ("model: 3 ~ a + k", "1:8: the model has one value only"),
    ("model: y ~ a*x[1:] + k", "the shapes (4,) and (3,) do not fit each other"),
    ("model: 3", "1:8: model: expected what was measured and a formula"),
    ("model: y ~ a*x + k\nsigma: -1", "2:8: sigma: expected positive numbers, found -1.0"),
    ("model: y ~ a*x + k\nsigma: x", "2:8: sigma: expected positive numbers, found 0.0 in row 1"),
    ("model: y ~ a*x + k\nsigma: 1/(x-2)", "found -0.5 in row 1 of the data"),
    ("model: y ~ a*x + k\nsigma: a", "`a` is a variable; known errors are numbers"),
    ("model: y ~ a*x + k\nsigma: s[1:]", "sigma: the shapes"),
    ("model: y ~ a*x + k\nloss: hubert", "2:7: loss: expected one of linear, huber(d)"),
    ("model: y ~ a*x + k\nloss: huber(0)", "loss: expected a positive number in huber(d)"),
    ("model: y ~ a*x + k\nloss: huber(x)", "loss: expected a positive number in huber(d)"),
    ("model: y ~ a*x + k\ndirection: maximize", "2:12: direction: a model is fitted by minim"),
    ("model: y ~ a*x + k\nobjective: a**2 + k", "2:12: a config has an `objective` or a `model`"),
    ("objective: a**2 + k\nsigma: 2", "2:8: `sigma` needs a `model`"),
    ("objective: a**2 + k\nloss: linear", "2:7: `loss` needs a `model`"),
    ("seed: 1", "`objective` is missing"),
]


@pytest.mark.parametrize(("text", "message"), ERRORS)
def test_what_is_wrong_is_said_where_it_stands(text, message) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(f"{text}\n{HEAD}")
    assert message in str(error.value)


def test_all_that_is_wrong_is_said_together() -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(f"model: y ~ a*z + k\nsigma: q\nloss: foo\n{HEAD}")
    for part in ("unknown name `z`", "loss: expected"):
        assert part in str(error.value)


def test_check_finds_the_gradient_of_a_model_right() -> None:
    config = parse_config(f"{MODEL}sigma: s\nloss: soft_l1(0.2)\n")
    assert inspect_config(config).passed


def test_a_model_survives_being_resolved_written_and_pickled(tmp_path) -> None:
    text = f"{MODEL}sigma: s\nloss: huber(1.5)\nn_iter: 7\n"
    config = parse_config(text)
    resolved = config.resolved()
    assert [resolved[key] for key in ("model", "sigma", "loss")] == [
        "y ~ a*exp(-k*x)",
        "s",
        "huber(1.5)",
    ]
    file = read_config(text)
    written = checked(read_config(yaml_of(file.tree, tmp_path, tmp_path)))
    pickled = pickle.loads(pickle.dumps(config))
    scores = [run_config(c).best.score for c in (config, written, pickled)]
    assert scores[0] == scores[1] == scores[2]


def test_set_changes_a_model() -> None:
    config = parse_config(MODEL, overrides=["model=y ~ a - k*x", "sigma=2", "loss=cauchy(3)"])
    assert config.resolved()["model"] == "y ~ a - k*x"
    assert config.objective.residuals.loss.scale == 3.0


def test_a_gradient_by_hand_counts() -> None:
    by_hand = "gradient: {a: 0*a + 1, k: k}\n"
    objective = parse_config(MODEL + by_hand).objective.make()
    f, g = np.empty(2), np.empty((2, 2))
    for call in objective.bind(POINT.copy(), f, g).calls:
        call()
    assert np.array_equal(g, [[1, 1], POINT[1]])


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        ("constants.noise", [0.5, 2.0]),
        ("loss", ["linear", "huber(1.5)"]),
        ("sigma", ["1", "2", "s"]),
        ("model", ["y ~ a*exp(-k*x)", "y ~ a - k*x"]),
        ("start.a", [1.0, 2.0]),
    ],
)
def test_the_keys_of_a_model_may_be_axes(axis, values) -> None:
    text = f"constants: {{noise: 1}}\nsigma: noise*s\n{MODEL}n_iter: 20\n"
    found = sweep(parse_config(text), {axis: values})["best.score"]
    for value, score in zip(values, found, strict=True):
        alone = run_config(parse_config(text, overrides=[f"{axis}={value}"]))
        assert alone.best.score == score


def test_expectations_may_name_every_number_of_a_fit() -> None:
    expect = "expect: [fit.parameters.a.stderr > 0, fit.dof == 2, 'fit.derived.q.low < fit.rss']\n"
    text = f"model: |\n  q = a - 9\n  y ~ (q + 9)*exp(-k*x)\n{HEAD}n_iter: 200\nalpha: 0.1\n"
    config = parse_config(text + expect)
    numbers = run_config(config).numbers()
    assert not [s for expectation in config.expect for s in expectation.shortfalls(numbers)]
    with pytest.raises(ConfigError, match=r"did you mean `fit\.parameters\.a\.stderr`"):
        parse_config(f"{text}expect: fit.parameters.a.stder < 1\n")


def test_entries_of_arrays_have_their_own_errors() -> None:
    text = (
        "model: y ~ w[0] + w[1]*x\nbounds: {w: {low: -9, high: 9, shape: 2}}\n"
        "data: {x: [0, 1, 2, 3], y: [3.1, 1.9, 1.2, 0.6]}\nstart: {w: [3, -0.8]}\nn_iter: 0\n"
    )
    config = parse_config(f"{text}expect: 'fit.parameters.w[1].stderr < 1e-6'\n")
    result = run_config(config)
    (shortfall,) = config.expect[0].shortfalls(result.numbers())
    assert shortfall.left == "fit.parameters.w[1].stderr"
    assert shortfall.left_value == result.fit.parameters["w[1]"].stderr


def test_without_a_fit_there_are_no_numbers_of_one() -> None:
    with pytest.raises(ConfigError, match=r"no field `fit\.rss`"):
        parse_config("objective: a**2\nbounds: {a: [0, 1]}\nexpect: fit.rss < 1\n")
