"""The axis scan: each coordinate of a place alone takes values from the whole box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.search.chance import Chance
    from adamcli.search.evaluator import Evaluator

VALUES = 64
"""How many values each coordinate takes."""

MOST = 2**23
"""Numbers of all points of a scan, beyond which there is none."""


def can_scan(dim: int) -> bool:
    """Return whether a scan is worth its evaluations: several coordinates, but not too many."""
    return dim > 1 and dim * dim * VALUES <= MOST


def scanned(
    evaluate: Evaluator,
    y: FloatArray,
    merit: float,
    chance: Chance,
    reach: float | None = None,
) -> FloatArray:
    """Return candidates (dim, 2): the place `y` (dim,) with all improvements, and with the best.

    The values are drawn one from each of equal parts of the box, or of what is within `reach` of
    the place, in units. Where f is a sum of functions of single coordinates, the first candidate is
    its minimum among them.
    """
    space, dim = evaluate.space, len(y)
    points = np.repeat(y[:, np.newaxis], dim * VALUES, axis=1).reshape(dim, dim, VALUES)
    shares = (np.arange(VALUES) + chance.uniform(dim, VALUES)) / VALUES
    values = space.between(shares)
    if reach is not None:
        shift = reach * (2.0 * shares - 1.0) * space.unit[:, np.newaxis]
        values = space.inside(y[:, np.newaxis] + shift)
    each = np.arange(dim)
    points[each, each] = values
    found = evaluate.values(points.reshape(dim, -1)).reshape(dim, VALUES)
    best = found.argmin(axis=1)
    together = np.where(found[each, best] < merit, values[each, best], y)
    single, k = y.copy(), int(found[each, best].argmin())
    single[k] = values[k, best[k]]
    return np.stack([together, single], axis=1)
