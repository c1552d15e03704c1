"""Runs grouped by setting: those that share the levels of some axes are repeats of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.pictures.kinds.levels import level_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.optimizer.result import Direction
    from adamcli.pictures.table import Table, TableAxis


class Settings(NamedTuple):
    """The settings of runs: the level `places` (axes, settings) of each on some `axes`.

    `of_run` (runs,) is the setting of each run. `runs` (settings,) are how many runs each has,
    `known` how many of them have a score, and `mean` is the mean of these scores, NaN without any.
    """

    axes: tuple[TableAxis, ...]
    places: IntArray
    of_run: IntArray
    runs: IntArray
    known: IntArray
    mean: FloatArray

    @property
    def repeats(self) -> int:
        """The most runs of a setting."""
        return int(self.runs.max(initial=0))

    def ranked(self, direction: Direction) -> IntArray:
        """Return the settings that have a mean, best first.

        Those in which a run has no score come last: the runs that have one may be the easy ones.
        """
        known = np.flatnonzero(self.known)
        lacks = self.known[known] < self.runs[known]
        found: IntArray = known[np.lexsort((direction.merit(self.mean[known]), lacks))]
        return found

    def texts(self, setting: int) -> list[str]:
        """Return the levels of a setting as texts, one for each axis."""
        levels = self.places[:, setting].tolist()
        return [level_text(axis, level) for axis, level in zip(self.axes, levels, strict=True)]

    def averaged(self) -> str:
        """Return what the means are of: `mean of 10 repeats`, or nothing without repeats."""
        if self.repeats < 2:
            return ""
        least = int(self.runs.min())
        most = f"{self.repeats:,}" if least == self.repeats else f"{least:,} to {self.repeats:,}"
        return f"mean of {most} repeats"


def settings_of(table: Table, axes: Sequence[TableAxis]) -> Settings:
    """Return the runs of a table grouped by their levels on some axes."""
    runs = len(table.score)
    code, size = np.zeros(runs, dtype=np.int64), 1
    for axis in axes:
        if size * axis.size >= 2**62:
            size, code = _compact(code)
        code, size = code * axis.size + axis.places, size * axis.size
    _, first, of_run = np.unique(code, return_index=True, return_inverse=True)
    of_run = of_run.reshape(-1)
    count = len(first)
    places = np.array([axis.places[first] for axis in axes], dtype=np.int64)
    finite = table.finite()
    return Settings(
        tuple(axes),
        places.reshape(len(axes), count),
        of_run.astype(np.int64, copy=False),
        np.bincount(of_run, minlength=count),
        np.bincount(of_run[finite], minlength=count),
        means(table.score[finite], of_run[finite], count),
    )


def means(score: FloatArray, group: IntArray, count: int) -> FloatArray:
    """Return the means of the scores of groups 0, 1, … `count` - 1; NaN for one without any.

    Scores are finite. Those too large to be added are scaled by a power of two.
    """
    unit = 2.0**-64 if np.abs(score).max(initial=0.0) > 1e280 else 1.0
    known = np.bincount(group, minlength=count)
    with np.errstate(all="ignore"):
        total = np.bincount(group, weights=score * unit, minlength=count)
        found: FloatArray = total / known / unit
    return found


def _compact(code: IntArray) -> tuple[int, IntArray]:
    """Return the classes of equal codes, numbered from 0, after how many there are."""
    found, back = np.unique(code, return_inverse=True)
    return len(found), back.reshape(-1).astype(np.int64, copy=False)
