"""The columns that rows are written in: the index, what is varied, and what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.fields import ROW_FIELDS, Column, Kind, Layout, nested
from adamcli.sweeps.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from adamcli.fields import Encoding, Path
    from adamcli.objective.variables import Variables
    from adamcli.sweeps.plan import Plan, PlannedAxis

    Array = NDArray[Any]

MOST_KEPT = 1_000_000
"""Values of an axis whose texts are kept, so that each is written once."""


class RowColumn(Column):
    """A column of rows, whose values are those of a field of the rows.

    Of a point they are those of one `coordinate`; with `words` they are places of those.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        kind: Kind,
        field: str = "",
        coordinate: int | None = None,
        words: tuple[str, ...] = (),
    ) -> None:
        super().__init__(name, path, kind)
        self._field, self._coordinate, self._words = field or name, coordinate, words

    def array(self, rows: Rows) -> Array:
        """Return the values of some rows as an array."""
        found = rows.columns[self._field]
        found = found if self._coordinate is None else found[self._coordinate]
        return np.array(self._words)[found] if self._words else found

    def values(self, rows: Rows) -> list[Any]:
        """Return the values of some rows as Python's numbers and texts."""
        if self._words:
            return [self._words[code] for code in rows.columns[self._field].tolist()]
        found: list[Any] = self.array(rows).tolist()
        return found

    def texts(self, rows: Rows, encoding: Encoding) -> list[str]:
        """Return the values of some rows as a text format has them."""
        values = self.values(rows)
        return encoding.texts(values) if self.kind is Kind.TEXT else encoding.numbers(values)


class AxisColumn(RowColumn):
    """The values that an axis of the plan gives to runs."""

    def __init__(self, axis: PlannedAxis) -> None:
        kind = Kind.TEXT
        if axis.values.numbers is not None:
            kind = Kind.INTEGER if axis.values.whole else Kind.REAL
        super().__init__(axis.key, ("parameters", axis.key), kind)
        self._axis = axis
        self._kept: dict[Encoding, list[str]] = {}

    def array(self, rows: Rows) -> Array:
        """Return the values of some rows as an array; of objects where they are not all numbers."""
        numbers = self._axis.values.numbers
        if numbers is None:
            found = np.empty(len(rows.runs), dtype=object)
            found[:] = self.values(rows)
            return found
        taken = numbers[self._axis.places(rows.runs)]
        return taken.astype(np.int64) if self._axis.values.whole else taken

    def values(self, rows: Rows) -> list[Any]:
        """Return the values of some rows as Python's numbers and texts."""
        if self._axis.values.numbers is not None:
            found: list[Any] = self.array(rows).tolist()
            return found
        return [self._axis.values.plain(i) for i in self._axis.places(rows.runs).tolist()]

    def texts(self, rows: Rows, encoding: Encoding) -> list[str]:
        """Return the values of some rows as a text format has them."""
        places, size = self._axis.places(rows.runs).tolist(), self._axis.values.size
        if size > MOST_KEPT:
            return [self._text(i, encoding) for i in places]
        kept = self._kept.get(encoding)
        if kept is None:
            kept = self._kept[encoding] = [self._text(i, encoding) for i in range(size)]
        return list(map(kept.__getitem__, places))

    def _text(self, i: int, encoding: Encoding) -> str:
        """Return a value as text; a number is one also beside texts."""
        text, plain = self._axis.values.text(i), self._axis.values.plain(i)
        return encoding.text(text) if isinstance(plain, str | bool | None) else text


class RowLayout(Layout):
    """All columns of the rows of a plan, in their order.

    A key that is varied has a column of its name; `index` and `seed` are there in any case. The
    others are those of `ROW_FIELDS`, with a column for each of `coordinates` where a field is a
    point. `variables` are those of all runs, None if they differ.
    """

    def __init__(
        self,
        plan: Plan,
        coordinates: Sequence[str],
        variables: Variables | None = None,
        *,
        points: bool = True,
    ) -> None:
        self.points = points
        self._variables = variables
        self._coordinates = list(coordinates) if points else []
        self.columns: list[RowColumn] = [
            RowColumn("index", ("index",), Kind.INTEGER),
            *(AxisColumn(axis) for axis in plan.axes if axis.key != "seed"),
            RowColumn("seed", ("seed",), Kind.INTEGER),
        ]
        for field in ROW_FIELDS:
            path = tuple(field.name.split("."))
            if field.kind is Kind.POINT:
                parts = zip(self._coordinates, self._coordinate_paths(), strict=True)
                self.columns += [
                    RowColumn(f"{field.name}.{name}", (*path, *part), Kind.REAL, field.name, k)
                    for k, (name, part) in enumerate(parts)
                ]
            else:
                self.columns.append(RowColumn(field.name, path, field.kind, words=field.words))

    def record(self, rows: Rows, k: int) -> dict[str, Any]:
        """Return one of some rows in nested mappings."""
        row = rows.taken(np.array([k]))
        return self.nested([column.values(row)[0] for column in self.columns])

    def nested(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return a value for each column in nested mappings and lists."""
        index, *rest = zip((column.path for column in self.columns), values, strict=True)
        # They are there even if nothing but the seed is varied.
        return nested([index, (("parameters",), {}), *rest])

    def rows(self, named: Mapping[str, Sequence[Any]], messages: Mapping[int, str]) -> Rows:
        """Return rows whose values are given by the names of columns."""
        columns: dict[str, Array] = {
            name: np.array(named[name], dtype=np.int64) for name in ("index", "seed")
        }
        for field in ROW_FIELDS:
            if field.kind is Kind.POINT and self._coordinates:
                entries = [named[f"{field.name}.{name}"] for name in self._coordinates]
                columns[field.name] = np.array(entries, dtype=float)
            elif field.words:
                codes = {text: code for code, text in enumerate(field.words)}
                found = [codes[text] for text in named[field.name]]
                columns[field.name] = np.array(found, dtype=np.int8)
            elif field.kind is not Kind.POINT:
                dtype = float if field.kind is Kind.REAL else np.int64
                columns[field.name] = np.array(named[field.name], dtype=dtype)
        return Rows(columns, messages)

    def _coordinate_paths(self) -> list[Path]:
        """Return where each coordinate stands: in its variable, or by its name if runs differ."""
        if self._variables is None or not self._coordinates:
            return [(name,) for name in self._coordinates]
        return self._variables.coordinate_paths()
