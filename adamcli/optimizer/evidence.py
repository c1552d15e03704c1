"""What is known of a run that has ended: its course, and the parabola through its best point.

The gradient is evaluated at the best point, and once more for each coordinate if these are few.
"""

from __future__ import annotations

from functools import cached_property, partial
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from adamcli.optimizer.curvature import FLAT, NEGATIVE, Bound, extremes, parabola

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import BoolArray, FloatArray
    from adamcli.optimizer.curvature import Parabola
    from adamcli.optimizer.loop import Task
    from adamcli.optimizer.result import BatchResult

TOLERANCE = 1e-5
"""A minimum is predicted to be lower by at most this part of what the run has gained,"""

NEAR = 1e-3
"""and the way to it to be at most this part of the width of the bounds,"""

CERTAIN = 1e-10
"""unless it is lower by so small a part that the way is made of rounding errors."""

ROUNDING = 2.0**-48
"""Differences of scores below this part of their size are rounding errors."""

MOST, NUMBERS = 100, 500_000
"""A formula's parabola is computed for that many coordinates and intermediate numbers, which takes
a millisecond; the second one for half as many coordinates."""

BUDGET = 10
"""What is slower takes at most as many evaluations of the gradient, those for noise included."""

SPANNED = 6
"""Evaluations for the extremes of the curvature, where the parabola would take too many,"""

ASIDE = 0.1
"""How far to the sides it counts that a score falls, as a part of the width of the bounds."""

SEEN = 1e-3
"""which are seen to be negative beyond this part of the greatest."""

DULL = 0.1
"""Gradients below this part of eps move x by less than a tenth of alpha."""

TINY = 1e-300
"""What keeps quotients finite."""


