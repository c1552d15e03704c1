"""Bounds of the coordinates, and how steps treat them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy._core import umath

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray


# The function behind numpy.clip, without a wrapper that costs twice as much as it does.
_clip: Callable[..., object] = getattr(umath, "clip", np.clip)

BOUNDS_MODES = ("clip", "start")
"""`clip` projects every step onto the box; with `start` bounds only draw the start."""


def projection(
    x: FloatArray, low: FloatArray, high: FloatArray, bounds_mode: str
) -> Callable[[], object] | None:
    """Return the call that brings `x` (dim, runs) back into the box in place, or None if unused.

    `low` and `high` have the shape (dim,).
    """
    if bounds_mode != "clip":
        return None
    shape = x.shape if x.size <= 1024 else (x.shape[0], 1)
    floor = np.broadcast_to(low[:, None], shape).copy()
    ceiling = np.broadcast_to(high[:, None], shape).copy()
    return partial(_clip, x, floor, ceiling, x)


def active(
    x: FloatArray, gradient: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[list[int], list[int]]:
    """Return the coordinates that stand on their lower bound, and those on their upper one.

    A coordinate counts if the gradient of what is minimised pushes it outwards there.
    """
    at_low = (x <= low) & (gradient > 0)
    at_high = (x >= high) & (gradient < 0)
    return np.flatnonzero(at_low).tolist(), np.flatnonzero(at_high).tolist()
