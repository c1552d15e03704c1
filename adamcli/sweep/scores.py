"""The scores of all runs of a sweep: the leaders, and groups of runs that share a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.optimizer.result import STATUSES, Status
from adamcli.sweep.partition import Partition
from adamcli.sweep.rows import Rows, joined
from adamcli.sweep.statistics import holm, paired_p, welch_p

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from adamcli.sweep.blocks import Block
    from adamcli.sweep.plan import Plan

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    _Sample = tuple[FloatArray, IntArray]
    _Chunk = tuple[IntArray, NDArray[np.int32], FloatArray, NDArray[np.int8]]

CHUNK = 65_536
"""Runs that are grouped at a time, to keep the memory small."""

MOST_MESSAGES = 100

ALIKE = 1e-6
"""Relative difference of two means that nobody cares about."""

UNKNOWN = -1
"""The status of a run that has not been made."""


class Scoreboard:
    """The status and the best score of every run in `span`, and the `top` runs with their rows."""

    def __init__(self, span: Block, *, maximize: bool, top: int) -> None:
        self.span = span
        self.score = np.full(span.size, np.nan)
        self.status = np.full(span.size, UNKNOWN, dtype=np.int8)
        self.messages: dict[int, str] = {}
        self._sign = -1.0 if maximize else 1.0
        self._top = top
        self._leaders: Rows | None = None

    def add(self, rows: Rows) -> None:
        """Take the results of some runs."""
        places = rows.runs - self.span.first
        self.score[places] = rows.best_score
        self.status[places] = rows.status
        self.messages.update(rows.messages)
        # The first ones are kept, in whatever order they come.
        for run in sorted(self.messages)[MOST_MESSAGES:]:
            del self.messages[run]
        best = rows.taken(self._best_places(rows.best_score))
        if self._leaders is not None:
            best = joined([self._leaders, best])
            # A tie goes to the run with the smaller number, whichever came first.
            best = best.taken(np.argsort(best.runs))
            best = best.taken(self._best_places(best.best_score))
        self._leaders = best

    @property
    def leaders(self) -> Rows | None:
        """The rows of the best runs, best first; None if no run has a finite score."""
        return self._leaders if self._leaders is not None and len(self._leaders.runs) else None

    def count(self, status: Status) -> int:
        """Return how many runs ended so."""
        return int(np.count_nonzero(self.status == STATUSES.index(status)))

    @property
    def done(self) -> int:
        """How many runs have been made."""
        return int(np.count_nonzero(self.status != UNKNOWN))

    def _best_places(self, scores: FloatArray) -> IntArray:
        """Return the places of the best finite scores, best first, ties in their order."""
        merit = np.where(np.isfinite(scores), self._sign * scores, np.inf)
        most = min(self._top, len(scores))
        if most < len(scores):
            # All that reach the last place are candidates, so that ties are broken by number.
            limit = np.partition(merit, most - 1)[most - 1]
            candidates = np.flatnonzero(merit <= limit)
        else:
            candidates = np.arange(len(scores))
        order = candidates[np.argsort(merit[candidates], kind="stable")][:most]
        found: IntArray = order[np.isfinite(merit[order])]
        return found


class GroupRow(NamedTuple):
    """Runs that share a setting and differ in seed or start.

    `example` is the first of them, and `runs` how many they are. `mean` and `sd` are of the finite
    best scores. `differs` is the p-value of the hypothesis that the mean is that of the first
    group, adjusted for the number of groups that are shown.
    """

    example: int
    runs: int
    mean: float
    sd: float
    best: float
    diverged: float
    differs: float


class Groups:
    """All groups of a scoreboard; see `GroupRow`."""

    def __init__(self, board: Scoreboard, plan: Plan, *, maximize: bool) -> None:
        self._board, self._plan, self._maximize = board, plan, maximize
        repeats = [c for c in plan.columns if is_repeat(c.key)]
        settings = [c for c in plan.columns if not is_repeat(c.key)]
        self._settings, self._repeats = Partition(settings), Partition(repeats)
        self.keys = [c.key for c in settings]
        self.count, self._sum, self._squares = (np.zeros(self._settings.count) for _ in range(3))
        self._made, self._diverged = (np.zeros(self._settings.count) for _ in range(2))
        self._first = np.full(self._settings.count, np.iinfo(np.int64).max)
        self._best = np.full(self._settings.count, -np.inf if maximize else np.inf)
        self._codes: dict[int, NDArray[np.int32]] = {}
        with np.errstate(all="ignore"):
            self._collect()

    @staticmethod
    def of(board: Scoreboard, plan: Plan, *, maximize: bool) -> Groups | None:
        """Return the groups, or None if no seed and no start is varied, or nothing else is."""
        settings = [c for c in plan.columns if not is_repeat(c.key)]
        if not settings or Partition(settings).count >= plan.size:
            return None
        return Groups(board, plan, maximize=maximize)

    def top(self, most: int) -> list[GroupRow]:
        """Return the groups with the best means, best first."""
        with np.errstate(all="ignore"):
            mean = self._sum / self.count
            sd = np.sqrt(self._squares / np.where(self.count > 1, self.count - 1, np.nan))
        merit = np.where(np.isfinite(mean), -mean if self._maximize else mean, np.inf)
        # Groups without a score come last, those of which no run was made not at all.
        made = np.flatnonzero(self._made)
        chosen = made[np.argsort(merit[made], kind="stable")][:most].tolist()
        if not chosen:
            return []
        scores = self._scores(chosen)
        p_values = holm([_differs(scores[chosen[0]], scores[g]) for g in chosen[1:]])
        return [
            GroupRow(
                example=int(self._first[g]),
                runs=int(self._made[g]),
                mean=float(mean[g]),
                sd=float(sd[g]),
                best=float(self._best[g]) if self.count[g] else float("nan"),
                diverged=float(self._diverged[g] / self._made[g]),
                differs=p,
            )
            for g, p in zip(chosen, [float("nan"), *p_values], strict=True)
        ]

    def _collect(self) -> None:
        diverged = STATUSES.index(Status.DIVERGED)
        extreme = np.maximum if self._maximize else np.minimum
        for runs, code, score, status in self._chunks():
            # Added one by one in the order of the runs: the same bits however they were computed.
            made = _all_or_some(status != UNKNOWN)
            np.add.at(self._made, code[made], 1.0)
            np.minimum.at(self._first, code[made], runs[made])
            np.add.at(self._diverged, code[status == diverged], 1.0)
            finite = _all_or_some(np.isfinite(score))
            np.add.at(self.count, code[finite], 1.0)
            np.add.at(self._sum, code[finite], score[finite])
            extreme.at(self._best, code[finite], score[finite])
        with np.errstate(all="ignore"):
            mean = self._sum / self.count
            for _, code, score, _ in self._chunks():
                finite = _all_or_some(np.isfinite(score))
                distance = score[finite] - mean[code[finite]]
                np.add.at(self._squares, code[finite], distance * distance)

    def _chunks(self) -> Iterator[_Chunk]:
        """Yield the runs, their groups, their scores and their statuses, some at a time."""
        board = self._board
        for first in range(0, board.span.size, CHUNK):
            part = slice(first, min(first + CHUNK, board.span.size))
            runs = np.arange(part.start, part.stop) + board.span.first
            if first not in self._codes:
                # Half the memory of the numbers that they are.
                self._codes[first] = self._settings.of(runs).astype(np.int32)
            yield runs, self._codes[first], board.score[part], board.status[part]

    def _scores(self, groups: Sequence[int]) -> dict[int, _Sample]:
        """Return the finite scores of some groups, each with which repeat it is, in their order."""
        parts: dict[int, list[_Sample]] = {group: [] for group in groups}
        for runs, code, score, _ in self._chunks():
            wanted = np.flatnonzero(np.isin(code, groups) & np.isfinite(score))
            repeats = self._repeats.of(runs[wanted])
            for group, found in parts.items():
                mine = code[wanted] == group
                found.append((score[wanted][mine], repeats[mine]))
        samples = {}
        for group, found in parts.items():
            scores, repeats = (np.concatenate(column) for column in zip(*found, strict=True))
            order = np.argsort(repeats, kind="stable")
            samples[group] = scores[order], repeats[order]
        return samples


def _all_or_some(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | slice:
    """Return the mask, or what takes everything without looking at each place."""
    return slice(None) if mask.all() else mask


def _differs(leader: _Sample, other: _Sample) -> float:
    """Return the p-value that two groups have one mean, in pairs if each repeat is in both.

    Means that agree in six digits do not differ, however small their errors are.
    """
    (a, own), (b, theirs) = leader, other
    with np.errstate(over="ignore"):
        means = float(a.mean()) if len(a) > 1 else np.nan, float(b.mean()) if len(b) > 1 else np.nan
    if abs(means[0] - means[1]) <= ALIKE * abs(means[0]):
        return 1.0
    # `own` is in order, so that equal ones would be neighbours.
    if np.array_equal(own, theirs) and (own[1:] > own[:-1]).all():
        return paired_p(a, b)
    return welch_p(a, b)


def is_repeat(key: str) -> bool:
    """Return whether runs that differ in `key` alone are repeats of one setting."""
    return key.split(".")[0] in ("seed", "start")
