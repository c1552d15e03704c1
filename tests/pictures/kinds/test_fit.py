"""A fit: what the result predicts, at the data and along the curve; what was observed; the rest."""

import numpy as np
import pytest

import adamcli
from adamcli.config.checking import checked
from adamcli.config.load import read_keys
from adamcli.optimizer.result import Point
from adamcli.pictures.figures import figure_of
from adamcli.pictures.kinds.fit import DOTS, draw, lacks, suits
from adamcli.pictures.scene import Band, Dots, Line, Rule
from adamcli.pictures.subject import Subject, Wish
from adamcli.plotting.subjects import of_config, of_solution
from tests.conftest import ROOT
from tests.pictures.layout import faults

RANDOM = np.random.default_rng(5)
X = RANDOM.uniform(0.01, 4, 30).round(3)
NOISE = 0.05 * RANDOM.standard_normal(30)
DECAY = {"x": X.tolist(), "y": (2 * np.exp(-X) + 0.3 + NOISE).tolist()}
LINE = {"x": X.tolist(), "y": (2 * X + 1 + NOISE).tolist()}
WIDE = np.geomspace(1e-3, 1e4, 20)
AB = {"a": [0, 10], "b": [-5, 5]}

FITS = {
    "curve": {
        "model": "y ~ a*exp(-b*x) + c",
        "data": DECAY,
        "bounds": {"a": [0, 10], "b": [0, 5], "c": [-1, 1]},
    },
    "line": {"model": "y ~ a*x + b", "data": LINE, "bounds": AB},
    "sigma": {
        "model": "y ~ a*x + b",
        "data": {**LINE, "s": (0.1 + X).tolist()},
        "bounds": AB,
        "sigma": "s",
    },
    "robust": {"model": "y ~ a*x + b", "data": LINE, "bounds": AB, "loss": "huber(0.1)"},
    "wide": {
        "model": "y ~ a*log(x) + b",
        "data": {
            "x": WIDE.tolist(),
            "y": (2 * np.log(WIDE) + 0.1 * RANDOM.standard_normal(20)).tolist(),
        },
        "bounds": AB,
    },
    "several predictors": {
        "model": "y ~ a*u + b*v",
        "data": {"u": LINE["x"], "v": DECAY["y"], "y": LINE["y"]},
        "bounds": AB,
    },
    "no predictor": {"model": "y ~ a", "data": {"y": [1, 2, 3.5]}, "bounds": {"a": [0, 10]}},
    "two rows": {"model": "y ~ a*x + b", "data": {"x": [0, 1], "y": [1, 3]}, "bounds": AB},
    "one row": {"model": "y ~ a*x", "data": {"x": [1], "y": [3]}, "bounds": {"a": [0, 10]}},
    "one place": {
        "model": "y ~ a*x + b",
        "data": {"x": [1, 1, 1], "y": [1, 3, 2]},
        "bounds": AB,
    },
    "logarithm": {
        "model": "log(y) ~ a*x + b",
        "data": {"x": [1, 2, 3], "y": [1, 3, 9.5]},
        "bounds": AB,
    },
}
ALONG = [name for name in FITS if "predictor" not in name]


@pytest.fixture(scope="module")
def solved():
    """Return a function that returns the result of a fit, which is found once."""
    found = {}

    def of(name: str):
        if name not in found:
            found[name] = adamcli.solve(FITS[name])
        return found[name]

    return of


def drawn(result):
    subject = of_solution(result)
    assert lacks(subject, Wish()) == ""
    return draw([subject], Wish())


def only(panel, kind: type, role: str = ""):
    (found,) = [m for m in panel.marks if isinstance(m, kind) and role in ("", m.role)]
    return found


