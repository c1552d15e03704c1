"""What a fit reports; for lines the oracle are the closed forms of linear regression."""

from math import exp, log, sqrt

import numpy as np
import pytest

from adamcli.config.load import parse_config
from adamcli.fit.statistics import fit_at
from tests.fit.cases import DATA, LINE, SIGMA, X, Y, case, design

T_6 = 2.446911851144969  # Student's t of 95 % for 6 degrees of freedom, from tables


def fit_of(text: str):
    found = case(text)
    return fit_at(found.residuals, found.x, found.names, found.box)


def test_the_numbers_of_a_line_are_those_of_linear_regression() -> None:
    fit, a = fit_of(LINE), design()
    beta, (rss,), *_ = np.linalg.lstsq(a, Y, rcond=None)
    covariance = np.linalg.inv(a.T @ a) * rss / 6
    assert (fit.points, fit.dof, fit.scale, fit.notes) == (8, 6, "estimated", ())
    for k, name in enumerate("ac"):
        estimate, error = fit.parameters[name], sqrt(covariance[k, k])
        assert estimate.value == pytest.approx(beta[k], rel=1e-13)
        assert estimate.stderr == pytest.approx(error, rel=1e-12)
        assert estimate.relative == pytest.approx(error / beta[k], rel=1e-12)
        assert estimate.low == pytest.approx(beta[k] - T_6 * error, rel=1e-12)
        assert estimate.high == pytest.approx(beta[k] + T_6 * error, rel=1e-12)
    correlation = covariance[0, 1] / sqrt(covariance[0, 0] * covariance[1, 1])
    assert fit.correlation["a"] == {"c": pytest.approx(correlation, rel=1e-12)}
    assert fit.rss == pytest.approx(rss, rel=1e-12)
    assert fit.rmse == pytest.approx(sqrt(rss / 8), rel=1e-12)
    assert fit.residual_sd == pytest.approx(sqrt(rss / 6), rel=1e-12)
    assert fit.r_squared == pytest.approx(1 - rss / np.sum((Y - Y.mean()) ** 2), rel=1e-12)
    assert fit.aic == pytest.approx(8 * log(rss / 8) + 6, rel=1e-12)
    assert fit.aicc == pytest.approx(fit.aic + 24 / 4, rel=1e-12)
    assert fit.bic == pytest.approx(8 * log(rss / 8) + 3 * log(8), rel=1e-12)
    assert np.isnan([fit.chi2, fit.reduced_chi2, fit.p_value]).all()


@pytest.mark.parametrize("sigma", ["s", "2*s", "0.25"])
def test_known_errors_are_not_rescaled(sigma) -> None:
    errors = {"s": SIGMA, "2*s": 2 * SIGMA, "0.25": np.full(8, 0.25)}[sigma]
    fit, a = fit_of(f"{LINE}sigma: {sigma}\n"), design(1 / errors)
    beta, (chi2,), *_ = np.linalg.lstsq(a, Y / errors, rcond=None)
    covariance = np.linalg.inv(a.T @ a)
    for k, name in enumerate("ac"):
        estimate, error = fit.parameters[name], sqrt(covariance[k, k])
        assert estimate.value == pytest.approx(beta[k], rel=1e-12)
        assert estimate.stderr == pytest.approx(error, rel=1e-12)
        assert estimate.high == pytest.approx(beta[k] + 1.959963984540054 * error, rel=1e-12)
    assert fit.scale == "known"
    assert fit.chi2 == fit.rss == pytest.approx(chi2, rel=1e-12)
    assert fit.reduced_chi2 == pytest.approx(chi2 / 6, rel=1e-12)
    # With an even number of degrees of freedom the tail is a finite sum.
    half = chi2 / 2
    assert fit.p_value == pytest.approx(exp(-half) * (1 + half + half**2 / 2), rel=1e-10)
    assert fit.aic == pytest.approx(chi2 + 4, rel=1e-12)


