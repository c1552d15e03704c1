"""Levenberg-Marquardt as the way to descend in a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.fit.levenberg import STEPS, descend
from adamcli.fit.starts import OWN_DAMPINGS, STARTS, starts_around
from adamcli.search.descent import Descended

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.objective.residuals import Residuals
    from adamcli.search.evaluator import Evaluator
    from adamcli.search.rounds import Descend


def marquardt(residuals: Residuals, *, seed: int | None = None) -> Descend:
    """Return the way to descend on `residuals`.

    With a `seed`, a descent from a single place is one from there with several dampings, and from
    points around it.
    """

    def descending(evaluate: Evaluator, y: FloatArray, most: int, tolerance: float) -> Descended:
        space = evaluate.space
        x = evaluate.places(y)
        low, high = space.bounds.box or (np.full(len(x), -np.inf), np.full(len(x), np.inf))
        damping: float | FloatArray = OWN_DAMPINGS[-1]
        if seed is not None and y.shape[1] == 1:
            x = starts_around(x[:, 0], low, high, seed, STARTS)
            damping = np.full(x.shape[1], OWN_DAMPINGS[-1])
            damping[: len(OWN_DAMPINGS)] = OWN_DAMPINGS
        ends = descend(residuals, x, low, high, damping=damping, steps=min(most, STEPS))
        evaluate.nfev += int(ends.nfev.sum())
        evaluate.points += int(ends.njev.sum())
        inner = space.inside(space.bounds.inner_of(ends.x))
        merit = np.where(np.isfinite(ends.score), evaluate(inner)[0], np.inf)
        return Descended(inner, merit, ends.converged)

    return descending
