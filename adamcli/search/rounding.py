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

NOISE = 2.0**-48
"""Merits that differ by less than this part of them are level, and slopes decide."""


def rounded(evaluate: Evaluator, places: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the points (dim, places) of fewer decimals that are no worse, and their merits.

    All coordinates are rounded to a number of decimals, together and one by one. A point is no
    worse if it is lower, or level with a slope that is no steeper: where a score is too flat to
    tell points apart, rounding would lose digits.
    """
    points = _candidates(evaluate, places)
    count, space, tried = places.shape[1], evaluate.space, np.stack(points)
    merit, slope = evaluate(np.concatenate(points, axis=1))
    merit = merit.reshape(-1, count)
    steep = np.linalg.norm(slope * space.unit[:, np.newaxis], axis=0).reshape(-1, count)
    level = (merit <= merit[-1]) & (steep <= steep[-1])
    lower = merit < merit[-1] - NOISE * np.abs(merit[-1])
    # Of equals the one with the fewest decimals, which comes first; the place itself comes last.
    good = (lower | level) & (tried != places).any(axis=1)
    good[-1] = True
    best, each = np.where(good, merit, np.inf).argmin(axis=0), np.arange(count)
    return tried[best, :, each].T.copy(), merit[best, each]


def _candidates(evaluate: Evaluator, places: FloatArray) -> list[FloatArray]:
    """Return the points (dim, places) to be tried, and at last the places themselves."""
    space, found, x = evaluate.space, [], evaluate.places(places)
    for decimals in DECIMALS:
        with np.errstate(divide="ignore"):  # 0 has no logarithm
            near = space.inside(space.bounds.inner_of(np.round(x, decimals) + 0.0))
        reached = np.abs(near - places) <= REACH * space.unit[:, np.newaxis]
        near = np.where(reached & np.isfinite(near), near, places)
        found.append(near)
        if len(places) <= ALONE:
            for k, coordinate in enumerate(near):
                single = places.copy()
                single[k] = coordinate
                found.append(single)
    return [*found, places]
