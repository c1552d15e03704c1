"""What a stream can show: frames and colours on a terminal, bare text elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console


def is_terminal(stream: TextIO) -> bool:
    """Return whether `stream` shows frames and colours.

    That is a terminal whose TERM is not dumb. FORCE_COLOR makes any stream count as one.
    """
    if os.environ.get("TERM") in ("dumb", "unknown"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def console(stream: TextIO) -> Console:
    """Return a Rich console for `stream` that takes the user's text as it is.

    With NO_COLOR it uses neither colours nor other styles. Where the encoding has no box characters
    Rich draws frames in ASCII.
    """
    from rich.console import Console

    return Console(
        file=stream,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        markup=False,
        emoji=False,
        highlight=False,
    )