def test_weights_of_an_objective_are_relative_errors() -> None:
    weighted = f"objective: mean((y - a*x - c)**2/s**2)\n{LINE.partition(chr(10))[2]}"
    fit, a = fit_of(weighted), design(1 / SIGMA)
    rss = np.linalg.lstsq(a, Y / SIGMA, rcond=None)[1][0]
    error = sqrt(np.linalg.inv(a.T @ a)[0, 0] * rss / 6)
    assert fit.parameters["a"].stderr == pytest.approx(error, rel=1e-12)
    assert fit.scale == "estimated"
    assert fit.rss == pytest.approx(rss, rel=1e-12)
    assert fit.chi2 == fit.rss
    assert fit.reduced_chi2 == pytest.approx(rss / 6, rel=1e-12)
    assert np.isnan(fit.p_value)


WEIGHTED = [
    "sum(((y - a*x - c)/s)**2)",
    "sum((y - a*x - c)**2/s**2)",
    "mean((y/s - (a*x + c)/s)**2)",
    "0.5*sum(((a*x + c - y)/s)**2) + sum(log(s))",
    "sum((y - a*x - c)**2*w) + 0",
    "sum((y - a*x - c)**2/s**2) + ((a - 2)/9)**2",
    "sum(((y - a*x - c)/u)**2)",
    "sum((sqrt((x - a)**2 + (y - c)**2) - a)**2/s**2)",
]
PLAIN = [
    "sum((y - a*x - c)**2)",
    "mean((2*(y - a*x - c))**2)/0.01",
    "sum(((y - a*x - c)/0.1)**2)",
    "sum((y - a*x - c)**2/s**2) + sum((s - c)**2)",
    "sum((sqrt((x - a)**2 + (y - c)**2) - a)**2)",
]


@pytest.mark.parametrize("formula", [*WEIGHTED, *PLAIN])
def test_chi2_is_the_sum_in_which_an_array_weighs_every_row(formula) -> None:
    head = LINE.partition("\n")[2].replace("data: {", f"data: {{u: {[0.1] * 8}, w: {[4.0] * 8}, ")
    found = parse_config(f"objective: {formula}\n{head}")
    fit = fit_at(found.fitted, np.array([2.0, 1.0]), ["a", "c"])
    assert np.isfinite(fit.chi2) == np.isfinite(fit.reduced_chi2) == (formula in WEIGHTED)
    assert fit.chi2 == fit.rss or formula in PLAIN


def test_squares_that_are_added_twice_have_the_errors_of_once() -> None:
    head = LINE.partition("\n")[2]
    once = fit_of(f"objective: 2*sum((y - a*x - c)**2)\n{head}")
    twice = fit_of(f"objective: sum((y - a*x - c)**2) + sum((a*x + c - y)**2)\n{head}")
    assert (twice.points, twice.dof) == (8, 6)
    error = sqrt(np.linalg.inv(design().T @ design())[0, 0] * once.rss / 6)
    assert twice.parameters["a"].stderr == pytest.approx(error, rel=1e-12)
    assert twice.rss == pytest.approx(once.rss, rel=1e-14)
    assert twice.aicc == pytest.approx(once.aicc, rel=1e-12)


def test_lines_of_the_formula_have_errors_by_the_delta_method() -> None:
    text = LINE.replace(
        "model: y ~ a*x + c", "model: |\n  b = 100*a\n  root = -c/a\n  k = 7\n  y ~ b*x/100 + c"
    )
    fit = fit_of(text)
    a, c = fit.parameters["a"], fit.parameters["c"]
    assert set(fit.derived) == {"b", "root"}
    assert fit.derived["b"].stderr == pytest.approx(100 * a.stderr, rel=1e-12)
    assert fit.derived["b"].low == pytest.approx(100 * a.low, rel=1e-11)
    design_ = design()
    covariance = np.linalg.inv(design_.T @ design_) * fit.residual_sd**2
    slope = np.array([c.value / a.value**2, -1 / a.value])
    assert fit.derived["root"].stderr == pytest.approx(sqrt(slope @ covariance @ slope), rel=1e-11)