@pytest.mark.parametrize("name", ALONG)
def test_the_curve_is_what_the_result_predicts(name: str, solved) -> None:
    result = solved(name)
    main, below = drawn(result).panels
    curve = only(main, Line, "fitted")
    expected = result.predict({"x": curve.x.tolist()})
    assert np.array_equal(curve.y, expected.fitted)
    assert curve.x[0] < min(FITS[name]["data"]["x"])
    assert curve.x[-1] > max(FITS[name]["data"]["x"])
    bands = [mark for mark in main.marks if isinstance(mark, Band)]
    if np.isfinite(expected.confidence_low).any():
        (band,) = bands
        assert band.label == "95% confidence"
        assert np.array_equal(band.x, curve.x)
        assert np.array_equal(band.low, expected.confidence_low, equal_nan=True)
        assert np.array_equal(band.high, expected.confidence_high, equal_nan=True)
    else:
        assert bands == []
    data = only(main, Dots, "data")
    assert data.x.tolist() == FITS[name]["data"]["x"]
    y = np.array(FITS[name]["data"]["y"], dtype=float)
    np.testing.assert_allclose(data.y, np.log(y) if name == "logarithm" else y, rtol=1e-14)
    residuals = only(below, Dots, "data")
    assert np.array_equal(residuals.x, data.x)
    assert np.array_equal(residuals.y, result.predict().residual)
    assert only(below, Rule).at == 0
    assert (below.x.low, below.x.high) == (main.x.low, main.x.high)


def test_which_fits_have_bands(solved) -> None:
    banded = {name for name in ALONG if any(isinstance(m, Band) for m in drawn(solved(name)).marks)}
    assert banded == {"curve", "line", "sigma", "wide", "logarithm"}


def test_error_bars_are_the_known_errors(solved) -> None:
    data = only(drawn(solved("sigma")).panels[0], Dots, "data")
    np.testing.assert_allclose(data.high - data.y, 0.1 + X, rtol=1e-12)
    np.testing.assert_allclose(data.y - data.low, 0.1 + X, rtol=1e-12)
    assert only(drawn(solved("line")).panels[0], Dots, "data").low is None


@pytest.mark.parametrize("name", ["several predictors", "no predictor"])
def test_observed_stands_against_fitted(name: str, solved) -> None:
    result = solved(name)
    picture = drawn(result)
    main, below = picture.panels
    data, expected = only(main, Dots, "data"), result.predict()
    assert np.array_equal(data.x, expected.fitted)
    assert np.array_equal(data.y, expected.observed)
    residuals = only(below, Dots, "data")
    assert np.array_equal(residuals.x, expected.fitted)
    assert np.array_equal(residuals.y, expected.residual)
    diagonal = only(main, Line)
    assert np.array_equal(diagonal.x, diagonal.y)
    assert below.x.label == "fitted y"
    names = {"several predictors": "u, v", "no predictor": "none"}[name]
    assert f"predictors: {names}" in picture.notes


def test_a_predictor_of_even_decades_has_a_logarithmic_axis(solved) -> None:
    main, below = drawn(solved("wide")).panels
    assert main.x.scale == below.x.scale == "log"
    curve = only(main, Line, "fitted")
    np.testing.assert_allclose(curve.x[1:] / curve.x[:-1], curve.x[1] / curve.x[0])


@pytest.mark.parametrize("name", ["curve", "line", "two rows", "one row"])
def test_other_predictors_have_a_linear_axis(name: str, solved) -> None:
    """Numbers that are even on a linear axis may come close to 0, and so span decades."""
    assert drawn(solved(name)).panels[0].x.scale == "linear"


@pytest.mark.parametrize("name", FITS)
def test_all_data_are_in_sight(name: str, solved) -> None:
    picture = drawn(solved(name))
    for panel in picture.panels:
        for dots in (m for m in panel.marks if isinstance(m, Dots)):
            assert ((panel.x.low <= dots.x) & (dots.x <= panel.x.high)).all()
            assert ((panel.y.low <= dots.y) & (dots.y <= panel.y.high)).all()
            for end in (dots.low, dots.high):
                if end is not None:
                    assert ((panel.y.low <= end) & (end <= panel.y.high)).all()
    assert picture.title == FITS[name]["model"]
    assert picture.heights == (3.0, 1.0)