class Evidence:
    """What is known of a run; merits are scores of which the lower is the better."""

    def __init__(self, task: Task, batch: BatchResult, names: Sequence[str], *, code: bool) -> None:
        self._task, self._batch, self._names = task, batch, names
        self._nit = int(batch.nit[0])
        merit = task.direction.merit
        start, best = (merit(float(p.score[0])) for p in (batch.start, batch.best))
        self._gained, self._best = start - best, best
        self._rounding = ROUNDING * max(abs(start), abs(best))
        self._tolerance = TOLERANCE * self._gained + self._rounding
        self._moved = self._gained > self._rounding
        self._x, self._start = batch.best.x, batch.start.x
        self._bound = Bound(task.objective, self._x)
        self._gradient = self._bound(self._x)
        self._low, self._high, self._slack = self._pushed()
        self._projected = np.where(self._low | self._high, 0.0, self._gradient[:, 0])
        self._njev, self._nfev_of_noise, self._noise = 1, 0, 0.0
        if code:
            from adamcli.optimizer.noise import EVALUATIONS, noise_of

            self._nfev_of_noise = EVALUATIONS
            self._noise = noise_of(task, self._x[:, 0], best)
        self._parabola = self._curve()

    def _pushed(self) -> tuple[BoolArray, BoolArray, float]:
        """Return the coordinates pushed against bounds, and how much the rest of the way gains.

        Modes that never set x onto a bound come near enough to it.
        """
        bounds, x, slope = self._task.bounds, self._x[:, 0], self._gradient[:, 0]
        low, high = (pushed[:, 0] for pushed in bounds.active(self._x, self._gradient))
        if bounds.box is None:
            return low, high, 0.0
        room = np.where(slope > 0, x - bounds.low, bounds.high - x)
        gain = np.where(slope == 0, 0.0, np.abs(slope) * room)
        there = (gain <= self._tolerance / len(x)) & (room <= NEAR * self._size) & ~(low | high)
        slack = float(gain[there].sum())
        return low | (there & (slope > 0)), high | (there & (slope < 0)), slack

    def _curve(self) -> Parabola | None:
        """Return the parabola through the best point, or None if that would take too long."""
        objective, dim = self._task.objective, len(self._x)
        cheap = objective.cheap and dim * (dim + objective.numbers) <= NUMBERS
        # Differences take two evaluations or more; a gradient that is given, about as long as one.
        noise = self._nfev_of_noise / max(2, self._bound.nfev)
        allowed = MOST if cheap else BUDGET - 1 - noise
        if dim > allowed:
            return None
        pushed = (self._low | self._high)[:, np.newaxis]
        place = objective, self._task.bounds, self._x, self._gradient
        take = partial(parabola, *place, pushed=pushed, bound=self._bound)
        found = take()
        self._njev += dim
        if self._is_low(found) or 2 * dim > allowed:
            return found
        # Near a kink the slope does not fade; it turns within so short a way that little is left.
        slopes = np.maximum(np.abs(self._gradient), TINY)
        turning = take(steps=-self._tolerance / dim / slopes * np.sign(self._gradient))
        self._njev += dim
        return turning if self._is_low(turning) else found

    @cached_property
    def _first_gradient(self) -> FloatArray:
        """The gradient at the start (dim,)."""
        if (self._x == self._start).all():
            return self._gradient[:, 0]
        self._njev += 1
        return self._bound(self._start)[:, 0]

    @property
    def _largest(self) -> float:
        """The largest slope at the best point or, if that is dull, at the start as well."""
        largest = float(np.abs(self._gradient).max())
        if largest >= DULL * self._eps and largest > 0:
            return largest
        return max(largest, float(np.abs(self._first_gradient).max()))

    def _is_low(self, found: Parabola) -> bool:
        return bool(not self._falls_off(found) and found.decrease[0] <= self._tolerance)

    def _falls_off(self, found: Parabola) -> bool:
        """Return whether the score falls by more than the tolerance to some sides."""
        fall = -0.5 * found.dips[:, 0] * (ASIDE * self._size) ** 2
        return not found.least[0] >= NEGATIVE and not (fall <= self._tolerance).all()

    @property
    def _size(self) -> FloatArray:
        """The width of the bounds (dim,), or the size of x where they are not finite."""
        width = self._task.bounds.high - self._task.bounds.low
        return np.where(np.isfinite(width), width, np.abs(self._x[:, 0]) + TINY)

    @cached_property
    def _curves_down(self) -> bool:
        """Whether the curvature is negative in some direction, as far as is seen."""
        if self._parabola is not None:
            return self._falls_off(self._parabola)
        place = self._task.objective, self._task.bounds, self._gradient, self._bound, self._x
        most = max(1, int(BUDGET - 2 - self._nfev_of_noise / max(2, self._bound.nfev)))
        least, greatest = extremes(*place, min(SPANNED, most))
        self._njev += min(SPANNED, most)
        return least < -SEEN * max(greatest, -least)

    @property
    def _decrease(self) -> float:
        """How much lower the parabola has its minimum; infinite if that is not known."""
        if self._parabola is None or self._curves_down:
            return inf
        decrease = float(self._parabola.decrease[0]) + self._slack
        endless = self._parabola.least[0] <= FLAT and decrease > self._tolerance
        return inf if endless else decrease

    @property
    def _way(self) -> FloatArray:
        """The way to the minimum of the parabola (dim,), as far as the bounds allow."""
        if self._parabola is None:
            return np.zeros(len(self._x))
        x, bounds = self._x[:, 0], self._task.bounds
        ends = bounds.box or (np.full(len(x), -inf), np.full(len(x), inf))
        way: FloatArray = np.clip(x + self._parabola.step[:, 0], *ends) - x
        return way

    @property
    def _recent(self) -> tuple[int, float]:
        """Over how many of the last steps, a tenth or more, the best merit fell by how much."""
        merit, first = self._task.direction.merit, (-1, self._best + self._gained)
        earlier = [(g.t, merit(g.best)) for g in self._batch.trace if g.t + 1 <= 0.9 * self._nit]
        t, best = max([first, *earlier])
        return self._nit - 1 - t, best - self._best

    @property
    def _excess(self) -> float:
        """How far the merit lay above its best on average, at the end of the steps."""
        merit = self._task.direction.merit
        last = [merit(g.score) - self._best for g in self._batch.trace if g.t >= 0.85 * self._nit]
        last.append(merit(float(self._batch.last.score[0])) - self._best)
        return sum(last) / len(last)

    @property
    def _eps(self) -> float:
        """What the method adds to the size of a slope; 0 if that varies or if it adds nothing."""
        method, eps = self._task.method, self._task.hyperparameters.eps
        return 0.0 if "eps" not in method.hyperparameters or callable(eps) else float(eps)

    @property
    def _differs(self) -> bool:
        """Whether the gradient comes from differences of values."""
        return self._task.objective.difference > 0
