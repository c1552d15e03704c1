"""Lower points near a place that a descent has not found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.search.chance import Chance
    from adamcli.search.evaluator import Evaluator

REACH = 1e-3
"""How far from a place points are tried, in units of the search,"""

DECADES = 6.0
"""and nearer by up to so many powers of ten."""

POINTS = 512
"""How many points are tried."""


def lowest_nearby(evaluate: Evaluator, y: FloatArray, chance: Chance) -> tuple[FloatArray, float]:
    """Return the lowest of some points around the place `y` (dim,), and its merit.

    Each moves some coordinates, from one to all.
    """
    space, dim = evaluate.space, len(y)
    size = REACH * 10.0 ** (-DECADES * chance.uniform(POINTS))
    moves = chance.uniform(dim, POINTS) < chance.uniform(POINTS)
    moves[chance.below(dim, POINTS), np.arange(POINTS)] = True
    shift = np.where(moves, (2.0 * chance.uniform(dim, POINTS) - 1.0) * size, 0.0)
    points = space.folded(y[:, np.newaxis] + shift * space.unit[:, np.newaxis])
    merit = evaluate.values(points)
    best = int(merit.argmin())
    return points[:, best], float(merit[best])
