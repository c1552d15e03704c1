"""Levenberg-Marquardt as the way to descend in a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.fit.levenberg import STEPS, descend
from adamcli.fit.starts import OWN_DAMPINGS, starts_around
from adamcli.search.descent import SHORT, Descended, Way

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.objective.residuals import Residuals
    from adamcli.search.evaluator import Evaluator


class Marquardt(Way):
    """The way for the `residuals` of a fit; `seed` draws the points around a user's start."""

    ties, rounds = 1e-7, False

    def __init__(self, residuals: Residuals, seed: int) -> None:
        self._residuals, self._seed = residuals, seed

    def first(self, evaluate: Evaluator, y: FloatArray) -> Descended:
        """Return where descents from the start end, with several dampings, and from around it."""
        x, (low, high) = evaluate.places(y[:, np.newaxis])[:, 0], _limits(evaluate)
        starts, damping = starts_around(x, low, high, self._seed)
        return self._ends(evaluate, starts, STEPS, damping)

    def short(self, evaluate: Evaluator, y: FloatArray, tolerance: float) -> Descended:
        """Return where descents of few steps end."""
        return self._ends(evaluate, evaluate.places(y), SHORT)

    def last(self, evaluate: Evaluator, y: FloatArray, tolerance: float) -> Descended:
        """Return where descents of many steps end."""
        return self._ends(evaluate, evaluate.places(y), STEPS)

    def _ends(
        self,
        evaluate: Evaluator,
        x: FloatArray,
        steps: int,
        damping: float | FloatArray = OWN_DAMPINGS[-1],
    ) -> Descended:
        ends = descend(self._residuals, x, *_limits(evaluate), damping=damping, steps=steps)
        evaluate.nfev += int(ends.nfev.sum())
        evaluate.njev += int(ends.njev.sum())
        space = evaluate.space
        y = space.inside(space.bounds.inner_of(ends.x))
        merit = np.where(np.isfinite(ends.score), evaluate.values(y), np.inf)
        return Descended(y, merit, ends.converged)


def _limits(evaluate: Evaluator) -> tuple[FloatArray, FloatArray]:
    """Return the least and greatest values (dim,) of the objective's coordinates."""
    dim = evaluate.space.dim
    return evaluate.space.bounds.box or (np.full(dim, -np.inf), np.full(dim, np.inf))
