"""The rows of a store as a sweep wrote them, without its config: what it says of its columns."""

from __future__ import annotations

import json
from functools import cached_property
from math import nan
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.fields import Column, Kind
from adamcli.sweeps.rows import AxisColumn, RunsLayout, axis_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.fields import Encoding, Path
    from adamcli.sweeps.plan import PlannedAxis
    from adamcli.sweeps.rows import RowLayout

    Records = Sequence[tuple[Any, ...]]


class StoredAxis(NamedTuple):
    """The values of an axis that are not numbers: as JSON has them, and as they are shown.

    SQLite would take true for 1. Each is that of `stride` runs before the next.
    """

    stride: int
    values: list[Any]
    texts: list[str]

    @classmethod
    def of(cls, axis: PlannedAxis) -> StoredAxis:
        """Return the values of an axis of a plan."""
        every = range(axis.values.size)
        plain, texts = ([*map(one, every)] for one in (axis.values.plain, axis.values.text))
        return cls(axis.stride, plain, texts)

    def places(self, runs: Sequence[int]) -> list[int]:
        """Return the index of the value of each of `runs`."""
        return [run // self.stride % len(self.values) for run in runs]


class StoredColumn(Column):
    """A column of a store; `axis` has its values if they are texts of an axis."""

    def __init__(self, name: str, path: Path, kind: Kind, axis: StoredAxis | None) -> None:
        super().__init__(name, path, kind)
        self.axis = axis

    def values(self, runs: Sequence[int], stored: Sequence[Any]) -> list[Any]:
        """Return the values of some runs, which SQLite has as `stored`."""
        if self.axis is not None:
            return [self.axis.values[i] for i in self.axis.places(runs)]
        if self.kind is Kind.REAL:
            return [nan if value is None else value for value in stored]
        return list(stored)

    def texts(self, runs: Sequence[int], stored: Sequence[Any], encoding: Encoding) -> list[str]:
        """Return the values of some runs as a text format writes them."""
        if self.axis is not None:
            pairs = zip(self.axis.texts, self.axis.values, strict=True)
            written = [axis_text(text, value, encoding) for text, value in pairs]
            return [written[i] for i in self.axis.places(runs)]
        values = self.values(runs, stored)
        return encoding.texts(values) if self.kind is Kind.TEXT else encoding.numbers(values)


class StoredLayout(RunsLayout):
    """The columns of the rows of a store, from what `described` has said of them."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def columns(self) -> Sequence[StoredColumn]:
        """All columns."""
        return [
            StoredColumn(name, tuple(path), Kind[kind], axis and StoredAxis(*axis))
            for name, path, kind, axis in json.loads(self._text)
        ]

    def refuse_wrong(self) -> None:
        """Raise `ValueError` or `TypeError` for columns that no sweep has."""
        for column in self.columns:
            if not isinstance(column.name, str) or not column.kind.arrow:
                raise ValueError(column.name)
            if column.axis is not None:
                stride, values, texts = column.axis
                whole = isinstance(stride, int) and stride > 0
                if not (whole and values and all(isinstance(text, str) for text in texts)):
                    raise ValueError(column.name)
                if len(values) != len(texts):
                    raise ValueError(column.name)

    def values(self, records: Records) -> list[list[Any]]:
        """Return the values of some rows, column by column."""
        runs, *_ = stored = list(zip(*records, strict=True))
        return [c.values(runs, own) for c, own in zip(self.columns, stored, strict=True)]

    def texts(self, records: Records, encoding: Encoding) -> list[list[str]]:
        """Return the values of some rows as a text format writes them, column by column."""
        runs, *_ = stored = list(zip(*records, strict=True))
        return [c.texts(runs, own, encoding) for c, own in zip(self.columns, stored, strict=True)]


def described(layout: RowLayout) -> str:
    """Return all that a store says of its columns."""
    columns = []
    for column in layout.columns:
        own = isinstance(column, AxisColumn) and column.kind is Kind.TEXT
        axis = StoredAxis.of(column.axis) if own and isinstance(column, AxisColumn) else None
        columns.append((column.name, column.path, column.kind.name, axis))
    return json.dumps(columns)
