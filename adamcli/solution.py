"""The result of a search: the minima it found, and how it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.counted import all_taken, counted
from adamcli.fields import SOLUTION_FIELDS
from adamcli.listed import listed
from adamcli.optimizer.result import Point
from adamcli.optimizer.status import Code, Status
from adamcli.optimizer.verdict import Verdict
from adamcli.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.config.model import Config
    from adamcli.errors import AdamcliError
    from adamcli.fit.bootstrap import Bootstrap
    from adamcli.fit.profile import Profile
    from adamcli.objective.variables import Variables
    from adamcli.search.evaluator import Evaluator
    from adamcli.search.rounds import Found, Progress

ENDINGS = {
    "patience": "{idle} in a row found nothing {lower}",
    "rounds": "{all_taken}",
    "seconds": "the time was over after {rounds}",
    "target": "the target was reached after {rounds}",
    "stopped": "stopped in round {number}",
    "nowhere": "the score is not finite at any of {points}",
    "failed": "the objective raised an error",
}
"""What the reasons for the end of a search mean."""


class Minimum(NamedTuple):
    """A minimum: the flat point `x` (dim,) and its score, with the verdict on it.

    `descents` is how many of them ended there.
    """

    x: Sequence[float]
    score: float
    descents: int
    verdict: Verdict
    variables: Variables

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, with the point by its variables."""
        return {
            "x": listed(self.variables, self.x),
            "score": self.score,
            "descents": self.descents,
            "verdict": self.verdict.code.value,
        }


class Solution(Outcome):
    """What a search found.

    `minima` are the distinct ones, the best first, whose point `x` and score `fun` are the
    solution. `rounds` counts the rounds, `idle_rounds` those at the end that found nothing lower,
    `starts` the runs, and `descents` the quasi-Newton descents, of which the part `agreement` ended
    at the best minimum. `nfev` and `njev` count evaluations of the function and its gradient.
    `success` says whether the search came to its end; an `error` of the objective is one.
    `seconds` is its duration, and `progress` where it stood in the course of it. A fit has
    `bootstrap` and `profile` where they were asked for.
    """

    fields = SOLUTION_FIELDS

    def __init__(
        self,
        config: Config,
        evaluate: Evaluator,
        found: Found,
        verdicts: Sequence[Verdict],
        seconds: float,
        error: AdamcliError | None = None,
    ) -> None:
        self.config, self.seconds, self.error = config, seconds, error
        elites = found.elites
        x = evaluate.places(elites.y)
        scores = config.direction.merit(elites.merit)
        self.minima = tuple(
            Minimum(tuple(x[:, k].tolist()), float(scores[k]), int(hits), v, config.variables)
            for k, (hits, v) in enumerate(zip(elites.hits.tolist(), verdicts, strict=True))
        )
        self.status = _status_of(evaluate, found)
        self.success = self.status.success
        facts = {
            "all_taken": all_taken(found.rounds, "round"),
            "idle": counted(found.idle, "round"),
            "rounds": counted(found.rounds, "round"),
            "number": found.rounds + 1,
            "points": counted(evaluate.nfev, "point"),
            "lower": config.direction.words.lower,
        }
        self.message = str(error) if error is not None else ENDINGS[found.ended].format(**facts)
        self.rounds, self.idle_rounds = found.rounds, found.idle
        self.starts, self.descents = found.starts, found.descents
        hits = float(elites.hits[0]) if len(elites) else 0.0
        self.agreement = hits / found.descents if found.descents else 0.0
        self.nfev, self.njev = evaluate.nfev, evaluate.njev
        self.progress: tuple[Progress, ...] = found.progress
        best = self.minima[0] if self.minima else None
        nowhere = (np.nan,) * config.variables.dim, np.nan
        point, score = (best.x, best.score) if best is not None else nowhere
        self.best = Point(found.rounds, point, score)
        self.closing = self.best if self.success else None
        self.bootstrap: Bootstrap | None = None
        self.profile: Profile | None = None
        self.verdict = best.verdict if best is not None else Verdict(Code.UNKNOWN, self.message)

    def __repr__(self) -> str:
        evaluations = counted(self.nfev, "evaluation")
        return f"<Solution {self.verdict.word}: {self._shown()}, {evaluations}>"


def _status_of(evaluate: Evaluator, found: Found) -> Status:
    stop = evaluate.control.stop
    if found.ended == "failed":
        return Status.FAILED
    if stop is not None:
        return stop
    return Status.DIVERGED if found.ended == "nowhere" else Status.FINISHED
