"""Runs that share a setting and differ in seed or start: their means, compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.optimizer.result import Status
from adamcli.sweeps.partition import Partition
from adamcli.sweeps.scores import UNKNOWN
from adamcli.sweeps.statistics import holm, paired_p, welch_p

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from adamcli.optimizer.direction import Direction
    from adamcli.sweeps.plan import Plan
    from adamcli.sweeps.scores import Scoreboard

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    _Sample = tuple[FloatArray, IntArray]

CHUNK = 65_536
"""Runs that are grouped at a time: their numbers stay in the cache."""

ALIKE = 1e-6
"""Relative difference of two means that nobody cares about."""


class Setting(NamedTuple):
    """Runs that share their `parameters` and differ in seed or start.

    `example` is the first of them, and `runs` how many they are. `mean` and `sd` are of the finite
    best scores, and `best` is the best of them. `diverged` and `failed` are shares. `p` is the
    p-value of the hypothesis that the mean is that of the first setting, adjusted for the number of
    settings that are shown.
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
        settings = [c for c in plan.axes if not is_repeat(c.key)]
        repeats = [c for c in plan.axes if is_repeat(c.key)]
        self._settings, self._repeats = Partition(settings), Partition(repeats)
        # Of each group: how many runs were made, how many have a score, and the sum of the scores.
        self._made, self._count = (np.zeros(self._settings.count, dtype=np.int64) for _ in "ab")
        self._sum = np.zeros(self._settings.count)
        self._collect()

    @staticmethod
    def of(board: Scoreboard, plan: Plan, direction: Direction) -> Groups | None:
        """Return the groups, or None if no seed and no start is varied, or nothing else is."""
        settings = [c for c in plan.axes if not is_repeat(c.key)]
        if not settings or Partition(settings).count >= plan.size:
            return None
        return Groups(board, plan, direction)

    def top(self, most: int) -> list[Setting]:
        """Return the settings with the best means, best first."""
        with np.errstate(all="ignore"):
            mean = self._sum / self._count
        merit = np.where(np.isfinite(mean), self._direction.merit(mean), np.inf)
        # Groups that lack the score of a run come behind all others: the rest may be the easy ones.
        made = np.flatnonzero(self._made)
        lacks = self._count[made] < self._made[made]
        chosen = made[np.lexsort((merit[made], lacks))][:most].tolist()
        if not chosen:
            return []
        members = self._members(chosen)
        samples = [self._sample(members[group]) for group in chosen]
        p_values = holm([_differs(samples[0], sample) for sample in samples[1:]])
        return [
            self._row(members[group], sample[0], float(mean[group]), p)
            for group, sample, p in zip(chosen, samples, [float("nan"), *p_values], strict=True)
        ]

    def _collect(self) -> None:
        for code, runs in self._chunks():
            score, status = self._board.score[runs], self._board.status[runs]
            made, finite = _all_or_some(status != UNKNOWN), _all_or_some(np.isfinite(score))
            np.add.at(self._made, code[made], 1)
            np.add.at(self._count, code[finite], 1)
            with np.errstate(over="ignore"):
                # One by one in the order of the runs: the same bits however they were computed.
                np.add.at(self._sum, code[finite], score[finite])

    def _chunks(self) -> Iterator[tuple[IntArray, slice]]:
        """Yield the groups of some runs, and their places on the board."""
        board = self._board
        for first in range(0, board.span.size, CHUNK):
            places = slice(first, min(first + CHUNK, board.span.size))
            runs = np.arange(places.start, places.stop) + board.span.first
            yield self._settings.of(runs), places

    def _members(self, groups: Sequence[int]) -> dict[int, IntArray]:
        """Return the places on the board of the runs of some groups that were made."""
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
        """Return the finite scores of a group, each with which repeat it is, in their order."""
        score = self._board.score[places]
        finite = np.isfinite(score)
        repeats = self._repeats.of(places[finite] + self._board.span.first)
        order = np.argsort(repeats, kind="stable")
        return score[finite][order], repeats[order]

    def _row(self, places: IntArray, scores: FloatArray, mean: float, p: float) -> Setting:
        status = self._board.status[places]
        diverged = status == Status.DIVERGED.code
        failed = status == Status.FAILED.code
        best, sd = float("nan"), float("nan")
        if len(scores):
            best = self._direction.best(scores)
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
            best=best,
            diverged=float(diverged.mean()),
            failed=float(failed.mean()),
            p=p,
        )


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
