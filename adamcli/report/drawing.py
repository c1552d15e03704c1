"""Tables: framed on a terminal, in bare aligned columns elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from adamcli.report.terminal import console, is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Rows = list[list[str]]

DIGITS = (10, 6, 4)
"""Significant digits of numbers, fewer if a table is wider than the terminal."""


def draw(
    make: Callable[[int], Rows],
    stream: TextIO,
    *,
    title: str | None = None,
    texts: bool = False,
    dispensable: Sequence[str] = (),
    styles: Mapping[str, Callable[[str], str]] | None = None,
) -> None:
    """Draw a table whose first row has the titles; into a pipe its rows are bare.

    `make` returns the rows, with numbers of a given number of digits. Numbers are flush right; on a
    narrow terminal digits are dropped first, then the `dispensable` columns, then the frame. A
    table of `texts` is flush left, and its cells are folded. `styles` maps columns to functions
    that return Rich's style for the text of a cell.
    """
    if not is_terminal(stream):
        # What Rich would draw without a frame; loading Rich takes longer than many sweeps.
        _draw_bare(make(DIGITS[0]), stream, texts=texts)
        return
    width = console(stream).width
    rows = make(DIGITS[0]) if texts else _fitted(make, width, dispensable)
    if not texts and _width(rows) > width:
        _draw_bare(rows, stream, texts=texts)
    else:
        _draw_framed(rows, stream, title, texts=texts, styles=styles or {})


def _fitted(make: Callable[[int], Rows], width: int, dispensable: Sequence[str]) -> Rows:
    """Return the rows with as many digits and columns as fit into `width`."""
    rows = make(DIGITS[0])
    for digits in DIGITS[1:]:
        rows = rows if _width(rows) <= width else make(digits)
    for name in dispensable:
        if _width(rows) > width and name in rows[0]:
            place = rows[0].index(name)
            rows = [row[:place] + row[place + 1 :] for row in rows]
    return rows


def _draw_framed(
    rows: Rows,
    stream: TextIO,
    title: str | None,
    *,
    texts: bool,
    styles: Mapping[str, Callable[[str], str]],
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    screen, titles = console(stream), rows[0]
    table = Table(box=box.ROUNDED, title=title, header_style="bold")
    for name in titles:
        if texts:
            table.add_column(Text(name), overflow="fold")
        else:
            table.add_column(Text(name), justify="right", no_wrap=True)
    for row in rows[1:]:
        cells = zip(titles, row, strict=True)
        table.add_row(*(Text(c, styles[name](c) if name in styles else "") for name, c in cells))
    with screen.capture() as capture:
        screen.print(table, crop=False, no_wrap=not texts)
    stream.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def _draw_bare(rows: Rows, stream: TextIO, *, texts: bool) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    side, gap = ("<", "  ") if texts else (">", "    ")
    for row in rows:
        padded = (f"{cell:{side}{width}}" for cell, width in zip(row, widths, strict=True))
        stream.write(gap.join(padded).rstrip() + "\n")


def _width(rows: Rows) -> int:
    """Return how wide a table is with its frame."""
    return sum(3 + max(map(len, column)) for column in zip(*rows, strict=True)) + 1
