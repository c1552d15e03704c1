"""What is known of a run that has ended: its course, and the parabola through its best point.

The gradient is evaluated at the best point, and once more for each coordinate if these are few.
"""

from __future__ import annotations

from functools import cached_property, partial
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.optimizer.chunks import LARGE, chunks, largest
from adamcli.optimizer.curvature import FLAT, NEGATIVE, Bound, extremes, parabola

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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

FAR = 0.1
"""A way counts as long from this part of what steps can go."""

DULL = 0.1
"""Gradients below this part of eps move x by less than a tenth of alpha."""

TINY = 1e-300
"""What keeps quotients finite."""


class Furthest(NamedTuple):
    """A coordinate `k` that may not go far enough: its `weight` among others, and its way.

    From its start it can go as far as `reach`, and `left` is what it has to go; `share` is that as
    a part of reach, both in inner coordinates. `warp` names what makes these others, if steps are
    much shorter from here on for it.
    """

    k: int
    weight: float
    reach: float
    left: float
    share: float
    warp: str = ""


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
        dim = len(self._x)
        gains: list[FloatArray] = []
        # Mostly there are none, which takes no arrays.
        low = high = np.broadcast_to(False, (dim,))
        for some in chunks(dim):
            below, above, gained = self._pushed_at(some)
            gains.append(gained)
            if below.any() or above.any():
                if not low.flags.writeable:
                    low, high = np.zeros(dim, dtype=bool), np.zeros(dim, dtype=bool)
                low[some], high[some] = below, above
        return low, high, float(np.concatenate(gains).sum())

    def _pushed_at(self, some: slice) -> tuple[BoolArray, BoolArray, FloatArray]:
        """Return what `_pushed` does for some coordinates, but the gains one by one."""
        bounds, x, slope = self._task.bounds, self._x[some, 0], self._gradient[some, 0]
        low, high = bounds.active(x, slope, some)
        if bounds.box is None:
            return low, high, slope[:0]
        room, gain = self._to_bounds(some, slope)
        near = room <= NEAR * self._size_of(some)
        there = (gain <= self._tolerance / len(self._x)) & near & ~(low | high)
        return low | (there & (slope > 0)), high | (there & (slope < 0)), gain[there]

    def _to_bounds(self, some: slice, slope: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the room of some coordinates to the bounds that slopes lead to, and its gain.

        Where the score is convex, no gain is larger.
        """
        x, bounds = self._x[some, 0], self._task.bounds
        room = np.where(slope > 0, x - bounds.low[some], bounds.high[some] - x)
        return room, np.where(slope == 0, 0.0, np.abs(slope) * room)

    @cached_property
    def _projected(self) -> FloatArray:
        """The gradient (dim,) without what pushes against bounds."""
        slope = self._gradient[:, 0]
        # Nothing to leave out is not worth another array.
        any_pushed = self._low.any() or self._high.any()
        return np.where(self._low | self._high, 0.0, slope) if any_pushed else slope

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
    def _first_largest(self) -> float:
        """The largest slope at the start."""
        pairs = ((self._x[some], self._start[some]) for some in chunks(len(self._x)))
        if all(np.array_equal(*pair) for pair in pairs):
            return largest(self._gradient)
        self._njev += 1
        return largest(self._bound(self._start))

    @property
    def _largest(self) -> float:
        """The largest slope at the best point or, if that is dull, at the start as well."""
        found = largest(self._gradient)
        return found if found >= DULL * self._eps and found > 0 else max(found, self._first_largest)

    def _is_low(self, found: Parabola) -> bool:
        return bool(not self._falls_off(found) and found.decrease[0] <= self._tolerance)

    def _falls_off(self, found: Parabola) -> bool:
        """Return whether the score falls by more than the tolerance to some sides."""
        fall = -0.5 * found.dips[:, 0] * (ASIDE * self._size) ** 2
        return not found.least[0] >= NEGATIVE and not (fall <= self._tolerance).all()

    @property
    def _size(self) -> FloatArray:
        """The width of the bounds (dim,), or the size of x where they are not finite."""
        return self._size_of(slice(None))

    def _size_of(self, some: slice) -> FloatArray:
        """Return `_size` of some coordinates."""
        width = self._task.bounds.high[some] - self._task.bounds.low[some]
        return np.where(np.isfinite(width), width, np.abs(self._x[some, 0]) + TINY)

    def _pieces(self) -> Iterator[slice]:
        """Yield the places of coordinates that are looked at together.

        Those with inner coordinates are all of them, as the bounds map only all at once.
        """
        dim = len(self._x)
        return chunks(dim, dim if self._task.bounds.has_inner else LARGE)

    def _inner_of(self, places: FloatArray) -> FloatArray:
        """Return the inner coordinates of points (coordinates, points) at one of the pieces."""
        bounds = self._task.bounds
        return bounds.inner_of(places) if bounds.has_inner else places

    def _span(self) -> float:
        """Return how far the coordinate that went furthest is from its start, as steps go."""
        found = [
            np.abs(self._inner_of(self._x[some]) - self._inner_of(self._start[some])).max()
            for some in self._pieces()
        ]
        return float(np.max(found))

    def _furthest(self, nominal: FloatArray) -> Furthest | None:
        """Return the coordinate whose way is cut shortest by how far steps can go, if one is.

        `nominal` is how far they can go, () or (dim,).
        """
        found = [self._furthest_of(some, nominal) for some in self._pieces()]
        cut = [each for each in found if each is not None]
        return cut[int(np.argmax([each.weight for each in cut]))] if cut else None

    def _furthest_of(self, some: slice, nominal: FloatArray) -> Furthest | None:
        """Return what `_furthest` does, of some coordinates."""
        x, start, unknown = self._x[some], self._start[some], self._decrease == inf
        way = np.zeros(len(x)) if unknown else self._way[some]
        inner = self._inner_of(np.column_stack([x, start, x[:, 0] + way]))
        travelled, left = np.abs(inner[:, :1] - inner[:, 1:]).T
        reach = np.maximum(nominal[some] if nominal.ndim else nominal, travelled)
        # Of a way that is not known, much may be left.
        far = (self._projected[some] != 0) & ((left > FAR * reach) | unknown)
        cut = far & ((travelled >= 0.5 * reach) | (left > reach))
        if not cut.any():
            return None
        shares = left / np.maximum(reach, TINY)
        weights = np.where(cut, np.maximum(shares, TINY), 0.0)
        k = int(np.argmax(weights))
        weight, reached, rest, share = (float(a[k]) for a in (weights, reach, left, shares))
        found = Furthest(some.start + k, weight, reached, rest, share)
        if not self._task.bounds.has_inner:
            return found
        ahead = float(inner[k, 2] - inner[k, 1]) or -float(self._projected[k])
        return self._outer(found, abs(float(way[k])), inner[:, :2], ahead)

    def _outer(self, found: Furthest, left: float, inner: FloatArray, ahead: float) -> Furthest:
        """Return what was found in inner coordinates in those of the objective.

        There `left` is left to go. `inner` (dim, 2) are the best point and the start, from which
        the way goes towards the sign of `ahead`.
        """
        k, bounds, forth = found.k, self._task.bounds, np.sign(ahead)
        places = inner[:, [0, 0, 1, 1]]
        next_stretch = found.left or FAR * found.reach
        places[k] += forth * np.array([0.0, next_stretch, 0.0, found.reach])
        x = bounds.from_inner(places)
        x = x if bounds.box is None else np.clip(x, *(end[:, np.newaxis] for end in bounds.box))
        coming, reach = np.abs(x[k, 1::2] - x[k, ::2])
        is_slow = coming * found.reach <= FAR * reach * next_stretch and found.reach > 0
        warp = bounds.warp(k) if is_slow else ""
        return found._replace(reach=float(reach), left=left, warp=warp)

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
        decrease = float(self._parabola.decrease[0])
        if self._task.bounds.box is not None:
            _, gains = self._to_bounds(slice(None), self._projected)
            decrease = min(decrease, float(gains.sum()))
        decrease += self._slack
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
    def _inner_way_and_slope(self) -> tuple[FloatArray, FloatArray]:
        """How long the way is in inner coordinates (dim,), and how steep the score is on it."""
        way, slope = np.abs(self._way), np.abs(self._projected)
        if not self._task.bounds.has_inner:
            return way, slope
        x = self._x[:, 0]
        inner = self._inner_of(np.column_stack([x, x + self._way]))
        length: FloatArray = np.abs(inner[:, 1] - inner[:, 0])
        return length, slope * (way / np.maximum(length, TINY))

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
