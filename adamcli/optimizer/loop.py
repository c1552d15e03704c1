"""The loop over steps, for one run or for many at once.

A batch is cut into blocks of runs that stay in the cache, and a block takes all its steps before
the next begins. Inside a block every array has the runs on its last axis, and each NumPy call works
element by element; so a run gives the same bits alone and beside others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import ObjectiveError, UsageError
from adamcli.optimizer.direction import Direction
from adamcli.optimizer.hyperparameters import NAMES, Hyperparameters, Schedule
from adamcli.optimizer.method import Arrays
from adamcli.optimizer.result import RECORD_FIELDS, BatchResult, Divergence, Points, Record
from adamcli.optimizer.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.errors import AdamcliError
    from adamcli.objective.base import Evaluation, Objective
    from adamcli.optimizer.bounds import Bounds
    from adamcli.optimizer.method import Method

    Bits = IntArray
    Observer = Callable[[Record], object]

BLOCK_ENTRIES = 270_000
"""Float64 entries that a block may hold. Measured: with 180,000 a sweep takes a tenth longer, for
the calls weigh more; with 500,000 some per cent less, but a smaller cache would lose."""


class Task(NamedTuple):
    """What is to be minimised, and how."""

    objective: Objective
    bounds: Bounds
    method: Method
    hyperparameters: Hyperparameters
    n_iter: int
    direction: Direction = Direction.MINIMIZE


class Control:
    """Where a signal handler, or anybody else, asks the loop to stop after the present step.

    With `keeps` a KeyboardInterrupt ends the run at once, and what was reached is its outcome.
    """

    def __init__(self, *, keeps: bool = False) -> None:
        self.stop: Status | None = None
        self.keeps = keeps


class Watch(NamedTuple):
    """Who looks at a single run: `observe` gets a record after every step.

    `fields` are those of `RECORD_FIELDS` that the records carry.
    """

    observe: Observer
    fields: tuple[str, ...] = ()


def minimize_batch(
    task: Task,
    starts: FloatArray,
    control: Control | None = None,
    watch: Watch | None = None,
    *,
    points: bool = True,
) -> BatchResult:
    """Run the method of the task from every column of `starts` (dim, runs) and return all outcomes.

    `watch` is for a single run. Without `points` only the score of the best point is kept, not
    where and when it was; that is faster for many runs.

    A run whose f, x, gradient or state of the method stops being finite ends as diverged and leaves
    the others alone. Where the objective raises `ObjectiveError`, or a
    hyperparameter that changes with t leaves its range, the runs that are under way end as failed,
    and the outcome has the error.
    """
    runs, width = starts.shape[1], block_width(task)
    # Blocks of equal size: a small one at the end would cost nearly as many calls as a large one.
    width = max(1, -(-runs // max(1, -(-runs // width))))
    parts = []
    with np.errstate(all="ignore"):
        for first in range(0, runs, width):
            block = slice(first, min(first + width, runs))
            own = task._replace(hyperparameters=_take_runs(task.hyperparameters, block))
            parts.append(_Block(own, starts[:, block], control or Control(), points).run(watch))
    return _joined(parts)


def block_width(task: Task) -> int:
    """Return how many runs a block has, by the entries that are kept for each."""
    method = task.method
    # Besides what the method keeps there are x, its best, and the gradient; f, and its best.
    arrays = 3 + len(method.states) + method.scratch
    return max(1, BLOCK_ENTRIES // (arrays * task.bounds.dim + 2 + task.objective.entries))


def _take_runs(settings: Hyperparameters, block: slice) -> Hyperparameters:
    per_run = {n: s[block] for n in NAMES if np.ndim(s := getattr(settings, n))}
    return settings._replace(**per_run)


class _Block:
    """Runs that are taken through all their steps together."""

    def __init__(self, task: Task, starts: FloatArray, control: Control, points: bool) -> None:
        dim, runs = starts.shape
        self._task, self._control = task, control
        # One piece of memory: states, f, x, gradient, scratch. One call checks all of it from the
        # states that are watched to the gradient, and f with x is what the best is made of.
        method = task.method
        at_f, self._held = len(method.states) * dim, method.watched * dim
        memory = np.zeros((at_f + 1 + (2 + method.scratch) * dim, runs))
        self._f, self._x = memory[at_f], memory[at_f + 1 : at_f + 1 + dim]
        self._point = memory[at_f : at_f + 1 + dim]
        self._watched = memory[at_f - self._held : at_f + 1 + 2 * dim]
        samples = memory[at_f + 1 + dim :].reshape(-1, dim, runs)
        self._g = samples[0]
        self._arrays = Arrays(self._x, memory[:at_f].reshape(-1, dim, runs), samples)
        self._x[:] = starts
        self._evaluation = task.objective.bind(self._x, self._f, self._g)
        # To look for a byte in a bytearray costs a tenth of `ndarray.all`.
        self._finite_bytes = bytearray(self._watched.size)
        self._finite = np.frombuffer(self._finite_bytes, dtype=bool).reshape(self._watched.shape)
        self._better_bytes = bytearray(runs)
        self._better = np.frombuffer(self._better_bytes, dtype=bool)
        self._alive = np.ones(runs, dtype=bool)
        self._t = -1
        # What the best is made of: f with x, or f alone.
        self._kept = self._point if points else self._point[:1]
        self._best = self._kept.copy()
        self._best_t = np.full(runs, -1)
        self._keeps_points = points
        self._mask = np.empty(runs, dtype=np.int64)
        self._spare = np.empty(self._best.shape, dtype=np.int64)
        self._ends = _Ends(dim, runs)

    def run(self, watch: Watch | None) -> BatchResult:
        """Take all steps and return the outcome."""
        try:
            self._begin()
            self._steps(watch)
        except KeyboardInterrupt:
            # In the middle of a step: what was reached is still the result.
            if self._control.stop is None:
                if not self._control.keeps:
                    raise
                self._control.stop = Status.INTERRUPTED
            self._lose_point()
            self._end(self._alive, self._control.stop)
        except (ObjectiveError, UsageError) as error:
            if isinstance(error, ObjectiveError):
                self._lose_point()
            self._ends.error = error
            self._end(self._alive, Status.FAILED)
        done = self._t + 1 == self._task.n_iter
        self._end(self._alive, Status.FINISHED if done else self._control.stop or Status.FINISHED)
        best = Points(self._best_t, self._best[1:], self._best[0])
        return self._ends.result(self._start, best, self._evaluation, self._task.direction.sign)

    def _lose_point(self) -> None:
        """Note that the objective is not known at the present point."""
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
        """Take steps until all are taken, no run is left, or somebody asks to stop."""
        task, control, ends = self._task, self._control, self._ends
        f, watched, settings = self._f, self._watched, task.hyperparameters
        rows = iter(Schedule(settings, task.n_iter, task.method.coefficients))
        update = task.method.bind(self._arrays, settings)
        project = task.bounds.projection(self._x)
        calls, isfinite = self._evaluation.calls, np.isfinite
        improves, best_score = task.direction.improves, self._best[0]
        finite, finite_bytes = self._finite, self._finite_bytes
        better, better_bytes = self._better, self._better_bytes
        for t in range(task.n_iter):
            if control.stop is not None or ends.all:
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
                watch.observe(self._record(watch, alpha))

    def _keep_best(self, t: int) -> None:
        if self._ends.any or 0 in self._finite_bytes:
            # f and x have to be finite; a gradient that is not only ends the run.
            whole = self._finite[self._held : self._held + len(self._point)].all(axis=0)
            self._better &= whole & self._alive
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
        dying = ~self._finite.all(axis=0) & self._alive
        for run in np.flatnonzero(dying).tolist():
            self._ends.divergences[run] = self._diagnosis(run)
        self._end(dying, Status.DIVERGED)

    def _diagnosis(self, run: int) -> Divergence:
        """Return what is not finite: x, f, the gradient, or a state of the method alone."""
        dim, held, method = len(self._x), self._held, self._task.method
        column, x = self._watched[:, run], tuple(self._x[:, run].tolist())
        watched = [*method.states.items()][len(method.states) - method.watched :]
        places = [
            ("x", "", held + 1),
            ("f", "", held),
            ("gradient", "the gradient", held + 1 + dim),
        ]
        places += [(name, f"{name}, {what},", k * dim) for k, (name, what) in enumerate(watched)]
        bad = ~np.isfinite(column)
        for quantity, owner, first in places:
            rows = bad[first : first + (1 if quantity == "f" else dim)]
            if rows.any():
                k = int(rows.argmax())
                coordinate = None if quantity == "f" else k
                turned = self._task.direction.sign if quantity == "gradient" else 1.0
                value = turned * float(column[first + k])
                return Divergence(self._t, quantity, coordinate, value, x, owner)
        raise AssertionError("what is watched is finite")

    def _end(self, runs: BoolArray, status: Status) -> None:
        """Note where `runs` stand, and that they ended there with `status`."""
        if runs.any():
            self._ends.note(runs, status, self._t, self._point, self._g)
            np.logical_and(self._alive, ~runs, out=self._alive)
            self._ends.any, self._ends.all = True, not self._alive.any()


def _choose(target: Bits, source: Any, mask: Bits, work: Bits) -> None:
    """Set `target` to `source` where all bits of `mask` are set; `work` is overwritten.

    With a mask that looks like noise, as it does where many runs are under way, a masked copy takes
    five times as long.
    """
    np.bitwise_xor(target, source, work)
    np.bitwise_and(work, mask, work)
    np.bitwise_xor(target, work, target)


class _Ends:
    """How and where the runs of a block ended."""

    def __init__(self, dim: int, runs: int) -> None:
        self.any = self.all = False
        self.error: AdamcliError | None = None
        self.divergences: dict[int, Divergence] = {}
        self._status = np.full(runs, Status.FINISHED.code, dtype=np.int8)
        self._t = np.full(runs, -1)
        self._point = np.empty((1 + dim, runs))
        self._gradient = np.empty((dim, runs))

    def note(
        self, runs: BoolArray, status: Status, t: int, point: FloatArray, g: FloatArray
    ) -> None:
        self._status[runs] = status.code
        self._t[runs] = t
        np.copyto(self._point, point, where=runs)
        np.copyto(self._gradient, g, where=runs)

    def result(
        self, start: Points, best: Points, evaluation: Evaluation, sign: float
    ) -> BatchResult:
        return BatchResult(
            self._status,
            start,
            best,
            Points(self._t, self._point[1:], self._point[0]),
            sign * self._gradient,
            nit=self._t + 1,
            nfev=(self._t + 2) * evaluation.nfev,
            njev=self._t + 2,
            divergences=dict(sorted(self.divergences.items())),
            error=self.error,
        )


def _joined(parts: list[BatchResult]) -> BatchResult:
    """Return the outcomes of all blocks as one."""
    if len(parts) == 1:
        return parts[0]

    def points(name: str) -> Points:
        each = [getattr(part, name) for part in parts]
        return Points(*(np.concatenate(arrays, axis=-1) for arrays in zip(*each, strict=True)))

    firsts = np.cumsum([0, *(len(part.status) for part in parts)]).tolist()
    return BatchResult(
        status=np.concatenate([part.status for part in parts]),
        start=points("start"),
        best=points("best"),
        last=points("last"),
        gradient=np.concatenate([part.gradient for part in parts], axis=-1),
        nit=np.concatenate([part.nit for part in parts]),
        nfev=np.concatenate([part.nfev for part in parts]),
        njev=np.concatenate([part.njev for part in parts]),
        divergences={
            first + run: found
            for first, part in zip(firsts, parts, strict=False)
            for run, found in part.divergences.items()
        },
        # What the objective says of its own comes before what ends all runs alike.
        error=min(
            (part.error for part in parts if part.error is not None),
            key=lambda error: not isinstance(error, ObjectiveError),
            default=None,
        ),
    )
