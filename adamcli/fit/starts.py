"""The starts of a fit from a user's start: that itself, and points around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.search.chance import Chance

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray

STARTS = 64
"""How many further starts are drawn."""

SPREAD = 1.5
"""Further starts are the user's times 10**(SPREAD * normal), coordinate by coordinate."""

OWN_DAMPINGS = (1e3, 1e-3)
"""The dampings with which the user's own start is tried: short steps at first, and long ones."""


def starts_around(
    start: FloatArray, low: FloatArray, high: FloatArray, seed: int, count: int = STARTS
) -> tuple[FloatArray, FloatArray]:
    """Return `start` (dim,) once for each of `OWN_DAMPINGS`, then `count` points around it.

    The second array (runs,) has the damping of each. A coordinate that is 0 is drawn from a normal
    distribution.
    """
    drawn, own = Chance(seed).normal(len(start), count), start[:, np.newaxis]
    around = np.where(own == 0, drawn, own * 10.0 ** (SPREAD * drawn))
    tried = np.concatenate([np.repeat(own, len(OWN_DAMPINGS), axis=1), around], axis=1)
    moved = np.clip(tried, low[:, np.newaxis], high[:, np.newaxis])
    damping = np.full(moved.shape[1], OWN_DAMPINGS[-1])
    damping[: len(OWN_DAMPINGS)] = OWN_DAMPINGS
    return moved, damping
