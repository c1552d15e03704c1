"""The course of a run: its steps, thinned to a number that can be drawn however long it is."""

from __future__ import annotations

from functools import partial
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.objective.minibatches import VALIDATION
from adamcli.thinned import Thinned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.optimizer.result import Record

MOST = 4096
"""Steps that are kept: more than a picture has columns."""

MOST_NUMBERS = 4_000_000
"""Coordinates that are kept, of all steps together."""


class Course(NamedTuple):
    """The steps of a run, each of which stands for those up to the next.

    `t` (n,) are their numbers, `x` (n, dim) the points, `score` (n,) the scores, `norm` (n,) the
    norms of the gradient and `validation` (n,) the scores of rows that are held out, both NaN where
    they are not known. `low` and `high` (n,) are the least and the
    greatest finite score of the steps it stands for, NaN if there is none. `unit` is what is
    counted: steps, or evaluations.
    """

    t: IntArray
    x: FloatArray
    score: FloatArray
    low: FloatArray
    high: FloatArray
    norm: FloatArray
    validation: FloatArray
    unit: str = "step"

    @classmethod
    def of(cls, records: Iterable[Record], unit: str = "step") -> Course:
        """Return the course that some records describe."""
        recorder = Recorder()
        for record in records:
            recorder.add(record)
        return recorder.course(unit)


class _Moment:
    """A step that is kept, and the range of the scores of those it stands for."""

    def __init__(self, record: Record) -> None:
        self.record, self.low, self.high = record, inf, -inf
        self.see(record.score)

    def see(self, score: float) -> None:
        """Stand for a step with this score as well."""
        if isfinite(score):
            self.low, self.high = min(self.low, score), max(self.high, score)

    def absorb(self, other: _Moment) -> None:
        """Stand for all that another one stands for."""
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)


class Recorder:
    """Keeps the course of a run while it goes on."""

    def __init__(self) -> None:
        self._moments: Thinned[_Moment] | None = None

    def add(self, record: Record) -> None:
        """Take the next step."""
        if self._moments is None:
            most = max(64, min(MOST, MOST_NUMBERS // max(1, len(record.x))))
            self._moments = Thinned(most, _Moment.absorb)
        self._moments.add(partial(_Moment, record)).see(record.score)

    def course(self, unit: str = "step") -> Course:
        """Return the course so far."""
        moments = self._moments.entries() if self._moments is not None else []
        records = [moment.record for moment in moments]
        dim = len(records[0].x) if records else 0
        ends = np.array([[moment.low, moment.high] for moment in moments]).reshape(-1, 2)
        ends[~np.isfinite(ends)] = nan
        norm, validation = (
            np.array([record.more.get(name, nan) for record in records], dtype=float)
            for name in ("gradient_norm", VALIDATION)
        )
        return Course(
            np.array([record.t for record in records], dtype=np.int64),
            np.array([record.x for record in records], dtype=float).reshape(len(records), dim),
            np.array([record.score for record in records], dtype=float),
            ends[:, 0],
            ends[:, 1],
            norm,
            validation,
            unit,
        )
