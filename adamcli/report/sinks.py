"""Where text goes: streams that are read as they are written, files that are complete or absent."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path, PurePath
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from adamcli.errors import FileError, UsageError
from adamcli.files import open_part, part_of, writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FLUSH_SECONDS, SLOW_SECONDS, BATCH = 0.05, 0.001, 1000
"""Rows of fast runs are written together, this often or this many; a slow row at once."""

BUFFER = 65_536
"""Bytes that are written to a file at a time."""


def standard_output() -> TextIO:
    """Return standard output; raises `FileError` if the process was started without one."""
    if sys.stdout is None:
        raise FileError("standard output is closed")
    return sys.stdout


class Closable(Protocol):
    """Something that is written to, and then closed or discarded."""

    def close(self) -> None:
        """Make what was written visible."""

    def discard(self) -> None:
        """Leave no trace, as far as possible."""


class Sink(Closable, Protocol):
    """Something that takes text, or the bytes of a file."""

    def write(self, text: Any) -> None:
        """Take some."""


class StreamSink:
    """A stream that is read while it is written: a terminal or a pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[str] = []
        self._flushed = self._last = monotonic()

    def write(self, text: str) -> None:
        """Take some text, and write what is waiting if it came slowly or is much."""
        self._waiting.append(text)
        now = monotonic()
        slow = now - self._last > SLOW_SECONDS or now - self._flushed > FLUSH_SECONDS
        self._last = now
        if slow or len(self._waiting) >= BATCH:
            self._flush(now)

    def close(self) -> None:
        """Write what is waiting."""
        self._flush(monotonic())

    def discard(self) -> None:
        """Write what is waiting if possible: the rows of a failed run are worth seeing."""
        with contextlib.suppress(OSError, FileError):
            self.close()

    def _flush(self, now: float) -> None:
        text = "".join(self._waiting)
        self._waiting.clear()
        self._flushed = now
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileError(f"standard output cannot be written: {error.strerror}") from None


class NoSink:
    """A place for nothing."""

    def write(self, text: Any) -> None:
        """Take nothing."""

    def close(self) -> None:
        """Do nothing."""

    discard = close


class FileSink:
    """A file of text or bytes, written next to its target, which it replaces when it is complete.

    Raises `FileError` at once if it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        target = os.path.realpath(path)
        self._moved = not _is_special(target)
        self._open_path = part_of(path) if self._moved else target
        self._target = target
        with writing(path):
            if Path(target).is_dir() or path.endswith(("/", os.sep)):
                raise IsADirectoryError(21, "is a directory")
            descriptor = open_part(path) if self._moved else os.open(target, os.O_WRONLY)
            self._file = os.fdopen(descriptor, "wb", buffering=BUFFER)

    def write(self, text: str | bytes) -> None:
        """Take some text, or bytes."""
        with writing(self.path):
            self._file.write(text if isinstance(text, bytes) else text.encode())

    def close(self) -> None:
        """Replace the target by the complete file."""
        with writing(self.path, self.discard):
            self._file.flush()
            if self._moved:
                os.fsync(self._file.fileno())
            self._file.close()
            if self._moved:
                Path(self._open_path).replace(self._target)

    def discard(self) -> None:
        """Remove what was written; a target from before stays as it was."""
        with contextlib.suppress(OSError):
            self._file.close()
        if self._moved:
            with contextlib.suppress(OSError):
                Path(self._open_path).unlink()


def _is_special(path: str) -> bool:
    """Return whether `path` is a device or a pipe, which is written directly."""
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False


def refuse_clashes(inputs: Mapping[str, str], **paths: Sequence[str]) -> None:
    """Raise `UsageError` if a file is named twice, or is one of the `inputs`.

    `inputs` maps paths to what the files are.
    """
    read = {os.path.realpath(path): what for path, what in inputs.items()}
    seen: set[str] = set()
    for option, named in paths.items():
        for path in named:
            target, name = os.path.realpath(path), f"{option} {path}"
            if target in read:
                raise UsageError(f"{name}: is {read[target]}, which would be lost")
            if target in seen:
                raise UsageError(f"{name}: is named twice")
            seen.add(target)


def inputs_of(config: str, files: Iterable[str]) -> dict[str, str]:
    """Return the files that are read for a config, by path; `files` are those it names."""
    folder = PurePath(config).parent
    named = {str(folder / name): "a file that the config names" for name in files}
    return {config: "the config", **named}


def refuse_special(path: str) -> None:
    """Raise `UsageError` if a file at `path` would replace a device or a pipe."""
    if _is_special(os.path.realpath(path)):
        raise UsageError(f"-o {path}: is not a regular file")
