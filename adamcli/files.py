"""Reading whole files, and writing files that are complete or absent."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from adamcli.errors import FileError
from adamcli.pipes import is_pipe, read_pipe
from adamcli.signals import held, undoing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO


BUFFER = 65_536
"""Bytes that are written to a file at a time."""

BLOCK = 1 << 20
"""Bytes that are read of a file at a time."""

MOST_BYTES = 10**9
"""The most bytes of a file that is read whole, unless a smaller number is given."""


def read_bytes(path: Path | str, name: str = "", most: int = MOST_BYTES) -> bytes:
    """Return the content of a file; raises `FileError`, which names it by `name` or its path.

    No more than `most` bytes are read, and none of a device, which may never end.
    """
    if is_device(path):
        raise FileError(f"{name or path}: {NO_FILE}")
    try:
        if is_pipe(path):
            raw = read_pipe(path, most)
        else:
            with Path(path).open("rb") as file:
                raw = _read(file, most + 1)
    except OSError as error:
        raise FileError(f"{name or path}: cannot be read: {error.strerror or error}") from None
    if len(raw) > most:
        raise FileError(f"{name or path}: has more than {most:,} bytes, the most that are read")
    return raw


def _read(file: IO[bytes], most: int) -> bytes:
    """Return at most so many bytes; `file.read(most)` would ask for as much memory at once."""
    blocks, left = [], most
    while block := file.read(min(left, BLOCK)):
        blocks.append(block)
        left -= len(block)
    return b"".join(blocks)


NO_FILE = "is no file, but a device"


def is_device(path: Path | str) -> bool:
    """Return whether something other than a file, a folder or a pipe is at a path."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISFIFO(mode))


def resolved(path: Path | str) -> Path:
    """Return a path without links; raises `FileError` for one that cannot be followed."""
    try:
        return Path(path).resolve()
    except RuntimeError:
        # From Python 3.13 on, only who opens it is told.
        raise FileError(f"{path}: cannot be read: a link leads back to itself") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path}: cannot be read: {reason}") from None


def folder_of(path: Path | str) -> Path:
    """Return the folder of a file; of a pipe that has no name there, the working directory.

    Raises `FileError` for a path that cannot be followed.
    """
    place = resolved(path)
    return place.parent if place.exists() or not is_pipe(path) else Path.cwd()


def decoded(raw: bytes, name: str) -> str:
    """Return `raw` as text; raises `FileError` with `name` if it is neither UTF-8 nor UTF-16."""
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        encoding = "UTF-16" if wide else "UTF-8"
        raise FileError(f"{name}: is not {encoding} text: {error.reason}") from None


class Part:
    """A new file next to its target, which it replaces once it is complete.

    `path` is its name, and `file` writes it; it has the mode of its target. A signal that ends the
    process removes it, and what others write next to it with a suffix of `sides`. It is locked, so
    that the next process with this target removes what killed ones have left, and nothing else.

    Raises `OSError`.
    """

    def __init__(self, target: str, sides: Sequence[str] = ()) -> None:
        refuse_folder(target)
        self._target, self._sides = os.path.realpath(target), sides
        self._lock = -1
        with held():
            descriptor, locked = self._create()
            self.file = os.fdopen(descriptor, "wb", buffering=BUFFER)
            self._keep, self._over = undoing(self.remove), False
        try:
            # The lock outlives the file, which another writer may take over.
            self._lock = os.dup(descriptor) if locked else -1
        except OSError:
            self.remove()
            raise
        with suppress(OSError, AttributeError):
            os.fchmod(descriptor, stat.S_IMODE(Path(self._target).stat().st_mode))

    def place(self) -> None:
        """Replace the target; what could fail has been written and flushed before."""
        with held():
            self.file.close()
            Path(self.path).replace(self._target)
            self._end()

    def remove(self) -> None:
        """Remove the part, unless it is in place; a target from before stays as it was."""
        if not self._over:
            _unlink(self.path, "", *self._sides)
            self._end()
        # A signal may have come in the middle of a write, during which a file refuses to be closed.
        with suppress(OSError, RuntimeError):
            self.file.close()

    def _create(self) -> tuple[int, bool]:
        """Return a descriptor of a new file, and whether this process has locked it."""
        for path in _parts_of(self._target):
            self._remove_left(path)
        for end in chain([""], map("-{}".format, count(2))):
            self.path = f"{self._target}.adamcli{end}.part"
            # The folder may be one that cannot be listed.
            self._remove_left(self.path)
            # Never through a link that somebody has put there.
            with suppress(FileExistsError):
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
                # Another process may have taken it for one that was left.
                with suppress(BlockingIOError):
                    locked = lock(descriptor)
                    if is_at(descriptor, self.path):
                        _unlink(self.path, *self._sides)
                        return descriptor, locked
                os.close(descriptor)
        raise AssertionError

    def _remove_left(self, path: str) -> None:
        """Remove a part that a killed process has left."""
        if Path(path).is_symlink():
            _unlink(path, "")
            return
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDWR)
            with suppress(BlockingIOError):
                if lock(descriptor) and is_at(descriptor, path):
                    _unlink(path, *self._sides, "")
            os.close(descriptor)

    def _end(self) -> None:
        self._keep()
        self._over = True
        if self._lock >= 0:
            os.close(self._lock)


def refuse_folder(path: str) -> None:
    """Raise `IsADirectoryError` for a path that is that of a folder, or could be no other's."""
    # `Path` would take the last slash away.
    if os.path.split(path)[1] in ("", ".", "..") or Path(os.path.realpath(path)).is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory")


def _parts_of(target: str) -> list[str]:
    """Return the paths of all parts of a target."""
    folder, name = os.path.split(target)
    is_part = re.compile(re.escape(f"{name}.adamcli") + r"(-[0-9]+)?\.part").fullmatch
    with suppress(OSError), os.scandir(folder) as entries:
        return [entry.path for entry in entries if is_part(entry.name)]
    return []


def _unlink(path: str, *suffixes: str) -> None:
    for suffix in suffixes:
        with suppress(OSError):
            Path(path + suffix).unlink()


def lock(descriptor: int) -> bool:
    """Lock an open file until it is closed; return false where files cannot be locked.

    Raises `BlockingIOError` if another process has locked it.
    """
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except (ImportError, OSError):
        return False
    return True


def is_at(descriptor: int, path: str) -> bool:
    """Return whether an open file is still the one at `path`."""
    try:
        return os.fstat(descriptor).st_ino == Path(path).stat().st_ino
    except FileNotFoundError:
        return False


@contextmanager
def writing(path: str, undo: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Turn an `OSError` into a `FileError` about the file at `path`, after `undo`."""
    try:
        yield
    except OSError as error:
        undo()
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
