"""Files that are read whole, and files that are written beside their place."""

from __future__ import annotations

import os
from pathlib import Path

from adamcli.errors import FileError


def read_bytes(path: Path | str, name: str = "") -> bytes:
    """Return what is in a file; `name` is how errors call it, its path unless given.

    Raises `FileError` if it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"{name or path}: cannot be read: {error.strerror or error}") from None


def decoded(raw: bytes, name: str) -> str:
    """Return the text of a file; raises `FileError` if it is none."""
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        encoding = "UTF-16" if wide else "UTF-8"
        raise FileError(f"{name}: is not {encoding} text: {error.reason}") from None


def part_of(path: str) -> str:
    """Return where a file is written before it is moved to its place, if it is complete."""
    return f"{os.path.realpath(path)}.{os.getpid()}.part"
