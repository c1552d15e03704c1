"""Predictions, bootstraps and profiles; for lines the oracle are closed forms."""

import numpy as np
import pytest

from adamcli.errors import UsageError
from adamcli.fit.bootstrap import bootstrap
from adamcli.fit.levenberg import descend
from adamcli.fit.prediction import predict
from adamcli.fit.profile import profile
from adamcli.fit.statistics import fit_at
from tests.conftest import ROOT
from tests.fit.cases import LINE, SIGMA, Case, X, Y, case, design
from tests.fit.strd import SETS
from tests.fit.test_strd import residuals_of

T_6 = 2.446911851144969


def bands(new, errors, scale, quantile):
    """Return half the widths of both bands of a line, by the closed form."""
    a, rows = design(1 / errors), np.stack([new, np.ones_like(new)], axis=1)
    variance = np.einsum("ij,jk,ik->i", rows, np.linalg.inv(a.T @ a), rows) * scale**2
    return quantile * np.sqrt(variance), variance


def test_bands_of_a_line_are_those_of_linear_regression() -> None:
    found, new = case(LINE), np.array([-1.0, 3.5, 20.0])
    sd = np.sqrt(np.linalg.lstsq(design(), Y, rcond=None)[1][0] / 6)
    for at, rows in ((None, X), ({"x": new}, new)):
        half, variance = bands(rows, np.ones(8), sd, T_6)
        p = predict(found.residuals, found.x, found.box, at=at)
        assert p.fitted == pytest.approx(found.x[0] * rows + found.x[1], rel=1e-13)
        assert p.confidence_high - p.fitted == pytest.approx(half, rel=1e-11)
        assert p.fitted - p.confidence_low == pytest.approx(half, rel=1e-11)
        own = T_6 * np.sqrt(variance + sd**2)
        assert p.prediction_high - p.fitted == pytest.approx(own, rel=1e-11)
    assert np.isnan(p.residual).all()


def test_known_errors_widen_the_band_of_their_row() -> None:
    found = case(f"{LINE}sigma: s\n")
    half, variance = bands(X, SIGMA, 1.0, 1.959963984540054)
    p = predict(found.residuals, found.x, found.box)
    assert p.observed == pytest.approx(Y)
    assert p.residual == pytest.approx(Y - found.x[0] * X - found.x[1], abs=1e-13)
    assert p.confidence_high - p.fitted == pytest.approx(half, rel=1e-11)
    own = 1.959963984540054 * np.sqrt(variance + SIGMA**2)
    assert p.prediction_high - p.fitted == pytest.approx(own, rel=1e-11)
    # The error of a new measurement is known only if its own sigma is.
    new = predict(found.residuals, found.x, found.box, at={"x": X})
    assert new.confidence_high - new.fitted == pytest.approx(half, rel=1e-11)
    assert np.isnan(new.prediction_high).all()
    full = predict(found.residuals, found.x, found.box, at={"x": X, "s": SIGMA})
    assert full.prediction_high == pytest.approx(p.prediction_high, rel=1e-11)


@pytest.mark.parametrize("form", ["mean((y - a*x - c)**2)", "sum((a*x + c - y)**2)"])
def test_an_objective_predicts_as_its_model_does(form) -> None:
    found, model = case(LINE.replace("model: y ~ a*x + c", f"objective: {form}")), case(LINE)
    at = {"x": np.array([1.0, 30.0])}
    mine = predict(found.residuals, found.x, found.box, at=at)
    theirs = predict(model.residuals, model.x, model.box, at=at)
    assert mine.fitted == pytest.approx(theirs.fitted, rel=1e-12)
    assert mine.prediction_low == pytest.approx(theirs.prediction_low, rel=1e-10)


@pytest.mark.parametrize("new", [[10.0, -1.0], [10.0]])
def test_new_rows_need_no_measurements_even_where_these_scale_the_sum(new) -> None:
    share = "objective: sum((y - a*x - c)**2)/sum((y - mean(y))**2)"
    found, model, at = case(LINE.replace("model: y ~ a*x + c", share)), case(LINE), {"x": new}
    mine = predict(found.residuals, found.x, found.box, at=at)
    theirs = predict(model.residuals, model.x, model.box, at=at)
    assert mine.fitted == pytest.approx(theirs.fitted, rel=1e-9)
    assert mine.confidence_low == pytest.approx(theirs.confidence_low, rel=1e-6)
    assert mine.prediction_low == pytest.approx(theirs.prediction_low, rel=1e-6)
    with pytest.raises(UsageError, match="no sum of squares over the new rows"):
        predict(found.residuals, found.x, found.box, at={"x": [10.0, 1.0], "y": [1.0, 1.0]})


