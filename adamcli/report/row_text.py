"""Rows as text, one line each: delimited columns, and JSON objects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from adamcli.fields import Encoding, json_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.fields import Layout
    from adamcli.sweeps.rows import RowLayout, Rows


class RowText(Protocol):
    """A text format of rows; `encoding` writes the cells, and `lines` puts them together."""

    encoding: Encoding

    def header(self) -> str:
        """Return what comes before the first row."""

    def line(self, cells: Sequence[str]) -> str:
        """Return the line of one row."""

    def lines(self, columns: Sequence[Sequence[str]]) -> str:
        """Return the lines of some rows, from their cells column by column."""


class Delimited:
    """A header and delimited rows; numbers that are not finite are `nan`, `inf` or `-inf`."""

    def __init__(self, delimiter: str, layout: Layout) -> None:
        self._layout, self._delimiter = layout, delimiter
        self.encoding = Encoding(partial(cell_text, delimiter))

    def header(self) -> str:
        """Return the names of the columns."""
        return self._delimiter.join(map(self.encoding.text, self._layout.names)) + "\n"

    def line(self, cells: Sequence[str]) -> str:
        """Return the line of one row."""
        return self._delimiter.join(cells) + "\n"

    def lines(self, columns: Sequence[Sequence[str]]) -> str:
        """Return the lines of some rows, from their cells column by column."""
        return "\n".join([*map(self._delimiter.join, zip(*columns, strict=True)), ""])


class JsonLines:
    """One JSON object per row; numbers that are not finite are null."""

    encoding: Encoding

    def __init__(self, layout: Layout) -> None:
        self.encoding = Encoding(json_of, "null")
        slots = _slots(layout.nested(["%s"] * len(layout.columns)))
        self._template = slots + "\n"

    def header(self) -> str:
        """Return nothing."""
        return ""

    def line(self, cells: Sequence[str]) -> str:
        """Return the line of one row."""
        return self._template % tuple(cells)

    def lines(self, columns: Sequence[Sequence[str]]) -> str:
        """Return the lines of some rows, from their cells column by column."""
        template = self._template
        return "".join([template % cells for cells in zip(*columns, strict=True)])


class RowEncoder:
    """Turns rows of a sweep into text; workers call it, for it may take longer than the runs."""

    def __init__(self, layout: RowLayout, form: RowText) -> None:
        self._layout, self._form = layout, form

    def __call__(self, rows: Rows) -> str:
        """Return the lines of some rows."""
        encoding = self._form.encoding
        return self._form.lines([c.texts(rows, encoding) for c in self._layout.columns])


def cell_text(delimiter: str, text: str) -> str:
    """Return a text as a cell, in quotes where it needs them."""
    if any(c in text for c in (delimiter, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def _slots(value: Any) -> str:
    """Return nested mappings and lists as JSON whose texts are slots for cells."""
    if isinstance(value, dict):
        entries = (f"{json_of(key).replace('%', '%%')}: {_slots(v)}" for key, v in value.items())
        return f"{{{', '.join(entries)}}}"
    return f"[{', '.join(map(_slots, value))}]" if isinstance(value, list) else str(value)
