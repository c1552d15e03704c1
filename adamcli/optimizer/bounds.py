"""Bounds of the coordinates, how steps treat them, and the point a seed draws from them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy._core import umath

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

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


def draw_start(seed: int, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the article's start, `low + rand(dim) * (high - low)` after `numpy.random.seed(seed)`.

    The numbers are those of NumPy's legacy generator, which published results use.
    """
    drawn: FloatArray = low + np.array(legacy_rand(seed, len(low))) * (high - low)
    # Rounding may carry a draw one ulp past the upper end.
    return np.clip(drawn, low, high)


def legacy_rand(seed: int, count: int) -> list[float]:
    """Return what `numpy.random.seed(seed)` and `numpy.random.rand(count)` return.

    Python's own Mersenne Twister (Matsumoto and Nishimura 1998) is the same generator with the same
    53-bit output; only the seeding differs, and is written out here. Importing `numpy.random` would
    add a quarter to the start-up of the program.
    """
    from random import Random

    state = [seed & 0xFFFFFFFF]
    for i in range(1, 624):
        previous = state[-1]
        state.append((1812433253 * (previous ^ (previous >> 30)) + i) & 0xFFFFFFFF)
    generator = Random()
    generator.setstate((3, (*state, 624), None))
    return [generator.random() for _ in range(count)]
