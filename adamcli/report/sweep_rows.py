"""The rows of a sweep as text: CSV, TSV and JSON lines, and as a Parquet file."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.errors import FileError, UsageError
from adamcli.files import part_of
from adamcli.sweeps.rows import STATUS_TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.report.sinks import Sink
    from adamcli.sweeps.plan import Column, Plan
    from adamcli.sweeps.rows import Rows, Table

MOST_KEPT = 1_000_000
"""Values of an axis whose texts are kept, so that each is written once."""


class _Texts:
    """The columns of rows as texts; floats have all their digits."""

    def __init__(self, table: Table, text_of: Callable[[str], str], missing: str | None) -> None:
        self._table, self._text_of, self._missing = table, text_of, missing
        self._kept: dict[str, list[str]] = {}

    def columns(self, rows: Rows) -> list[list[str]]:
        statuses = [self._text_of(text) for text in STATUS_TEXTS]
        return self._table.written(rows, self._parameter, _reprs, statuses, self._floats)

    def _floats(self, values: list[float]) -> list[str]:
        if self._missing is None or np.isfinite(values).all():
            return _reprs(values)
        return [repr(value) if isfinite(value) else self._missing for value in values]

    def _parameter(self, column: Column, runs: Any) -> list[str]:
        values = column.values
        places = column.places(runs).tolist()
        if values.size > MOST_KEPT:
            return [self._value(column, i) for i in places]
        kept = self._kept.get(column.key)
        if kept is None:
            kept = self._kept[column.key] = [self._value(column, i) for i in range(values.size)]
        return list(map(kept.__getitem__, places))

    def _value(self, column: Column, i: int) -> str:
        """Return a value; a number is one also beside texts."""
        text, plain = column.values.text(i), column.values.plain(i)
        return self._text_of(text) if isinstance(plain, str | bool | None) else text


def _reprs(values: Sequence[float]) -> list[str]:
    return list(map(repr, values))


class DelimitedRows:
    """A header, and a row a run with all digits; what is not finite is `nan`, `inf` or `-inf`."""

    def __init__(self, table: Table, delimiter: str) -> None:
        self._table, self._delimiter = table, delimiter
        self._quoted = partial(_cell, delimiter)
        self._texts = _Texts(table, self._quoted, None)

    def header(self) -> str:
        """Return the first line."""
        return self._delimiter.join(map(self._quoted, self._table.names)) + "\n"

    def __call__(self, rows: Rows) -> str:
        """Return the lines of some rows."""
        join = self._delimiter.join
        lines = map(join, zip(*self._texts.columns(rows), strict=True))
        return "\n".join([*lines, ""])


class JsonRows:
    """A JSON object a run; what is not finite is null."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._texts = _Texts(table, _json, "null")
        parameters = ", ".join(f"{_json(c.key)}: %s" for c in table.parameters)
        x = ", ".join(
            f"{_json(name)}: {_slots(slots)}"
            for name, slots in table.nested(["%s"] * len(table.coordinates)).items()
        )
        point = f'{{"score": %s, "x": {{{x}}}}}' if table.coordinates else '{"score": %s}'
        self._template = (
            f'{{"index": %s, "parameters": {{{parameters}}}, "seed": %s, "status": %s, "nit": %s, '
            f'"best": {point}, "last": {point}}}'
        )

    def header(self) -> str:
        """Return nothing."""
        return ""

    def __call__(self, rows: Rows) -> str:
        """Return the lines of some rows."""
        template = self._template
        lines = [template % cells for cells in zip(*self._texts.columns(rows), strict=True)]
        return "\n".join([*lines, ""])


def _slots(nested: Any) -> str:
    """Return the text of nested lists without quotes around their entries."""
    if isinstance(nested, list):
        return f"[{', '.join(map(_slots, nested))}]"
    return str(nested)


def _json(text: str) -> str:
    import json

    return json.dumps(text)


class TextOutput:
    """Rows as text into a file or a stream."""

    def __init__(self, rows_text: DelimitedRows | JsonRows, sink: Sink) -> None:
        self.encoder = rows_text
        self._sink = sink
        sink.write(rows_text.header())

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows."""
        self._sink.write(text)

    def close(self) -> None:
        """Make the file visible."""
        self._sink.close()

    def discard(self) -> None:
        """Leave no trace, as far as possible."""
        self._sink.discard()


class ParquetOutput:
    """Rows as a Parquet file, written beside its place and moved there when it is complete."""

    encoder = None

    def __init__(self, path: str, table: Table) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise UsageError(
                f"-o {path}: needs the package pyarrow\n  pip install 'adamcli[parquet]'"
            ) from None
        self._path, self._table, self._pa = path, table, pa
        self._part = part_of(path)
        types = {"integer": pa.int64(), "real": pa.float64(), "text": pa.string()}
        pairs = zip(table.names, table.kinds, strict=True)
        self._schema = pa.schema([(name, types[kind]) for name, kind in pairs])
        try:
            self._writer = pq.ParquetWriter(self._part, self._schema)
        except OSError as error:
            raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows."""
        assert rows is not None
        columns = [
            list(map(str, column)) if kind == "text" else column
            for column, kind in zip(self._table.columns(rows), self._table.kinds, strict=True)
        ]
        arrays = [
            self._pa.array(column, type=field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        try:
            self._writer.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema))
        except OSError as error:
            raise FileError(f"{self._path}: cannot be written: {error}") from None

    def close(self) -> None:
        """Put the complete file in its place."""
        try:
            self._writer.close()
            Path(self._part).replace(os.path.realpath(self._path))
        except OSError as error:
            self.discard()
            raise FileError(f"{self._path}: cannot be written: {error}") from None

    def discard(self) -> None:
        """Remove what was written."""
        with suppress(OSError):
            self._writer.close()
        with suppress(OSError):
            Path(self._part).unlink()


def plan_text(plan: Plan, delimiter: str) -> Iterator[str]:
    """Yield a plan as text, from which `--plan` reads it again: the keys, and a row a run."""
    cell = partial(_cell, delimiter)
    yield delimiter.join(map(cell, plan.keys)) + "\n"
    for first in range(0, plan.size, PLAN_ROWS):
        runs = np.arange(first, min(first + PLAN_ROWS, plan.size))
        columns = [[cell(c.values.text(i)) for i in c.places(runs).tolist()] for c in plan.columns]
        yield "\n".join([*map(delimiter.join, zip(*columns, strict=True)), ""])


PLAN_ROWS = 10_000


def _cell(delimiter: str, text: str) -> str:
    """Return a text as a cell, in quotes where it needs them."""
    if any(c in text for c in (delimiter, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text
