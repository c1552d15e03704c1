"""Tables: framed on a terminal, in bare aligned columns elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from adamcli.report.terminal import console, is_terminal, shown_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Cells = dict[str, list[str]]

DIGITS = (10, 6, 4)
"""Significant digits of numbers, fewer if a table is wider than the terminal."""


def draw(
    make: Callable[[int], Cells],
    stream: TextIO,
    *,
    title: str | None = None,
    texts: bool = False,
    dispensable: Sequence[str] = (),
    styles: Mapping[str, Callable[[str], str]] | None = None,
) -> None:
    """Draw a table on a terminal; into a pipe its rows are bare.

    `make` returns the cells of each column by its title, with numbers of a given number of digits.
    Numbers are flush right; on a narrow terminal digits are dropped first, then the `dispensable`
    columns, then the frame. A table of `texts` is flush left, and its cells are folded. `styles`
    maps titles to functions that return Rich's style for the text of a cell.
    """
    columns, width = _shown(make(DIGITS[0]), stream), None
    if is_terminal(stream):
        width = console(stream).width
        for digits in DIGITS[1:] if not texts else ():
            columns = columns if _width(columns) <= width else _shown(make(digits), stream)
        for name in dispensable:
            if _width(columns) > width:
                columns.pop(name, None)
    if width is not None and (texts or _width(columns) <= width):
        _draw_framed(columns, stream, title, texts=texts, styles=styles or {})
    else:
        # What Rich would draw without a frame; loading Rich takes longer than many sweeps.
        _draw_bare(columns, stream, texts=texts)


def _draw_framed(
    columns: Cells,
    stream: TextIO,
    title: str | None,
    *,
    texts: bool,
    styles: Mapping[str, Callable[[str], str]],
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ROUNDED, title=title, header_style="bold")
    for name in columns:
        if texts:
            table.add_column(Text(name), overflow="fold")
        else:
            table.add_column(Text(name), justify="right", no_wrap=True)
    for row in zip(*columns.values(), strict=True):
        cells = zip(columns, row, strict=True)
        table.add_row(*(Text(c, styles[name](c) if name in styles else "") for name, c in cells))
    screen = console(stream)
    with screen.capture() as capture:
        screen.print(table, crop=False, no_wrap=not texts)
    stream.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def _draw_bare(columns: Cells, stream: TextIO, *, texts: bool) -> None:
    side, gap = ("<", "  ") if texts else (">", "    ")
    padded = (
        [f"{cell:{side}{_column_width(name, cells)}}" for cell in (name, *cells)]
        for name, cells in columns.items()
    )
    for row in zip(*padded, strict=True):
        stream.write(gap.join(row).rstrip() + "\n")


def _shown(columns: Cells, stream: TextIO) -> Cells:
    """Return cells as the stream can show them, each on one line."""
    return {
        _cell(name, stream): [_cell(c, stream) for c in cells] for name, cells in columns.items()
    }


def _cell(text: str, stream: TextIO) -> str:
    return shown_on(stream, text.replace("\n", " "))


def _width(columns: Cells) -> int:
    """Return how wide a table is with its frame."""
    return sum(3 + _column_width(name, cells) for name, cells in columns.items()) + 1


def _column_width(name: str, cells: list[str]) -> int:
    return max(map(len, (name, *cells)))