@pytest.mark.parametrize("name", ["curve", "sigma", "several predictors", "one row", "wide"])
def test_figures_can_be_read(name: str, solved) -> None:
    assert faults(figure_of(drawn(solved(name)))) == []


def test_the_article_of_nist() -> None:
    result = adamcli.solve_config(adamcli.load_config(str(ROOT / "configs" / "fit.yaml")))
    picture = drawn(result)
    assert len(only(picture.panels[0], Dots, "data").x) == 14
    assert (picture.panels[0].x.scale, picture.panels[1].x.label) == ("linear", "x")


def fit_of(data, x, **keys) -> Subject:
    """Return a fit at a point that nothing was solved for."""
    config = checked(read_keys({"model": "y ~ a*x + b", "data": data, "bounds": AB, **keys}, "<f>"))
    return of_config(config)._replace(best=Point(0, x, 1.0))


def test_many_rows_are_thinned_and_that_is_said() -> None:
    count = 3 * DOTS + 1
    x = np.linspace(0, 1, count)
    picture = draw([fit_of({"x": x.tolist(), "y": (2 * x).tolist()}, (2.0, 0.0))], Wish())
    data = only(picture.panels[0], Dots, "data")
    assert DOTS / 2 < len(data.x) <= DOTS
    assert f"1 in 4 of {count:,} rows is drawn" in picture.notes


def test_huge_numbers_can_be_drawn() -> None:
    data = {"x": [1e-300, 1.0, 1e300], "y": [-1e300, 0.0, 1e300]}
    picture = draw([fit_of(data, (1.0, 0.0))], Wish())
    for panel in picture.panels:
        assert np.isfinite([panel.x.low, panel.x.high, panel.y.low, panel.y.high]).all()
    assert faults(figure_of(picture)) == []


def test_a_curve_without_values_somewhere_is_interrupted() -> None:
    data = {"x": [-1.0, 1.0, 2.0, 3.0], "y": [0.0, 1.0, 1.4, 1.7]}
    subject = fit_of(data, (1.0, 0.0), model="y ~ a*sqrt(x + 1) + b")
    curve = only(draw([subject], Wish()).panels[0], Line, "fitted")
    assert np.array_equal(np.isnan(curve.y), curve.x < -1)


def test_what_is_missing_is_said() -> None:
    subject = fit_of(LINE, (1.0, 0.0))
    assert lacks(subject, Wish()) == ""
    assert suits(subject)
    assert lacks(subject._replace(best=None), Wish()).endswith("finite score")
    assert lacks(subject._replace(best=Point(0, (1.0, 0.0), np.nan)), Wish()).endswith(
        "finite score"
    )
    squares = {"objective": "(a - 1)**2", "bounds": {"a": [0, 1]}}
    plain = of_config(checked(read_keys(squares, "<f>")))._replace(best=subject.best)
    assert lacks(plain, Wish()) == "needs an objective that compares data with a formula"


@pytest.mark.parametrize("objective", ["sum((y - a*x)**2)", "sum((a*x - y)**2)"])
def test_a_sum_of_squares_is_a_fit_too(objective: str) -> None:
    result = adamcli.solve({"objective": objective, "data": LINE, "bounds": {"a": [0, 9]}})
    picture = drawn(result)
    data = only(picture.panels[0], Dots, "data")
    assert (data.x.tolist(), data.y.tolist()) == (LINE["x"], LINE["y"])
    curve = only(picture.panels[0], Line, "fitted")
    np.testing.assert_allclose(curve.y, result.x[0] * curve.x)
    assert picture.title


def test_squares_that_do_not_tell_data_from_formula_are_refused() -> None:
    config = checked(
        read_keys(
            {"objective": "sum((y*a - x*a)**2)", "data": LINE, "bounds": {"a": [0, 9]}}, "<f>"
        )
    )
    subject = of_config(config)._replace(best=Point(0, (1.0,), 2.0))
    assert "needs a `model: y ~ formula`" in lacks(subject, Wish())
