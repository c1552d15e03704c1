"""Points of fewer decimals that are no worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.search.evaluator import Evaluator

REACH = 1e-3
"""How far a coordinate is moved at most, in units of the search: to guess that an optimum is at the
origin would be no search."""

DECIMALS = range(-2, 15)

ALONE = 32
"""Coordinates up to which each is rounded alone as well."""


def rounded(evaluate: Evaluator, places: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the best point (dim, places) of fewer decimals near each of `places`, and its merit.

    All coordinates are rounded to a number of decimals, together and one by one.
    """
    dim, count = places.shape
    x = evaluate.places(places)
    space = evaluate.space
    candidates: list[FloatArray] = []
    for decimals in DECIMALS:
        near = space.inside(space.bounds.inner_of(np.round(x, decimals) + 0.0))
        reached = np.abs(near - places) <= REACH * space.unit[:, np.newaxis]
        near = np.where(reached & np.isfinite(near), near, places)
        candidates.append(near)
        if dim <= ALONE:
            for k in range(dim):
                single = places.copy()
                single[k] = near[k]
                candidates.append(single)
    merit = evaluate(np.concatenate(candidates, axis=1))[0].reshape(-1, count)
    # Of equals the one with the fewest decimals, which comes first.
    best, each = merit.argmin(axis=0), np.arange(count)
    stacked = np.stack(candidates)
    return stacked[best, :, each].T.copy(), merit[best, each]
