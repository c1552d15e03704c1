"""Whether a single run arrived: what its course and a few evaluations at its best point say."""

from __future__ import annotations

from math import inf, isfinite, log, log1p
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.counted import counted
from adamcli.errors import ObjectiveError
from adamcli.optimizer.chunks import largest
from adamcli.optimizer.evidence import CERTAIN, DULL, NEAR, TOLERANCE, Evidence
from adamcli.optimizer.pushed import Pushed
from adamcli.optimizer.remedies import (
    ELSEWHERE,
    MOST_STEPS,
    begin_gently,
    go_further,
    one_digit,
    reach_of,
    rounded_up,
    settle,
)
from adamcli.optimizer.result import Direction
from adamcli.optimizer.status import Code, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adamcli.optimizer.loop import Task
    from adamcli.optimizer.result import BatchResult
    from adamcli.optimizer.words import Words

WORTH_TELLING = 0.01
"""What is left to gain, as a part of what has been gained, from which on a user is told."""

SAFE = 0.3
"""A step that goes this part of the way to the minimum does not pass over it."""

MOSTLY = 0.3
"""Differences are mostly noise if that makes this part of the largest slope."""

CURVED = 1e-8
"""Curvature, relative to that of the coordinates alone, that is certainly more than 0."""

ROUNDED = "are its values rounded? differences move x by only a part of 1e-8"


class Verdict(NamedTuple):
    """What is to be thought of a run, with the figures behind it.

    `gradient_norm` is that of the projected gradient at the best point, and `active_bounds` are the
    coordinates pushed against their `lower` or `upper` bound there. The minimum near the best point
    is lower by `predicted_decrease`, if the curvature was computed and is nowhere negative; it
    counts as reached below `tolerance`. In the last tenth of the steps the score fell by
    `recent_decrease`; `more_steps` says how many more of them would do, at that rate. `noise` is
    that of the score. `nfev` and `njev` count the evaluations of the function and its gradient that
    the verdict took. If scores are maximised, all that is lower or falls is that of their opposite,
    but for the words of `message`; `direction` says so.
    """

    code: Code
    message: str
    remedy: str = ""
    gradient_norm: float | None = None
    active_bounds: Mapping[str, str] = {}
    predicted_decrease: float | None = None
    tolerance: float | None = None
    recent_decrease: float | None = None
    more_steps: int | None = None
    noise: float | None = None
    left: float = 0.0
    gained: float = 0.0
    nfev: int = 0
    njev: int = 0
    direction: Direction = Direction.MINIMIZE

    @property
    def word(self) -> str:
        """What people are told in place of the code."""
        return self.direction.words.of(self.code)

    @property
    def is_doubtful(self) -> bool:
        """Whether a user should be told even if nothing else is said of the run."""
        return self.code.doubt or (self.code.pending and self.left > WORTH_TELLING * self.gained)

    def __str__(self) -> str:
        return f"{self.word}: {self.message}" + (f"; {self.remedy}" if self.remedy else "")


def judge(task: Task, batch: BatchResult, names: Sequence[str], *, code: bool = False) -> Verdict:
    """Return the verdict on the only run of `batch`, with the `names` of the coordinates.

    `code` says whether the objective is the user's code, which may have noise, and which is not
    called again after an interrupt.
    """
    status = batch.status_of(0)
    if status is Status.DIVERGED:
        return Verdict(Code.DIVERGED, batch.divergences[0].describe(names), status.remedy)
    if status is Status.FAILED or not isfinite(batch.best.score[0]):
        return Verdict(Code.UNKNOWN, "the run ended before it could be judged", status.remedy)
    if code and not status.success:
        return Verdict(Code.UNKNOWN, "the run was stopped, and its code is not called again")
    with np.errstate(all="ignore"):
        try:
            return _Judge(task, batch, names, code=code).verdict()
        except ObjectiveError as error:
            return Verdict(Code.UNKNOWN, f"after the run, {error}")


