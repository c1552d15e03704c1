"""Lower points near a place that a descent has not found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.search.scan import can_scan, scanned

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.search.chance import Chance
    from adamcli.search.evaluator import Evaluator

REACH = 1e-3
"""How far from a place points are tried, in units of the search,"""

DECADES = 6.0
"""and nearer by up to so many powers of ten."""

POINTS, NUMBERS = 512, 51_200
"""How many points are tried; fewer of many coordinates, so that they have so many numbers."""


def lowest_nearby(
    evaluate: Evaluator, y: FloatArray, merit: float, chance: Chance
) -> tuple[FloatArray, float]:
    """Return the lowest of some points around the place `y` (dim,) with a `merit`, and its merit.

    Each moves some coordinates, from one to all; those of a scan move single ones, or all that this
    improves.
    """
    space, dim = evaluate.space, len(y)
    count = max(1, min(POINTS, NUMBERS // dim))
    size = REACH * 10.0 ** (-DECADES * chance.uniform(count))
    moves = chance.uniform(dim, count) < chance.uniform(count)
    moves[chance.below(dim, count), np.arange(count)] = True
    shift = np.where(moves, (2.0 * chance.uniform(dim, count) - 1.0) * size, 0.0)
    points = space.folded(y[:, np.newaxis] + shift * space.unit[:, np.newaxis])
    if can_scan(dim):
        near = scanned(evaluate, y, merit, chance, REACH)
        points = np.concatenate([points, near], axis=1)
    found = evaluate.values(points)
    best = int(found.argmin())
    return points[:, best], float(found[best])
