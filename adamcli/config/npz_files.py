"""Arrays of npz files: all headers are read before any entries, and these in blocks.

The headers are not read by NumPy, which takes them for Python, with all that can go wrong in it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile
from zlib import error as damaged

import numpy as np

from adamcli.config.data_files import Room, UnreadableError
from adamcli.diagnostics import cited
from adamcli.objective.graph import MOST_AXES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO
    from zipfile import ZipInfo

    from adamcli.arrays import Array, FloatArray
    from adamcli.config.data_files import Columns

BLOCK = 1 << 16
"""Entries that are read at a time."""

_MOST_HEADER = 10_000
"""The longest header in bytes; NumPy reads no longer ones either."""

_SHAPE = r"(?:(?:\d{1,18}L? ?, ?)+(?:\d{1,18}L? ?)?)?"
_HEADER = re.compile(
    r"\{(?: ?['\"](?:"
    r"descr['\"] ?: ?['\"](?P<dtype>[<>=|]?(?:[biuf]\d{1,2}|\?|U\d{1,6}))['\"]"
    r"|fortran_order['\"] ?: ?(?P<fortran>True|False)"
    rf"|shape['\"] ?: ?\( ?(?P<shape>{_SHAPE})\)"
    r") ?(?:,|(?= ?\}))){3} ?\}"
)
"""A header, whose white space is single spaces, of an array of numbers or texts."""


class _Header(NamedTuple):
    """What entries an array has, and how they are arranged."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    fortran: bool

    @property
    def size(self) -> int:
        return prod(self.shape)


def read_npz(path: Path, name: str, room: Room) -> Columns:
    """Return the arrays of an npz file; for each that is not all real numbers the reason.

    Raises `OSError`, and `UnreadableError` for a damaged file or one that does not fit in.
    """
    found: Columns = {}
    with _archive(path) as archive:
        for member, header in _headers(archive, room):
            title = _title(member)
            try:
                found[title] = _numbers(archive, member, header)
            except ValueError as error:
                found[title] = f"{path.name}: `{cited(title)}` {error}"
    return found


def read_texts(path: Path, title: str) -> list[str]:
    """Return the texts of an array of one axis in an npz file that has been read before.

    Raises `ValueError` if it is no such array, `KeyError` if there is none.
    """
    with _archive(path) as archive, archive.open(f"{title}.npy") as file:
        header = _header(file)
        if header is None or header.dtype.kind != "U" or len(header.shape) != 1:
            raise ValueError("is not an array of texts")
        Room().check(header.size * header.dtype.itemsize // 8)
        return [str(text) for text in _next(file, header.dtype, header.size)]


@contextmanager
def _archive(path: Path) -> Iterator[ZipFile]:
    """Open an npz file; raises `UnreadableError` if it is none, or if it is damaged."""
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            raise UnreadableError("is not an npz file")
        file.seek(0)
        try:
            with ZipFile(file) as archive:
                yield archive
        except EOFError:
            raise UnreadableError("is cut off") from None
        except (BadZipFile, NotImplementedError, RuntimeError, damaged) as error:
            raise UnreadableError(str(error)) from None


def _title(member: ZipInfo) -> str:
    return member.filename.removesuffix(".npy")


def _headers(archive: ZipFile, room: Room) -> list[tuple[ZipInfo, _Header | None]]:
    """Return the members with their headers; None for what is not an array of real numbers.

    Raises `UnreadableError` if all arrays together do not fit into the `room`.
    """
    found: list[tuple[ZipInfo, _Header | None]] = []
    for member in archive.infolist():
        header = None
        # NumPy writes no others, and those of other programs fail in ways of their own.
        if member.compress_type in (ZIP_STORED, ZIP_DEFLATED):
            with archive.open(member) as file:
                header = _header(file)
        real = header is not None and header.dtype.kind in "biuf" and header.size > 0
        found.append((member, header if real else None))
    last = {_title(member): header.size if header else 0 for member, header in found}
    room.check(sum(last.values()))
    return found


def _header(file: IO[bytes]) -> _Header | None:
    """Return the header at the start of a member; None if it has none that can be read."""
    start = file.read(8)
    if start[:6] != b"\x93NUMPY" or start[6:] not in (b"\1\0", b"\2\0", b"\3\0"):
        return None
    length = int.from_bytes(file.read(2 if start[6] == 1 else 4), "little")
    text = file.read(length) if length <= _MOST_HEADER else b""
    found = _HEADER.fullmatch(" ".join(text.decode("latin-1").split()))
    if found is None or None in found.groups():
        return None
    shape = tuple(int(axis) for axis in re.findall(r"\d+", found["shape"]))
    try:
        return _Header(np.dtype(found["dtype"]), shape, found["fortran"] == "True")
    except TypeError:
        return None


def _numbers(archive: ZipFile, member: ZipInfo, header: _Header | None) -> FloatArray:
    """Return an array of finite numbers; raises `ValueError` if it is none."""
    if header is None:
        raise ValueError("is not an array of real numbers")
    if len(header.shape) > MOST_AXES:
        raise ValueError(f"has {len(header.shape)} axes; the most is {MOST_AXES}")
    found = np.empty(header.shape)
    entries = found.T.flat if header.fortran else found.reshape(-1)
    with archive.open(member) as file, np.errstate(over="ignore"):
        _header(file)
        for start in range(0, header.size, BLOCK):
            block = _next(file, header.dtype, min(BLOCK, header.size - start)).astype(float)
            if not np.isfinite(block).all():
                raise ValueError("has entries that are not finite")
            entries[start : start + len(block)] = block
    return found


def _next(file: IO[bytes], dtype: np.dtype[np.generic], count: int) -> Array:
    """Return the next `count` entries of a member; raises `ValueError` if there are less."""
    raw = file.read(count * dtype.itemsize)
    if len(raw) < count * dtype.itemsize:
        raise ValueError("has fewer entries than its header says")
    return np.frombuffer(raw, dtype, count)
