"""Text folded at its spaces to the width of a terminal, so that no word and no number is broken."""

from __future__ import annotations

import re
from collections import deque
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, TextIO

from adamcli.diagnostics import pointed
from adamcli.report.terminal import is_terminal, shown_on, size_of
from adamcli.widths import columns

if TYPE_CHECKING:
    from collections.abc import Iterator

HANG = 2
"""How much further than its first line the others of a paragraph are indented."""

LEAST = 20
"""Columns of a terminal below which folding would leave a word a line."""

INDENT = "    "
"""What stands before the lines that an error quotes."""

_CARETS = re.compile(r" {4,}(\^+)")

_GAP = re.compile(r"(?<=\S) +")


def fitted(text: str, stream: TextIO) -> str:
    """Return a text for people as `stream` shows it, folded if it is a terminal."""
    text = shown_on(stream, text)
    return folded(text, max(size_of(stream)[0], LEAST)) if is_terminal(stream) else text


def folded(text: str, width: int) -> str:
    """Return a text whose lines are at most so wide; a word that is wider stays whole.

    Of a line that has carets below it the part around them is shown.
    """
    lines, shown = deque(text.split("\n")), list[str]()
    while lines:
        line = lines.popleft()
        carets = _CARETS.fullmatch(lines[0]) if lines and line.startswith(INDENT) else None
        if carets is not None:
            shown += _cut(line, carets, width)
            lines.popleft()
        else:
            shown += _folded(line, width)
    return "\n".join(shown)


def _cut(line: str, carets: re.Match[str], width: int) -> list[str]:
    """Return a line and the carets below it, or what fits around the first caret."""
    if columns(line) <= width:
        return [line, carets[0]]
    first, last = carets.span(1)
    # Two characters are for the signs that something is missing.
    room = max(1, width - len(INDENT) - 2)
    cut = pointed(line[len(INDENT) :], first - len(INDENT), last - first, room)
    return [INDENT + part for part in cut]


def _folded(line: str, width: int) -> Iterator[str]:
    """Yield the lines of one line; what follows the first is indented by `HANG` more."""
    indent = " " * (len(line) - len(line.lstrip()) + HANG)
    line = line.rstrip(" ")
    while columns(line) > width:
        # The last gap between words that begins where there still is room, or else the first.
        room = _fitting(line, width)
        gaps = [*_GAP.finditer(line, 0, room + 1)]
        gap = gaps[-1] if gaps else _GAP.search(line, room)
        if gap is None:
            break
        yield line[: gap.start()]
        line = indent + line[gap.start() :].lstrip(" ")
    yield line


def _fitting(text: str, width: int) -> int:
    """Return how many characters of the beginning of a text fit."""
    if text.isascii():
        return width
    taken = accumulate(map(columns, text))
    return sum(1 for _ in takewhile(lambda some: some <= width, taken))
