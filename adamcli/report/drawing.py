"""Tables: framed on a terminal, in bare aligned columns elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from adamcli.report.folding import fitted
from adamcli.report.terminal import console, is_terminal, shown_on
from adamcli.widths import columns as columns_in
from adamcli.widths import padded

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
    dispensable: Sequence[str | tuple[str, ...]] = (),
    vital: Sequence[str] = (),
    styles: Mapping[str, Callable[[str], str]] | None = None,
) -> None:
    """Draw a table on a terminal; into a pipe its rows are bare.

    `make` returns the cells of each column by its title, with numbers of a given number of digits.
    Numbers are flush right. A table of `texts` is flush left, and its cells are folded at their
    spaces. On a narrow terminal digits are dropped first, then the `dispensable` columns, of which
    several may belong together, then the others from the last one on, but never the first or the
    `vital` ones. What is left out is named below the table. `styles` maps titles to functions that
    return Rich's style for the text of a cell.
    """

    def shown(digits: int) -> Cells:
        return _shown(make(digits), stream)

    if not is_terminal(stream):
        _draw_bare(shown(DIGITS[0]), stream, texts=texts)
        return
    width, whole = console(stream).width, list(shown(DIGITS[0]))
    giving_way = _giving_way(whole, dispensable, vital)
    columns = _fitting(shown, width, giving_way, texts=texts)
    if _least_width(columns, texts) <= width:
        _draw_framed(columns, stream, title, texts=texts, styles=styles or {})
    else:
        # What Rich would draw without a frame.
        _draw_bare(columns, stream, texts=texts)
    missing = [name for name in whole if name not in columns]
    if missing:
        stream.write(fitted(f"no room for {_listed(missing)}\n", stream))


def _giving_way(
    names: list[str], dispensable: Sequence[str | tuple[str, ...]], vital: Sequence[str]
) -> list[tuple[str, ...]]:
    """Return the columns that may be left out, in their order; some only together."""
    named = [(group,) if isinstance(group, str) else group for group in dispensable]
    first = [group for group in named if set(group) <= set(names)]
    kept = {*vital, *(name for group in first for name in group)}
    return first + [(name,) for name in reversed(names[1:]) if name not in kept]


def _fitting(
    make: Callable[[int], Cells], width: int, giving_way: Sequence[tuple[str, ...]], *, texts: bool
) -> Cells:
    """Return the columns that fit, in as many digits as fit with them."""

    def in_most_digits(left_out: Container[str]) -> Cells:
        for digits in DIGITS:
            columns = {name: c for name, c in make(digits).items() if name not in left_out}
            if _least_width(columns, texts) <= width:
                break
        return columns

    columns, left_out = in_most_digits(()), set[str]()
    total = _least_width(columns, texts)
    for group in giving_way:
        if total > width:
            total -= _least_width({name: columns[name] for name in group}, texts) - 1
            left_out |= set(group)
    return in_most_digits(left_out) if left_out else columns


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
    gap = "  " if texts else "    "
    aligned = (
        [padded(cell, _column_width(name, cells), right=not texts) for cell in (name, *cells)]
        for name, cells in columns.items()
    )
    for row in zip(*aligned, strict=True):
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
    return max(columns_in(word) for text in (name, *cells) for word in text.split() or [""])


def _column_width(name: str, cells: list[str]) -> int:
    return max(map(columns_in, (name, *cells)))
