"""The loop over steps, for one run or for many at once.

A batch is cut into blocks of runs that fit into the cache; a block takes all its steps before the
next begins. In a block every array has the runs on its last axis and each NumPy call works element
by element, so that a run has the same bits alone and among others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import ObjectiveError, UsageError
from adamcli.optimizer.hyperparameters import Hyperparameters, Schedule
from adamcli.optimizer.result import (
    RECORD_FIELDS,
    BatchResult,
    Direction,
    Divergence,
    Points,
    Record,
)
from adamcli.optimizer.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.errors import AdamcliError
    from adamcli.objective.base import Objective
    from adamcli.optimizer.bounds import Bounds
    from adamcli.optimizer.method import Method

BLOCK_ENTRIES = 270_000
"""Float64 entries per block. Measured: with 180,000 a sweep takes a tenth longer because the calls
weigh more; with 500,000 a few per cent less, but smaller caches would overflow."""


class Task(NamedTuple):
    """What to minimise, and how."""

    objective: Objective
    bounds: Bounds
    method: Method
    hyperparameters: Hyperparameters
    n_iter: int
    direction: Direction = Direction.MINIMIZE


class Control:
    """A request to stop after the current step, which a signal handler may set as `stop`.

    With `keeps` a KeyboardInterrupt ends the run at once, and its result is what it had reached.
    """

    def __init__(self, *, keeps: bool = False) -> None:
        self.stop: Status | None = None
        self.keeps = keeps


class Watch(NamedTuple):
    """`observe` gets a record with the `fields` of `RECORD_FIELDS` after every step of one run.

    It may raise `StopIteration` to end the run.
    """

    observe: Callable[[Record], object]
    fields: tuple[str, ...] = ()


def minimize_batch(
    task: Task,
    starts: FloatArray,
    control: Control | None = None,
    watch: Watch | None = None,
    *,
    points: bool = True,
) -> BatchResult:
    """Run the task from every column of `starts` (dim, runs) and return all results.

    `watch` is for a single run. Without `points` only the score of the best point is kept, which is
    faster for many runs.

    A run diverges, without effect on others, when its f, x, gradient or a state of its method stops
    being finite. If the objective raises `ObjectiveError`, or a function of t leaves the range of
    its hyperparameter, the runs of the block that have not ended fail; the result has the error.
    """
    runs, width = starts.shape[1], block_width(task)
    # Blocks of equal size: a small one at the end would cost nearly as many calls as a large one.
    width = max(1, -(-runs // max(1, -(-runs // width))))
    settings, parts = task.hyperparameters._asdict(), []
    with np.errstate(all="ignore"):
        for first in range(0, runs, width):
            block = slice(first, first + width)
            own = (value[block] if np.ndim(value) else value for value in settings.values())
            part = task._replace(hyperparameters=Hyperparameters(*own))
            parts.append(_Block(part, starts[:, block], control or Control(), points).run(watch))
    return _joined(parts)


def block_width(task: Task) -> int:
    """Return how many runs fit into a block."""
    method = task.method
    # Besides those of the method: x, the best x and the gradient; f and the best f.
    arrays = 3 + len(method.states) + method.scratch
    return max(1, BLOCK_ENTRIES // (arrays * len(task.bounds.low) + 2 + task.objective.entries))


class _Block:
    """Runs that take all their steps together."""

    def __init__(self, task: Task, starts: FloatArray, control: Control, points: bool) -> None:
        dim, runs = starts.shape
        self._task, self._control = task, control
        # One array holds states, f, x, gradient and scratch. A single call checks everything from
        # the watched states to the gradient, and another copies f with x as the best point.
        method = task.method
        at_f, self._held = len(method.states) * dim, method.watched * dim
        memory = np.zeros((at_f + 1 + (2 + method.scratch) * dim, runs))
        self._f, self._x = memory[at_f], memory[at_f + 1 : at_f + 1 + dim]
        self._point = memory[at_f : at_f + 1 + dim]
        self._watched = memory[at_f - self._held : at_f + 1 + 2 * dim]
        self._states = memory[:at_f].reshape(-1, dim, runs)
        self._samples = memory[at_f + 1 + dim :].reshape(-1, dim, runs)
        self._g = self._samples[0]
        self._x[:] = starts
        self._evaluation = task.objective.bind(self._x, self._f, self._g)
        # Searching a bytearray for a byte costs a tenth of `ndarray.all`.
        self._finite_bytes = bytearray(self._watched.size)
        self._finite = np.frombuffer(self._finite_bytes, dtype=bool).reshape(self._watched.shape)
        self._better_bytes = bytearray(runs)
        self._better = np.frombuffer(self._better_bytes, dtype=bool)
        self._t = -1
        self._keeps_points = points
        self._kept = self._point if points else self._point[:1]
        self._best, self._best_t = self._kept.copy(), np.full(runs, -1)
        self._mask = np.empty(runs, dtype=np.int64)
        self._spare = np.empty(self._best.shape, dtype=np.int64)
        # Where and how each run ended.
        self._alive, self._any_ended, self._all_ended = np.ones(runs, dtype=bool), False, False
        self._status = np.full(runs, Status.FINISHED.code, dtype=np.int8)
        self._last, self._last_t = np.empty_like(self._point), np.full(runs, -1)
        self._gradient = np.empty_like(self._g)
        self._divergences: dict[int, Divergence] = {}
        self._error: AdamcliError | None = None

    def run(self, watch: Watch | None) -> BatchResult:
        try:
            self._begin()
            self._steps(watch)
        except KeyboardInterrupt:
            # In the middle of a step: what was reached before it is still the result.
            if self._control.stop is None and not self._control.keeps:
                raise
            self._control.stop = self._control.stop or Status.INTERRUPTED
            self._mark_unknown()
            self._end(self._alive, self._control.stop)
        except (ObjectiveError, UsageError) as error:
            if isinstance(error, ObjectiveError):
                self._mark_unknown()
            self._error = error
            self._end(self._alive, Status.FAILED)
        stop = self._control.stop if self._t + 1 < self._task.n_iter else None
        self._end(self._alive, stop or Status.FINISHED)
        return self._result()

    def _result(self) -> BatchResult:
        return BatchResult(
            self._status,
            self._start,
            best=Points(self._best_t, self._best[1:], self._best[0]),
            last=Points(self._last_t, self._last[1:], self._last[0]),
            gradient=self._task.direction.sign * self._gradient,
            nit=self._last_t + 1,
            nfev=(self._last_t + 2) * self._evaluation.nfev,
            njev=self._last_t + 2,
            divergences=dict(sorted(self._divergences.items())),
            error=self._error,
        )

    def _mark_unknown(self) -> None:
        """Note that the objective is not known at the current point."""
        self._f[:] = np.nan
        self._g[:] = np.nan
        if self._t < 0:
            self._note_start()

    def _begin(self) -> None:
        for call in self._evaluation.calls:
            call()
        self._note_start()
        np.isfinite(self._watched, self._finite)
        self._end_diverged()

    def _note_start(self) -> None:
        self._best[:] = self._kept
        first = self._point.copy()
        self._start = Points(self._best_t.copy(), first[1:], first[0])

    def _steps(self, watch: Watch | None) -> None:
        """Take steps until all are taken, all runs have ended, or a stop is requested."""
        task, control = self._task, self._control
        f, watched, settings = self._f, self._watched, task.hyperparameters
        rows = iter(Schedule(settings, task.n_iter, task.method.coefficients))
        update = task.method.bind(self._x, self._states, self._samples, settings)
        project = task.bounds.projection(self._x)
        calls, isfinite = self._evaluation.calls, np.isfinite
        improves, best_score = task.direction.improves, self._best[0]
        finite, finite_bytes = self._finite, self._finite_bytes
        better, better_bytes = self._better, self._better_bytes
        for t in range(task.n_iter):
            if control.stop is not None or self._all_ended:
                return
            alpha, coefficients = next(rows)
            self._t = t
            update(*coefficients)
            if project is not None:
                project()
            for call in calls:
                call()
            isfinite(watched, finite)
            improves(f, best_score, better)
            if 1 in better_bytes:
                self._keep_best(t)
            if 0 in finite_bytes:
                self._end_diverged()
            if watch is not None:
                try:
                    watch.observe(self._record(watch, alpha))
                except StopIteration:
                    control.stop = Status.INTERRUPTED

    def _keep_best(self, t: int) -> None:
        if self._any_ended or 0 in self._finite_bytes:
            # The best f and x must be finite; the gradient need not be.
            finite = self._finite[self._held : self._held + len(self._point)].all(axis=0)
            self._better &= finite & self._alive
        if 0 in self._better_bytes:
            self._mask[:] = self._better
            np.negative(self._mask, self._mask)
            kept, best = self._kept.view(np.int64), self._best.view(np.int64)
            _choose(best, kept, self._mask, self._spare)
            if self._keeps_points:
                _choose(self._best_t, np.int64(t), self._mask, self._spare[0])
        else:
            self._best[:] = self._kept
            self._best_t[:] = t

    def _record(self, watch: Watch, alpha: FloatArray) -> Record:
        x = tuple(self._x[:, 0].tolist())
        if not watch.fields:
            return Record(self._t, x, self._f.item())
        gradient = self._g[:, 0]
        more = {name: RECORD_FIELDS[name](alpha, gradient) for name in watch.fields}
        return Record(self._t, x, self._f.item(), more)

    def _end_diverged(self) -> None:
        """End the runs in which something watched is not finite."""
        diverged = ~self._finite.all(axis=0) & self._alive
        for run in np.flatnonzero(diverged).tolist():
            self._divergences[run] = self._diagnose(run)
        self._end(diverged, Status.DIVERGED)

    def _diagnose(self, run: int) -> Divergence:
        """Return the first of x, f, the gradient and the watched states that is not finite."""
        method, x = self._task.method, tuple(self._x[:, run].tolist())
        states = [
            (name, f"{name}, {what},", state)
            for (name, what), state in zip(method.states.items(), self._states, strict=True)
        ]
        for quantity, owner, values in (
            ("x", "", self._x),
            ("f", "", self._f[np.newaxis]),
            ("gradient", "the gradient", self._g),
            *states[len(states) - method.watched :],
        ):
            column = values[:, run]
            bad = np.flatnonzero(~np.isfinite(column))
            if bad.size:
                coordinate = None if quantity == "f" else int(bad[0])
                sign = self._task.direction.sign if quantity == "gradient" else 1.0
                value = sign * float(column[bad[0]])
                return Divergence(self._t, quantity, coordinate, value, x, owner)
        raise AssertionError("everything watched is finite")

    def _end(self, runs: BoolArray, status: Status) -> None:
        """End `runs` where they stand, with `status`."""
        if runs.any():
            self._status[runs], self._last_t[runs] = status.code, self._t
            np.copyto(self._last, self._point, where=runs)
            np.copyto(self._gradient, self._g, where=runs)
            np.logical_and(self._alive, ~runs, out=self._alive)
            self._any_ended, self._all_ended = True, not self._alive.any()


def _choose(target: IntArray, source: Any, mask: IntArray, work: IntArray) -> None:
    """Set `target` to `source` where all bits of `mask` are set; `work` is overwritten.

    For the noisy masks of many runs a masked copy would take five times as long.
    """
    np.bitwise_xor(target, source, work)
    np.bitwise_and(work, mask, work)
    np.bitwise_xor(target, work, target)


def _joined(parts: list[BatchResult]) -> BatchResult:
    if len(parts) == 1:
        return parts[0]

    def join(name: str) -> Any:
        each = [getattr(part, name) for part in parts]
        if isinstance(each[0], Points):
            return Points(*(np.concatenate(arrays, axis=-1) for arrays in zip(*each, strict=True)))
        return np.concatenate(each, axis=-1)

    firsts = np.cumsum([0, *(len(part.status) for part in parts)]).tolist()
    divergences = {
        first + run: found
        for first, part in zip(firsts, parts, strict=False)
        for run, found in part.divergences.items()
    }
    # An error of the objective comes before one that ends all runs alike.
    errors = [part.error for part in parts if part.error is not None]
    error = min(errors, key=lambda error: not isinstance(error, ObjectiveError), default=None)
    arrays = {name: join(name) for name in BatchResult._fields[:-2]}
    return BatchResult(**arrays, divergences=divergences, error=error)
