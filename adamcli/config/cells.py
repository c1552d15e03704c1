"""Where the cells of a plan are in its text, so that what is wrong in one is shown there."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from adamcli.diagnostics import Excerpt, Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import IntArray


class CellPlaces(NamedTuple):
    """Where the values in a column of a plan are: their lines, counted from 1, and the column.

    Columns are counted from 0, and separated by a delimiter.
    """

    source: Source
    lines: IntArray
    column: int
    delimiter: str

    def at(self, i: int) -> Span:
        """Return the cell of value `i`, without the space around it."""
        return _trimmed(self.source, *self._ends(i))

    def excerpt(self, i: int) -> Excerpt:
        """Return the text of cell `i`."""
        start, end = self._ends(i)
        text = self.source.text[start:end]
        if not text.startswith('"'):
            return Excerpt(text, self.source, ((0, start),))
        # Inside quotes a doubled one stands for itself.
        inner = text[1:-1].split('""')
        starts, offset, place = [], 0, start + 1
        for part in inner:
            starts.append((offset, place))
            offset, place = offset + len(part) + 1, place + len(part) + 2
        return Excerpt('"'.join(inner), self.source, tuple(starts))

    def within(self, i: int) -> Callable[[Span], Span]:
        """Return what maps spans in the text of cell `i` to the file."""

        def place(span: Span) -> Span:
            return self.excerpt(i).span(span.start, span.end)

        return place

    def _ends(self, i: int) -> tuple[int, int]:
        start = _line_starts(self.source.text)[int(self.lines[i]) - 1]
        cell = _cell_pattern(self.delimiter)
        for _ in range(self.column):
            start = _end_of(cell, self.source.text, start) + 1
        return start, _end_of(cell, self.source.text, start)


def broken_cell(source: Source, line: int, delimiter: str) -> Span:
    """Return the first cell from a line on after which there is no other: its quotes are wrong."""
    start, cell = _line_starts(source.text)[line - 1], _cell_pattern(delimiter)
    while True:
        end = _end_of(cell, source.text, start)
        if not source.text.startswith(delimiter, end):
            return _trimmed(source, start, end)
        start = end + 1


def _trimmed(source: Source, start: int, end: int) -> Span:
    text = source.text[start:end]
    first = start + len(text) - len(text.lstrip()) if text.strip() else start
    return source.span(first, max(first + 1, start + len(text.rstrip())))


def _end_of(cell: re.Pattern[str], text: str, start: int) -> int:
    found = cell.match(text, start)
    assert found is not None
    return found.end()


@lru_cache(maxsize=4)
def _cell_pattern(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf'"[^"]*(?:""[^"]*)*"?|[^{delimiter}\n]*')


@lru_cache(maxsize=4)
def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]
