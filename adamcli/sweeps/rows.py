"""The results of a sweep: one row per run, kept as columns, and the layout to write them in."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.fields import ROW_FIELDS, Column, Kind, Layout, nested

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adamcli.arrays import Array, IntArray
    from adamcli.fields import Encoding, Path
    from adamcli.objective.variables import Variables
    from adamcli.sweeps.plan import Plan, PlannedAxis


class Rows(NamedTuple):
    """The results of some runs: arrays by field name, with the runs on the last axis.

    `index` holds the numbers of the runs and `seed` their seeds; the others are `ROW_FIELDS`.
    Measures have one array each, as `best.validation`. Points have the shape (coordinates, runs),
    with NaN where a run lacks a variable; they are missing if only scores were kept. `messages`
    says, by run number, why runs failed.
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
    names = parts[0].columns
    columns = {n: np.concatenate([part.columns[n] for part in parts], axis=-1) for n in names}
    return Rows(columns, {run: text for part in parts for run, text in part.messages.items()})


def in_order(parts: Sequence[Rows], runs: IntArray) -> Rows:
    """Return the rows of all parts in the order of `runs`, each of which is in one part."""
    if len(parts) == 1:
        return parts[0]
    rows = joined(parts)
    rank = np.argsort(np.argsort(runs, kind="stable"), kind="stable")
    return rows.taken(np.argsort(rows.runs, kind="stable")[rank])._replace(messages=rows.messages)


class RowColumn(Column):
    """A column of rows that holds a field of them, or one `coordinate` of a point.

    With `words`, the values of the field are indices into them.
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

    @property
    def example(self) -> Any:
        """A value as JSON has it."""
        return "" if self.kind is Kind.TEXT else 0

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
        """Return the values of some rows as a text format writes them."""
        if self._words:
            written = encoding.texts(self._words)
            return [written[code] for code in rows.columns[self._field].tolist()]
        values = self.values(rows)
        return encoding.texts(values) if self.kind is Kind.TEXT else encoding.numbers(values)


class AxisColumn(RowColumn):
    """A column that holds the values of an `axis` of the plan."""

    def __init__(self, axis: PlannedAxis) -> None:
        number = Kind.INTEGER if axis.values.whole else Kind.REAL
        kind = Kind.TEXT if axis.values.numbers is None else number
        super().__init__(axis.key, ("parameters", axis.key), kind)
        self.axis = axis
        self._kept: dict[Encoding, list[str]] = {}

    @property
    def example(self) -> Any:
        """A value as JSON has it."""
        return self.axis.example

    def array(self, rows: Rows) -> Array:
        """Return the values of some rows as an array, of objects unless all are numbers."""
        numbers = self.axis.values.numbers
        if numbers is None:
            found = np.empty(len(rows.runs), dtype=object)
            found[:] = self.values(rows)
            return found
        taken = numbers[self.axis.places(rows.runs)]
        return taken.astype(np.int64) if self.axis.values.whole else taken

    def values(self, rows: Rows) -> list[Any]:
        """Return the values of some rows as Python's numbers and texts."""
        if self.axis.values.numbers is not None:
            return super().values(rows)
        return [self.axis.values.plain(i) for i in self.axis.places(rows.runs).tolist()]

    def texts(self, rows: Rows, encoding: Encoding) -> list[str]:
        """Return the values of some rows as a text format writes them."""
        places, size = self.axis.places(rows.runs).tolist(), self.axis.values.size
        if size > 1_000_000:
            return [self._text(i, encoding) for i in places]
        # Each value is written only once.
        if encoding not in self._kept:
            self._kept[encoding] = [self._text(i, encoding) for i in range(size)]
        return list(map(self._kept[encoding].__getitem__, places))

    def _text(self, i: int, encoding: Encoding) -> str:
        """Return a value as text; a number remains one, even among texts."""
        return axis_text(self.axis.values.text(i), self.axis.values.plain(i), encoding)


def axis_text(text: str, plain: Any, encoding: Encoding) -> str:
    """Return the `text` of a value of an axis that is not all numbers, as a text format has it."""
    return encoding.text(text) if isinstance(plain, str | bool | None) else text


class RunsLayout(Layout):
    """Columns of runs, of which the first has their numbers."""

    def nested(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return one value per column in nested mappings and lists."""
        index, *rest = zip((column.path for column in self.columns), values, strict=True)
        # Parameters are there even if only the seed is varied.
        return nested([index, (("parameters",), {}), *rest])


class RowLayout(RunsLayout):
    """The columns of the rows of a plan, in order: `index`, one per axis, `seed`, `ROW_FIELDS`.

    A point has one column per name in `coordinates`, and `measures` one each. `variables` are those
    of all runs, None if they differ between runs.
    """

    def __init__(
        self,
        plan: Plan,
        coordinates: Sequence[str],
        variables: Variables | None,
        measures: Sequence[str] = (),
        *,
        points: bool,
    ) -> None:
        self.points, self._measures = points, measures
        self._coordinates = coordinates if points else ()
        self._variables, self._axes = variables, plan.axes

    @cached_property
    def columns(self) -> list[RowColumn]:
        """All columns, which are made when they are asked for: there may be millions."""
        # Coordinates are nested in their variables, unless these differ between runs.
        paths: Sequence[Path] = [(name,) for name in self._coordinates]
        if self._variables is not None and self.points:
            paths = self._variables.coordinate_paths()
        columns: list[RowColumn] = [
            RowColumn("index", ("index",), Kind.INTEGER),
            *(AxisColumn(axis) for axis in self._axes if axis.key != "seed"),
            RowColumn("seed", ("seed",), Kind.INTEGER),
        ]
        for field in ROW_FIELDS:
            path = tuple(field.name.split("."))
            if field.kind is Kind.POINT:
                parts = zip(self._coordinates, paths, strict=True)
                columns += [
                    RowColumn(f"{field.name}.{name}", (*path, *part), Kind.REAL, field.name, k)
                    for k, (name, part) in enumerate(parts)
                ]
            elif field.kind is Kind.MEASURES:
                columns += [
                    RowColumn(f"{field.name}.{name}", (*path, name), Kind.REAL)
                    for name in self._measures
                ]
            else:
                columns.append(RowColumn(field.name, path, field.kind, words=field.words))
        return columns

    def record(self, rows: Rows, k: int) -> dict[str, Any]:
        """Return row `k` of some rows in nested mappings."""
        row = rows.taken(np.array([k]))
        return self.nested([column.values(row)[0] for column in self.columns])

    def rows(self, named: Mapping[str, Sequence[Any]], messages: Mapping[int, str]) -> Rows:
        """Return the rows whose values are given by column name."""
        runs, seeds = (np.array(named[name], dtype=np.int64) for name in ("index", "seed"))
        columns: dict[str, Array] = {"index": runs, "seed": seeds}
        for field in ROW_FIELDS:
            if field.kind is Kind.POINT:
                if self.points:
                    entries = [named[f"{field.name}.{name}"] for name in self._coordinates]
                    columns[field.name] = np.array(entries, dtype=float)
            elif field.kind is Kind.MEASURES:
                for name in (f"{field.name}.{measure}" for measure in self._measures):
                    columns[name] = np.array(named[name], dtype=float)
            elif field.words:
                codes = [field.words.index(text) for text in named[field.name]]
                columns[field.name] = np.array(codes, dtype=np.int8)
            else:
                dtype = float if field.kind is Kind.REAL else np.int64
                columns[field.name] = np.array(named[field.name], dtype=dtype)
        return Rows(columns, messages)
