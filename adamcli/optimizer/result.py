"""What the optimizer returns: records, points and results, and which are better."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from adamcli.arrays import Coordinates
from adamcli.errors import ObjectiveError
from adamcli.optimizer.status import STATUSES, Status
from adamcli.optimizer.words import MAXIMIZING, MINIMIZING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.errors import AdamcliError
    from adamcli.optimizer.stopping import Rule, Stop
    from adamcli.optimizer.words import Words

    Scores = TypeVar("Scores", float, FloatArray)


class Direction(Enum):
    """Whether the objective is minimised or maximised; the value is the word used in configs."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @property
    def sign(self) -> float:
        """The factor that turns the objective and its gradient into what is minimised."""
        return -1.0 if self is Direction.MAXIMIZE else 1.0

    @property
    def words(self) -> Words:
        """What is said of scores that get better."""
        return MAXIMIZING if self is Direction.MAXIMIZE else MINIMIZING

    @property
    def improves(self) -> np.ufunc:
        """The comparison that is true of a better score and a worse one."""
        return np.greater if self is Direction.MAXIMIZE else np.less

    def best(self, scores: FloatArray) -> float:
        """Return the best of the scores."""
        return float(scores.max() if self is Direction.MAXIMIZE else scores.min())

    def merit(self, scores: Scores) -> Scores:
        """Return the scores with a sign such that lower is better."""
        return self.sign * scores


def when(t: int) -> str:
    """Return `at t = 5`, or `at the start` for t = -1."""
    return "at the start" if t < 0 else f"at t = {t}"


class Record(NamedTuple):
    """The flat point `x` and its score after the update of step `t` (0, 1, …).

    `more` holds the requested fields of `RECORD_FIELDS` and what the objective measures, which can
    also be read as attributes. The record of the start has t = -1.
    """

    t: int
    x: Sequence[float]
    score: float
    more: Mapping[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name in self.more:
            return self.more[name]
        hint = ": it was not asked for" if name in RECORD_FIELDS else ""
        raise AttributeError(f"this record has no {name}{hint}")


class Surroundings(NamedTuple):
    """What is known after a step besides its point: the step size of its update, and slopes (dim,).

    `gradient` is that of what is minimised, `slope` the same in the coordinates in which steps are
    taken. Both are overwritten later.
    """

    alpha: FloatArray
    gradient: FloatArray
    slope: FloatArray


RECORD_NUMBERS: dict[str, Callable[[Surroundings], float]] = {
    "alpha": lambda at: float(at.alpha.item()),
    "gradient_norm": lambda at: float(np.linalg.norm(at.gradient)),
}
"""The numbers that a record may hold besides t, x and score: the step size of its update, if that
is one number, and the Euclidean norm of the gradient at its point."""

RECORD_FIELDS: dict[str, Callable[[Surroundings], Any]] = {
    **RECORD_NUMBERS,
    "slope": lambda at: at.slope.copy(),
}
"""All that a record may hold besides: also the slope (dim,) that the next step takes."""


class Point(NamedTuple):
    """The flat point `x` of a run at step `t` (-1 for the start), its score and `measures`."""

    t: int
    x: Sequence[float]
    score: float
    measures: tuple[float, ...] = ()


class Glance(NamedTuple):
    """Where a run stands after step `t`: its score, and the best score so far."""

    t: int
    score: float
    best: float


class Divergence(NamedTuple):
    """The first value that was not finite: of f, x, the gradient or a state of the method.

    `coordinate` is None for f. `x` is the point at which it was found. `owner` describes what the
    coordinate belongs to, unless that is the point itself.
    """

    t: int
    quantity: str
    coordinate: int | None
    value: float
    x: Sequence[float]
    owner: str = ""

    def describe(self, names: Sequence[str]) -> str:
        """Return the divergence as a sentence, given the names of the coordinates."""
        what = self.quantity if self.coordinate is None else names[self.coordinate]
        if self.owner:
            what = f"{self.owner} with respect to {what}"
        pairs = zip(names[:8], self.x[:8], strict=True)
        shown = [f"{name} = {value!r}" for name, value in pairs]
        where = ", ".join(shown if len(self.x) <= 8 else [*shown, "..."])
        return f"{what} is {self.value!r} {when(self.t)}, where {where}"


class Points(NamedTuple):
    """One point per run: `t` (runs,), `x` (dim, runs), `score` (runs,), `measures` (all, runs)."""

    t: IntArray
    x: FloatArray
    score: FloatArray
    measures: FloatArray

    def at(self, run: int) -> Point:
        """Return the point of one run."""
        x = Coordinates(np.ascontiguousarray(self.x[:, run]))
        measures = tuple(self.measures[:, run].tolist())
        return Point(int(self.t[run]), x, float(self.score[run]), measures)


class BatchResult(NamedTuple):
    """The result of many runs: every array has the runs on its last axis.

    `status` holds positions in `STATUSES`, `rule` the place of the stopping rule that ended the
    run, or -1. `gradient` is (dim, runs), counts are (runs,). `divergences` has an entry per
    diverged run, by its number. `trace` notes the course of a single run some twenty times. If only
    scores were kept, `best.x` has no rows and `best.t` no meaning.
    """

    status: NDArray[np.int8]
    rule: IntArray
    start: Points
    best: Points
    last: Points
    gradient: FloatArray
    nit: IntArray
    nfev: IntArray
    njev: IntArray
    divergences: dict[int, Divergence]
    error: AdamcliError | None
    trace: Sequence[Glance] = ()

    def only(self, run: int) -> BatchResult:
        """Return the result of one run as that of a batch."""

        def cut(value: Any) -> Any:
            if isinstance(value, Points):
                return Points(*map(cut, value))
            return value[..., run : run + 1] if isinstance(value, np.ndarray) else value

        found = self._replace(**{name: cut(value) for name, value in self._asdict().items()})
        own = {0: self.divergences[run]} if run in self.divergences else {}
        return found._replace(divergences=own)

    def status_of(self, run: int) -> Status:
        """Return how a run ended."""
        return STATUSES[int(self.status[run])]

    def rule_of(self, run: int, stop: Stop) -> Rule | None:
        """Return which of the rules of `stop` ended a run, if one did."""
        return stop.rules[int(self.rule[run])] if self.rule[run] >= 0 else None

    def message_of(self, run: int, n_iter: int, names: Sequence[str], stop: Stop) -> str:
        """Return how a run ended as a sentence, given the names of the coordinates."""
        status, nit = self.status_of(run), int(self.nit[run])
        found = self.divergences.get(run)
        if found is not None:
            return found.describe(names)
        if status is Status.FAILED:
            where = f"{when(nit - 1)}, " if isinstance(self.error, ObjectiveError) else ""
            return f"{where}{self.error}"
        rule = self.rule_of(run, stop)
        text = status.sentence(nit, n_iter, rule.text if rule is not None else "")
        unmet = status is Status.FINISHED and stop.rules
        return text + (", and no stopping rule held" if unmet else "")
