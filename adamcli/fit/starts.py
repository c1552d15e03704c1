"""A fit from the user's start, and from points around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.fit.levenberg import descend
from adamcli.fit.triangles import tree_sum

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.fit.levenberg import Descent
    from adamcli.objective.residuals import Residuals

STARTS = 64
"""How many further starts are drawn."""

SPREAD = 1.5
"""Further starts are the user's times 10**(SPREAD * normal), coordinate by coordinate."""

OWN_DAMPINGS = (1e3, 1e-3)
"""The dampings with which the user's own start is tried: short steps at first, and long ones."""


class StartFit(NamedTuple):
    """A fit from a start: the best point `x` (dim,), its score, and all runs; `best` is its run.

    The first runs are those from the user's own start.
    """

    x: FloatArray
    score: float
    best: int
    runs: Descent


def fit_from(
    residuals: Residuals,
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    seed: int = 0,
    starts: int = STARTS,
) -> StartFit:
    """Return the best fit from `start` (dim,) and from `starts` points around it.

    Of fits that are equally good the first one wins, so that from the user's own start; else the
    parts of a sum might swap their names.
    """
    tried = starts_around(start, low, high, seed, starts)
    damping = np.full(tried.shape[1], OWN_DAMPINGS[-1])
    damping[: len(OWN_DAMPINGS)] = OWN_DAMPINGS
    runs = descend(residuals, tried, low, high, damping=damping)
    best = first_of_best(residuals, runs.score)
    return StartFit(runs.x[:, best], float(runs.score[best]), best, runs)


def starts_around(
    start: FloatArray, low: FloatArray, high: FloatArray, seed: int, count: int
) -> FloatArray:
    """Return `start` as often as there are `OWN_DAMPINGS`, and then `count` points around it.

    A coordinate that is 0 is drawn from a normal distribution.
    """
    drawn = np.random.default_rng(seed).standard_normal((count, len(start))).T
    own = start[:, np.newaxis]
    around = np.where(own == 0, drawn, own * 10.0 ** (SPREAD * drawn))
    tried = np.concatenate([np.repeat(own, len(OWN_DAMPINGS), axis=1), around], axis=1)
    moved: FloatArray = np.clip(tried, low[:, np.newaxis], high[:, np.newaxis])
    return moved


def first_of_best(residuals: Residuals, score: FloatArray) -> int:
    """Return the first run whose score equals the best, to 1e-7 and to the rounding of the data."""
    data = residuals.data
    size = 0.0 if data is None else float(tree_sum((data.values * data.factor) ** 2))
    rounding = 4.0 * np.finfo(float).eps * np.sqrt(size)
    ties = (np.sqrt(score.min()) * (1.0 + 5e-8) + rounding) ** 2
    return int(np.argmax(score <= ties))