def test_parameters_that_the_data_do_not_tell_apart_have_no_error() -> None:
    plain = fit_of(LINE)
    found = case(
        f"model: y ~ a*b*x + c + 0*d\n"
        f"bounds: {{a: [-9, 9], b: [-9, 11], c: [-9, 9], d: [-1, 1]}}\n{DATA}"
    )
    slope, offset = (plain.parameters[name].value for name in "ac")
    x = np.array([2.0, 0.5 * slope, offset, 0.25])
    fit = fit_at(found.residuals, x, found.names, found.box)
    assert [name for name, e in fit.parameters.items() if np.isnan(e.stderr)] == ["a", "b", "d"]
    assert fit.parameters["c"].stderr == pytest.approx(plain.parameters["c"].stderr, rel=1e-9)
    assert fit.dof == 6
    notes = " | ".join(fit.notes)
    assert "a and b are not told apart by the data" in notes
    assert "d does not change the fit" in notes


def test_a_parameter_on_its_bound_has_no_error_and_counts_as_known() -> None:
    fit = fit_of(LINE.replace("a: [-9, 9]", "a: [-9, 1.5]"))
    assert np.isnan(fit.parameters["a"].stderr)
    assert fit.notes == ("a is on its bound 1.5, so it has no error",)
    assert fit.dof == 7
    assert fit.parameters["c"].stderr == pytest.approx(np.std(Y - 1.5 * X, ddof=1) / sqrt(8))


@pytest.mark.parametrize(
    ("model", "data", "note"),
    [
        ("a*x + c", "{x: [1, 2], y: [3, 5.5]}", "2 points are too few for 2 parameters"),
        ("a*x", "{x: [2], y: [3]}", "1 point is too few for 1 parameter"),
    ],
)
def test_too_few_points_are_said(model, data, note) -> None:
    bounds = ", ".join(f"{name}: [-9, 9]" for name in "ac" if name in model)
    fit = fit_of(f"model: y ~ {model}\nbounds: {{{bounds}}}\ndata: {data}\n")
    assert fit.dof == 0
    assert np.isnan(fit.parameters["a"].stderr)
    assert f"no errors: {note}" in fit.notes


@pytest.mark.parametrize(
    ("formula", "dim", "why"),
    [
        ("mean((y - a - 1e200*b*x)**2)*1e-99", 2, "a residual is not finite"),
        ("mean((y - a @ ones(201))**2)", 201, "the fit has 201 parameters and 2 points"),
    ],
)
def test_why_a_fit_has_no_errors_is_said_without_a_warning(formula, dim, why) -> None:
    bounds = "{a: {low: -9, high: 9, shape: 201}}" if dim == 201 else "{a: [-9, 9], b: [-9, 9]}"
    found = parse_config(f"objective: {formula}\nbounds: {bounds}\ndata: {{x: [1, 2], y: [3, 5]}}")
    fit = fit_at(found.fitted, np.ones(dim), found.variables.coordinate_names())
    assert f"no errors: {why}" in fit.notes


def test_a_robust_loss_has_no_errors_but_says_so() -> None:
    fit = fit_of(f"{LINE}loss: huber(0.3)\n")
    assert np.isnan([estimate.stderr for estimate in fit.parameters.values()]).all()
    assert "not for the loss huber(0.3)" in " ".join(fit.notes)


def test_a_point_that_is_not_the_best_fit_is_no_fit() -> None:
    found = case(LINE)
    assert not fit_at(found.residuals, found.x + 1e-6, found.names).notes
    assert "not yet the best fit" in fit_at(found.residuals, found.x + 0.1, found.names).notes[0]


def test_everything_is_json() -> None:
    import json

    from adamcli.fields import finite

    text = json.dumps(finite(fit_of(LINE).to_dict()), allow_nan=False)
    assert json.loads(text)["parameters"]["a"]["stderr"] > 0
