"""Levenberg-Marquardt in a box, for a batch of starts.

The method is Moré's (1978, as in MINPACK): each Jacobian is factored once, steps solve the small
augmented system, and lengths are measured by the greatest norm that each column of the Jacobian has
had. The damping follows Nielsen (1999): Madsen, Nielsen and Tingleff (2004), algorithm 3.16. A
coordinate at a bound against which the objective pulls it is left out of the step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from adamcli.fit.triangles import (
    factors,
    norms,
    product,
    solved,
    transposed_product,
    tree_sum,
    triangle,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.objective.losses import Loss

STEPS = 300
"""The most steps of a run."""

DAMPING = 1e-3
"""The damping at first, relative to the norms of the columns of the Jacobian."""

_LEAST_DAMPING, _MOST_DAMPING = 1e-24, 1e30
_TOLERANCE = 1e-15
_ROUNDING = 1e-14
"""How much of the score is lost when it is summed."""

_EPSILON = 2.0**-52

_POLISHES = 30
"""The most steps that are taken after the score stopped to tell points apart."""

_MOST_ENTRIES = 8_000_000
"""The most numbers that are evaluated together."""


class Problem(Protocol):
    """Residuals to be minimised; see `Residuals`, which is one. The runs may differ in data."""

    loss: Loss

    @property
    def dim(self) -> int: ...  # noqa: D102

    @property
    def rows(self) -> int: ...  # noqa: D102

    @property
    def entries(self) -> int: ...  # noqa: D102

    def values(self, x: FloatArray, runs: IntArray) -> FloatArray:
        """Return the residuals (rows, k) at `x` (dim, k) of the k `runs`."""

    def system(self, x: FloatArray, residuals: FloatArray, runs: IntArray) -> FloatArray:
        """Return the Jacobian and then the residuals, (dim + 1, rows, k)."""


class Descent(NamedTuple):
    """Where the runs ended: points `x` (dim, runs), with `score` (runs,), the sum of the losses.

    A run whose start has no finite score stays there, with the score inf. `nfev` and `njev` count
    evaluations of the residuals and of their Jacobian, `nit` the steps taken. `converged` tells
    runs that came to rest from those that ran out of steps.
    """

    x: FloatArray
    score: FloatArray
    nfev: IntArray
    njev: IntArray
    nit: IntArray
    converged: BoolArray


def descend(
    problem: Problem,
    starts: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    damping: float | FloatArray = DAMPING,
    steps: int = STEPS,
) -> Descent:
    """Return where Levenberg-Marquardt leads from the `starts` (dim, runs).

    `low` and `high` (dim,) may be infinite, and may differ between runs (dim, runs); starts outside
    them are moved onto them. `damping` may differ between runs (runs,). Every run has the same bits
    alone and in any batch.
    """
    descents = _Descents(problem, starts, low, high, damping)
    for _ in range(steps):
        live = np.flatnonzero(descents.live)
        if not live.size:
            break
        descents.step(live)
    return descents.found()


class _Descents:
    """The state of all runs; runs are the last axis of `x` and `r`, and the first of the others."""

    def __init__(
        self,
        problem: Problem,
        starts: FloatArray,
        low: FloatArray,
        high: FloatArray,
        damping: float | FloatArray,
    ) -> None:
        self.problem = problem
        # Bounds of all runs become those of each.
        self.low, self.high = (
            np.broadcast_to(end if end.ndim == 2 else end[:, np.newaxis], starts.shape)
            for end in (low, high)
        )
        self.x = np.clip(np.array(starts, dtype=float), self.low, self.high)
        dim, runs = self.x.shape
        everyone = np.arange(runs)
        self.r = np.empty((problem.rows, runs))
        for part in _parts(problem, everyone):
            self.r[:, part] = problem.values(self.x[:, part], part)
        self.score = self._score(self.r)
        self.live = np.isfinite(self.score)
        self.fresh = np.ones(runs, dtype=bool)
        self.damping = np.array(np.broadcast_to(damping, runs), dtype=float)
        self.growth = np.full(runs, 2.0)
        self.upper, self.right = np.zeros((runs, dim, dim)), np.zeros((runs, dim))
        self.scale = np.zeros((runs, dim))
        self.length = np.full(runs, np.inf)
        self.polishes = np.zeros(runs, dtype=int)
        self.nfev, self.njev = np.ones(runs, dtype=int), np.zeros(runs, dtype=int)
        self.nit = np.zeros(runs, dtype=int)

    def found(self) -> Descent:
        ended = ~self.live & np.isfinite(self.score)
        return Descent(self.x, self.score, self.nfev, self.njev, self.nit, ended)

    def step(self, live: IntArray) -> None:
        """Take one step of the runs `live`, or increase their damping."""
        with np.errstate(all="ignore"):
            self._factor(live[self.fresh[live]])
            moved, gain = self._trial(live)
            self._judge(live, moved, gain)

    def _score(self, residuals: FloatArray) -> FloatArray:
        """Return the sums of the losses, inf where they are not finite."""
        with np.errstate(all="ignore"):
            score = tree_sum(self.problem.loss.values(residuals))
        return np.where(np.isfinite(score), score, np.inf)

    def _factor(self, runs: IntArray) -> None:
        """Factor the Jacobian of runs that have moved."""
        problem = self.problem
        for part in _parts(problem, runs):
            system = problem.system(self.x[:, part], self.r[:, part], part)
            problem.loss.reweigh(system)
            if not np.isfinite(system).all():
                system = np.where(np.isfinite(system), system, 0.0)
            factor = triangle(system)
            self.upper[part], self.right[part] = factor[:, :-1, :-1], factor[:, :-1, -1]
        self.njev[runs] += 1
        self.fresh[runs] = False
        self.scale[runs] = np.maximum(self.scale[runs], norms(self.upper[runs]))

    def _trial(self, live: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the points (dim, live) that the runs try, and the decrease (live,) predicted."""
        upper, right, x = self.upper[live], self.right[live], self.x[:, live]
        slope = transposed_product(upper, right)
        low, high = self.low[:, live], self.high[:, live]
        held = ((x <= low) & (slope.T > 0)) | ((x >= high) & (slope.T < 0))
        scale = np.where(self.scale[live] > 0, self.scale[live], 1.0)
        free = ~held.T / scale
        shift = _damped(upper * free[:, np.newaxis, :], right, self.damping[live]) / scale
        moved = np.clip(x + shift.T, low, high)
        shift = (moved - x).T
        along = product(upper, shift)
        gain = -tree_sum((along * along + 2.0 * slope * shift).T)
        return moved, gain

    def _judge(self, live: IntArray, moved: FloatArray, gain: FloatArray) -> None:
        """Move to the points that are better, and let the runs end that have nowhere to go."""
        problem, score = self.problem, self.score[live]
        r = np.empty((problem.rows, len(live)))
        place = np.empty(len(self.live), dtype=int)
        place[live] = np.arange(len(live))
        for part in _parts(problem, live):
            r[:, place[part]] = problem.values(moved[:, place[part]], part)
        self.nfev[live] += 1
        tried = self._score(r)
        shift = np.abs(moved - self.x[:, live])
        length = np.sqrt(tree_sum((self.scale[live].T * shift) ** 2))
        still = (shift <= _TOLERANCE * np.abs(moved)).all(axis=0)
        # Where scores no longer tell points apart, the steps still do: they shrink.
        lost = self._lost(live)
        near = (gain <= lost) & (self.damping[live] <= 1.0)
        polish = near & (tried <= score + lost) & (length < 0.9 * self.length[live])
        taken = (tried < score) | polish
        ratio = (score - tried) / gain
        self._move(live[taken], moved[:, taken], r[:, taken], tried[taken])
        self.length[live[taken]] = length[taken]
        self._damp(live, taken, np.where(near, 1.0, ratio))
        self.polishes[live] += near
        over = still | (near & ~polish) | (self.polishes[live] > _POLISHES) | (gain == 0)
        self.live[live] = ~(over | (self.damping[live] > _MOST_DAMPING) | (tried == 0))

    def _lost(self, live: IntArray) -> FloatArray:
        """Return how far the scores may be off by rounding: that of the points, and of the sums."""
        score = self.score[live]
        error = _EPSILON * tree_sum(self.scale[live].T * np.abs(self.x[:, live]))
        return _ROUNDING * score + 4.0 * error * np.sqrt(score) + error * error

    def _move(self, runs: IntArray, x: FloatArray, r: FloatArray, score: FloatArray) -> None:
        self.x[:, runs], self.r[:, runs], self.score[runs] = x, r, score
        self.fresh[runs] = True
        self.nit[runs] += 1

    def _damp(self, live: IntArray, taken: BoolArray, ratio: FloatArray) -> None:
        """Set the damping by the ratio of the decrease to the predicted one."""
        damping, growth = self.damping[live], self.growth[live]
        less = damping * np.maximum(1 / 3, 1.0 - (2.0 * np.minimum(ratio, 2.0) - 1.0) ** 3)
        self.damping[live] = np.where(taken, np.maximum(less, _LEAST_DAMPING), damping * growth)
        self.growth[live] = np.where(taken, 2.0, 2.0 * growth)


def _damped(upper: FloatArray, right: FloatArray, damping: FloatArray) -> FloatArray:
    """Return the p (runs, d) that minimise |upper p + right|**2 + damping |p|**2."""
    runs, dim = right.shape
    system = np.zeros((runs, 2 * dim, dim + 1))
    system[:, :dim, :dim], system[:, :dim, dim] = upper, -right
    system[:, np.arange(dim, 2 * dim), np.arange(dim)] = np.sqrt(damping)[:, np.newaxis]
    factor = factors(system)
    return solved(factor[:, :dim, :dim], factor[:, :dim, dim])


def _parts(problem: Problem, runs: IntArray) -> Iterator[IntArray]:
    """Yield the runs in parts that are evaluated together."""
    width = max(1, _MOST_ENTRIES // max(1, problem.entries))
    for first in range(0, len(runs), width):
        yield runs[first : first + width]
