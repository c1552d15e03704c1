"""The keys `constants` and `data`: named numbers, columns and matrices of files, arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adamcli.config.document import Mapping, Scalar
from adamcli.diagnostics import did_you_mean
from adamcli.objective.compiler import Constant
from adamcli.objective.functions import ARITY, CONSTANTS

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.config.data_files import Columns, Room
    from adamcli.config.matrices import Standardized
    from adamcli.config.values import KeyReader


class Named(NamedTuple):
    """What the names of `constants` and `data` mean.

    `unusable` has the reason for each column of a file that is not all numbers; it is an error only
    where a formula uses the name. `files` are the names of all files that were read, and
    `standardized` says what was done to columns.
    """

    constants: dict[str, Constant]
    unusable: dict[str, str]
    files: tuple[str, ...] = ()
    standardized: tuple[Standardized, ...] = ()


class DataReader:
    """Reads both keys."""

    def __init__(self, keys: KeyReader) -> None:
        self._keys = keys
        self._files: dict[str, Columns] = {}
        self._room: Room | None = None
        self._found = Named({}, {})
        self._standardized: list[Standardized] = []

    def read(self) -> Named:
        """Return all names with their values."""
        self._read_mapping("constants")
        node = self._keys.nodes.get("data")
        if isinstance(node, Scalar) and isinstance(node.value, str):
            for name, column in self.columns(node, node.text.strip()).items():
                # Formulas cannot use a column named like a function or pi.
                if name not in ARITY and name not in CONSTANTS:
                    self._put(name, column)
        else:
            self._read_mapping("data")
        done = tuple(self._standardized)
        return self._found._replace(files=tuple(self._files), standardized=done)

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
            column: FloatArray | str | None
            if key == "data" and isinstance(value, Scalar) and isinstance(value.value, str):
                column = self._column(value, what)
            elif key == "data" and isinstance(value, Mapping):
                column = self._matrix(value, name.text)
            else:
                column = self._keys.array(value, what, infinite=True)
            if known is not None and column is not None:
                if known in self._found.constants:
                    self._keys.problems.add(f"`{known}` is in constants and in data", name.span)
                self._put(known, column)

    def _put(self, name: str, column: FloatArray | str) -> None:
        if isinstance(column, str):
            self._found.unusable[name] = column
        else:
            self._found.constants[name] = Constant(column)

    def _column(self, node: Scalar, what: str) -> FloatArray | str | None:
        """Return the column that a text `file.csv:column` names, or None if there is none."""
        path, _, name = node.text.strip().rpartition(":")
        if not path:
            self._keys.wrong(what, "numbers, or file.csv:column", node)
            return None
        columns = self.columns(node, path)
        if columns and name not in columns:
            hint = did_you_mean(name, columns)
            self._keys.problems.add(f"{what}: {path} has no column `{name}`", node.span, hint)
        return columns.get(name)

    def _matrix(self, node: Mapping, name: str) -> FloatArray | str | None:
        """Return the columns that a mapping with `file` and `columns` names, as one array."""
        from adamcli.config.matrices import MatrixReader

        reader = MatrixReader(self._keys, self.columns, name)
        found = reader.read(node)
        self._standardized += reader.standardized
        return found

    def columns(self, node: Scalar, path: str) -> Columns:
        """Return the columns of a file by name; a reason stands for what is not numbers."""
        from adamcli.config.data_files import Room, UnreadableError, read_file

        self._room = self._room or Room()
        if path not in self._files:
            try:
                self._files[path] = read_file(self._keys.folder / path, path, self._room)
            except UnreadableError as error:
                self._keys.problems.add(f"data: {path}: {error}", node.span, error.hint)
                self._files[path] = {}
        return self._files[path]
