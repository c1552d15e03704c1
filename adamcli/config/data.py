"""The keys `constants` and `data`: named numbers, columns of CSV files, arrays of npz files."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.document import Mapping, Scalar
from adamcli.diagnostics import did_you_mean, printable
from adamcli.errors import FileError
from adamcli.objective.compiler import Constant
from adamcli.objective.functions import ARITY, CONSTANTS

if TYPE_CHECKING:
    from pathlib import Path

    from adamcli.arrays import Array, FloatArray
    from adamcli.config.values import KeyReader


class Named(NamedTuple):
    """What the names of `constants` and `data` mean.

    `unusable` has the reason for each column of a file that is not all numbers; it is an error only
    where a formula uses the name. `files` are the names of all files that were read.
    """

    constants: dict[str, Constant]
    unusable: dict[str, str]
    files: tuple[str, ...] = ()


class DataReader:
    """Reads both keys."""

    def __init__(self, keys: KeyReader) -> None:
        self._keys = keys
        self._files: dict[str, dict[str, Constant | str]] = {}
        self._found = Named({}, {})

    def read(self) -> Named:
        """Return all names with their values."""
        self._read_mapping("constants")
        node = self._keys.nodes.get("data")
        if isinstance(node, Scalar) and isinstance(node.value, str):
            for name, column in self._columns(node, node.text.strip()).items():
                # Formulas cannot use a column named like a function or pi.
                if name not in ARITY and name not in CONSTANTS:
                    self._put(name, column)
        else:
            self._read_mapping("data")
        return self._found._replace(files=tuple(self._files))

    def _read_mapping(self, key: str) -> None:
        node = self._keys.nodes.get(key)
        if node is None:
            return
        if not isinstance(node, Mapping):
            example = "{k: 2.5}" if key == "constants" else "file.csv, or {t: [0, 1, 2]}"
            self._keys.wrong(key, f"names and numbers, such as {example}", node)
            return
        for name, value in node.entries:
            known, what = self._keys.name(name), f"{key}.{name.text}"
            if key == "data" and isinstance(value, Scalar) and isinstance(value.value, str):
                column = self._column(value, what)
            else:
                numbers = self._keys.numbers(value, what, infinite=True)
                column = Constant(*numbers) if numbers is not None else None
            if known is not None and column is not None:
                if known in self._found.constants:
                    self._keys.problems.add(f"`{known}` is in constants and in data", name.span)
                self._put(known, column)

    def _put(self, name: str, column: Constant | str) -> None:
        if isinstance(column, str):
            self._found.unusable[name] = column
        else:
            self._found.constants[name] = column

    def _column(self, node: Scalar, what: str) -> Constant | str | None:
        """Return the column that a text `file.csv:column` names, or None if there is none."""
        path, _, name = node.text.strip().rpartition(":")
        if not path:
            self._keys.wrong(what, "numbers, or file.csv:column", node)
            return None
        columns = self._columns(node, path)
        if columns and name not in columns:
            hint = did_you_mean(name, columns)
            self._keys.problems.add(f"{what}: {path} has no column `{name}`", node.span, hint)
        return columns.get(name)

    def _columns(self, node: Scalar, path: str) -> dict[str, Constant | str]:
        """Return the columns of a file by name; a reason stands for what is not numbers."""
        if path not in self._files:
            try:
                self._files[path] = _read(self._keys.folder / path, path)
            except (OSError, ValueError, TypeError, EOFError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                self._keys.problems.add(f"data: {path}: {reason}", node.span)
                self._files[path] = {}
        return self._files[path]


def read_columns(path: str) -> dict[str, FloatArray]:
    """Return the columns of a file that are numbers, by name.

    Raises `FileError` if it cannot be read.
    """
    from pathlib import Path

    try:
        found = _read(Path(path), path)
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise FileError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    known = {name: c for name, c in found.items() if isinstance(c, Constant)}
    return {name: np.array(c.entries).reshape(c.shape) for name, c in known.items()}


def _read(path: Path, name: str) -> dict[str, Constant | str]:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _read_npz(path)
    if suffix in (".csv", ".tsv", ".txt", ".dat"):
        return _read_csv(path, name)
    raise ValueError("expected a file that ends in .csv, .tsv, .txt, .dat or .npz")


def _read_npz(path: Path) -> dict[str, Constant | str]:
    from zipfile import BadZipFile

    found: dict[str, Constant | str] = {}
    with path.open("rb") as file:
        try:
            arrays = np.load(file, allow_pickle=False)
        except BadZipFile as error:
            raise ValueError(str(error)) from None
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise ValueError("is not an npz file")
        for name in arrays.files:
            try:
                found[name] = _npz_array(np.asarray(arrays[name]))
            except (TypeError, ValueError) as error:
                found[name] = f"{path.name}: `{name}` {error}"
    return found


def _npz_array(array: Array) -> Constant:
    if array.size == 0 or array.dtype.kind not in "biuf":
        raise ValueError("is not an array of real numbers")
    if not np.isfinite(array).all():
        raise ValueError("has entries that are not finite")
    return Constant(array.shape, array.astype(float).reshape(-1).tolist())


def _read_csv(path: Path, name: str) -> dict[str, Constant | str]:
    import csv
    import io

    text = path.read_text(encoding="utf-8-sig")
    outside_quotes = "".join(text.partition("\n")[0].split('"')[::2])
    delimiter = max(",;\t|", key=outside_quotes.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        header = [title.strip() for title in next(reader, [])]
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None
    if not header or not rows:
        raise ValueError("expected a line of column names and at least one row")
    if all(_number(title) is not None for title in header):
        raise ValueError("the first line must hold the names of the columns, found numbers")
    if len(set(header)) < len(header):
        twice = next(title for title in header if header.count(title) > 1)
        raise ValueError(f"two columns are called `{printable(twice)}`")
    for line, row in rows:
        if len(row) != len(header):
            raise ValueError(f"line {line}: expected {len(header)} values, found {len(row)}")
    return {
        title: _csv_column(name, title, [(line, row[k]) for line, row in rows])
        for k, title in enumerate(header)
    }


def _csv_column(name: str, title: str, cells: list[tuple[int, str]]) -> Constant | str:
    entries = []
    for line, cell in cells:
        value = _number(cell)
        if value is None:
            found = f"`{printable(cell.strip())}`" if cell.strip() else "nothing"
            return f"{name}:{line}: column `{title}`: expected a number, found {found}"
        entries.append(value)
    return Constant((len(entries),), entries)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if isfinite(value) and "_" not in cell else None
