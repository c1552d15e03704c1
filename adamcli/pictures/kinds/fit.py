"""A fit: the data, the fitted curve with its confidence band, and the residuals below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.fit.prediction import predict
from adamcli.pictures.scales import ends
from adamcli.pictures.scene import Axis, Band, Dots, Line, Panel, Picture, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray
    from adamcli.config.model import Config
    from adamcli.fit.prediction import Prediction
    from adamcli.pictures.scene import Mark
    from adamcli.pictures.subject import Subject, Wish

CURVE = 400
"""Places along the fitted curve."""

DOTS = 5_000
"""Rows of data that are drawn."""

DECADES = 2.0
"""From so many decades on, a predictor that is positive may have a logarithmic axis."""

HEIGHTS = (3.0, 1.0)


def lacks(subject: Subject, wish: Wish) -> str:
    """Return why there is no fit to draw; nothing if there is one."""
    if subject.config is None:
        return "needs a config that fits data, or its result"
    if subject.config.fitted is None:
        return "needs an objective that compares data with a formula"
    if subject.config.fitted.data is None:
        return "needs a `model: y ~ formula`, which tells data and formula apart"
    if subject.best is None or not np.isfinite(subject.best.score):
        return "needs a point with a finite score"
    return ""


def suits(subject: Subject) -> bool:
    """Return that a fit is what its user wants to see."""
    return True


def draw(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture of the first subject."""
    # What overflows is not drawn.
    with np.errstate(all="ignore"):
        return _drawn(subjects[0])


def _drawn(subject: Subject) -> Picture:
    config = subject.config
    assert config is not None
    assert config.fitted is not None
    assert subject.best is not None
    x = np.array(subject.best.x)
    found = predict(config.fitted, x, config.bounds.box)
    predictors = config.fitted.predictors
    observed = _observed(config)
    if len(predictors) == 1 and len(config.fitted.columns[predictors[0]]) == 1:
        (name,) = predictors
        column = config.fitted.column(name)
        main, across = _along(config, x, name, column, found, observed)
        below, notes = _residuals(column, found, across), _thinned(found)
    else:
        main, across = _against(found, observed)
        below = _residuals(found.fitted, found, across)
        names = ", ".join(predictors) or "none"
        notes = [f"predictors: {names}", *_thinned(found)]
    title = str(config.given.get("model", subject.name))
    return Picture("fit", title, ((main,), (below,)), HEIGHTS, tuple(notes))


def _observed(config: Config) -> str:
    model = str(config.given.get("model", ""))
    return model.split("~", maxsplit=1)[0].strip() if "~" in model else "observed"


def _sample(count: int) -> slice:
    return slice(None, None, max(1, -(-count // DOTS)))


def _thinned(found: Prediction) -> list[str]:
    count = len(found.fitted)
    every = max(1, -(-count // DOTS))
    return [f"1 in {every} of {count:,} rows is drawn"] if every > 1 else []


def _along(
    config: Config, x: FloatArray, name: str, column: FloatArray, found: Prediction, observed: str
) -> tuple[Panel, Axis]:
    """Return the panel of the curve over its only predictor, and the axis of that."""
    assert config.fitted is not None
    wide = _is_wide(column[np.isfinite(column)])
    scale = "log" if wide else "linear"
    low, high = ends(column, scale, margin=0.03)
    across = Axis(name, low, high, scale)
    places = np.geomspace(low, high, CURVE) if wide else np.linspace(low, high, CURVE)
    curve = predict(config.fitted, x, config.bounds.box, {name: places})
    some = _sample(len(column))
    marks: list[Mark] = []
    if np.isfinite(curve.confidence_low).any():
        label = f"{found.level:.0%} confidence"
        marks.append(Band(places, curve.confidence_low, curve.confidence_high, "band", label))
    marks.append(Line(places, _finite(curve.fitted), "fitted", "fit"))
    data = _data(config, column, found, some)
    marks.append(data)
    bars = [end for end in (data.low, data.high) if end is not None]
    low, high = ends(np.concatenate([found.observed, curve.fitted, *bars]))
    return Panel(across._replace(label=""), Axis(observed, low, high), tuple(marks)), across


def _is_wide(known: FloatArray) -> bool:
    """Return whether a logarithmic axis shows a predictor better than a linear one.

    Its numbers span decades, and half of them are nearer to the geometric middle of their range
    than to the arithmetic one.
    """
    if not known.size or known.min() <= 0 or not known.max() / 10**DECADES > known.min():
        return False
    least, most, middle = known.min(), known.max(), np.median(known)
    even = np.log(middle / least) / np.log(most / least)
    return bool(abs(even - 0.5) < abs((middle - least) / (most - least) - 0.5))


def _data(config: Config, column: FloatArray, found: Prediction, some: slice) -> Dots:
    """Return the dots of the data, with error bars where errors are given."""
    residuals = config.fitted
    assert residuals is not None
    data = residuals.data
    low = high = None
    if residuals.scale_known and data is not None:
        error = 1.0 / np.abs(data.factor)
        low, high = (found.observed - error)[some], (found.observed + error)[some]
    return Dots(column[some], found.observed[some], "data", "data", low=low, high=high)


def _against(found: Prediction, observed: str) -> tuple[Panel, Axis]:
    """Return the panel of what was observed over what is fitted, and the axis of that."""
    some = _sample(len(found.fitted))
    low, high = ends(np.concatenate([found.fitted, found.observed]))
    across = Axis(f"fitted {observed}", low, high)
    diagonal = np.array([low, high])
    marks = (
        Line(diagonal, diagonal, "fitted", "observed = fitted"),
        Dots(found.fitted[some], found.observed[some], "data", "data"),
    )
    return Panel(across._replace(label=""), Axis(observed, low, high), marks), across


def _residuals(column: FloatArray, found: Prediction, across: Axis) -> Panel:
    some = _sample(len(column))
    known = found.residual[np.isfinite(found.residual)]
    largest = float(np.abs(known).max()) if known.size else 0.0
    high = 1.15 * largest if largest > 0 else 1.0
    marks = (Rule(0.0, "y", "rule"), Dots(column[some], found.residual[some], "data"))
    return Panel(across, Axis("residual", -high, high), marks)


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)
