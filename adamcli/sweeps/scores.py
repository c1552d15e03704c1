"""The scores of all runs of a sweep, and its best runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.optimizer.result import Direction
from adamcli.sweeps.rows import Rows, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.optimizer.result import Status
    from adamcli.sweeps.plan import RunRange

UNKNOWN = -1
"""The status of a run that has not been computed."""


class Scores(NamedTuple):
    """What a scoreboard keeps of some runs: whole rows may take long to send.

    `runs` are their numbers, `status` is one for all or one for each, `leaders` are the best of
    them, best first, and `messages` says why runs failed.
    """

    runs: slice | IntArray
    status: NDArray[np.int8] | int
    score: FloatArray
    leaders: Rows
    messages: Mapping[int, str]

    @classmethod
    def of(cls, rows: Rows, ranking: Ranking) -> Scores:
        """Return the scores of some rows."""
        runs, status = rows.runs, rows.columns["status"]
        in_order = len(runs) > 0 and bool((np.diff(runs) == 1).all())
        one = len(runs) > 0 and bool((status == status[0]).all())
        return cls(
            slice(int(runs[0]), int(runs[-1]) + 1) if in_order else runs,
            int(status[0]) if one else status,
            rows.columns["best.score"],
            ranking.best(rows),
            rows.messages,
        )


class Ranking(NamedTuple):
    """How runs are ranked, and how many of the best are kept."""

    direction: Direction = Direction.MINIMIZE
    top: int = 10

    def best(self, rows: Rows) -> Rows:
        """Return the rows with the best finite scores, best first, ties in row order."""
        scores = rows.columns["best.score"]
        merit = np.where(np.isfinite(scores), self.direction.merit(scores), np.inf)
        most = min(self.top, len(scores))
        candidates: IntArray = np.arange(len(scores))
        if most < len(scores):
            # All that tie for the last place are candidates: the order decides, not the partition.
            candidates = np.flatnonzero(merit <= np.partition(merit, most - 1)[most - 1])
        order = candidates[np.argsort(merit[candidates], kind="stable")][:most]
        return rows.taken(order[np.isfinite(merit[order])])


class Scoreboard:
    """The status and the best score of every run in `span`, and the rows of the best runs.

    `done` is how many runs have been computed.
    """

    def __init__(self, span: RunRange, direction: Direction, *, top: int) -> None:
        self.span = span
        self.ranking = Ranking(direction, top)
        self.score = np.full(span.size, np.nan)
        self.status = np.full(span.size, UNKNOWN, dtype=np.int8)
        self.messages: dict[int, str] = {}
        self.done = 0
        self._leaders: Rows | None = None

    def add(self, results: Rows | Scores) -> None:
        """Take the results of some runs."""
        found = Scores.of(results, self.ranking) if isinstance(results, Rows) else results
        places, first = found.runs, self.span.first
        if isinstance(places, slice):
            places = slice(places.start - first, places.stop - first)
        else:
            places = places - first
        self.done += int(np.count_nonzero(self.status[places] == UNKNOWN))
        self.score[places] = found.score
        self.status[places] = found.status
        self.messages.update(found.messages)
        # The messages of the first 100 runs are kept, whatever the order of arrival.
        for run in sorted(self.messages)[100:]:
            del self.messages[run]
        best = found.leaders
        if self._leaders is not None:
            best = joined([self._leaders, best])
            # A tie goes to the smaller run number, whatever the order of arrival.
            best = self.ranking.best(best.taken(np.argsort(best.runs)))
        self._leaders = best

    @property
    def leaders(self) -> Rows | None:
        """The rows of the best runs, best first; None if no run has a finite score."""
        return self._leaders if self._leaders is not None and len(self._leaders.runs) else None

    def count(self, status: Status) -> int:
        """Return how many runs ended with this status."""
        return int(np.count_nonzero(self.status == status.code))
