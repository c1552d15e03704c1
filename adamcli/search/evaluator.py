"""Evaluations of what is minimised, in the inner coordinates of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.optimizer.loop import BLOCK_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.arrays import BoolArray, FloatArray
    from adamcli.objective.base import Objective
    from adamcli.optimizer.loop import Control
    from adamcli.optimizer.result import Direction
    from adamcli.search.space import Space


class _Bound(NamedTuple):
    """An objective bound to arrays: `y` (dim, points) is read; `f` and `slope` are written.

    `slope` is None if values are all that is computed.
    """

    y: FloatArray
    f: FloatArray
    slope: FloatArray | None
    calls: Sequence[Callable[[], object]]
    nfev: int


class Evaluator:
    """What is minimised, with its slope.

    Merits are scores with a sign such that lower is better; one that is not finite becomes the
    worst, infinity. `njev` counts the evaluations of the gradient, and `nfev` those of the
    function; a value with its gradient counts as one of both.
    """

    def __init__(
        self, objective: Objective, space: Space, direction: Direction, control: Control
    ) -> None:
        self.objective, self.space, self.direction = objective, space, direction
        self.control = control
        self.njev = self.nfev = 0
        # The arrays of a formula take a thousand numbers per point or more.
        self._most = max(1, BLOCK_ENTRIES // (4 * space.dim + objective.entries + 2))
        self._bound: dict[tuple[int, bool], _Bound] = {}

    def __call__(
        self, y: FloatArray, wanted: BoolArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return the merit (points,) and its slope (dim, points) at `y` (dim, points).

        The next call may overwrite the slope. Where `wanted` (points,) is false both are without
        meaning, and are not computed if that saves time.
        """
        points = y.shape[1]
        if wanted is not None and not self.objective.cheap and not wanted.all():
            merit, slope = np.full(points, np.inf), np.zeros_like(y)
            merit[wanted], slope[:, wanted] = self(y[:, wanted])
            return merit, slope
        if points <= self._most:
            bound = self._evaluated(y, sloping=True)
            assert bound.slope is not None
            self.njev += points
            return self._merits(bound.f), bound.slope
        merit, slope = np.empty(points), np.empty_like(y)
        for some in self._parts(points):
            bound = self._evaluated(y[:, some], sloping=True)
            assert bound.slope is not None
            merit[some], slope[:, some] = bound.f, bound.slope
            self.njev += len(bound.f)
        return self._merits(merit), slope

    def values(self, y: FloatArray) -> FloatArray:
        """Return the merit (points,) at `y` (dim, points), without its slope."""
        merit = np.empty(y.shape[1])
        for some in self._parts(y.shape[1]):
            merit[some] = self._evaluated(y[:, some], sloping=False).f
        return self._merits(merit)

    def _parts(self, points: int) -> Iterator[slice]:
        for first in range(0, points, self._most):
            yield slice(first, min(first + self._most, points))

    def _merits(self, scores: FloatArray) -> FloatArray:
        merit = self.direction.merit(scores)  # a copy
        if np.isfinite(np.add.reduce(merit)):
            return merit
        return np.where(np.isfinite(merit), merit, np.inf)

    def _evaluated(self, y: FloatArray, *, sloping: bool) -> _Bound:
        """Return the arrays with what was found at `y` (dim, points); the next call overwrites."""
        key = y.shape[1], sloping
        if key not in self._bound:
            self._bound[key] = self._bind(*key)
        bound = self._bound[key]
        bound.y[:] = y
        with np.errstate(all="ignore"):
            for call in bound.calls:
                call()
        self.nfev += y.shape[1] * bound.nfev
        return bound

    def _bind(self, points: int, sloping: bool) -> _Bound:
        bounds, f = self.space.bounds, np.empty(points)
        x, gradient = (np.ones((self.space.dim, points)) for _ in range(2))
        slope = np.empty_like(x) if bounds.has_inner else gradient
        inner = bounds.inner(x, gradient, slope)
        before = [inner.place] if inner.place is not None else []
        if not sloping:
            values = self.objective.values.bind_values(x, f)
            return _Bound(inner.y, f, None, [*before, *values], 1)
        evaluation = self.objective.bind(x, f, gradient)
        after = [inner.slope] if inner.slope is not None else []
        calls = [*before, *evaluation.calls, *after]
        return _Bound(inner.y, f, slope, calls, evaluation.nfev)

    def places(self, y: FloatArray) -> FloatArray:
        """Return the points of the objective (dim, points) at the inner coordinates `y`."""
        bounds = self.space.bounds
        x = bounds.from_inner(y) if bounds.has_inner else y
        return x if bounds.box is None else np.clip(x, *(end[:, np.newaxis] for end in bounds.box))