def test_a_missing_column_is_named() -> None:
    found = case(LINE)
    with pytest.raises(UsageError, match="lack a column that the fit needs, one of x"):
        predict(found.residuals, found.x, at={"y": Y, "s": SIGMA})
    with pytest.raises(UsageError, match="among x, y, s"):
        predict(found.residuals, found.x, at={"z": Y})


def test_a_bootstrap_of_a_line_has_the_errors_of_regression() -> None:
    found = case(LINE)
    fit = fit_at(found.residuals, found.x, found.names)
    spread = bootstrap(found.residuals, found.x, found.names, count=4000)
    assert (spread.fits, spread.failed) == (4000, 0)
    for name in "ac":
        # Their deviation is (n - 1)/n of that of the residuals, up to chance.
        assert spread.parameters[name].stderr == pytest.approx(
            fit.parameters[name].stderr, rel=0.06
        )
        assert abs(spread.parameters[name].bias) < 0.1 * fit.parameters[name].stderr


def test_each_bootstrap_is_the_least_squares_fit_of_its_rows() -> None:
    found = case(LINE)
    spread = bootstrap(found.residuals, found.x, found.names, count=5, seed=3, way="pairs")
    for run in range(5):
        rows = np.random.default_rng([3, run]).integers(0, 8, 8)
        expected = np.linalg.lstsq(design()[rows], Y[rows], rcond=None)[0]
        assert spread.points[:, run] == pytest.approx(expected, rel=1e-10)


def test_a_bootstrap_is_the_same_however_many_there_are() -> None:
    found = case(LINE)
    few = bootstrap(found.residuals, found.x, found.names, count=3, seed=1)
    many = bootstrap(found.residuals, found.x, found.names, count=50, seed=1)
    assert np.array_equal(few.points, many.points[:, :3])


def test_profiles_of_a_line_are_its_intervals() -> None:
    for text in (LINE, f"{LINE}sigma: s\n"):
        found = case(text)
        fit = fit_at(found.residuals, found.x, found.names)
        profiled = profile(found.residuals, found.x, found.names)
        for name, interval in profiled.parameters.items():
            assert interval.low == pytest.approx(fit.parameters[name].low, rel=1e-7)
            assert interval.high == pytest.approx(fit.parameters[name].high, rel=1e-7)


def misra() -> Case:
    text = (ROOT / "configs" / "fit.yaml").read_text(encoding="utf-8")
    data = str(ROOT / "configs" / "data" / "misra1a.csv")
    return Case(text.replace("data/misra1a.csv", data))


def test_a_profile_of_one_point_says_that_it_is_too_few() -> None:
    found = case("model: y ~ a*x\nbounds: {a: [-9, 9]}\ndata: {x: [2], y: [3]}\n")
    with pytest.raises(UsageError, match=r"profile: 1 point is too few for 1 parameter$"):
        profile(found.residuals, found.x, found.names)


def test_profiles_of_a_curve_are_those_of_lmfit() -> None:
    # lmfit 1.3.4, conf_interval(sigmas=[2]) of Misra1a: -5.88 and +6.23 around b1.
    found = misra()
    interval = profile(found.residuals, found.x, found.names, level=0.9544997361).parameters["b1"]
    assert interval.value - interval.low == pytest.approx(5.88, abs=0.005)
    assert interval.high - interval.value == pytest.approx(6.23, abs=0.005)


def test_an_end_beyond_a_bound_is_not_there() -> None:
    found = case(LINE)
    high = np.array([found.x[0] + 1e-4, 9.0])
    profiled = profile(found.residuals, found.x, found.names, (np.full(2, -9.0), high))
    assert np.isnan(profiled.parameters["a"].high)
    assert profiled.parameters["a"].low < found.x[0]
    assert "a: the data do not bound it" in profiled.notes[0]


def test_ends_far_from_the_linear_ones_are_found() -> None:
    # A step of the linear size leaves the domain of this model.
    reference, residuals = SETS["Rat43"], residuals_of("Rat43")
    x = np.array(reference.values)
    intervals = profile(residuals, x, ["b1", "b2", "b3", "b4"]).parameters
    t_11 = 2.200985160082949
    for k, interval in enumerate(intervals.values()):
        for end in interval[1:]:
            held = np.full(4, -np.inf), np.full(4, np.inf)
            held[0][k] = held[1][k] = end
            # Starts all around, so that the best one does not depend on the way.
            around = x[:, None] * np.random.default_rng(0).uniform(0.05, 4, (4, 400))
            least = descend(residuals, around, *held).score.min()
            assert least == pytest.approx(reference.rss * (1 + t_11**2 / 11), rel=1e-8)
