"""Tables: framed on a terminal, in bare aligned columns elsewhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TextIO

from adamcli.report.folding import fitted, wide
from adamcli.report.terminal import console, is_terminal, shown_on

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    Cells = dict[str, list[str]]

DIGITS = (10, 6, 4)
"""Significant digits of numbers, fewer if a table is wider than the terminal."""

MOST_NAMED = 4
"""Columns that there is no room for, of which more are only counted."""


def draw(
    make: Callable[[int], Cells],
    stream: TextIO,
    *,
    title: str | None = None,
    texts: bool = False,
    dispensable: Sequence[str] = (),
    vital: Sequence[str] = (),
    styles: Mapping[str, Callable[[str], str]] | None = None,
) -> None:
    """Draw a table on a terminal; into a pipe its rows are bare.

    `make` returns the cells of each column by its title, with numbers of a given number of digits.
    Numbers are flush right. A table of `texts` is flush left, and its cells are folded at their
    spaces. On a narrow terminal digits are dropped first, then the `dispensable` columns, then the
    others from the last one on, but never the first or the `vital` ones. What is left out is named
    below the table. `styles` maps titles to functions that return Rich's style for the text of a
    cell.
    """

    def shown(digits: int) -> Cells:
        return _shown(make(digits), stream)

    if not is_terminal(stream):
        _draw_bare(shown(DIGITS[0]), stream, texts=texts)
        return
    width = console(stream).width
    least = partial(_least_width, texts=texts)
    whole = _in_most_digits(shown, lambda columns: least(columns) <= width)
    columns = dict(whole)
    for name in _giving_way([*whole], dispensable, vital):
        if least(columns) > width:
            del columns[name]
    columns = _in_most_digits(shown, lambda columns: least(columns) <= width, columns)
    if least(columns) <= width:
        _draw_framed(columns, stream, title, texts=texts, styles=styles or {})
    else:
        # What Rich would draw without a frame.
        _draw_bare(columns, stream, texts=texts)
    missing = [name for name in whole if name not in columns]
    if missing:
        stream.write(fitted(f"no room for {_listed(missing)}\n", stream))


def _in_most_digits(
    make: Callable[[int], Cells], fits: Callable[[Cells], bool], names: Container[str] | None = None
) -> Cells:
    """Return the columns of some names, or all, in as many digits as fit, or else in the fewest."""
    for digits in DIGITS:
        columns = {k: cells for k, cells in make(digits).items() if names is None or k in names}
        if fits(columns):
            break
    return columns


def _giving_way(names: list[str], dispensable: Sequence[str], vital: Sequence[str]) -> list[str]:
    """Return the columns that may be left out, in their order."""
    first = [name for name in dispensable if name in names]
    return first + [n for n in reversed(names[1:]) if n not in {*vital, *first}]


def _listed(names: list[str]) -> str:
    """Return names in a list, of many only the first ones."""
    shown = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown


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
    screen = console(stream)
    if texts:
        for name, width in _text_widths(columns, screen.width).items():
            table.add_column(Text(name), overflow="fold", width=width)
    else:
        for name in columns:
            table.add_column(Text(name), justify="right", no_wrap=True)
    for row in zip(*columns.values(), strict=True):
        cells = zip(columns, row, strict=True)
        table.add_row(*(Text(c, styles[name](c) if name in styles else "") for name, c in cells))
    with screen.capture() as capture:
        screen.print(table, crop=False)
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


def _least_width(columns: Cells, texts: bool) -> int:
    """Return how wide a table is with its frame, where the cells of texts are folded."""
    width_of = _word_width if texts else _column_width
    return _framed_width([width_of(name, cells) for name, cells in columns.items()])


def _framed_width(widths: Sequence[int]) -> int:
    return sum(3 + width for width in widths) + 1


def _text_widths(columns: Cells, width: int) -> dict[str, int]:
    """Return the width of each column of texts: the first ones get what they want."""
    widths = {name: _word_width(name, cells) for name, cells in columns.items()}
    spare = width - _framed_width([*widths.values()])
    for name, cells in columns.items():
        more = min(spare, _column_width(name, cells) - widths[name])
        widths[name] += more
        spare -= more
    return widths


def _word_width(name: str, cells: list[str]) -> int:
    return max(wide(word) for text in (name, *cells) for word in text.split() or [""])


def _column_width(name: str, cells: list[str]) -> int:
    return max(map(wide, (name, *cells)))
