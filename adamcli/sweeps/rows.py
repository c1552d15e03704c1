"""The results of a sweep: one row per run, kept as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adamcli.arrays import Array, IntArray


class Rows(NamedTuple):
    """The results of some runs: arrays by field name, with the runs on the last axis.

    `index` holds the numbers of the runs and `seed` their seeds; the others are `ROW_FIELDS`.
    Points have the shape (coordinates, runs), with NaN where a run lacks a variable; they are
    missing if only scores were kept. `messages` says, by run number, why runs failed.
    """

    columns: Mapping[str, Array]
    messages: Mapping[int, str]

    @property
    def runs(self) -> IntArray:
        """The numbers of the runs."""
        return self.columns["index"]

    @property
    def has_points(self) -> bool:
        """Whether the points were kept along with the scores."""
        return "best.x" in self.columns

    def taken(self, places: IntArray) -> Rows:
        """Return the rows at some places, without their messages."""
        return Rows({name: array[..., places] for name, array in self.columns.items()}, {})


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    columns = {
        name: np.concatenate([part.columns[name] for part in parts], axis=-1)
        for name in parts[0].columns
    }
    return Rows(columns, {run: text for part in parts for run, text in part.messages.items()})


def in_order(parts: Sequence[Rows], runs: IntArray) -> Rows:
    """Return the rows of all parts in the order of `runs`, each of which is in one part."""
    if len(parts) == 1:
        return parts[0]
    rows = joined(parts)
    rank = np.argsort(np.argsort(runs, kind="stable"), kind="stable")
    return rows.taken(np.argsort(rows.runs, kind="stable")[rank])._replace(messages=rows.messages)
