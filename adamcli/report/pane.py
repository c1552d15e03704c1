"""The lines of a run at the bottom of a terminal, redrawn in place, which leave nothing behind."""

from __future__ import annotations

import sys
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Any, TextIO, cast

from adamcli.report.pager import is_taken
from adamcli.report.terminal import console

if TYPE_CHECKING:
    from adamcli.report.progress import View


class Pane:
    """Lines that one thread draws, and that give way to what others write to the terminal.

    While it is open, `sys.stdout` and `sys.stderr` lead through the pane if they are its stream.
    The `Live` of Rich would draw the lines again after every line that an objective prints, which
    takes longer than most objectives; here they come back when they are next drawn.
    """

    def __init__(self, stream: TextIO, view: View) -> None:
        self.view = view
        self._stream, self._screen = stream, console(stream)
        # The handler of a signal may write while its thread does.
        self._lock = RLock()
        self._height = 0
        self._in_line = False
        self._names: list[str] = []

    def open(self) -> None:
        """Let what others write go through the pane."""
        self._names = [name for name in ("stdout", "stderr") if getattr(sys, name) is self._stream]
        for name in self._names:
            setattr(sys, name, cast("TextIO", self))

    def close(self) -> None:
        """Erase the lines, and let others write to the stream again."""
        for name in self._names:
            if getattr(sys, name) is self:
                setattr(sys, name, self._stream)
        with self._lock, suppress(OSError):
            self._erase()

    def draw(self) -> None:
        """Show the lines as they are now, unless something else is in the middle of a line.

        Over a pager nothing is shown.
        """
        if is_taken(self._stream):
            return
        screen = self._screen
        text = self.view.text(screen.width, ascii_only=screen.options.ascii_only)
        # The screen writes all at once when it is left.
        with self._lock, screen:
            self._erase()
            if not self._in_line:
                # The cursor stays below, where the echo of Ctrl-C moves no line.
                screen.print(text, no_wrap=True, overflow="crop")
                self._height = text.plain.count("\n") + 1

    def write(self, text: str) -> int:
        """Write something else, above the lines."""
        with self._lock:
            self._erase()
            self._in_line = not text.endswith("\n") if text else self._in_line
            return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _erase(self) -> None:
        if self._height:
            from rich.control import Control
            from rich.segment import ControlType

            erase = (ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))
            up = (ControlType.CURSOR_UP, 1)
            self._screen.control(Control(*erase, *(up, *erase) * self._height))
            self._height = 0
