"""Where the marks of a panel stand in a drawing, and what all marks of a page share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.pictures.scene import Axis, Panel

UNIT = 10
"""Numbers in drawings are tenths of a pixel, so that they need no decimal point."""

FAR = 400_000.0
"""Coordinates end here: far outside of every panel, and short to write."""


class Plot(NamedTuple):
    """A panel and the rectangle of its data, in tenths of a pixel from the top left."""

    panel: Panel
    left: int
    top: int
    width: int
    height: int

    def x(self, values: Any) -> FloatArray:
        """Return how far from the left values stand; what is not finite is NaN."""
        return _placed(self.panel.x, values, self.left, self.width)

    def y(self, values: Any) -> FloatArray:
        """Return how far from the top values stand; what is not finite is NaN."""
        return _placed(self.panel.y, values, self.top + self.height, -self.height)

    def has(self, x: FloatArray, y: FloatArray) -> BoolArray:
        """Return which places are in the rectangle, or on its border."""
        right, bottom = self.left + self.width, self.top + self.height
        inside = (x >= self.left - 5) & (x <= right + 5)
        found: BoolArray = inside & (y >= self.top - 5) & (y <= bottom + 5)
        return found


def _placed(axis: Axis, values: Any, start: int, length: int) -> FloatArray:
    given = np.asarray(values, dtype=float)
    shares = np.where(np.isfinite(given), axis.shares(given), np.nan)
    found: FloatArray = np.clip(start + shares * length, -FAR, FAR)
    return found


class Draft:
    """What the marks of a page share: their numbers, roles and tables of steps.

    `most` is the greatest number of points of a mark, and `detail` says how fine surfaces are: 1
    is two dots of a picture for each pixel.
    """

    def __init__(self, most: int, detail: float = 1.0) -> None:
        self.most, self.detail = most, detail
        self.roles: set[str] = set()
        self.steps: dict[str, int] = {}
        self._count = 0

    def name(self) -> str:
        """Return an id that no other element has."""
        self._count += 1
        return f"m{self._count}"

    def table(self, steps: IntArray) -> int:
        """Return the number of a table of steps."""
        return self.steps.setdefault(runs(steps), len(self.steps))


def runs(numbers: IntArray) -> str:
    """Return numbers as the first and the differences, `3x9` standing for nine times 3."""
    if not len(numbers):
        return ""
    found, jumps = [str(int(numbers[0]))], np.diff(numbers)
    starts = np.flatnonzero(np.diff(jumps, prepend=jumps[0] - 1)) if len(jumps) else jumps
    for start, length in zip(starts, np.diff(starts, append=len(jumps)), strict=True):
        found.append(f"{jumps[start]}x{length}" if length > 1 else str(jumps[start]))
    return " ".join(found)
