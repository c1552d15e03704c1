"""The results of a sweep: one row a run, kept as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.fields import ROW_FIELDS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from adamcli.optimizer.result import BatchResult

    IntArray = NDArray[np.int64]
    Array = NDArray[Any]


class Rows(NamedTuple):
    """What became of some runs: arrays by the names of fields, with the runs on the last axis.

    `index` holds the numbers of the runs and `seed` their seeds; the others are those of
    `ROW_FIELDS`. Points have the shape (coordinates, runs), with NaN where a run has no such
    variable; they are missing where only scores were asked for. `messages` tells by the number of a
    run why it failed.
    """

    columns: Mapping[str, Array]
    messages: Mapping[int, str]

    @property
    def runs(self) -> IntArray:
        """The numbers of the runs."""
        return self.columns["index"]

    @property
    def has_points(self) -> bool:
        """Whether it is known where the scores were."""
        return all(field.name in self.columns for field in POINT_FIELDS)

    def taken(self, places: IntArray) -> Rows:
        """Return the rows at some places, without their messages."""
        return Rows({name: array[..., places] for name, array in self.columns.items()}, {})


POINT_FIELDS = tuple(field for field in ROW_FIELDS if field.kind is Kind.POINT)


def rows_of(
    runs: IntArray,
    seeds: IntArray,
    batch: BatchResult,
    messages: Mapping[int, str],
    place: Callable[[Array], Array] | None,
) -> Rows:
    """Return the outcome of a batch as rows; `place` puts points into the rows, None leaves out."""
    columns: dict[str, Array] = {"index": runs, "seed": seeds}
    for field in ROW_FIELDS:
        if field.kind is not Kind.POINT:
            columns[field.name] = field.of(batch)
        elif place is not None:
            columns[field.name] = place(field.of(batch))
    return Rows(columns, messages)


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts, one behind the other."""
    if len(parts) == 1:
        return parts[0]
    columns = {
        name: np.concatenate([part.columns[name] for part in parts], axis=-1)
        for name in parts[0].columns
    }
    return Rows(columns, {run: text for part in parts for run, text in part.messages.items()})


def in_order(parts: Sequence[Rows], runs: IntArray) -> Rows:
    """Return the rows of all parts in the order of `runs`, each of which is in one of them."""
    if len(parts) == 1:
        return parts[0]
    rows = joined(parts)
    rank = np.argsort(np.argsort(runs, kind="stable"), kind="stable")
    return rows.taken(np.argsort(rows.runs, kind="stable")[rank])._replace(messages=rows.messages)
