"""Quasi-Newton descents in a box, many at once, each with a line search of its own.

The line search is by bisection for the weak Wolfe conditions, which hold on both sides of a kink
(Lewis and Overton 2013, algorithm 2.6). Coordinates at a limit that the slope pushes against are
frozen. Where scores are level to the last digit, the slope decides, so that points become more
exact than a score can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from adamcli.search.metric import Dense, dot, metric_of

if TYPE_CHECKING:
    from adamcli.arrays import BoolArray, FloatArray
    from adamcli.search.evaluator import Evaluator

ENOUGH, FLATTER = 1e-4, 0.9
"""The constants of the Wolfe conditions: the part of the predicted decrease that a step must have,
and the part of the slope that may be left after it."""

FIRST = 0.01
"""The length of a first step, in units of the search."""

NEAR, ROUND = 1e-7, 1e-10
"""How far apart slopes are taken for the curvature, in units; and the least curvature, relative to
the greatest, that counts as positive."""

TRIES = 40
"""Steps that a line search tries. From half of them on, one that is low enough will do."""

MANY = 25

VAIN, ROUNDING = 8, 2.0**-54
"""After so many tries a line search ends if its steps should gain less than this part of the
merit."""


class Descended(NamedTuple):
    """Where descents ended: `y` (dim, runs), the merit (runs,), and whether nothing was left."""

    y: FloatArray
    merit: FloatArray
    settled: BoolArray


def descend(
    evaluate: Evaluator,
    starts: FloatArray,
    most: int,
    tolerance: float = 0.0,
    *,
    curved: bool = False,
) -> Descended:
    """Return where descents from `starts` (dim, runs) lead with at most `most` evaluations each.

    A descent ends earlier if two steps in a row gain no more than `tolerance`, or if no step leads
    lower. If it is `curved` it begins with Newton's step, which is nearly exact close to a minimum.
    """
    descents = _Descents(evaluate, starts, tolerance)
    if curved:
        descents.take_curvature()
    return descents.run(most)


class Way(Protocol):
    """A way to descend; `ties` is the part by which merits may differ and still count as equal.

    `rounds` says whether a point of fewer decimals is better if it is no worse.
    """

    ties: float
    rounds: bool

    def first(self, evaluate: Evaluator, y: FloatArray) -> Descended:
        """Return where descents from and around a user's start `y` (dim,) end."""

    def short(self, evaluate: Evaluator, y: FloatArray, tolerance: float) -> Descended:
        """Return where short descents from the places `y` (dim, runs) end."""

    def last(self, evaluate: Evaluator, y: FloatArray, tolerance: float) -> Descended:
        """Return where descents from the places `y` end, as far as numbers allow.

        Gains of a `tolerance` no longer count.
        """


SHORT, LONG, ENDLESS = 40, 300, 20_000
"""The most evaluations of a descent within a round, of those at the end, and of the best one."""


class QuasiNewton(Way):
    """The way for any function."""

    ties, rounds = 0.0, True

    def first(self, evaluate: Evaluator, y: FloatArray) -> Descended:
        """Return where the descent from the start ends."""
        return descend(evaluate, y[:, np.newaxis], ENDLESS)

    def short(self, evaluate: Evaluator, y: FloatArray, tolerance: float) -> Descended:
        """Return where short descents end."""
        return descend(evaluate, y, SHORT, tolerance)

    def last(self, evaluate: Evaluator, y: FloatArray, tolerance: float) -> Descended:
        """Return where long descents end; of those only the best goes on that is not settled."""
        ends = descend(evaluate, y, LONG, tolerance, curved=True)
        best = int(ends.merit.argmin())
        if not ends.settled[best]:
            further = descend(evaluate, ends.y[:, best : best + 1], ENDLESS, tolerance)
            ends.y[:, best], ends.merit[best] = further.y[:, 0], further.merit[0]
        return ends


