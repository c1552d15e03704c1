"""The help on a terminal of fewer columns than the 52 that the library can be content with."""

from __future__ import annotations

import sys
from typing import Any

ERROR = "Error: "
"""What the library writes before a message."""

MARGIN = 2

TERM_WIDTH = 6
"""Columns of terms that have their meaning beside them; below others it is indented by as many."""


def help_of(command: Any, context: Any) -> str:
    """Return the help of a command, which fits the terminal."""
    formatter = _formatter_for(context)
    command.format_help(context, formatter)
    return str(formatter.getvalue()).rstrip("\n")


def usage_of(command: Any, context: Any) -> str:
    """Return the usage of a command, which fits the terminal."""
    formatter = _formatter_for(context)
    command.format_usage(context, formatter)
    return str(formatter.getvalue()).rstrip("\n")


def message_of(error: Any) -> str:
    """Return what is wrong with a command line, folded after the word that stands before it."""
    from adamcli.report.folding import fitted

    message = str(error.format_message())
    return message if sys.stderr is None else fitted(ERROR + message, sys.stderr)[len(ERROR) :]


def _formatter_for(context: Any) -> Any:
    from shutil import get_terminal_size

    from adamcli.report.folding import LEAST

    formatter = context.make_formatter()
    room = get_terminal_size().columns - MARGIN
    if room >= formatter.width:
        return formatter
    formatter.width = max(room, LEAST)
    return _Narrow(formatter)


class _Narrow:
    """A formatter whose terms stand above what they mean, and not beside it."""

    def __init__(self, formatter: Any) -> None:
        self._formatter = formatter

    def write_dl(self, rows: Any, **_: Any) -> None:
        """Write terms and what they mean."""
        known = [(self._folded(term), meaning) for term, meaning in rows]
        self._formatter.write_dl(known, col_max=TERM_WIDTH)

    def _folded(self, term: str) -> str:
        from adamcli.report.folding import folded

        formatter = self._formatter
        lines = folded(term, formatter.width - formatter.current_indent).split("\n")
        return f"\n{' ' * formatter.current_indent}".join(line.strip() for line in lines)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._formatter, name)
