"""The summary of a fit, in the style of gnuplot."""

import pytest

from adamcli.config.load import parse_config
from adamcli.experiment import run_config
from adamcli.fit.statistics import Estimate
from adamcli.report.fit_text import estimate_text
from adamcli.report.summary import summary_rows
from tests.conftest import ROOT


def test_a_fit_shows_what_gnuplot_shows() -> None:
    # gnuplot 5.4: b1 = 238.942 +/- 2.704 (1.132%), b2 = 0.000550157 +/- 7.261e-06 (1.32%), whose
    # errors have 3 right digits; -0.999, 12 degrees of freedom, residuals of 0.101879.
    text = (ROOT / "configs" / "fit.yaml").read_text(encoding="utf-8")
    best = "start={b1: 238.94212918, b2: 5.5015643181e-4}"
    config = parse_config(text, overrides=[best, "n_iter=0"], folder=ROOT / "configs")
    rows = summary_rows(run_config(config))
    shown = dict(rows)
    assert shown["b1"] == "238.942 +/- 2.707 (1.13%)"
    assert shown["b2"] == "0.000550156 +/- 7.267e-06 (1.32%)"
    assert shown["correlation"] == "b1, b2: -0.999"
    assert shown["fit"].startswith("14 points, 12 degrees of freedom, residual sd 0.1018788, rss")
    assert "no known errors" in shown[""]


def test_a_known_scale_is_said_and_so_is_what_has_no_error() -> None:
    text = (
        "model: y ~ a*x + 0*c\nsigma: 0.5\nbounds: {a: [0, 3], c: [0, 1]}\n"
        "data: {x: [1, 2, 3], y: [2, 4, 6.5]}\nalpha: 0.1\nn_iter: 500\n"
    )
    rows = summary_rows(run_config(parse_config(text)))
    assert ("", "errors: from the known errors of the data (sigma), not rescaled") in rows
    assert ("note", "no error: c does not change the fit") in rows
    assert "reduced chi2" in dict(rows)["fit"]


@pytest.mark.parametrize(
    ("objective", "chi2", "errors"),
    [
        ("model: y ~ a*x\nsigma: s", True, "known errors of the data (sigma)"),
        ("objective: sum(((y - a*x)/s)**2)", True, "scaled by sqrt(reduced chi2)"),
        ("objective: mean((a*x - y)**2/s**2)", True, "scaled by sqrt(reduced chi2)"),
        ("model: y ~ a*x", False, "the data have no known errors"),
        ("objective: sum((y - a*x)**2)", False, "the data have no known errors"),
    ],
)
def test_chi2_is_called_so(objective, chi2, errors) -> None:
    data = "{x: [1, 2, 3], y: [2, 4, 6.5], s: [0.1, 0.2, 0.25]}"
    text = f"{objective}\nbounds: {{a: [0, 3]}}\ndata: {data}\nstart: {{a: 2}}\nn_iter: 0\n"
    shown = dict(summary_rows(run_config(parse_config(text))))
    assert (", chi2 4," in shown["fit"]) == (", reduced chi2 2," in shown["fit"]) == chi2
    assert (", rss 0.25," in shown["fit"]) != chi2
    assert errors in shown[""]


def test_a_value_has_the_digits_that_its_error_leaves() -> None:
    assert (
        estimate_text(Estimate(1234567.891, 0.01234, 1e-8, 0, 0))
        == "1234567.891 +/- 0.01234 (1e-06%)"
    )
    assert estimate_text(Estimate(0.1, float("nan"), 0, 0, 0)) == "0.1"
    assert estimate_text(Estimate(0.0, 0.5, float("nan"), 0, 0)) == "0 +/- 0.5"
