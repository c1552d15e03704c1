"""Bounds of the coordinates, and the modes in which steps treat them.

A mode is a subclass of `Bounds` and an entry of `BOUNDS_MODES`; no other code compares its name.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import BoolArray, FloatArray, IntArray


class Bounds:
    """Lower and upper bounds of all coordinates, arrays of shape (dim,).

    `mode` is the word used in configs. `stays_inside` promises that the objective is never called
    outside; the start must then lie inside, and bounds can be active.
    """

    mode: ClassVar[str]
    stays_inside: ClassVar[bool] = False

    def __init__(self, low: FloatArray, high: FloatArray) -> None:
        self.low = low
        self.high = high

    def projection(self, x: FloatArray) -> Callable[[], object] | None:
        """Return the call that projects `x` (dim, runs) in place after each step, if any."""
        return None

    @property
    def box(self) -> tuple[FloatArray, FloatArray] | None:
        """The bounds within which the objective must be called; None if anywhere will do."""
        return (self.low, self.high) if self.stays_inside else None

    def allows(self, k: int | IntArray, start: FloatArray) -> BoolArray:
        """Return whether coordinates `k` may start at the values of `start`, one by one.

        One ulp outside is rounding, which `inside` removes.
        """
        good: BoolArray = np.isfinite(start)
        if self.stays_inside:
            low, high = np.nextafter(self.low[k], -np.inf), np.nextafter(self.high[k], np.inf)
            good &= (start >= low) & (start <= high)
        return good

    def inside(self, k: int | IntArray, start: FloatArray) -> FloatArray:
        """Return the allowed values of `start` for coordinates `k`, with rounding removed."""
        if not self.stays_inside:
            return start
        low, high = self.low[k], self.high[k]
        # Unlike numpy.clip, this keeps the sign of a zero.
        return np.where(start < low, low, np.where(start > high, high, start))

    def active(self, x: FloatArray, gradient: FloatArray) -> tuple[list[int], list[int]]:
        """Return the coordinates of `x` (dim,) pushed against their lower and upper bounds.

        `gradient` is that of what is minimised.
        """
        if not self.stays_inside:
            return [], []
        at_low = (x <= self.low) & (gradient > 0)
        at_high = (x >= self.high) & (gradient < 0)
        return np.flatnonzero(at_low).tolist(), np.flatnonzero(at_high).tolist()


class ClippedBounds(Bounds):
    """Every step is projected onto the box."""

    mode = "clip"
    stays_inside = True

    def projection(self, x: FloatArray) -> Callable[[], object]:
        """Return the call that moves `x` to the nearest point inside."""
        # NumPy is fastest on equal shapes; for many runs the memory would cost more than that.
        shape = x.shape if x.size <= 1024 else (x.shape[0], 1)
        low, high = (np.broadcast_to(end[:, None], shape).copy() for end in (self.low, self.high))
        return partial(_clip, x, low, high, x)


class StartBounds(Bounds):
    """Bounds are only used to draw the start."""

    mode = "start"


BOUNDS_MODES: dict[str, type[Bounds]] = {kind.mode: kind for kind in (ClippedBounds, StartBounds)}
"""The modes by their words; the first is the default."""


class _Revealing(np.ndarray[Any, Any]):
    """An array for which every call of a ufunc returns that ufunc."""

    def __array_ufunc__(self, ufunc: np.ufunc, *_: object, **__: object) -> Any:
        return ufunc


# The ufunc that `numpy.clip` calls, which has no public name. The wrapper costs a tenth of a step;
# so would calling `maximum` and `minimum` instead.
_revealed: Any = np.zeros(1).view(_Revealing).clip(0.0, 1.0)
_clip = _revealed if getattr(_revealed, "__name__", "") == "clip" else np.clip
