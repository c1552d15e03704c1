"""Named pipes as inputs: waiting for whoever writes to one, and reading it no more than once."""

from __future__ import annotations

import os
import stat
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
                self.waits = True
                self._held[key] = self._read(descriptor, path, most)
            return self._held[key]
        finally:
            self.waits = False
            os.close(descriptor)

    def _read(self, descriptor: int, path: Path | str, most: int) -> bytes:
        from select import POLLIN, poll

        blocks, size, told = [], 0, False
        ready = poll()
        ready.register(descriptor, POLLIN)
        while size <= most:
            # Before the first writer there is no event, and after the last one there is always one.
            if ready.poll(PATIENCE):
                block = os.read(descriptor, BLOCK)
                if not block:
                    break
                blocks.append(block)
                size += len(block)
            elif not told:
                told = True
                self._tell(f"waiting for what is written to {path}; Ctrl-C ends it")
        return b"".join(blocks)


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


def waits() -> bool:
    """Return whether somebody has to write to a pipe before anything goes on."""
    return current_pipes().waits
