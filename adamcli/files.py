"""Reading whole files, and writing files that are complete or absent."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from adamcli.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


MOST_BYTES = 10**9
"""The most bytes of a file that is read whole, unless a smaller number is given."""


def read_bytes(path: Path | str, name: str = "", most: int = MOST_BYTES) -> bytes:
    """Return the content of a file; raises `FileError`, which names it by `name` or its path.

    No more than `most` bytes are read: a link may lead to a device that never ends.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise FileError(f"{name or path}: cannot be read: {error.strerror or error}") from None
    if len(raw) > most:
        raise FileError(f"{name or path}: has more than {most:,} bytes, the most that are read")
    return raw


def resolved(path: Path | str) -> Path:
    """Return a path without links; raises `FileError` for one that cannot be followed."""
    try:
        return Path(path).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        # Before Python 3.13 a link to itself is a RuntimeError.
        reason = getattr(error, "strerror", None) or "a link leads back to itself"
        raise FileError(f"{path}: cannot be read: {reason}") from None


def decoded(raw: bytes, name: str) -> str:
    """Return `raw` as text; raises `FileError` with `name` if it is neither UTF-8 nor UTF-16."""
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        encoding = "UTF-16" if wide else "UTF-8"
        raise FileError(f"{name}: is not {encoding} text: {error.reason}") from None


def part_of(path: str) -> str:
    """Return where a file is written before it is complete and moved to `path`."""
    return f"{os.path.realpath(path)}.{os.getpid()}.part"


def open_part(path: str) -> int:
    """Return a descriptor to write `part_of(path)`, a new file with the mode of its target.

    Raises `OSError`.
    """
    part, target = part_of(path), Path(path)
    with suppress(FileNotFoundError):
        # Whatever is there is not ours: our number belonged to a process that was killed, or
        # somebody put a link there.
        Path(part).unlink()
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with suppress(OSError, AttributeError):
        os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
    return descriptor


@contextmanager
def writing(path: str, undo: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Turn an `OSError` into a `FileError` about the file at `path`, after `undo`."""
    try:
        yield
    except OSError as error:
        undo()
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
