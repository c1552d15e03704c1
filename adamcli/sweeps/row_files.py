"""Rows read back from files: chosen columns of delimited text, JSON lines and Parquet."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from functools import reduce
from operator import getitem, itemgetter
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Protocol

from adamcli.errors import FileError, UsageError, needs_extra
from adamcli.optimizer.result import RECORD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

STEP_COLUMNS = ("t", "score", *RECORD_FIELDS)
"""The columns of the steps of a run that are no coordinates."""


Steps = tuple["str | int", ...]
"""The way to a value in nested objects and lists."""


class RowFile(Protocol):
    """A file of rows: the `names` of its columns, and their values.

    Nested values have the names that they have in delimited text: `best.score`, `x[0]`.
    """

    names: list[str]

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the values of some columns, row by row: numbers, texts or None.

        Raises `FileError` for a row that does not have them.
        """


class _Delimited:
    """A file of delimited text with a header; all its values are texts."""

    def __init__(self, path: str, delimiter: str) -> None:
        self._path, self._delimiter = path, delimiter
        with reading(path):
            self.names = next(self._lines(), [])

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        places = [self.names.index(name) for name in wanted]
        chosen = _getter(places)
        width = len(self.names)
        with reading(self._path):
            lines = self._lines()
            next(lines, None)
            for number, row in enumerate(lines, 2):
                if len(row) != width:
                    if not row:
                        continue
                    found = f"row {number} has {len(row):,} cells"
                    raise FileError(f"{self._path}: {found}, expected {width:,}")
                yield chosen(row)

    def _lines(self) -> Iterator[list[str]]:
        with Path(self._path).open("rb") as raw:
            wide = raw.read(2) in (b"\xff\xfe", b"\xfe\xff")
        encoding = "utf-16" if wide else "utf-8-sig"
        with Path(self._path).open(encoding=encoding, newline="") as file:
            yield from csv.reader(file, delimiter=self._delimiter, strict=True)


class _JsonLines:
    """A file with a JSON object for each row, whose first row has the names of all columns."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._paths = dict(_paths(next(self._objects(), {})))
        self.names = list(self._paths)

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        paths = [self._paths[name] for name in wanted]
        for number, found in enumerate(self._objects(), 1):
            try:
                yield tuple([reduce(getitem, path, found) for path in paths])
            except (KeyError, IndexError, TypeError):
                reason = f"row {number} does not have the keys of the first"
                raise FileError(f"{self._path}: {reason}") from None

    def _objects(self) -> Iterator[Any]:
        with reading(self._path), Path(self._path).open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.isspace():
                    continue
                try:
                    found = json.loads(line)
                except (ValueError, RecursionError):
                    found = None
                if not isinstance(found, dict):
                    raise FileError(f"{self._path}:{number}: expected a JSON object")
                yield found


class _Parquet:
    """A Parquet file. Raises `UsageError` without pyarrow."""

    def __init__(self, path: str) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise needs_extra(path, "pyarrow", "parquet") from None
        self._path, self._errors, self._open = path, pa.ArrowException, pq.ParquetFile
        with self._reading() as file:
            self.names: list[str] = list(file.schema_arrow.names)

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        with self._reading() as file:
            for batch in file.iter_batches(columns=list(wanted)):
                yield from zip(*(batch.column(n).to_pylist() for n in wanted), strict=True)

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        try:
            # By its name pyarrow opens only files whose names are UTF-8.
            with (
                reading(self._path),
                Path(self._path).open("rb") as raw,
                self._open(raw) as file,
            ):
                yield file
        except self._errors as error:
            raise FileError(f"{self._path}: is not a Parquet file: {error}") from None


READERS: dict[str, Callable[[str], RowFile]] = {
    ".csv": lambda path: _Delimited(path, ","),
    ".tsv": lambda path: _Delimited(path, "\t"),
    ".jsonl": _JsonLines,
    ".ndjson": _JsonLines,
    ".parquet": _Parquet,
}
"""What reads a file of rows, by its extension."""


def open_rows(path: str) -> RowFile:
    """Return a file of rows, whose columns are known by now.

    Raises `FileError` if it cannot be read, `UsageError` for another extension.
    """
    extension = PurePath(path).suffix.lower()
    if extension not in READERS:
        raise UsageError(f"{path}: expected a file {', '.join(READERS)}, found `{extension}`")
    return READERS[extension](path)


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turn the errors of reading text into a `FileError` about the file."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeError as error:
        raise FileError(f"{path}: is not UTF-8 text: {error}") from None
    except csv.Error as error:
        raise FileError(f"{path}: cannot be read: {error}") from None


def _getter(keys: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that returns the values of some keys as a tuple."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda row: tuple(row[key] for key in keys)


def _paths(record: dict[str, Any]) -> Iterator[tuple[str, Steps]]:
    """Yield the names of the columns of a record, each with its path; a point of a sweep is one."""
    for key, value in record.items():
        if not isinstance(value, dict):
            yield key, (key,)
        elif key == "parameters":
            yield from ((name, (key, name)) for name in value)
        elif key == "x":
            for name, coordinate in value.items():
                yield from _coordinates(name, coordinate)
        else:
            yield from ((f"{key}.{name}", (key, name)) for name in value)


def _coordinates(name: str, value: Any) -> Iterator[tuple[str, Steps]]:
    """Yield the coordinates of a variable by the names of their columns: `x`, `w[0,1]`, `x.t`."""
    for indices in _indices(value, ()):
        suffix = f"[{','.join(map(str, indices))}]" if indices else ""
        # A variable with the name of another column has a prefix there.
        prefix = "" if suffix or name not in STEP_COLUMNS else "x."
        yield f"{prefix}{name}{suffix}", ("x", name, *indices)


def _indices(value: Any, before: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if not isinstance(value, list):
        yield before
        return
    for k, inner in enumerate(value):
        yield from _indices(inner, (*before, k))
