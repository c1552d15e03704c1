"""Pipes as inputs, named ones and standard input: waiting for whoever writes, and saying so.

A named pipe is read no more than once.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 500
"""Milliseconds before the user is told what is waited for."""

BLOCK = 1 << 20


class Pipes:
    """What the pipes of a command held, as each can be read only once.

    `waits` says whether somebody has to write now; `tell` says so to the user.
    """

    def __init__(self, tell: Callable[[str], None] = lambda text: None) -> None:
        self.waits = False
        self._tell = tell
        self._held: dict[tuple[int, int], bytes] = {}

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Let everything that reads a pipe get the same as what read it before."""
        before = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(before)

    def read(self, path: Path | str, most: int) -> bytes:
        """Return what is written to a pipe, or more than `most` bytes of it; raises `OSError`."""
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            key = status.st_dev, status.st_ino
            if key not in self._held:
                what = f"what is written to {path}; Ctrl-C ends it"
                self._held[key] = self._read(descriptor, most, what)
            return self._held[key]
        finally:
            os.close(descriptor)

    def read_standard_input(self, most: int) -> bytes:
        """Return what comes from standard input, or `most` bytes of it; raises `OSError`."""
        try:
            descriptor = sys.stdin.fileno()
        except (OSError, ValueError):
            # It is no file of the system.
            return sys.stdin.buffer.read(most)
        key = "Ctrl-D" if at_terminal() else "Ctrl-C"
        return self._read(descriptor, most, f"a config on standard input; {key} ends it")[:most]

    def _read(self, descriptor: int, most: int, what: str) -> bytes:
        self.waits = True
        try:
            return self._blocks(descriptor, most, what)
        finally:
            self.waits = False

    def _blocks(self, descriptor: int, most: int, what: str) -> bytes:
        blocks, size, told, ready = [], 0, False, _ready(descriptor)
        while size <= most:
            if ready():
                block = os.read(descriptor, BLOCK)
                if not block:
                    break
                blocks.append(block)
                size += len(block)
            elif not told:
                told = True
                self._tell(f"waiting for {what}")
        return b"".join(blocks)


def _ready(descriptor: int) -> Callable[[], bool]:
    """Return what waits for something to read, as long as `PATIENCE`, and says whether it came."""
    try:
        from select import POLLIN, poll
    except ImportError:
        # Where it is missing, reading waits without a word.
        return lambda: True
    poller = poll()
    poller.register(descriptor, POLLIN)
    # Before the first writer there is no event, and after the last one there is always one.
    return lambda: bool(poller.poll(PATIENCE))


_CURRENT: ContextVar[Pipes] = ContextVar("pipes")


def current_pipes() -> Pipes:
    """Return what the pipes held that have been read so far."""
    return _CURRENT.get(Pipes())


def is_pipe(path: Path | str) -> bool:
    """Return whether there is a pipe at a path."""
    try:
        return stat.S_ISFIFO(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def read_pipe(path: Path | str, most: int) -> bytes:
    """Return what is written to a pipe, or more than `most` bytes of it; raises `OSError`."""
    return current_pipes().read(path, most)


def read_standard_input(most: int) -> bytes:
    """Return what comes from standard input, or `most` bytes of it; raises `OSError`."""
    return current_pipes().read_standard_input(most)


def at_terminal() -> bool:
    """Return whether standard input is a terminal, where somebody would have to type."""
    return sys.stdin is not None and sys.stdin.isatty()


def waits() -> bool:
    """Return whether somebody has to write to a pipe before anything goes on."""
    return current_pipes().waits
