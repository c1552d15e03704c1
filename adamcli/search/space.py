"""The space of a search: inner coordinates, measured in parts of the box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.optimizer.bounds import Bounds


class Space:
    """A box in the inner coordinates of `bounds`: those of the objective, or logarithms of them.

    `first` and `last` (dim,) are the ends between which starts are drawn, and `unit` (dim,) is the
    length of one, which is the unit of the search. `low` and `high` (dim,) are the limits of all
    points; they may be infinite. Around a `centre` (dim,), a point of the objective, the unit is
    the size of its coordinates instead, unless the box is smaller.
    """

    def __init__(self, bounds: Bounds, centre: FloatArray | None = None) -> None:
        self.bounds = bounds.touched()
        self.dim = len(bounds.low)
        box = self.bounds.box
        infinite = np.full(self.dim, np.inf)
        low, high = box if box is not None else (-infinite, infinite)
        self.low, self.high = self._inner(low), self._inner(high)
        if centre is None:
            self.first, self.last = self.bounds.draw_ends
        else:
            self.first, self.last = self._around(self._inner(centre))
        width = self.last - self.first
        self.unit = np.where(width > 0, width, 1.0)

    def _around(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        reach = np.maximum(1.0, np.abs(y))
        return np.maximum(y - reach, self.low), np.minimum(y + reach, self.high)

    def _inner(self, x: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            return self.bounds.inner_of(x[:, np.newaxis])[:, 0]

    def between(self, shares: FloatArray) -> FloatArray:
        """Return the points (dim, points) at `shares` of the way from `first` to `last`."""
        return self.inside(self.first[:, np.newaxis] + shares * self.unit[:, np.newaxis])

    def inside(self, y: FloatArray) -> FloatArray:
        """Return the points `y` (dim, points), moved to the nearest place within the limits."""
        return np.minimum(np.maximum(y, self.low[:, np.newaxis]), self.high[:, np.newaxis])

    def folded(self, y: FloatArray) -> FloatArray:
        """Return the points `y` (dim, points), reflected at the limits."""
        low, high = self.low[:, np.newaxis], self.high[:, np.newaxis]
        # The least and greatest floats are limits too, where others are open.
        with np.errstate(over="ignore", invalid="ignore"):
            y = np.where(y < low, low + (low - y), y)
            return self.inside(np.where(y > high, high - (y - high), y))

    def distance(self, y: FloatArray, other: FloatArray) -> FloatArray:
        """Return the greatest difference of a coordinate, in units; both are (dim, ...)."""
        unit = self.unit.reshape(-1, *[1] * (np.ndim(y) - 1))
        found: FloatArray = np.abs((y - other) / unit).max(axis=0)
        return found
