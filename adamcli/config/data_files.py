"""Files of data: their columns or arrays by name, whatever their format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from adamcli.diagnostics import cited, lacking_in
from adamcli.errors import FileError
from adamcli.files import NO_FILE, is_device
from adamcli.objective.limits import data_limit
from adamcli.pipes import is_pipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray

Columns: TypeAlias = "dict[str, FloatArray | str]"
"""The columns of a file by name; a text is the reason why one is not all numbers."""


class UnreadableError(ValueError):
    """A file cannot be read as data; `hint` is what to type."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Room:
    """How many numbers the data of a config may still have; no more are allocated."""

    def __init__(self) -> None:
        self._limit = data_limit()
        self._used = 0

    @property
    def entries(self) -> int:
        """How many numbers still fit in."""
        return self._limit.entries - self._used

    def check(self, entries: int) -> None:
        """Raise `UnreadableError` if so many numbers do not fit in."""
        refusal = self._limit.refusal(self._used + entries)
        if refusal:
            what = "with the data before it " if self._used else ""
            raise UnreadableError(what + refusal, "if you have it: export ADAMCLI_MAX_DATA=16GB")

    def take(self, entries: int) -> None:
        """Let so many numbers occupy the room; raises as `check` does."""
        self.check(entries)
        self._used += entries


def read_file(path: Path, name: str, room: Room) -> Columns:
    """Return the columns of a file, which is called `name` in errors.

    Raises `UnreadableError`.
    """
    suffix = path.suffix.lower()
    if is_pipe(path):
        if suffix in READERS and READERS[suffix] is not _read_delimited:
            hint = "write it to a file first"
            raise UnreadableError(f"is a pipe, from which a file {suffix} cannot be read", hint)
        suffix = PIPED
    if suffix not in READERS:
        *others, last = READERS
        raise UnreadableError(f"expected a file that ends in {', '.join(others)} or {last}")
    try:
        if is_device(path):
            raise UnreadableError(NO_FILE)
        found = READERS[suffix](path, name, room)
    except UnreadableError:
        raise
    except UnicodeEncodeError as error:
        raise UnreadableError(*lacking_in(error)) from None
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from None
    room.take(sum(column.size for column in found.values() if not isinstance(column, str)))
    return found


def read_named(path: str, room: Room | None = None, folder: Path = Path()) -> Columns:
    """Return the columns of a file by name; its path starts at a folder.

    Raises `FileError` if it cannot be read.
    """
    try:
        return read_file(folder / path, path, room or Room())
    except UnreadableError as error:
        hint = f"\n  {error.hint}" if error.hint else ""
        raise FileError(f"{path}: {error}{hint}") from None


def read_columns(path: str) -> dict[str, FloatArray]:
    """Return the columns of a file that are numbers, by name; raises as `read_named` does."""
    found = read_named(path)
    return {name: column for name, column in found.items() if not isinstance(column, str)}


def _read_delimited(path: Path, name: str, room: Room) -> Columns:
    from adamcli.config.delimited import read_delimited

    return read_delimited(path, name, room)


def _read_npz(path: Path, name: str, room: Room) -> Columns:
    from adamcli.config.npz_files import read_npz

    return read_npz(path, name, room)


def _read_parquet(path: Path, name: str, room: Room) -> Columns:
    from adamcli.config.arrow_files import read_parquet

    return read_parquet(path, name, room)


def _read_arrow(path: Path, name: str, room: Room) -> Columns:
    from adamcli.config.arrow_files import read_arrow

    return read_arrow(path, name, room)


READERS: dict[str, Callable[[Path, str, Room], Columns]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".dat"), _read_delimited),
    ".npz": _read_npz,
    ".parquet": _read_parquet,
    **dict.fromkeys((".feather", ".arrow"), _read_arrow),
}
"""What reads a file, by its extension."""

PIPED = ".csv"
"""The extension whose reader reads pipes, whatever their names."""


def refuse_twins(names: list[str]) -> None:
    """Raise `UnreadableError` if two columns have the same name."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UnreadableError(f"two columns are called `{cited(twice)}`")
