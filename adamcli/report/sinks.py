"""Where text goes: streams that are read as they are written, files that are complete or absent."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path, PurePath
from time import monotonic
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TextIO

from adamcli.errors import FileError, UsageError
from adamcli.files import BUFFER, Part, refuse_folder, writing
from adamcli.signals import held

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FLUSH_SECONDS, SLOW_SECONDS, BATCH = 0.05, 0.001, 1000
"""Rows of fast runs are written together, this often or this many; a slow row at once."""


def standard_output() -> TextIO:
    """Return standard output; raises `FileError` if the process was started without one."""
    if sys.stdout is None:
        raise FileError("standard output is closed")
    return sys.stdout


def data_output(texts: Iterable[str] = (), *, json: bool = False) -> StreamSink:
    """Return standard output for data; raises `UsageError` if it cannot hold one of the texts."""
    sink = StreamSink(standard_output(), data=True, json=json)
    sink.require(texts)
    return sink


def write_data(text: str, *, json: bool = False) -> None:
    """Write data to standard output, all or nothing; raises as `data_output` does."""
    sink = data_output([text], json=json)
    sink.write(text)
    sink.close()


def write_lines(text: str) -> None:
    """Write lines for people to standard output."""
    from adamcli.report.folding import fitted

    stream = standard_output()
    stream.write(fitted(text, stream))


class Closable(Protocol):
    """Something that is written to, and then finished and closed, or discarded."""

    def finish(self) -> None:
        """Write what is left, which may take long or fail."""

    def close(self) -> None:
        """Make what was written visible, finished or not."""

    def discard(self) -> None:
        """Leave no trace, as far as possible."""


def close_all(files: Sequence[Closable]) -> None:
    """Close files, so that a signal leaves either all of them or none."""
    for file in files:
        file.finish()
    with held():
        for file in files:
            file.close()


class Sink(Closable, Protocol):
    """Something that takes text, or the bytes of a file."""

    def write(self, text: Any) -> None:
        """Take some."""


class StreamSink:
    """A stream that is read while it is written: a terminal or a pipe.

    What it takes is for people, unless it takes `data`: to a terminal they are shown, and to
    anything else they are exact. Of `json` an encoding may lack letters.
    """

    def __init__(self, stream: TextIO, *, data: bool = False, json: bool = False) -> None:
        self.stream, self._data, self._json = stream, data, json
        self._shows = data and stream.isatty()
        self._waiting: list[str] = []
        self._flushed = self._last = monotonic()

    def require(self, texts: Iterable[str]) -> None:
        """Raise `UsageError` if one of the texts cannot be exact, before work is done for them."""
        for text in texts if self._data and not (self._shows or self._json) else ():
            self._encode(text)

    def write(self, text: str) -> None:
        """Take some text, and write what is waiting if it came slowly or is much."""
        self._waiting.append(text)
        now = monotonic()
        slow = now - self._last > SLOW_SECONDS or now - self._flushed > FLUSH_SECONDS
        self._last = now
        if slow or len(self._waiting) >= BATCH:
            self._flush(now)

    def finish(self) -> None:
        """Write what is waiting."""
        self._flush(monotonic())

    close = finish

    def discard(self) -> None:
        """Write what is waiting if possible: the rows of a failed run are worth seeing."""
        with contextlib.suppress(OSError, FileError):
            self.close()

    def _flush(self, now: float) -> None:
        text = "".join(self._waiting)
        self._waiting.clear()
        self._flushed = now
        if self._json:
            text = _json_in(self._encoding, text)
        if self._shows:
            text = _shown(self.stream, text)
        elif self._data:
            self._encode(text)
        try:
            self.stream.write(text)
            self.stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileError(f"standard output cannot be written: {error.strerror}") from None

    @property
    def _encoding(self) -> str:
        return self.stream.encoding or "utf-8"

    def _encode(self, text: str) -> None:
        if text.isascii():
            return
        encoding = self._encoding
        try:
            text.encode(encoding)
        except UnicodeEncodeError as error:
            from adamcli.diagnostics import printable

            lacking = printable(text[error.start])
            message = f"the encoding {encoding} of standard output does not have `{lacking}`"
            raise UsageError(f"{message}\n  export PYTHONIOENCODING=utf-8") from None


def _json_in(encoding: str, text: str) -> str:
    """Return JSON with escapes for the letters that an encoding lacks, the same to every reader."""
    from json import dumps

    escapes = {}
    for letter in set() if text.isascii() else {*text}:
        try:
            letter.encode(encoding)
        except UnicodeEncodeError:
            escapes[ord(letter)] = dumps(letter)[1:-1]
    return text.translate(escapes) if escapes else text


def _shown(stream: TextIO, text: str) -> str:
    """Return data as a terminal shows them, whose tabs separate columns."""
    from adamcli.report.terminal import shown_on

    return "\t".join(shown_on(stream, part) for part in text.split("\t"))


class NoSink:
    """A place for nothing."""

    def write(self, text: Any) -> None:
        """Take nothing."""

    def finish(self) -> None:
        """Do nothing."""

    close = discard = finish


class FileSink:
    """A file of text or bytes, written next to its target, which it replaces when it is complete.

    Raises `FileError` at once if it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        target = os.path.realpath(path)
        self._part: Part | None = None
        with writing(path):
            refuse_folder(path)
            if _is_special(target):
                descriptor = os.open(target, os.O_WRONLY)
                self._file: BinaryIO = os.fdopen(descriptor, "wb", buffering=BUFFER)
            else:
                self._part = Part(path)
                self._file = self._part.file

    def write(self, text: str | bytes) -> None:
        """Take some text, or bytes."""
        with writing(self.path):
            self._file.write(text if isinstance(text, bytes) else text.encode())

    def finish(self) -> None:
        """Write what is left to the disk."""
        with writing(self.path, self.discard):
            if not self._file.closed:
                self._file.flush()
                if self._part is not None:
                    os.fsync(self._file.fileno())
                self._file.close()

    def close(self) -> None:
        """Replace the target by the complete file."""
        self.finish()
        if self._part is not None:
            with writing(self.path, self.discard):
                self._part.place()

    def discard(self) -> None:
        """Remove what was written; a target from before stays as it was."""
        if self._part is not None:
            self._part.remove()
        else:
            with contextlib.suppress(OSError):
                self._file.close()


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
        raise UsageError(f"{path}: is not a regular file")
