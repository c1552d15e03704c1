"""Standard error while a pager owns its terminal: what is said there waits until the pager ends.

In `adamcli run CONFIG | less` both programs have the terminal. Less draws on all of it, and a
summary would be drawn over, or be scrolled away. Who draws on a terminal reads its keys one by one,
and so turns off the mode in which it hands over whole lines. That mode is what is looked at: it is
on again when the pager has ended, and always on with `head`, `grep` and `tee`. What is written
before a pager begins is on the screen that it gives back.

A pager may wait for the end of its input, so there must be one: where another process can still
write to the pipe, as in `(adamcli run A; adamcli run B) | less`, nothing waits for the pager.
"""

from __future__ import annotations

import os
import select
import stat
import sys
from contextlib import contextmanager, suppress
from time import sleep
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK_SECONDS = 0.02
"""How often a terminal is looked at for the end of its pager."""


class Held:
    """A terminal whose text is kept while a pager owns it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept = ""

    def write(self, text: str) -> int:
        """Write some text, now or when the pager has ended."""
        if is_owned(self._stream):
            self._kept += text
            return len(text)
        self._write_kept()
        return self._stream.write(text)

    def flush(self) -> None:
        """Write what is waiting in the stream itself."""
        self._stream.flush()

    def wait(self) -> None:
        """Write what was kept when the pager has ended, which is told that its input has."""
        if self._kept:
            ended = _end_output()
            while ended and is_owned(self._stream):
                sleep(LOOK_SECONDS)
            self._write_kept()
            self._stream.flush()

    def _write_kept(self) -> None:
        kept, self._kept = self._kept, ""
        if kept:
            self._stream.write(kept)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def is_taken(stream: TextIO) -> bool:
    """Return whether what is written to a stream is kept for now, so nothing can be redrawn."""
    return isinstance(stream, Held) and is_owned(stream)


def is_owned(stream: TextIO) -> bool:
    """Return whether a program that was started with this one reads single keys of a terminal.

    The line that a shell lets one edit while this process is in the background is no such program.
    """
    try:
        import termios
    except ImportError:
        return False
    with suppress(OSError, ValueError, termios.error):
        terminal = stream.fileno()
        mode = termios.tcgetattr(terminal)[3]
        return not mode & termios.ICANON and os.tcgetpgrp(terminal) == os.getpgrp()
    return False


@contextmanager
def behind_pager() -> Iterator[None]:
    """Let standard error wait for a pager that reads standard output, if there may be one."""
    before = sys.stderr
    if not _may_be_paged():
        yield
        return
    held = Held(before)
    sys.stderr = cast("TextIO", held)
    try:
        yield
    finally:
        sys.stderr = before
        # A terminal that went away takes only the text with it.
        with suppress(OSError):
            held.wait()


def _may_be_paged() -> bool:
    """Return whether standard output is a pipe, and standard error a terminal."""
    if sys.stdout is None or sys.stderr is None or not sys.stderr.isatty():
        return False
    with suppress(OSError, ValueError):
        # Some shells make their pipes of sockets.
        mode = os.fstat(sys.stdout.fileno()).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return False


def _end_output() -> bool:
    """Close standard output, and return whether its reader sees the end.

    The null device takes its place.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    try:
        pipe = sys.stdout.fileno()
        reader = _reader_of(pipe)
        os.dup2(os.open(os.devnull, os.O_WRONLY), pipe)
    except (OSError, ValueError):
        return False
    if reader is None:
        # What started this process waits for it with the pipe in its hands, unless it is a shell
        # that gave the whole pipeline a group of its own.
        return os.getpgid(os.getppid()) != os.getpgrp()
    hung_up = select.poll()
    hung_up.register(reader, select.POLLHUP)
    ended = any(event & select.POLLHUP for _, event in hung_up.poll(0))
    os.close(reader)
    return ended


def _reader_of(pipe: int) -> int | None:
    """Return an end of a pipe to read from, which knows when its last writer goes, on Linux."""
    with suppress(OSError):
        return os.open(f"/proc/self/fd/{pipe}", os.O_RDONLY | os.O_NONBLOCK)
    return None
