"""Columns as rows, in files and on streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from adamcli.arrays import FloatArray
    from adamcli.fields import Encoding, Layout
    from adamcli.report.formats import Format
    from adamcli.report.row_text import RowText
    from adamcli.report.sinks import Sink

Part = TypeVar("Part")

ROWS = 50_000
"""Rows that are written at a time: as text they take twenty times the memory of the arrays."""


class ColumnFile:
    """A file of rows, in the format of its extension, which is complete or absent.

    Raises `FileError` if it cannot be opened.
    """

    def __init__(self, path: str, form: Format, layout: Layout) -> None:
        from adamcli.report.sinks import FileSink, refuse_special

        self._rows: RowText | None = None
        if form.file is not None:
            refuse_special(path)
            self._file: Any = form.file(path, layout)
        else:
            assert form.rows is not None
            self._file, self._rows = FileSink(path), form.rows(layout)
        file = self._file
        self.finish, self.close, self.discard = file.finish, file.close, file.discard

    def write_parts(
        self,
        parts: Iterable[Part],
        values: Callable[[Part], Sequence[Sequence[Any]]],
        texts: Callable[[Part, Encoding], Sequence[Sequence[str]]],
    ) -> None:
        """Write rows, some at a time.

        Column by column, `values` has those of a part for a file of their own kind, and `texts`
        what a text format writes.
        """
        try:
            if self._rows is not None:
                _write_text(self._file, self._rows, parts, texts)
            else:
                for part in parts:
                    self._file.add(values(part))
        except BaseException:
            self.discard()
            raise

    def write(self, columns: Sequence[FloatArray]) -> None:
        """Write columns of numbers, one for each of the layout."""
        self.write_parts(_parts(columns), lambda part: part, _as_texts)


def _write_text(
    sink: Sink,
    rows: RowText,
    parts: Iterable[Part],
    texts: Callable[[Part, Encoding], Sequence[Sequence[str]]],
) -> None:
    sink.write(rows.header())
    for part in parts:
        sink.write(rows.lines(texts(part, rows.encoding)))


def write_text(sink: Sink, rows: RowText, columns: Sequence[FloatArray]) -> None:
    """Write columns of numbers as text, header included."""
    _write_text(sink, rows, _parts(columns), _as_texts)


def _as_texts(part: list[list[float]], encoding: Encoding) -> list[list[str]]:
    return [*map(encoding.numbers, part)]


def _parts(columns: Sequence[FloatArray]) -> Iterator[list[list[float]]]:
    """Yield the values of some rows after the other, column by column."""
    for first in range(0, len(columns[0]), ROWS):
        yield [column[first : first + ROWS].tolist() for column in columns]
