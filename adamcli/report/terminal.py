"""What a stream can show: frames and colours on a terminal, bare text elsewhere.

Text for people always reaches it: what its encoding lacks is escaped. Data are exact; for them see
`StreamSink`.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

ESCAPES = "backslashreplace"

USUAL = (80, 24)
"""The columns and lines of what is no terminal."""


def escape_what_is_lacking() -> None:
    """Let standard output and standard error show escapes for what their encodings lack."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=ESCAPES)


def shown_on(stream: TextIO, text: str) -> str:
    """Return lines of text as `stream` shows them to people, so that their width is known.

    Control characters are replaced, and what its encoding lacks is escaped.
    """
    from adamcli.diagnostics import harmless

    if not text.isprintable():
        text = harmless(text)
    if text.isascii():
        return text
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, ESCAPES).decode(encoding)


def is_terminal(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal that shows frames, and TERM is not dumb."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def has_colour(stream: TextIO) -> bool:
    """Return whether `stream` gets colours: a terminal does unless NO_COLOR is set.

    FORCE_COLOR, unless it is 0 or false, gives colours to any stream, but no frames.
    """
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR", "")
    return forced not in ("", "0", "false") or is_terminal(stream)


def size_of(stream: TextIO) -> tuple[int, int]:
    """Return the columns and lines; the variables COLUMNS and LINES come first."""
    known: tuple[int, ...] = USUAL
    if is_terminal(stream):
        with suppress(OSError, ValueError):
            known = tuple(os.get_terminal_size(stream.fileno()))
    given = (os.environ.get(name, "") for name in ("COLUMNS", "LINES"))
    # Some terminals say that they have no size at all.
    width, height = (
        (int(text) if text.isdigit() else 0) or size or usual
        for text, size, usual in zip(given, known, USUAL, strict=True)
    )
    return width, height


def console(stream: TextIO) -> Console:
    """Return a Rich console for `stream` that prints text as it is.

    Without colours there are no other styles either. If the encoding has no box characters, Rich
    draws frames in ASCII.
    """
    from rich.console import Console

    return Console(
        file=stream,
        force_terminal=is_terminal(stream) or has_colour(stream),
        color_system="auto" if has_colour(stream) else None,
        markup=False,
        emoji=False,
        highlight=False,
    )
