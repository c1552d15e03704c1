"""Bounds of the coordinates, and the ways in which steps treat them.

A way is a subclass of `Bounds` and an entry of `BOUNDS_MODES`; whoever has bounds asks them, and
compares no names.
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

    `mode` is the word of the config. `stays_inside` promises that the objective is never called
    outside; then a start has to lie inside, and bounds can be active.
    """

    mode: ClassVar[str]
    stays_inside: ClassVar[bool] = True

    def __init__(self, low: FloatArray, high: FloatArray) -> None:
        self.low = low
        self.high = high

    def projection(self, x: FloatArray) -> Callable[[], object] | None:
        """Return the call that makes of a step `x` (dim, runs) a point, in place; None for as is.

        What the call leaves is inside, if the mode promises to stay there.
        """
        raise NotImplementedError

    @property
    def dim(self) -> int:
        """The number of coordinates."""
        return len(self.low)

    @property
    def box(self) -> tuple[FloatArray, FloatArray] | None:
        """The ends that no call of the objective may leave, or None where it may be anywhere."""
        return (self.low, self.high) if self.stays_inside else None

    def allows(self, k: int | IntArray, start: FloatArray) -> BoolArray:
        """Return which values of `start` the coordinates `k` may start at.

        An excess of one ulp is rounding, which `inside` cuts off.
        """
        good: BoolArray = np.isfinite(start)
        if self.stays_inside:
            low, high = np.nextafter(self.low[k], -np.inf), np.nextafter(self.high[k], np.inf)
            good &= (start >= low) & (start <= high)
        return good

    def inside(self, k: int | IntArray, start: FloatArray) -> FloatArray:
        """Return values at which coordinates `k` may start, without what rounding has added."""
        if not self.stays_inside:
            return start
        low, high = self.low[k], self.high[k]
        # Unlike numpy.clip this leaves the sign of a zero alone.
        return np.where(start < low, low, np.where(start > high, high, start))

    def active(self, x: FloatArray, gradient: FloatArray) -> tuple[list[int], list[int]]:
        """Return the coordinates of `x` (dim,) on their lower bound, and those on their upper one.

        A coordinate counts if the gradient of what is minimised pushes it outwards there.
        """
        if not self.stays_inside:
            return [], []
        at_low = (x <= self.low) & (gradient > 0)
        at_high = (x >= self.high) & (gradient < 0)
        return np.flatnonzero(at_low).tolist(), np.flatnonzero(at_high).tolist()


class ClippedBounds(Bounds):
    """Every step is projected onto the box."""

    mode = "clip"

    def projection(self, x: FloatArray) -> Callable[[], object]:
        """Return the call that moves what is outside to the nearest bound."""
        return partial(_clip, x, *self._ends(x), x)

    def _ends(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the bounds in a shape that broadcasts to that of `x`."""
        # Arrays of equal shape take NumPy's shortest way; for many runs the memory would cost more.
        shape = x.shape if x.size <= 1024 else (x.shape[0], 1)
        low, high = (np.broadcast_to(end[:, None], shape).copy() for end in (self.low, self.high))
        return low, high


class StartBounds(Bounds):
    """Bounds only draw the start."""

    mode = "start"
    stays_inside = False

    def projection(self, x: FloatArray) -> None:
        """Return None: steps may lead anywhere."""
        return


BOUNDS_MODES: dict[str, type[Bounds]] = {kind.mode: kind for kind in (ClippedBounds, StartBounds)}
"""The ways of treating bounds, by the word of the config; the first is the default."""


class _Revealing(np.ndarray[Any, Any]):
    """An array that answers every call of a ufunc with that ufunc."""

    def __array_ufunc__(self, ufunc: np.ufunc, *_: object, **__: object) -> Any:
        return ufunc


def _ufunc_of_clip() -> Callable[..., object]:
    """Return the ufunc behind `numpy.clip`, which has no public name.

    The wrapper around it costs a tenth of a step; so would `maximum` and `minimum` in its place.
    """
    found: Any = np.zeros(1).view(_Revealing).clip(0.0, 1.0)
    return found if getattr(found, "__name__", "") == "clip" else np.clip


_clip = _ufunc_of_clip()
