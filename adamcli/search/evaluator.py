"""Evaluations of what is minimised, in the inner coordinates of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.optimizer.loop import BLOCK_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import BoolArray, FloatArray
    from adamcli.objective.base import Objective
    from adamcli.optimizer.loop import Control
    from adamcli.optimizer.result import Direction
    from adamcli.search.space import Space


class _Bound(NamedTuple):
    """An objective bound to arrays: `y` (dim, points) is read; `f` and `slope` are written."""

    y: FloatArray
    f: FloatArray
    slope: FloatArray
    calls: list[Callable[[], object]]
    nfev: int


class Evaluator:
    """What is minimised, with its slope.

    Merits are scores with a sign such that lower is better; one that is not finite becomes the
    worst, infinity. `points` counts the evaluations, each of the value and the gradient, and `nfev`
    those of the function.
    """

    def __init__(
        self, objective: Objective, space: Space, direction: Direction, control: Control
    ) -> None:
        self.objective, self.space, self.direction = objective, space, direction
        self.control = control
        self.points = self.nfev = 0
        # The arrays of a formula take a thousand numbers per point or more.
        self._most = max(1, BLOCK_ENTRIES // (4 * space.dim + objective.entries + 2))
        self._bound: dict[int, _Bound] = {}

    def __call__(self, y: FloatArray, wanted: BoolArray | None = None) -> tuple[FloatArray, ...]:
        """Return the merit (points,) and its slope (dim, points) at `y` (dim, points).

        Where `wanted` (points,) is false both are without meaning, and are not computed if that
        saves time.
        """
        if wanted is not None and not self.objective.cheap and not wanted.all():
            merit, slope = np.full(y.shape[1], np.inf), np.zeros_like(y)
            merit[wanted], slope[:, wanted] = self(y[:, wanted])
            return merit, slope
        points = y.shape[1]
        merit, slope = np.empty(points), np.empty_like(y)
        with np.errstate(all="ignore"):
            for first in range(0, points, self._most):
                some = slice(first, min(first + self._most, points))
                merit[some], slope[:, some] = self._some(y[:, some])
        return merit, slope

    def _some(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        points = y.shape[1]
        if points not in self._bound:
            self._bound[points] = self._bind(points)
        bound = self._bound[points]
        bound.y[:] = y
        for call in bound.calls:
            call()
        self.points += points
        self.nfev += points * bound.nfev
        merit = self.direction.merit(bound.f)
        if not np.isfinite(np.add.reduce(merit)):
            merit = np.where(np.isfinite(merit), merit, np.inf)
        return merit, bound.slope

    def _bind(self, points: int) -> _Bound:
        space = self.space
        x, f, gradient = (
            np.empty((space.dim, points)),
            np.empty(points),
            np.empty((space.dim, points)),
        )
        x[:] = 1.0
        bounds = space.bounds
        slope = np.empty_like(x) if bounds.has_inner else gradient
        inner = bounds.inner(x, gradient, slope)
        evaluation = self.objective.bind(x, f, gradient)
        before, after = inner.place, inner.slope
        calls = [*([before] if before else []), *evaluation.calls, *([after] if after else [])]
        return _Bound(inner.y, f, slope, calls, evaluation.nfev)

    def places(self, y: FloatArray) -> FloatArray:
        """Return the points of the objective (dim, points) at the inner coordinates `y`."""
        bounds = self.space.bounds
        x = bounds.from_inner(y) if bounds.has_inner else y
        return x if bounds.box is None else np.clip(x, *(end[:, np.newaxis] for end in bounds.box))
