"""What is to be thought of a run over minibatches: whether its scores still fell in the end.

The gradients of batches are noisy, so that no slope tells how near a minimum is. What is left is
the course: the score after each epoch, of the rows that are held out if there are any.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from adamcli.optimizer.status import Code, Status
from adamcli.optimizer.verdict import Verdict

if TYPE_CHECKING:
    from adamcli.optimizer.result import BatchResult, Direction

LATE = 0.2
"""The last part of the epochs, in which a score that still falls shows that more would help."""

FALLING = 0.01
"""A score falls if it does so by this part of what it fell in all."""

RISING = 0.05
"""A score has risen if it did so by this part of what it had fallen."""


def judge_epochs(batch: BatchResult, epochs: int, direction: Direction, *, held: bool) -> Verdict:
    """Return the verdict on the only run of `batch`, which was to take some `epochs`.

    `held` says whether the scores that decide are those of rows that are held out.
    """
    status = batch.status_of(0)
    best, last = (direction.merit(_ranked(batch, name, held=held)) for name in ("best", "last"))
    start = direction.merit(_ranked(batch, "start", held=held))
    if status is Status.FAILED or not isfinite(best):
        return Verdict(Code.UNKNOWN, "the run ended before it could be judged", status.remedy)
    what = "validation score" if held else "score"
    words = direction.words
    at, done = int(batch.best.t[0]) + 1, int(batch.last.t[0]) + 1
    gained = start - best if isfinite(start) else abs(best)
    if at <= 0:
        remedy = "try a smaller alpha"
        return Verdict(Code.UNMOVED, f"no epoch improved the {what} of the start", remedy)
    rise = last - best
    if held and rise > RISING * gained and at <= (1.0 - LATE) * done:
        text = f"the validation score was best after {at:,} of {done:,} epochs"
        remedy = "the best point is kept; more data would help, or a simpler model"
        reason = f"{text}, and {words.worsened} by {rise:.2g} since"
        return Verdict(Code.OVERFITTED, reason, remedy, gained=gained)
    fall = _earlier(batch, done, start, direction) - best
    count = done - round((1.0 - LATE) * done)
    late = f"in the last {count:,} epochs" if count > 1 else "in the last epoch"
    fell = f"{words.fell} by {fall:.2g}" if fall > 0 else f"did not {words.fall}"
    text = f"the {what} {fell} {late}"
    if fall > FALLING * gained:
        remedy = f"try epochs: {4 * max(epochs, 1)}"
        return Verdict(
            Code.DESCENDING,
            text,
            remedy,
            recent_decrease=fall,
            left=fall,
            gained=gained,
            direction=direction,
        )
    return Verdict(Code.SETTLED, text, recent_decrease=fall, gained=gained)


def _ranked(batch: BatchResult, name: str, *, held: bool) -> float:
    """Return the score of a point by which points are ranked."""
    points = getattr(batch, name)
    return float(points.measures[0, 0] if held else points.score[0])


def _earlier(batch: BatchResult, done: int, start: float, direction: Direction) -> float:
    """Return the best merit before the late epochs."""
    first = [start] if isfinite(start) else []
    early = [g for g in batch.trace if g.t + 1 <= (1.0 - LATE) * done]
    known = [*first, *(direction.merit(g.best) for g in early)]
    return min(known, default=0.0)
