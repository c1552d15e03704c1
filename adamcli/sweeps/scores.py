"""The scores of all runs of a sweep: the best runs, and the best means over seeds and starts."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.fields import ranked_by
from adamcli.optimizer.result import Direction
from adamcli.optimizer.status import Status
from adamcli.sweeps.plan import Partition
from adamcli.sweeps.rows import Rows, joined
from adamcli.sweeps.statistics import holm, paired_p, welch_p

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.sweeps.plan import Plan, RunRange

    _Sample = tuple[FloatArray, IntArray]

UNKNOWN = -1
"""The status of a run that has not been computed."""

CHUNK = 65_536
"""Runs that are grouped at a time: their numbers stay in the cache."""


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
    def from_rows(cls, rows: Rows, ranking: Ranking) -> Scores:
        """Return the scores of some rows."""
        runs, status = rows.runs, rows.columns["status"]
        in_order = len(runs) > 0 and bool((np.diff(runs) == 1).all())
        one = len(runs) > 0 and bool((status == status[0]).all())
        return cls(
            slice(int(runs[0]), int(runs[-1]) + 1) if in_order else runs,
            int(status[0]) if one else status,
            rows.columns[ranked_by(rows.columns)],
            ranking.best(rows),
            rows.messages,
        )


class Ranking(NamedTuple):
    """How runs are ranked, and how many of the best are kept."""

    direction: Direction = Direction.MINIMIZE
    top: int = 10

    def best(self, rows: Rows) -> Rows:
        """Return the rows with the best finite scores, best first, ties in row order."""
        return rows.taken(self.places(rows.columns[ranked_by(rows.columns)]))

    def places(self, scores: FloatArray) -> IntArray:
        """Return where the best finite scores are, best first, ties in order."""
        merit = np.where(np.isfinite(scores), self.direction.merit(scores), np.inf)
        most = min(self.top, len(scores))
        candidates: IntArray = np.arange(len(scores))
        if most < len(scores):
            # All that tie for the last place are candidates: the order decides, not the partition.
            candidates = np.flatnonzero(merit <= np.partition(merit, most - 1)[most - 1])
        order = candidates[np.argsort(merit[candidates], kind="stable")][:most]
        return order[np.isfinite(merit[order])]


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

    @property
    def is_complete(self) -> bool:
        """Whether all runs are done."""
        return self.done == self.span.size

    def add(self, results: Rows | Scores) -> None:
        """Take the results of some runs."""
        found = Scores.from_rows(results, self.ranking) if isinstance(results, Rows) else results
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
            by_run = np.argsort(best.runs)
            scores = best.columns[ranked_by(best.columns)][by_run]
            best = best.taken(by_run[self.ranking.places(scores)])
        self._leaders = best

    @property
    def leaders(self) -> Rows | None:
        """The rows of the best runs, best first; None if no run has a finite score."""
        return self._leaders if self._leaders is not None and len(self._leaders.runs) else None

    def count(self, status: Status) -> int:
        """Return how many runs ended with this status."""
        return int(np.count_nonzero(self.status == status.code))


class Setting(NamedTuple):
    """Runs that share their `parameters` and differ in seed or start.

    `example` is the first of these `runs`. `mean`, `sd` and `best` are taken over the finite best
    scores. `diverged` and `failed` are shares. `p` is the p-value of the hypothesis that the mean
    equals that of the first setting, adjusted for the number of settings shown.
    """

    parameters: dict[str, Any]
    example: int
    runs: int
    mean: float
    sd: float
    best: float
    diverged: float
    failed: float
    p: float


class Groups:
    """The runs of a scoreboard, grouped by their settings."""

    def __init__(self, board: Scoreboard, plan: Plan, direction: Direction) -> None:
        self._board, self._plan, self._direction = board, plan, direction
        self._settings = Partition(axis for axis in plan.axes if not is_repeat(axis.key))
        self._repeats = Partition(axis for axis in plan.axes if is_repeat(axis.key))
        # By group: how many runs there are and are done, how many have a finite score, and the sum
        # of the scores.
        self._all, self._done, self._count = (
            np.zeros(self._settings.count, dtype=np.int64) for _ in "abc"
        )
        self._sum = np.zeros(self._settings.count)
        for code, runs in self._chunks():
            score, status = board.score[runs], board.status[runs]
            done, finite = _all_or_some(status != UNKNOWN), _all_or_some(np.isfinite(score))
            np.add.at(self._done, code[done], 1)
            if not board.is_complete:
                np.add.at(self._all, code, 1)
            np.add.at(self._count, code[finite], 1)
            with np.errstate(over="ignore"):
                # One by one in run order: the same bits however the runs were computed.
                np.add.at(self._sum, code[finite], score[finite])

    def top(self, most: int) -> list[Setting]:
        """Return the settings with the best means, best first; those that miss runs come last."""
        with np.errstate(all="ignore"):
            mean = self._sum / self._count
        merit = np.where(np.isfinite(mean), self._direction.merit(mean), np.inf)
        # Groups in which a run has no score come later: those that have one may be the easy ones.
        # So may be those that were done before a sweep was stopped.
        done = np.flatnonzero(self._done)
        lacks = self._count[done] < self._done[done]
        incomplete = self._done[done] < self._all[done]
        chosen = done[np.lexsort((merit[done], lacks, incomplete))][:most].tolist()
        if not chosen:
            return []
        members = self._members(chosen)
        samples = [self._sample(members[group]) for group in chosen]
        p_values = holm([_p_of_equal_means(samples[0], sample) for sample in samples[1:]])
        return [
            self._setting(members[group], sample[0], float(mean[group]), p)
            for group, sample, p in zip(chosen, samples, [nan, *p_values], strict=True)
        ]

    def _chunks(self) -> Iterator[tuple[IntArray, slice]]:
        """Yield the groups of some runs, and their places on the board."""
        begin, size = self._board.span.first, self._board.span.size
        for first in range(0, size, CHUNK):
            end = min(first + CHUNK, size)
            yield self._settings.classes(np.arange(first, end) + begin), slice(first, end)

    def _members(self, groups: Sequence[int]) -> dict[int, IntArray]:
        """Return, by group, the places on the board of its runs that are done."""
        wanted = np.zeros(self._settings.count, dtype=bool)
        wanted[groups] = True
        codes, places = [], []
        for code, part in self._chunks():
            found = np.flatnonzero(wanted[code] & (self._board.status[part] != UNKNOWN))
            codes.append(code[found])
            places.append(found + part.start)
        all_codes = np.concatenate(codes)
        order = np.argsort(all_codes, kind="stable")
        ordered, all_places = all_codes[order], np.concatenate(places)[order]
        first, end = (np.searchsorted(ordered, groups, side=s) for s in ("left", "right"))
        return {g: all_places[a:b] for g, a, b in zip(groups, first, end, strict=True)}

    def _sample(self, places: IntArray) -> _Sample:
        """Return the finite scores of a group and the number of the repeat of each, in order."""
        score = self._board.score[places]
        finite = np.isfinite(score)
        repeats = self._repeats.classes(places[finite] + self._board.span.first)
        order = np.argsort(repeats, kind="stable")
        return score[finite][order], repeats[order]

    def _setting(self, places: IntArray, scores: FloatArray, mean: float, p: float) -> Setting:
        status, sd = self._board.status[places], nan
        if len(scores) > 1:
            with np.errstate(all="ignore"):
                sd = float(np.sqrt(((scores - mean) ** 2).sum() / (len(scores) - 1)))
        example = int(places[0]) + self._board.span.first
        values = self._plan.values(example).items()
        return Setting(
            parameters={key: value for key, value in values if not is_repeat(key)},
            example=example,
            runs=len(places),
            mean=mean,
            sd=sd,
            best=self._direction.best(scores) if len(scores) else nan,
            diverged=float((status == Status.DIVERGED.code).mean()),
            failed=float((status == Status.FAILED.code).mean()),
            p=p,
        )


def _all_or_some(mask: BoolArray) -> BoolArray | slice:
    """Return the mask, or if all of it is true a slice, which is faster."""
    return slice(None) if mask.all() else mask


def _p_of_equal_means(leader: _Sample, other: _Sample) -> float:
    """Return the p-value that two groups have one mean, in pairs if each repeat is in both.

    Means that agree to six digits do not differ, however small their errors are.
    """
    (a, own), (b, theirs) = leader, other
    with np.errstate(over="ignore"):
        means = float(a.mean()) if len(a) > 1 else np.nan, float(b.mean()) if len(b) > 1 else np.nan
    if abs(means[0] - means[1]) <= 1e-6 * abs(means[0]):
        return 1.0
    # `own` is sorted, so duplicates would be neighbours.
    if np.array_equal(own, theirs) and (own[1:] > own[:-1]).all():
        return paired_p(a, b)
    return welch_p(a, b)


def is_grouped(plan: Plan) -> bool:
    """Return whether seeds or starts are varied along with other keys."""
    return has_repeats(plan) and not all(is_repeat(axis.key) for axis in plan.axes)


def has_repeats(plan: Plan) -> bool:
    """Return whether some runs differ only in seeds or starts."""
    return Partition(axis for axis in plan.axes if not is_repeat(axis.key)).count < plan.size


def is_repeat(key: str) -> bool:
    """Return whether runs that differ in `key` alone are repeats of one setting."""
    return key.split(".")[0] in ("seed", "start")
