"""A block of runs, which take their steps together.

Every array has the runs on its last axis and each NumPy call works element by element, so that a
run has the same bits alone and among others. Runs that end leave the block when they are many.
"""

from __future__ import annotations

from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.arrays import sequence_of
from adamcli.errors import ObjectiveError, UsageError
from adamcli.optimizer.hyperparameters import Schedule
from adamcli.optimizer.moving import Moving
from adamcli.optimizer.result import (
    RECORD_FIELDS,
    BatchResult,
    Divergence,
    Glance,
    Points,
    Record,
    Surroundings,
)
from adamcli.optimizer.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.arrays import Array, BoolArray, FloatArray
    from adamcli.errors import AdamcliError
    from adamcli.optimizer.hyperparameters import Row
    from adamcli.optimizer.loop import Control, Task, Watch

TRACED = 20
"""How often the course of a single run is noted."""


class Block:
    """Some runs of a task; `points` says whether they keep their best points or only scores.

    `place` returns their starts (dim, runs), and returns them again when all runs have ended.
    """

    def __init__(
        self, task: Task, place: Callable[[], FloatArray], control: Control, *, points: bool
    ) -> None:
        self._task, self._control, self._t = task, control, -1
        self._place, starts = place, place()
        self._began = perf_counter()
        self._error: AdamcliError | None = None
        self._schedule = Schedule(task.hyperparameters, task.n_iter, task.method, len(starts))
        self._moving = Moving(task, starts, points=points)
        self._runs = runs = starts.shape[1]
        self._goal = task.stop.goal(task.direction.sign)
        self._ended = _Ended(runs)
        # What decides for each rule that is not evaluated after every step, and when it is due.
        rules = enumerate(task.stop.rules)
        self._checks = {k: rule.of(runs) for k, rule in rules if rule.goal is None}
        self._due = dict.fromkeys(self._checks, -1)
        self._trace: list[Glance] = []
        self._steps_planned = task.n_iter // task.objective.updates
        # An odd distance, or a score that goes up and down with every step would look steady.
        self._traced = max(1, self._steps_planned // TRACED) | 1
        self._trace_due = self._traced - 1 if runs == 1 else inf

    def run(self, watch: Watch | None) -> BatchResult:
        """Take all steps, unless all runs end before or a stop is requested; return the result."""
        self._control.look, self._control.under_way = self.look, self.passed
        self._control.breaks = True
        try:
            self._take_all_steps(watch)
        finally:
            self._control.breaks = False
            self._control.passed += self._runs
            # The two would keep each other, and all arrays, until garbage is collected.
            self._control.look = self._control.under_way = None
        sign, nfev = self._task.direction.sign, self._moving.evaluation.nfev
        # A large start is not kept during the run, and has the room of the states after it.
        self._moving.release()
        start, updates = self._start._replace(x=self._place()), self._task.objective.updates
        found = self._ended.result(start, sign, nfev, updates, self._trace)
        return found._replace(error=self._error)

    def _take_all_steps(self, watch: Watch | None) -> None:
        control = self._control
        try:
            self._begin()
            if watch is not None and watch.begin is not None:
                from adamcli.optimizer.prospect import prospect_of

                prospect = prospect_of(self._task, self._moving.slope[:, 0])
                watch.begin(self._record(watch.fields, np.array(np.nan)), prospect)
            self._steps(watch)
        except KeyboardInterrupt:
            # In the middle of a step: what was reached before it is still the result.
            if control.stop is None and not control.keeps:
                raise
            control.stop = control.stop or Status.INTERRUPTED
            self._mark_unknown()
            self._end_all(control.stop)
        except (ObjectiveError, UsageError) as error:
            if isinstance(error, ObjectiveError):
                self._mark_unknown()
            self._error = error
            self._end_all(Status.FAILED)
        stop = control.stop if self._t + 1 < self._steps_planned else None
        self._end_all(stop or Status.FINISHED)

    def look(self) -> Glance:
        """Return where the first run stands; another thread may call it."""
        m = self._moving
        return Glance(self._t, float(m.ranked[0]), float(m.best_ranked[0]))

    def passed(self) -> float:
        """Return how many runs the steps so far amount to; another thread may call it."""
        return float(self._runs * (self._t + 1) / max(self._steps_planned, 1))

    def _mark_unknown(self) -> None:
        """Note that the objective is not known at the current point."""
        if self._moving.alive_count:
            self._moving.mark_unknown()
        if self._t < 0:
            self._note_start()

    def _begin(self) -> None:
        m = self._moving
        for call in m.evaluation.calls:
            call()
        if m.inner.slope is not None:
            m.inner.slope()
        self._note_start()
        for check in m.checks:
            check()
        self._end_diverged()
        if self._goal is not None:
            rule, goal = self._goal
            self._end_converged(rule, self._task.direction.improves(m.ranked, goal) & m.alive)
        self._apply_rules()

    def _note_start(self) -> None:
        m = self._moving
        m.keep_start()
        self._start = Points(m.best_t.copy(), m.x[:0], m.f.copy(), m.measures.copy())

    def _steps(self, watch: Watch | None) -> None:
        rows = iter(self._schedule)
        t = 0
        while t < self._steps_planned and self._control.stop is None and self._moving.alive_count:
            t = self._walk(t, rows, watch)
            self._leave()

    def _walk(self, first: int, rows: Iterator[Row], watch: Watch | None) -> int:
        """Take steps from `first` on while the runs stay the same, and return the next."""
        task, control, m = self._task, self._control, self._moving
        ranked, best_ranked = m.ranked, m.best_ranked
        update, place, slope = m.update, m.inner.place, m.inner.slope
        y, passes = m.inner.y, m.evaluation.passes or (m.evaluation.calls,)
        improves = task.direction.improves
        checks, finite_bytes = m.checks, m.finite_bytes
        better, better_bytes = m.better, m.better_bytes
        observe, fields = (None, ()) if watch is None else (watch.observe, watch.fields)
        due = self._next_due()
        for t in range(first, self._steps_planned):
            if m.changed:
                return t
            for calls in passes:
                if control.stop is not None:
                    return self._stopped(t)
                alpha, shrink, coefficients = next(rows)
                self._t = t
                if shrink is not None:
                    np.multiply(y, shrink, y)
                update(*coefficients)
                if place is not None:
                    place()
                for call in calls:
                    call()
                if slope is not None:
                    slope()
            for check in checks:
                check()
            improves(ranked, best_ranked, better)
            if 1 in better_bytes:
                m.keep_best(t)
            if 0 in finite_bytes:
                self._end_diverged()
            if observe is not None:
                try:
                    observe(self._record(fields, alpha))
                except StopIteration:
                    control.stop = Status.INTERRUPTED
            if m.reached or t == due:
                self._after(t)
                due = self._next_due()
        return self._steps_planned

    def _stopped(self, t: int) -> int:
        """Return the step `t` at which a stop was requested, perhaps between its updates."""
        if self._t == t:
            self._t = t - 1
            self._moving.mark_unknown()
        return t

    def _next_due(self) -> float:
        return min([self._trace_due, *self._due.values()])

    def _after(self, t: int) -> None:
        """Do what is not done after each step."""
        m = self._moving
        if t >= self._trace_due:
            self._trace_due += self._traced
            self._trace.append(self.look())
        if m.reached:
            m.reached = False
            assert self._goal is not None
            self._end_converged(self._goal[0], m.at_goal & m.finite.all(axis=0) & m.alive)
        self._apply_rules()

    def _apply_rules(self) -> None:
        """End the runs for which one of the rules holds that are due."""
        m, t, rules = self._moving, self._t, self._task.stop.rules
        due = [k for k, step in self._due.items() if step <= t]
        if not due:
            return
        measured = self._measured({name for k in due for name in rules[k].needs})
        best = self._task.direction.merit(m.best_ranked)
        for k in due:
            self._due[k] = t + rules[k].after(t + 1)
            self._end_converged(k, self._checks[k].holds(t, best, measured) & m.alive)

    def _measured(self, names: set[str]) -> dict[str, FloatArray]:
        m, task = self._moving, self._task
        found: dict[str, FloatArray] = {}
        if "score" in names:
            found["score"] = m.ranked
        if "gradient" in names:
            low, high = task.bounds.active(m.x, m.g)
            found["gradient"] = np.abs(np.where(low | high, 0.0, m.g)).max(axis=0)
        if "predicted_decrease" in names:
            from adamcli.optimizer.curvature import predicted_decrease

            found["predicted_decrease"] = predicted_decrease(m.objective, task.bounds, m.x, m.g)
            m.extra += len(m.x)
        if "seconds" in names:
            found["seconds"] = np.full(len(m.f), perf_counter() - self._began)
        if "t" in names:
            found["t"] = np.full(len(m.f), float(self._t))
        return found

    def _record(self, fields: Sequence[str], alpha: FloatArray) -> Record:
        m = self._moving
        x = sequence_of(m.x[:, 0])
        names = m.objective.measures
        if not (fields or names):
            return Record(self._t, x, m.f.item())
        at = Surroundings(alpha, m.g[:, 0], m.slope[:, 0])
        more = {name: RECORD_FIELDS[name](at) for name in fields}
        more.update(zip(names, m.measures[:, 0].tolist(), strict=True))
        return Record(self._t, x, m.f.item(), more)

    def _end_diverged(self) -> None:
        """End the runs in which something watched is not finite."""
        m = self._moving
        diverged = ~m.finite.all(axis=0) & m.alive
        for k in np.flatnonzero(diverged).tolist():
            self._ended.divergences[int(m.runs[k])] = self._diagnose(k)
        self._ended.take(m, diverged, Status.DIVERGED, self._t)

    def _diagnose(self, k: int) -> Divergence:
        """Return the first of x, f, the gradient and the watched states that is not finite."""
        m, method = self._moving, self._task.method
        states = [
            (name, f"{name}, {what},", state)
            for (name, what), state in zip(method.states.items(), m.states, strict=True)
        ]
        for quantity, owner, values in (
            ("x", "", m.x),
            ("f", "", m.f[np.newaxis]),
            ("gradient", "the gradient", m.g),
            *states[len(states) - method.watched :],
        ):
            column = values[:, k]
            bad = np.flatnonzero(~np.isfinite(column))
            if bad.size:
                coordinate = None if quantity == "f" else int(bad[0])
                sign = self._task.direction.sign if quantity == "gradient" else 1.0
                value = sign * float(column[bad[0]])
                x = sequence_of(m.x[:, k])
                return Divergence(self._t, quantity, coordinate, value, x, owner)
        raise AssertionError("everything watched is finite")

    def _end_converged(self, rule: int, mask: BoolArray) -> None:
        self._ended.take(self._moving, mask, Status.CONVERGED, self._t, rule)

    def _end_all(self, status: Status) -> None:
        self._ended.take(self._moving, self._moving.alive, status, self._t)

    def _leave(self) -> None:
        """Go on without the runs that have ended."""
        m = self._moving
        if m.changed and m.alive_count:
            places = np.flatnonzero(m.alive)
            self._moving = m.kept_only(places)
            self._schedule.keep(places)
            for check in self._checks.values():
                check.keep(places)


class _Ended:
    """How and where every run of a block ended."""

    def __init__(self, runs: int) -> None:
        self.divergences: dict[int, Divergence] = {}
        self._status = np.full(runs, Status.FINISHED.code, dtype=np.int8)
        self._rule, self._last_t = np.full(runs, -1), np.full(runs, -1)
        self._arrays: dict[str, Array] = {}

    def take(self, moving: Moving, mask: BoolArray, status: Status, t: int, rule: int = -1) -> None:
        """End the runs in `mask` where they stand."""
        if not mask.any():
            return
        everything = mask.all()
        runs = moving.runs if everything else moving.runs[mask]
        self._status[runs], self._last_t[runs], self._rule[runs] = status.code, t, rule
        total = len(self._status)
        for name, source in (
            ("x", moving.x),
            ("score", moving.f),
            ("gradient", moving.g),
            ("best", moving.best[1:]),
            ("best_score", moving.best[0]),
            ("best_t", moving.best_t),
            ("extra", moving.extra),
            # The end of a run changes these.
            ("best_measures", moving.best_measures.copy()),
            ("measures", moving.measures),
        ):
            if everything and len(runs) == total and source.ndim == 2:
                # No run moves any more, so points need no copy.
                self._arrays[name] = source
                continue
            if name not in self._arrays:
                self._arrays[name] = np.empty((*source.shape[:-1], total), source.dtype)
            self._arrays[name][..., runs] = source if everything else source[..., mask]
        if total == 1 and t == moving.best_t[0] and len(moving.best) > 1:
            # The best point is the last one: one array will do for both.
            self._arrays["best"] = self._arrays["x"]
        moving.end(mask)

    def result(
        self, start: Points, sign: float, nfev: int, updates: int, trace: list[Any]
    ) -> BatchResult:
        """Return the result of all runs, whose steps consist of some `updates` each."""
        arrays = self._arrays
        nit = (self._last_t + 1) * updates
        evaluations = nit + 1 + arrays["extra"]
        if sign != 1.0:
            arrays["gradient"] *= sign
        return BatchResult(
            self._status,
            self._rule,
            start,
            best=Points(*(arrays[n] for n in ("best_t", "best", "best_score", "best_measures"))),
            last=Points(self._last_t, arrays["x"], arrays["score"], arrays["measures"]),
            gradient=arrays["gradient"],
            nit=nit,
            nfev=evaluations * nfev,
            njev=evaluations,
            divergences=dict(sorted(self.divergences.items())),
            error=None,
            trace=trace,
        )
