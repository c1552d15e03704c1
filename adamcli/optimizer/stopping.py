"""Rules that end a run before all its steps are taken.

A rule is evaluated for every run by itself, after steps that depend on the rule alone; so a run
stops at the same step alone and among others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adamcli.arrays import BoolArray, FloatArray, IntArray

    Measured = Mapping[str, FloatArray]
    Test = Callable[[Measured], BoolArray]

MEASURES = {
    "score": (10, 20),
    "gradient": (10, 20),
    "predicted_decrease": (100, 10),
    "seconds": (10, 20),
    "t": (10, 20),
}
"""What conditions compare. Two measurements lie as many steps apart as the first number says, or in
a long run as the second, in parts of the steps taken so far.

`gradient` is the largest entry of the projected gradient, and `predicted_decrease` says how much
lower the minimum of a parabola through the point is. A small step takes no longer than ten calls of
NumPy, so that measuring after each step would double its time.
"""


class Condition(NamedTuple):
    """A comparison of the measures that it `needs`, with a stable `code`, and its text as written.

    `bind` returns what compares them for a number of runs. With a `goal` the condition holds as
    soon as the score is better than that, and is evaluated after every step.
    """

    code: str
    text: str
    needs: tuple[str, ...]
    bind: Callable[[int], Test]
    goal: float | None = None

    def after(self, steps: int) -> int:
        """Return how many steps lie between its evaluation after `steps` of them and the next."""
        return max(max(MEASURES[name][0], steps // MEASURES[name][1]) for name in self.needs)

    def of(self, runs: int) -> _Comparing:
        """Return what decides for some runs."""
        return _Comparing(self, runs)


class _Comparing:
    def __init__(self, condition: Condition, runs: int) -> None:
        self._condition, self._test = condition, condition.bind(runs)

    def holds(self, t: int, best: FloatArray, measured: Measured) -> BoolArray:
        """Return for which runs the rule holds after step `t`; lower is better in `best`."""
        return self._test(measured)

    def keep(self, runs: IntArray) -> None:
        """Go on with the given ones of the runs."""
        self._test = self._condition.bind(len(runs))


class Patience(NamedTuple):
    """For some `steps` the best score has not improved by more than `improvement`.

    That is absolute, or `relative` to the best score at which the steps began.
    """

    steps: int
    improvement: float = 0.0
    relative: bool = False
    text: str = ""
    code: str = "patience"
    needs: tuple[str, ...] = ()
    goal: float | None = None

    def after(self, steps: int) -> int:
        """Return how many steps lie between two evaluations."""
        return max(1, self.steps // 10)

    def of(self, runs: int) -> _Waiting:
        """Return what decides for some runs."""
        return _Waiting(self, runs)


class _Waiting:
    """The score that every run must improve on, and the step at which it last did."""

    def __init__(self, rule: Patience, runs: int) -> None:
        self._rule = rule
        self._bar, self._since = np.full(runs, np.inf), np.full(runs, -1)
        self._oldest = -1

    def holds(self, t: int, best: FloatArray, measured: Measured) -> BoolArray:
        improved = best < self._bar
        if improved.any():
            score, least = best[improved], self._rule.improvement
            self._bar[improved] = score - (np.abs(score) if self._rule.relative else 1.0) * least
            self._since[improved] = t
        if t - self._oldest < self._rule.steps:
            return np.zeros(len(best), dtype=bool)
        self._oldest = int(self._since.min())
        waited: BoolArray = t - self._since >= self._rule.steps
        return waited

    def keep(self, runs: IntArray) -> None:
        self._bar, self._since = self._bar[runs], self._since[runs]


Rule: TypeAlias = "Condition | Patience"


class Stop(NamedTuple):
    """The stopping rules of a run; any one of them ends it."""

    rules: tuple[Rule, ...] = ()

    def goal(self, sign: float) -> tuple[int, float] | None:
        """Return the place and the goal of the rule that is evaluated after every step, if any.

        Of several goals the first to be reached counts; `sign` is 1 to minimise, -1 to maximise.
        """
        goals = [(k, rule.goal) for k, rule in enumerate(self.rules) if rule.goal is not None]
        return max(goals, key=lambda goal: sign * goal[1], default=None)
