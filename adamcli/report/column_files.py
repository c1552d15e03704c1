"""Columns of numbers as rows, in files and on streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.arrays import FloatArray
    from adamcli.fields import Layout
    from adamcli.report.formats import Format
    from adamcli.report.row_text import RowText
    from adamcli.report.sinks import Closable, Sink

ROWS = 50_000
"""Rows that are written at a time: as text they take twenty times the memory of the arrays."""


def write_columns(path: str, form: Format, layout: Layout, columns: Sequence[FloatArray]) -> None:
    """Write columns, one for each of the layout, to the file at `path`, row by row."""
    from adamcli.report.sinks import FileSink, refuse_special

    if form.file is not None:
        refuse_special(path)
        file: Any = form.file(path, layout)
        _write_all(file, lambda: [file.add(part) for part in _parts(columns)])
        return
    assert form.rows is not None
    sink, rows = FileSink(path), form.rows(layout)
    _write_all(sink, lambda: write_text(sink, rows, columns))


def write_text(sink: Sink, rows: RowText, columns: Sequence[FloatArray]) -> None:
    """Write columns as text, header included."""
    sink.write(rows.header())
    for part in _parts(columns):
        sink.write(rows.lines([*map(rows.encoding.numbers, part)]))


def _write_all(file: Closable, write: Callable[[], object]) -> None:
    """Write a file that is complete or absent."""
    try:
        write()
    except BaseException:
        file.discard()
        raise
    file.close()


def _parts(columns: Sequence[FloatArray]) -> Iterator[list[list[float]]]:
    """Yield the values of some rows after the other, column by column."""
    for first in range(0, len(columns[0]), ROWS):
        yield [column[first : first + ROWS].tolist() for column in columns]
