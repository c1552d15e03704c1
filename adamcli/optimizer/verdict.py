"""Whether a run arrived: what its course and a few evaluations at its best point say.

A verdict is for a single run that has ended. It evaluates the gradient at the best point, and once
more for each coordinate if these are few, which gives the parabola through that point.
"""

from __future__ import annotations

from math import ceil, floor, inf, isfinite, log, log10
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.errors import ObjectiveError
from adamcli.objective.base import EPSILON
from adamcli.optimizer.curvature import FLAT, MOST, NEGATIVE, parabola
from adamcli.optimizer.noise import EVALUATIONS, noise_of
from adamcli.optimizer.status import Code, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adamcli.arrays import FloatArray
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

WORTH_TELLING = 0.01
"""What is left to gain, as a part of what has been gained, from which on a user is told."""

FEW, NUMBERS = 8, 500_000
"""A parabola is computed for few coordinates, or if it takes at most so many numbers."""

DULL = 0.1
"""Gradients below this part of eps move x by less than a tenth of alpha."""


class Verdict(NamedTuple):
    """What is to be thought of a run, with the figures behind it.

    `gradient_norm` is that of the projected gradient at the best point, and `active_bounds` are the
    coordinates pushed against their `lower` or `upper` bound there. The minimum near the best point
    is lower by `predicted_decrease`, if the curvature was computed and is nowhere negative; it
    counts as reached below `tolerance`. In the last tenth of the steps the score fell by
    `recent_decrease`; `more_steps` says how many more of them would do, at that rate. `noise` is
    that of the score. `nfev` and `njev` count the evaluations of the function and its gradient that
    the verdict took.
    """

    code: Code
    message: str
    remedy: str = ""
    gradient_norm: float | None = None
    active_bounds: Mapping[str, str] = MappingProxyType({})
    predicted_decrease: float | None = None
    tolerance: float | None = None
    recent_decrease: float | None = None
    more_steps: int | None = None
    noise: float | None = None
    left: float = 0.0
    gained: float = 0.0
    nfev: int = 0
    njev: int = 0

    @property
    def is_doubtful(self) -> bool:
        """Whether a user should be told even if nothing else is said of the run."""
        return self.code.doubt or (self.code.pending and self.left > WORTH_TELLING * self.gained)

    def __str__(self) -> str:
        return f"{self.code.value}: {self.message}" + (f"; {self.remedy}" if self.remedy else "")


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
            return _Evidence(task, batch, names, code=code).verdict()
        except ObjectiveError as error:
            return Verdict(Code.UNKNOWN, f"after the run, {error}")


