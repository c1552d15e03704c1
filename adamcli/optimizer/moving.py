"""The arrays of the runs that take steps together, and everything bound to them."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.optimizer.chunks import LARGE, bind_checks, bind_in_chunks, chunks
from adamcli.optimizer.hyperparameters import taken

if TYPE_CHECKING:
    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.optimizer.loop import Task

LEAST_GAIN = 4096
"""Numbers of ended runs from which on it pays to go on without them."""


class Moving:
    """The runs of a task that have not ended, and until it pays to leave them, some that have.

    `runs` are their places in the block.
    """

    def __init__(self, task: Task, starts: FloatArray, *, points: bool) -> None:
        self._task, self._keeps_points = task, points
        dim, runs = starts.shape
        self.runs, self.objective = np.arange(runs), task.objective
        method, bounds = task.method, task.bounds
        # What is small is in one array: a single call checks everything from the watched states to
        # the gradient, and another copies f with x as the best point. What is large is freed part
        # by part.
        at_f, self._held = len(method.states) * dim, method.watched * dim
        inner = dim if bounds.has_inner else 0
        large = starts.size > LARGE
        scratch = 0 if large else method.scratch * dim
        sizes = at_f, 1 + dim, dim + inner + scratch
        arrays = [np.zeros((size, runs)) for size in (sizes if large else (sum(sizes),))]
        parts = arrays if large else np.split(arrays[0], np.cumsum(sizes)[:-1])
        states, self.point, slopes = parts[0], parts[1], parts[2]
        self.f, self.x, self.g = self.point[0], self.point[1:], slopes[:dim]
        self.states = states.reshape(-1, dim, runs)
        samples = slopes[inner:].reshape(-1, dim, runs)
        self.x[:] = starts
        self.evaluation = self.objective.bind(self.x, self.f, self.g)
        measures = self.evaluation.measures
        self.measures = np.empty((0, runs)) if measures is None else measures
        # The gradient in the coordinates in which steps are taken, which an update overwrites.
        self.slope = samples[0]
        self.inner = bounds.inner(self.x, self.g, self.slope)
        bind = partial(bind_in_chunks, method) if large else method.bind
        self.update = bind(self.inner.y, self.states, samples, task.hyperparameters)
        first = at_f - self._held
        whole = arrays[0][first : at_f + 1 + 2 * dim]
        watched = [states[first:], self.point, self.g] if large else [whole]
        self._rows = sum(map(len, watched))
        self._bind_checks(watched, large=large)
        self._bind_best(points)
        self.alive, self.alive_count = np.ones(runs, dtype=bool), runs
        # Evaluations in addition to one for each step.
        self.extra = np.zeros(runs, dtype=np.int64)
        self.changed = self.reached = False

    def _bind_checks(self, watched: list[FloatArray], *, large: bool) -> None:
        """Set `checks` to the calls that fill `finite`, one row for each that is watched.

        What is large has a row for each chunk.
        """

        def count(rows: int) -> int:
            return sum(1 for _ in chunks(rows)) if large else rows

        rows = sum(count(len(part)) for part in watched)
        self.finite_bytes = bytearray(rows * len(self.f))
        self.finite = np.frombuffer(self.finite_bytes, dtype=bool).reshape(rows, -1)
        if large:
            parts = [part[some] for part in watched for some in chunks(len(part))]
            self.checks = bind_checks(parts, self.finite)
        else:
            self.checks = [partial(np.isfinite, *watched, self.finite)]
        first = count(self._held)
        self._of_point = slice(first, first + count(len(self.point)))

    def _bind_best(self, points: bool) -> None:
        runs, goal = len(self.f), self._task.stop.goal(self._task.direction.sign)
        self.kept = self.point if points else self.point[:1]
        self.best, self.best_t = np.empty(self.kept.shape), np.full(runs, -1)
        self.best_measures = np.empty(self.measures.shape)
        # What says which point is best, here and at the best so far.
        ranks = self.evaluation.ranks
        self.ranked = self.measures[0] if ranks else self.f
        self.best_ranked = self.best_measures[0] if ranks else self.best[0]
        # Searching a bytearray for a byte costs a tenth of `ndarray.all`.
        self.better_bytes, self._goal_bytes = bytearray(runs), bytearray(runs)
        self.better = np.frombuffer(self.better_bytes, dtype=bool)
        self.at_goal = np.frombuffer(self._goal_bytes, dtype=bool)
        self._goals = np.full(runs, np.nan if goal is None else goal[1])
        self._has_goal = goal is not None
        self._mask = np.empty(runs, dtype=np.int64)
        # A single run is as good as all.
        self._spare = np.empty(self.best.shape if runs > 1 else (1, 1), dtype=np.int64)

    def mark_unknown(self) -> None:
        """Note that the objective is not known at the current point."""
        for array in (self.f, self.g, self.measures):
            array[:] = np.nan

    def keep_start(self) -> None:
        """Keep the start as the best point so far."""
        self.best[:] = self.kept
        self.best_measures[:] = self.measures
        if self.evaluation.ranks:
            # Any number is better than none.
            worst = inf * self._task.direction.sign
            self.best_ranked[np.isnan(self.best_ranked)] = worst

    def keep_best(self, t: int) -> None:
        """Keep the points that are better than the best; some is."""
        if 0 in self.finite_bytes:
            # The best f and x must be finite; the gradient need not be.
            self.better &= self.finite[self._of_point].all(axis=0)
            if 1 not in self.better_bytes:
                return
        if 0 in self.better_bytes:
            self._mask[:] = self.better
            np.negative(self._mask, self._mask)
            kept, best = self.kept.view(np.int64), self.best.view(np.int64)
            _choose(best, kept, self._mask, self._spare)
            if self.measures.size:
                np.copyto(self.best_measures, self.measures, where=self.better)
            if self._keeps_points:
                _choose(self.best_t, np.int64(t), self._mask, self._spare[0])
        else:
            self.best[:] = self.kept
            self.best_measures[:] = self.measures
            self.best_t[:] = t
        if self._has_goal:
            # Only a score that is better than all before can be the first to reach the goal.
            self._task.direction.improves(self.ranked, self._goals, self.at_goal)
            self.reached = 1 in self._goal_bytes

    def end(self, mask: BoolArray) -> None:
        """Note that runs have ended: they keep moving until they leave, but never improve again."""
        unbeatable = -inf * self._task.direction.sign
        self.best_ranked[mask] = self._goals[mask] = unbeatable
        self.alive &= ~mask
        self.alive_count = int(np.count_nonzero(self.alive))
        gone = len(self.alive) - self.alive_count
        numbers = self._rows + self.objective.entries
        self.changed = not self.alive_count or (
            gone * numbers >= LEAST_GAIN and 4 * gone >= len(self.alive)
        )

    def release(self) -> None:
        """Let go of what only steps need; where the runs stand can still be read."""
        del self.states, self.update, self.checks, self.evaluation, self.inner

    def kept_only(self, places: IntArray) -> Moving:
        """Return the runs at `places`, in arrays of their own."""
        settings = taken(self._task.hyperparameters, places)
        objective = self.objective.taken(places)
        task = self._task._replace(hyperparameters=settings, objective=objective)
        new = Moving(task, self.x[:, places], points=self._keeps_points)
        new.runs = self.runs[places]
        for name in ("f", "g", "measures", "best", "best_measures", "best_t", "extra"):
            getattr(new, name)[...] = getattr(self, name)[..., places]
        new.states[:] = self.states[:, :, places]
        if self._task.bounds.has_inner:
            new.inner.y[:] = self.inner.y[:, places]
        if new.inner.slope is not None:
            new.inner.slope()
        return new


def _choose(target: IntArray, source: Any, mask: IntArray, work: IntArray) -> None:
    """Set `target` to `source` where all bits of `mask` are set; `work` is overwritten.

    For the noisy masks of many runs a masked copy would take five times as long.
    """
    np.bitwise_xor(target, source, work)
    np.bitwise_and(work, mask, work)
    np.bitwise_xor(target, work, target)
