"""The objective around a run: a window on one or two coordinates, and its scores on a grid."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.errors import ObjectiveError
from adamcli.pictures.scales import ends

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.config.model import Config
    from adamcli.objective.base import BatchFunction, Objective

FINE, COARSE, CODE = 201, 31, 41
"""Places along a side of the grid: usually, where evaluations are large, and for slow functions."""

NUMBERS = 400_000_000
"""Numbers that are computed for a grid before it gets coarser than usual."""

AT_ONCE = 4_000_000
"""Numbers that are computed at once."""

LEVELS = 14
"""Contours of a surface."""

SIDE = 600
"""Places along a curve over one coordinate."""

FAR, NEAR = 20.0, 2.0
"""How far beyond its bounds, in their widths, a picture follows a path; and how much of a path
that goes further is shown."""

SMALL = 0.05
"""A path that takes less of the bounds than this is looked at closely."""

NARROW, TINY = 1e-9, 1e-12
"""Parts of the numbers on it: a width below the first shows rounding alone, and nothing can be
drawn between bounds that are closer than the second."""

LEAST = 1e-280
"""The least width that can be drawn."""


class Window(NamedTuple):
    """The part of a coordinate that is shown, from `low` to `high`, on the scale of its bounds."""

    low: float
    high: float
    scale: str

    def places(self, count: int) -> FloatArray:
        """Return `count` places, evenly spaced on the scale, both ends included."""
        if self.scale == "log":
            return np.geomspace(self.low, self.high, count)
        # The halves keep the width of the widest window finite.
        return 2.0 * np.linspace(self.low / 2, self.high / 2, count)

    def leaves(self, values: FloatArray) -> bool:
        """Return whether some of the values are outside."""
        return bool(((values < self.low) | (values > self.high)).any())


def window(config: Config, k: int, values: FloatArray, *, close: bool) -> Window:
    """Return what to show of coordinate `k`, of which a run took `values`.

    That is the bounds, wider where the path leaves them; around the path alone if it is `close` or
    there are no bounds. Where the objective is never called outside the bounds, it ends there.
    """
    bounds = config.bounds
    low, high = float(bounds.low[k]), float(bounds.high[k])
    scale = "log" if bounds.logarithmic[k] else "linear"
    known = values[np.isfinite(values)]
    if close or not (np.isfinite(low) and np.isfinite(high) and low < high):
        shown = ends(known, scale, margin=0.15)
    elif scale == "log":
        shown = low, high
    else:
        shown = _around(low, high, known)
    if shown[1] - shown[0] < NARROW * max(map(abs, shown)):
        shown = ends(np.array(shown[:1]), scale)
    if bounds.box is not None:
        least, most = bounds.box[0][k], bounds.box[1][k]
        shown = max(shown[0], least), min(shown[1], most)
    return Window(float(shown[0]), float(shown[1]), scale)


def free(config: Config) -> list[int]:
    """Return the coordinates that can be shown: those that the bounds do not fix."""
    if config.bounds.box is None:
        return list(range(config.variables.dim))
    low, high = config.bounds.box
    with np.errstate(over="ignore", invalid="ignore"):
        least = np.maximum(TINY * np.maximum(np.abs(low), np.abs(high)), LEAST)
        # Without an end there is room.
        wide = ~np.isfinite(least) | (high - low > least)
    found: list[int] = np.flatnonzero(wide).tolist()
    return found


def _around(low: float, high: float, known: FloatArray) -> tuple[float, float]:
    """Return the bounds with a margin, wider where a path of these values leaves them."""
    width = (high / 2 - low / 2) * 2
    outside = np.maximum(low - known, known - high)
    reach = width * (FAR if outside.max(initial=0.0) <= FAR * width else NEAR)
    return ends(np.array([low, high, *np.clip(known, low - reach, high + reach)]), margin=0.03)


def is_close(config: Config, coordinates: tuple[int, ...], x: FloatArray) -> bool:
    """Return whether a path `x` (n, dim) takes but a small part of the bounds in every coordinate.

    Then a picture of all they hold would show it as a point.
    """
    for k in coordinates:
        values = x[:, k]
        values = values[np.isfinite(values)]
        low, high = config.bounds.low[k] / 2, config.bounds.high[k] / 2
        width = float(high - low)
        if not values.size or not np.ptp(values / 2) < SMALL * width:
            return False
    return any(np.ptp(x[np.isfinite(x[:, k]), k]) > 0 for k in coordinates)


def side_of(objective: Objective, dim: int) -> int:
    """Return how many places a side of a grid has: the same for the same config, on any machine."""
    if not objective.cheap:
        return CODE
    each = dim + objective.numbers + 1
    return max(COARSE, min(FINE, int(sqrt(NUMBERS / each)) | 1))


def scores_at(objective: Objective, points: FloatArray) -> FloatArray:
    """Return the scores (n,) at `points` (dim, n); NaN where there is none."""
    dim, count = points.shape
    width = max(1, AT_ONCE // (dim + objective.entries + 1))
    scores = np.empty(count)
    with np.errstate(all="ignore"):
        for first in range(0, count, width):
            some = slice(first, first + width)
            scores[some] = _evaluated(objective.values, points[:, some])
    scores[~np.isfinite(scores)] = np.nan
    return scores


def _evaluated(function: BatchFunction, points: FloatArray) -> FloatArray:
    x, f = np.array(points), np.empty(points.shape[1])
    try:
        for call in function.bind_values(x, f):
            call()
    except ObjectiveError:
        # Somewhere the function has no value; where, only single calls tell.
        if points.shape[1] == 1:
            return np.full(1, np.nan)
        return np.concatenate([_evaluated(function, points[:, k : k + 1]) for k in range(len(f))])
    return f


def levels_of(values: FloatArray, sign: float, count: int = LEVELS) -> FloatArray:
    """Return the contours of a surface: levels that show the shape of its floor.

    They are evenly spaced logarithms of the height above the floor if that spans decades, as in
    narrow valleys, and otherwise ranks of the values. `sign` is -1 where the floor is the top.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return np.array([0.0, 1.0])
    floor = float(known.min() if sign > 0 else known.max())
    with np.errstate(over="ignore"):
        height = np.sort(sign * (known / 2 - floor / 2)) * 2
    height = height[np.isfinite(height) & (height > 0)]
    if not height.size:
        return np.array(ends(np.array([floor])))
    low, high = float(height[int(0.004 * height.size)]), float(height[-1])
    if high > 30 * low:
        found = np.geomspace(low, high, count + 1)[:-1]
    else:
        found = np.quantile(height, np.linspace(0, 1, count + 2)[1:-1])
    return np.unique(floor + sign * found)
