"""What expressions are in each row of the data: as a table, and as rows in every format."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, TextIO

from adamcli.fields import Column, Kind, Layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adamcli.arrays import FloatArray
    from adamcli.report.column_files import ColumnFile
    from adamcli.report.formats import Format
    from adamcli.report.sinks import StreamSink

MOST_SHOWN = 20
"""Rows that a table has; of more only the first and the last half of so many are shown."""


class EvaluationLayout(Layout):
    """The columns of arrays (rows, ...) by title: `p`, or one for each entry of a row, `p[0]`.

    `arrays` are their values (rows,).
    """

    def __init__(self, found: Mapping[str, FloatArray]) -> None:
        places = [(title, place) for title in found for place in _places(found[title])]
        self.columns = [Column(t + _suffix(place), (t, *place), Kind.REAL) for t, place in places]
        self.arrays = [column for a in found.values() for column in a.reshape(len(a), -1).T]

    def write(self, path: str, form: Format) -> ColumnFile:
        """Return a file at `path` with the rows, which is still to be closed."""
        from adamcli.report.column_files import ColumnFile

        file = ColumnFile(path, form, self)
        file.write(self.arrays)
        return file

    def output(self, form: Format) -> StreamSink:
        """Return standard output, which can hold the rows; raises `UsageError` if it cannot."""
        from adamcli.report.sinks import StreamSink, data_output, standard_output

        if form.rows is None:
            return StreamSink(standard_output())
        return data_output([form.rows(self).header()], json=form.json)

    def show(self, form: Format, sink: StreamSink) -> None:
        """Write the rows to standard output: in a format of rows, or as a table."""
        from adamcli.report.column_files import write_text

        if form.rows is None:
            self._draw(sink.stream)
            return
        write_text(sink, form.rows(self), self.arrays)
        sink.close()

    def _draw(self, stream: TextIO) -> None:
        from adamcli.report.drawing import draw
        from adamcli.report.folding import fitted

        draw(self._cells, stream)
        rows = len(self.arrays[0])
        if rows > MOST_SHOWN:
            stream.write(fitted(f"{rows:,} rows; -o FILE.csv writes them all\n", stream))

    def _cells(self, digits: int) -> dict[str, list[str]]:
        return {
            name: _texts(array, digits) for name, array in zip(self.names, self.arrays, strict=True)
        }


def _texts(array: FloatArray, digits: int) -> list[str]:
    if len(array) <= MOST_SHOWN:
        return [f"{value:.{digits}g}" for value in array.tolist()]
    half = MOST_SHOWN // 2
    return [*_texts(array[:half], digits), "...", *_texts(array[-half:], digits)]


def _places(array: FloatArray) -> Iterator[tuple[int, ...]]:
    """Yield the place of every entry of a row."""
    return product(*map(range, array.shape[1:]))


def _suffix(place: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, place))}]" if place else ""
