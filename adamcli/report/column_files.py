"""Columns as rows, in files and on streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from adamcli.arrays import FloatArray
    from adamcli.fields import Encoding, Layout
    from adamcli.report.formats import Format
    from adamcli.report.row_text import RowText
    from adamcli.report.sinks import Closable, Sink

Part = TypeVar("Part")

ROWS = 50_000
"""Rows that are written at a time: as text they take twenty times the memory of the arrays."""


def write_parts(
    path: str,
    form: Format,
    layout: Layout,
    parts: Iterable[Part],
    values: Callable[[Part], Sequence[Sequence[Any]]],
    texts: Callable[[Part, Encoding], Sequence[Sequence[str]]],
) -> None:
    """Write rows, some at a time, to the file at `path`, which is complete or absent.

    Column by column, `values` has those of a part for a file of their own kind, and `texts` what a
    text format writes.
    """
    from adamcli.report.sinks import FileSink, refuse_special

    if form.file is not None:
        refuse_special(path)
        file: Any = form.file(path, layout)
        _write_all(file, lambda: [file.add(values(part)) for part in parts])
        return
    assert form.rows is not None
    sink, rows = FileSink(path), form.rows(layout)
    _write_all(sink, lambda: _write_text(sink, rows, parts, texts))


def _write_all(file: Closable, write: Callable[[], object]) -> None:
    """Write a file that is complete or absent."""
    try:
        write()
    except BaseException:
        file.discard()
        raise
    file.close()


def _write_text(
    sink: Sink,
    rows: RowText,
    parts: Iterable[Part],
    texts: Callable[[Part, Encoding], Sequence[Sequence[str]]],
) -> None:
    sink.write(rows.header())
    for part in parts:
        sink.write(rows.lines(texts(part, rows.encoding)))


def write_columns(path: str, form: Format, layout: Layout, columns: Sequence[FloatArray]) -> None:
    """Write columns of numbers, one for each of the layout, to the file at `path`."""
    write_parts(path, form, layout, _parts(columns), lambda part: part, _as_texts)


def write_text(sink: Sink, rows: RowText, columns: Sequence[FloatArray]) -> None:
    """Write columns of numbers as text, header included."""
    _write_text(sink, rows, _parts(columns), _as_texts)


def _as_texts(part: list[list[float]], encoding: Encoding) -> list[list[str]]:
    return [*map(encoding.numbers, part)]


def _parts(columns: Sequence[FloatArray]) -> Iterator[list[list[float]]]:
    """Yield the values of some rows after the other, column by column."""
    for first in range(0, len(columns[0]), ROWS):
        yield [column[first : first + ROWS].tolist() for column in columns]
