"""What the optimizer hands out: records of steps, points, statuses and outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.errors import ObjectiveError
from adamcli.optimizer.status import STATUSES as STATUSES
from adamcli.optimizer.status import Status as Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.errors import AdamcliError


def when(t: int) -> str:
    """Return in words at which step something was: `at the start` for t = -1."""
    return "at the start" if t < 0 else f"at t = {t}"


_NOTHING: Mapping[str, float] = {}


class Record(NamedTuple):
    """One step: the point and the score after the update.

    `t` counts from 0; the start, before any update, has t = -1. `x` is the flat point. `more` holds
    the fields of `RECORD_FIELDS` that were asked for; they are attributes, too.
    """

    t: int
    x: tuple[float, ...]
    score: float
    more: Mapping[str, float] = _NOTHING

    def __getattr__(self, name: str) -> float:
        if name in self.more:
            return self.more[name]
        hint = ": it was not asked for" if name in RECORD_FIELDS else ""
        raise AttributeError(f"this record has no {name}{hint}")


RECORD_FIELDS: dict[str, Callable[[FloatArray, FloatArray], float]] = {
    "alpha": lambda alpha, gradient: float(alpha),
    "gradient_norm": lambda alpha, gradient: float(np.linalg.norm(gradient)),
}
"""What a record may carry beside t, x and score: the step size of its update, and the Euclidean
norm of the gradient at its point. Each is computed from alpha () and the gradient (dim,)."""


class Point(NamedTuple):
    """A point of a run: where (`x`, flat), when (`t`, -1 for the start) and its score."""

    t: int
    x: tuple[float, ...]
    score: float


class Divergence(NamedTuple):
    """What stopped being finite: f, x, the gradient or a state of the method; where and when.

    `coordinate` is None for f. `x` is the point at which it was found. `owner` says in words what
    has the coordinate, unless that is the point itself.
    """

    t: int
    quantity: str
    coordinate: int | None
    value: float
    x: tuple[float, ...]
    owner: str = ""

    def describe(self, names: Sequence[str]) -> str:
        """Return a sentence; `names` are those of the coordinates."""
        what = self.quantity if self.coordinate is None else names[self.coordinate]
        if self.owner:
            what = f"{self.owner} with respect to {what}"
        shown = [f"{name} = {value!r}" for name, value in zip(names, self.x, strict=True)]
        where = ", ".join(shown if len(shown) <= 8 else [*shown[:8], "..."])
        return f"{what} is {self.value!r} {when(self.t)}, where {where}"


class Points(NamedTuple):
    """One point of every run: `t` (runs,), `x` (dim, runs) and `score` (runs,)."""

    t: IntArray
    x: FloatArray
    score: FloatArray

    def at(self, run: int) -> Point:
        """Return the point of one run."""
        return Point(int(self.t[run]), tuple(self.x[:, run].tolist()), float(self.score[run]))


class BatchResult(NamedTuple):
    """The outcome of many runs: every array has the runs on its last axis.

    `status` has the position of each run's status in `STATUSES`. `gradient` has the shape
    (dim, runs), the counts (runs,). `divergences` has an entry for each run that diverged, by its
    number. Where points were not asked for, `best.x` has no rows and `best.t` no meaning.
    """

    status: NDArray[np.int8]
    start: Points
    best: Points
    last: Points
    gradient: FloatArray
    nit: IntArray
    nfev: IntArray
    njev: IntArray
    divergences: dict[int, Divergence]
    error: AdamcliError | None

    def status_of(self, run: int) -> Status:
        """Return how a run ended."""
        return STATUSES[int(self.status[run])]

    def message_of(self, run: int, n_iter: int, names: Sequence[str]) -> str:
        """Return how a run ended in words; `names` are those of the coordinates."""
        status, nit = self.status_of(run), int(self.nit[run])
        found = self.divergences.get(run)
        if found is not None:
            return found.describe(names)
        if status is Status.FAILED and not isinstance(self.error, ObjectiveError):
            return str(self.error)
        if status is Status.FAILED:
            return f"{when(nit - 1)}, {self.error}"
        return status.meaning.format(nit=nit, n_iter=n_iter)