class _Judge(Evidence):
    """What the evidence means."""

    @property
    def _words(self) -> Words:
        return self._task.direction.words

    def verdict(self) -> Verdict:
        """Return the first verdict that fits, in the order in which they exclude each other."""
        return (
            self._drowned()
            or self._stationary()
            or self._hidden()
            or self._limited()
            or self._unmoved()
            or self._oscillating()
            or self._descending()
        )

    def _stationary(self) -> Verdict | None:
        """Return `minimum`, `saddle` or `flat` where the slope is as good as 0."""
        curved = self._parabola is not None and self._parabola.least[0] > CURVED
        if not (self._moved or self._largest or curved):
            if self._curves_down:
                return self._saddle()
            reason = "the gradient was exactly 0 at every step"
            return self._found(Code.FLAT, reason, ROUNDED if self._differs else ELSEWHERE)
        decrease, slope = self._decrease, self._largest
        if decrease > self._rounding and slope < DULL * self._eps:
            reason = f"the gradient, at most {slope:.2g}, is lost beside eps"
            return self._found(Code.FLAT, reason, f"try eps: {one_digit(0.01 * slope)}")
        if self._parabola is None:
            start, best = self._first_largest, largest(self._projected)
            if not (best <= TOLERANCE * start and self._recent[1] <= self._tolerance):
                return None
            if self._curves_down:
                return self._saddle()
            part = best / start if start > 0 else 0.0
            return self._found(Code.MINIMUM, f"the slope is {part:.0e} of that at the start")
        if self._curves_down:
            small = float(self._parabola.decrease[0]) <= self._tolerance
            return self._saddle() if small else None
        near = bool((np.abs(self._way) <= NEAR * self._size).all())
        certain = decrease <= CERTAIN * self._gained + self._rounding
        if not (certain or (near and decrease <= self._tolerance)):
            return None
        lower = max(decrease, self._rounding)
        words = self._words
        text = f"the {words.minimum} near here is at most {lower:.1g} {words.lower}"
        return self._found(Code.MINIMUM, text)

    def _saddle(self) -> Verdict:
        reason = f"the slope is 0, but the score {self._words.falls} to some sides"
        return self._found(Code.SADDLE, reason, ELSEWHERE)

    def _drowned(self) -> Verdict | None:
        """Return `noisy` if the gradient comes from differences that are mostly noise."""
        if not (self._noise > 0 and self._differs):
            return None
        slope = max(self._largest, self._first_largest)
        if not 0 < slope * MOSTLY <= self._noise / self._task.objective.difference:
            return None
        return self._noisy("differences of it are useless: give the gradient")

    def _hidden(self) -> Verdict | None:
        """Return `noisy` if noise is all that the score shows of late."""
        if not self._noise > 0 or max(self._recent[1], self._excess) > 10 * self._noise:
            return None
        return self._noisy("")

    def _noisy(self, remedy: str) -> Verdict:
        noise = f"noise of about {self._noise:.1g}"
        reason = f"the score has {noise}, which hides how it {self._words.falls}"
        return self._found(Code.NOISY, reason, remedy)

    def _limited(self) -> Verdict | None:
        """Return `limited` if steps in one direction were as long as they can be."""
        nominal = reach_of(self._task, self._nit, self._task.n_iter)
        if nominal.any() and not self._task.method.paced:
            return None
        found = self._furthest(nominal)
        if found is None:
            return None
        name, left = self._names[found.k], found.left
        text = f"{counted(self._nit, 'step')} can move {name} by about {found.reach:.2g}"
        if not nominal.any():
            text = "no step was taken" if not self._nit else "no step leads anywhere"
        if left > 0 and isfinite(left):
            text += f", and {left:.2g} is left to go"
        if found.warp:
            text += f", in steps that `{found.warp}` makes short"
        # The ends of a scale may be endlessly far, as is the least number of a logarithm.
        ratio = max(4.0, 3.0 * (1.0 + found.share)) if isfinite(found.share) else 4.0
        return self._found(Code.LIMITED, text, go_further(self._task, self._batch, ratio))

    def _unmoved(self) -> Verdict | None:
        if self._moved:
            return None
        most = inf
        if self._decrease < inf:
            way, slope = self._inner_way_and_slope
            goes = (way > 0) & (slope > 0)
            length = way[goes] if self._task.method.paced else way[goes] / slope[goes]
            most = SAFE * float(np.max(length, initial=0) or inf)
        remedy = begin_gently(self._task, self._batch, most)
        return self._found(Code.UNMOVED, "no step improved the start", remedy)

    def _oscillating(self) -> Verdict | None:
        excess, recent = self._excess, self._recent[1]
        if excess <= max(3.0 * recent, self._tolerance):
            return None
        where = f"{excess:.2g} {self._words.worse} its best on average"
        text = f"the score lies {where}, so alpha is too large"
        least = 2.0 * self._span() / self._nit if self._task.method.paced else 0.0
        remedy = settle(self._task, least)
        return self._found(Code.OSCILLATING, text, remedy, min(self._decrease, excess))

    def _descending(self) -> Verdict:
        count, recent = self._recent
        decrease = self._decrease
        left = decrease if decrease < inf else recent
        words = self._words
        text = f"the score {words.fell} by {recent:.2g} in the last {counted(count, 'step')}"
        if decrease < inf:
            text += f", and the {words.minimum} near here is about {decrease:.2g} {words.lower}"
        more = self._more_steps()
        if more is not None:
            remedy = f"about {counted(rounded_up(more), 'more step')} would do"
            return self._found(Code.DESCENDING, text, remedy, left, rounded_up(more))
        remedy = go_further(self._task, self._batch, 4.0)
        return self._found(Code.DESCENDING, text, remedy, left)

    def _more_steps(self) -> float | None:
        """Return how many steps lead to a minimum, if what is left shrinks as it did of late."""
        count, recent = self._recent
        left = self._decrease
        if not (0 < self._tolerance < left < inf and recent > 0):
            return None
        fading = log1p(recent / left)
        more = count * (log(left) - log(self._tolerance)) / fading if fading > 0 else inf
        return more if more < MOST_STEPS else None

    def _found(
        self, code: Code, message: str, remedy: str = "", left: float = 0.0, more: int | None = None
    ) -> Verdict:
        decrease = self._decrease
        return Verdict(
            code,
            message,
            remedy,
            gradient_norm=float(np.linalg.norm(self._projected)),
            active_bounds=Pushed(self._names, self._low, self._high),
            predicted_decrease=decrease if decrease < inf else None,
            tolerance=self._tolerance,
            recent_decrease=self._recent[1],
            more_steps=more,
            noise=self._noise or None,
            left=left,
            gained=self._gained,
            nfev=self._njev * self._bound.nfev + self._nfev_of_noise,
            njev=self._njev,
            direction=self._task.direction,
        )