class _Evidence:
    """What is known of a run; merits are scores of which the lower is the better."""

    def __init__(self, task: Task, batch: BatchResult, names: Sequence[str], *, code: bool) -> None:
        self._task, self._batch, self._names = task, batch, names
        self._nit = int(batch.nit[0])
        merit = task.direction.merit
        start, best = (merit(float(p.score[0])) for p in (batch.start, batch.best))
        self._gained, self._best = start - best, best
        self._rounding = ROUNDING * max(abs(start), abs(best))
        self._tolerance = TOLERANCE * self._gained + self._rounding
        self._moved = int(batch.best.t[0]) >= 0
        x = np.column_stack([batch.best.x[:, 0], batch.start.x[:, 0]])
        self._x, self._gradients = x[:, :1], np.empty(x.shape)
        evaluation = task.objective.bind(x, np.empty(2), self._gradients)
        for call in evaluation.calls:
            call()
        self._gradient = self._gradients[:, :1]
        low, high = task.bounds.active(self._x, self._gradient)
        self._low, self._high = low[:, 0], high[:, 0]
        self._projected = np.where(self._low | self._high, 0.0, self._gradient[:, 0])
        self._njev = 2
        self._parabola = self._curve()
        self._nfev_each, self._nfev_of_noise = evaluation.nfev, EVALUATIONS if code else 0
        self._noise = noise_of(task, self._x[:, 0], best) if code else 0.0

    def verdict(self) -> Verdict:
        """Return the first verdict that fits, in the order in which they exclude each other."""
        return (
            self._stationary()
            or self._unmoved()
            or self._hidden()
            or self._limited()
            or self._oscillating()
            or self._descending()
        )

    # What the figures say.

    def _curve(self) -> Parabola | None:
        """Return the parabola through the best point, or None if that would take too long."""
        task, dim = self._task, len(self._x)
        cheap = task.objective.cheap and dim * (dim + task.objective.entries) <= NUMBERS
        if dim > MOST or not (cheap or dim <= FEW):
            return None
        place = task.objective, task.bounds, self._x, self._gradient
        found = parabola(*place)
        self._njev += dim
        if self._is_low(found) or not (cheap or 2 * dim <= FEW):
            return found
        # Near a kink the slope does not fade; it turns within so short a way that little is left.
        slopes = np.maximum(np.abs(self._gradient), 1e-300)
        turning = parabola(*place, steps=-self._tolerance / dim / slopes * np.sign(self._gradient))
        self._njev += dim
        return turning if self._is_low(turning) else found

    def _is_low(self, found: Parabola) -> bool:
        return bool(found.least[0] >= NEGATIVE and found.decrease[0] <= self._tolerance)

    @property
    def _curves_down(self) -> bool:
        return self._parabola is not None and not self._parabola.least[0] >= NEGATIVE

    @property
    def _decrease(self) -> float:
        """How much lower the parabola has its minimum; infinite if that is not known."""
        if self._parabola is None or self._curves_down:
            return inf
        decrease = float(self._parabola.decrease[0])
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
        earlier = [(g.t, merit(g.best)) for g in self._batch.trace if g.t < 0.9 * self._nit]
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
    def _reach(self) -> FloatArray:
        """How far the steps could have gone in each coordinate (dim,), had none turned back."""
        t = np.unique(np.linspace(1, self._nit, min(self._nit, 1000)).astype(np.int64))
        alpha = self._task.hyperparameters.alpha
        values = alpha(t, self._task.n_iter) if callable(alpha) else np.full(len(t), alpha)
        total = self._nit * np.mean(values, axis=-1)
        return np.broadcast_to(total, (len(self._x),))

    # What they mean.

    def _stationary(self) -> Verdict | None:
        """Return `minimum`, `saddle` or `flat` where the slope is as good as 0."""
        still = not self._moved and not self._gradients.any()
        if still and not (self._parabola is not None and self._parabola.least[0] > 1e-8):
            if self._curves_down:
                return self._saddle()
            reason = "the gradient was exactly 0 at every step"
            return self._found(Code.FLAT, reason, self._flat_remedy)
        decrease, tolerance = self._decrease, self._tolerance
        if self._is_dull and decrease > self._rounding:
            largest = np.abs(self._gradients).max()
            reason = f"the gradient, at most {largest:.2g}, is lost beside eps"
            return self._found(Code.FLAT, reason, f"try eps: {0.01 * largest:.0e}")
        if self._parabola is None:
            start = np.abs(self._gradients[:, 1]).max()
            fallen = np.abs(self._projected).max() <= TOLERANCE * start
            if not (fallen and self._recent[1] <= tolerance):
                return None
            return self._found(Code.MINIMUM, "the slope is a millionth of that at the start")
        if self._curves_down:
            small = float(self._parabola.decrease[0]) <= tolerance
            return self._saddle() if small else None
        width = self._task.bounds.high - self._task.bounds.low
        size = np.where(np.isfinite(width), width, np.abs(self._x[:, 0]) + 1e-300)
        near = bool((np.abs(self._way) <= NEAR * size).all())
        certain = decrease <= CERTAIN * self._gained + self._rounding
        if not (certain or (near and decrease <= tolerance)):
            return None
        lower = max(decrease, self._rounding)
        return self._found(Code.MINIMUM, f"the minimum near here is at most {lower:.1g} lower")

    def _saddle(self) -> Verdict:
        reason = "the slope is 0, but the score falls to some sides"
        return self._found(Code.SADDLE, reason, "start elsewhere: set another start or seed")

    @property
    def _is_dull(self) -> bool:
        """Whether no gradient is large enough beside eps for a step of a tenth of alpha."""
        method, eps = self._task.method, self._task.hyperparameters.eps
        if "eps" not in method.hyperparameters or callable(eps):
            return False
        return bool(np.abs(self._gradients).max() < DULL * float(eps))

    @property
    def _flat_remedy(self) -> str:
        if self._differs:
            return "are its values rounded? differences move x by only a part of 1e-8"
        return "start elsewhere: set another start or seed"

    @property
    def _differs(self) -> bool:
        """Whether the gradient comes from differences of values."""
        return self._task.objective.gradient_error > EPSILON

    def _unmoved(self) -> Verdict | None:
        if self._moved:
            return None
        return self._found(Code.UNMOVED, "no step improved the start", self._smaller_alpha(0.1))

    def _hidden(self) -> Verdict | None:
        """Return `noisy` if the score fell by less than its noise of late."""
        if not (self._noise > 0 and self._recent[1] <= 10 * self._noise):
            return None
        reason = f"the score has noise of about {self._noise:.1g}, and falls by less"
        remedy = "differences of it are useless: give the gradient" if self._differs else ""
        return self._found(Code.NOISY, reason, remedy)

    def _limited(self) -> Verdict | None:
        """Return `limited` if steps in one direction were as long as they can be."""
        if not self._task.method.paced or not self._nit:
            return None
        inner = self._task.bounds.inner_of
        ends = np.column_stack([self._x[:, 0], self._batch.start.x[:, 0]])
        travelled = np.abs(inner(ends) @ np.array([1.0, -1.0]))
        reach = self._reach
        left = np.abs(self._way) if self._decrease < inf else np.zeros(len(reach))
        # Of a way that is not known, much may be left.
        far = (self._projected != 0) & ((left > 0.1 * reach) | (self._decrease == inf))
        straight, beyond = far & (travelled >= 0.5 * reach), far & (left > reach)
        if not (straight.any() or beyond.any()):
            return None
        k = int(np.argmax(np.where(straight | beyond, np.maximum(left, travelled) / reach, 0.0)))
        text = f"{_steps(self._nit)} can move {self._names[k]} by about {reach[k]:.2g}"
        if left[k] > 0 and isfinite(left[k]):
            text += f", and {left[k]:.2g} is left to go"
        ratio = max(4.0, 3.0 * (1.0 + float(left[k]) / float(reach[k])) if reach[k] else 4.0)
        return self._found(Code.LIMITED, text, self._larger(ratio))

    def _oscillating(self) -> Verdict | None:
        excess, recent = self._excess, self._recent[1]
        if excess <= max(3.0 * recent, self._tolerance):
            return None
        text = f"the score lies {excess:.2g} above its best on average, so alpha is too large"
        left = self._decrease if self._decrease < inf else excess
        return self._found(Code.OSCILLATING, text, self._smaller_alpha(0.1), min(left, excess))

    def _descending(self) -> Verdict:
        steps, recent = self._recent
        decrease = self._decrease
        left = decrease if decrease < inf else recent
        text = f"the score fell by {recent:.2g} in the last {_steps(steps)}"
        if decrease < inf:
            text += f", and the minimum near here is about {decrease:.2g} lower"
        more = self._more_steps()
        if more is not None:
            remedy = f"about {_rounded_up(more):,} more steps would do"
            return self._found(Code.DESCENDING, text, remedy, left, _rounded_up(more))
        return self._found(Code.DESCENDING, text, self._larger(4.0), left)

    def _more_steps(self) -> float | None:
        """Return how many steps lead to a minimum, if what is left shrinks as it did of late."""
        steps, recent = self._recent
        left = self._decrease
        if not (0 < self._tolerance < left < inf and recent > 0):
            return None
        more = steps * log(self._tolerance / left) / log(left / (left + recent))
        return more if more < 1e15 else None

    def _smaller_alpha(self, factor: float) -> str:
        alpha = self._task.hyperparameters.alpha
        if callable(alpha):
            return "try a smaller alpha, or one that falls faster"
        falling = "(1 - t/n_iter)"
        return (
            f"try alpha: {_one_digit(factor * float(alpha))}, or alpha: {float(alpha):g}*{falling}"
        )

    def _larger(self, ratio: float) -> str:
        alpha, n_iter = self._task.hyperparameters.alpha, _rounded_up(ratio * self._nit)
        if callable(alpha):
            return f"try n_iter: {n_iter}, or a larger alpha"
        return f"try alpha: {_one_digit(ratio * float(alpha))}, or n_iter: {n_iter}"

    def _found(
        self, code: Code, message: str, remedy: str = "", left: float = 0.0, more: int | None = None
    ) -> Verdict:
        decrease = self._decrease
        pushed = np.flatnonzero(self._low | self._high).tolist()
        return Verdict(
            code,
            message,
            remedy,
            gradient_norm=float(np.linalg.norm(self._projected)),
            active_bounds={self._names[k]: "lower" if self._low[k] else "upper" for k in pushed},
            predicted_decrease=decrease if decrease < inf else None,
            tolerance=self._tolerance,
            recent_decrease=self._recent[1],
            more_steps=more,
            noise=self._noise or None,
            left=left,
            gained=self._gained,
            nfev=self._njev * self._nfev_each + self._nfev_of_noise,
            njev=self._njev,
        )


def _one_digit(value: float) -> str:
    """Return a positive number rounded to one digit."""
    return f"{float(f'{value:.0e}'):g}"


def _rounded_up(value: float) -> int:
    """Return a number of steps rounded up to one digit."""
    if value <= 10:
        return max(1, ceil(value))
    unit = 10 ** floor(log10(value))
    return int(ceil(value / unit) * unit)


def _steps(count: int) -> str:
    return f"{count:,} step" + "s" * (count != 1)