class _Descents:
    """The state of all descents; arrays of vectors are (runs, dim), slopes are those per unit."""

    def __init__(self, evaluate: Evaluator, starts: FloatArray, tolerance: float) -> None:
        self._evaluate, self._tolerance = evaluate, tolerance
        space = evaluate.space
        self._low, self._high, self._unit = space.low, space.high, space.unit
        dim, runs = starts.shape
        self._y = np.ascontiguousarray(starts.T)
        self._f, self._g = self._at(self._y, None)
        self._metric = metric_of(runs, dim)
        self._fresh, self._done = np.ones(runs, dtype=bool), ~np.isfinite(self._f)
        self._way, self._falls = np.zeros((runs, dim)), np.zeros(runs)
        self._path = np.zeros((runs, dim))
        # The line search: its step, the longest known to be too short, the shortest too long.
        self._step, self._short, self._long = np.ones(runs), np.zeros(runs), np.full(runs, np.inf)
        self._tries, self._idle = np.zeros(runs, dtype=int), np.zeros(runs, dtype=int)

    def take_curvature(self) -> None:
        """Begin with the inverse Hessian, from differences of slopes, where it is positive."""
        runs, dim = self._y.shape
        if not isinstance(self._metric, Dense):
            return
        towards = np.where(self._y + NEAR * self._unit <= self._high, NEAR, -NEAR)
        points = np.repeat(self._y[:, np.newaxis], dim, axis=1)
        each = np.arange(dim)
        points[:, each, each] += towards * self._unit
        with np.errstate(all="ignore"):
            slopes = self._at(points.reshape(-1, dim), None)[1].reshape(runs, dim, dim)
            hessian = (slopes - self._g[:, np.newaxis]) / towards[:, :, np.newaxis]
        hessian = 0.5 * (hessian + hessian.transpose(0, 2, 1))
        hessian[~np.isfinite(hessian).all(axis=(1, 2))] = 0.0
        values, vectors = np.linalg.eigh(hessian)
        curved: BoolArray = values[:, 0] > np.maximum(ROUND * values[:, -1], 0.0)
        safe = np.where(curved[:, np.newaxis], values, 1.0)
        self._metric.begin(np.einsum("rik,rk,rjk->rij", vectors, 1.0 / safe, vectors), curved)
        self._fresh &= ~curved

    def run(self, most: int) -> Descended:
        """Take the steps."""
        turning = np.ones(len(self._f), dtype=bool)
        with np.errstate(all="ignore"):
            for _ in range(most):
                if turning.any():
                    self._turn(turning)
                if self._done.all() or self._evaluate.control.stop is not None:
                    break
                turning = self._try()
        return Descended(self._y.T.copy(), self._f, self._done)

    def _at(self, y: FloatArray, wanted: BoolArray | None) -> tuple[FloatArray, FloatArray]:
        merit, slope = self._evaluate(y.T, wanted)
        # In another order of memory sums would depend on how many runs there are.
        slope = np.multiply(slope.T, self._unit, order="C")
        if not np.isfinite(np.add.reduce(slope, None)):
            slope = np.where(np.isfinite(slope), slope, 0.0)
        return merit, slope

    def _turn(self, turning: BoolArray) -> None:
        """Give new directions to some runs."""
        held = self._held()
        slope = self._g if held is None else np.where(held, 0.0, self._g)
        way = -self._metric.times(slope)
        if held is not None:
            way[held] = 0.0
        falls = dot(slope, way)
        wrong = turning & ~(falls < 0) & ~self._fresh
        if wrong.any():
            self._metric.reset(wrong)
            self._fresh |= wrong
        plain = turning & self._fresh
        if plain.any():
            norm = np.sqrt(dot(slope, slope))
            self._done |= plain & (norm == 0)
            length = FIRST / np.where(norm > 0, norm, 1.0)
            way = np.where(plain[:, np.newaxis], -slope * length[:, np.newaxis], way)
            falls = np.where(plain, -norm * FIRST, falls)
        which = turning[:, np.newaxis]
        np.copyto(self._way, way, where=which)
        np.copyto(self._falls, falls, where=turning)
        np.multiply(self._way, self._unit, self._path)
        self._step[turning], self._short[turning], self._long[turning] = 1.0, 0.0, np.inf
        self._tries[turning] = 0

    def _held(self) -> BoolArray | None:
        """Return which coordinates are pushed against a limit, if any are at one."""
        at_low, at_high = self._y <= self._low, self._y >= self._high
        if not (at_low.any() or at_high.any()):
            return None
        return (at_low & (self._g > 0)) | (at_high & (self._g < 0))

    def _try(self) -> BoolArray:
        """Try the steps of all line searches, and return which runs need a new direction."""
        f, going, size = self._f, ~self._done, self._step[:, np.newaxis]
        there = self._y + size * self._path
        moved, fall, before, way = (
            size * self._way,
            self._step * self._falls,
            self._falls,
            self._way,
        )
        limited = np.minimum(np.maximum(there, self._low), self._high)
        cut = (limited != there).any(axis=1)
        if cut.any():
            # Coordinates that have reached a limit fall no further.
            there, which = limited, cut[:, np.newaxis]
            moved = np.where(which, (there - self._y) / self._unit, moved)
            inside = (there > self._low) & (there < self._high)
            way = np.where(which & ~inside, 0.0, way)
            fall = np.where(cut, dot(self._g, moved), fall)
            before = np.where(cut, dot(self._g, way), before)
        new_f, new_g = self._at(there, going)
        slope = dot(new_g, way)
        low = (new_f < f) & (new_f <= f + ENOUGH * np.minimum(fall, 0.0))
        flat = (slope >= FLATTER * before) | (self._tries > MANY)
        level = (new_f <= f) & (np.abs(slope) <= FLATTER * np.abs(self._falls))
        taken = going & ((low & flat) | level)
        self._tries += 1
        turning: BoolArray = taken
        if (taken != going).any():
            turning = taken | self._search(going & ~taken, low, new_f, moved)
        if taken.any():
            self._take(taken, there, new_f, new_g, moved)
        return turning & ~self._done

    def _search(
        self, going: BoolArray, low: BoolArray, f: FloatArray, moved: FloatArray
    ) -> BoolArray:
        """Choose the next steps of the runs that are `going` on, and return which begin anew."""
        long, short = going & ~low, going & low
        # A step that should lower the merit by less than its last digit tells nothing.
        gain = -self._step * self._falls
        vain = (self._tries > VAIN) & (gain <= ROUNDING * np.abs(self._f))
        stuck = long & ((self._tries > TRIES) | vain | ~moved.any(axis=1))
        np.copyto(self._long, self._step, where=long)
        np.copyto(self._short, self._step, where=short)
        self._step = self._next_step(long, f)
        self._done |= stuck & self._fresh
        again: BoolArray = stuck & ~self._fresh
        if again.any():
            self._metric.reset(again)
            self._fresh |= again
        return again

    def _next_step(self, long: BoolArray, f: FloatArray) -> FloatArray:
        """Return the steps to try next: twice as long ones, or one between too short and too long.

        After a step that was too long it is where the parabola through it has its minimum, if that
        is well inside.
        """
        short, end, step = self._short, self._long, self._step
        bounded = np.isfinite(end)
        width = np.where(bounded, end, 0.0) - short
        excess = f - self._f - self._falls * step
        parabola = np.where(excess > 0, -0.5 * self._falls * step * step / excess, 0.0)
        inside = (parabola >= short + 0.1 * width) & (parabola <= short + 0.5 * width)
        between = np.where(long & inside, parabola, short + 0.5 * width)
        return np.where(bounded, between, 2.0 * step)

    def _take(
        self,
        taken: BoolArray,
        there: FloatArray,
        f: FloatArray,
        g: FloatArray,
        moved: FloatArray,
    ) -> None:
        """Move some runs."""
        change = g - self._g
        curved, size = dot(moved, change), dot(change, change)
        learns = taken & (curved > 1e-300) & (size > 0) & np.isfinite(size)
        if learns.any():
            self._metric.update(learns, self._fresh, moved, change)
            self._fresh &= ~learns
        if self._tolerance:
            gains = self._f - f > self._tolerance
            self._idle = np.where(taken, np.where(gains, 0, self._idle + 1), self._idle)
            self._done |= taken & (self._idle >= 2)
        which = taken[:, np.newaxis]
        np.copyto(self._y, there, where=which)
        np.copyto(self._g, g, where=which)
        np.copyto(self._f, f, where=taken)
