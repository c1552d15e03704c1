"""The keys `constants` and `data`: named numbers, columns and matrices of files, arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adamcli.config.document import Mapping, Scalar
from adamcli.config.headers import header_of, title_of
from adamcli.diagnostics import cited, did_you_mean
from adamcli.objective.compiler import Constant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.arrays import FloatArray
    from adamcli.config.data_files import Columns, Room
    from adamcli.config.document import Node
    from adamcli.config.headers import Header
    from adamcli.config.matrices import Matrix
    from adamcli.config.other_rows import OtherRows
    from adamcli.config.values import KeyReader


MOST_TITLES = 20
"""Of more columns only some are listed in an error."""


def lacking(file: str, title: str, known: Iterable[str]) -> str:
    """Return the sentence that a file has no column of a title, and which ones it has."""
    titles = [*map(cited, known)]
    more = [f"and {len(titles) - MOST_TITLES:,} more"] if len(titles) > MOST_TITLES else []
    return f"{file} has no column `{title}`; it has {', '.join([*titles[:MOST_TITLES], *more])}"


class Named(NamedTuple):
    """What the names of `constants` and `data` mean.

    `unusable` has the reason for each name that is not all numbers; it is an error only where a
    formula uses the name. `headers` has those that are no names, by the names made of them. `files`
    are the names of all files that were read, `from_files` the names whose numbers came from them,
    and `matrices` says which columns arrays are made of. `unread` says that a file could not be
    read, so that names are missing.
    """

    constants: dict[str, Constant]
    unusable: dict[str, str]
    headers: dict[str, str]
    files: tuple[str, ...] = ()
    from_files: tuple[str, ...] = ()
    matrices: tuple[Matrix, ...] = ()
    unread: bool = False


class DataReader:
    """Reads both keys, with other rows in place of those that the config names, if they are given.

    What the other rows lack is unusable; in the files of the config it would be wrong.
    """

    def __init__(self, keys: KeyReader, rows: OtherRows | None = None) -> None:
        self._keys = keys
        self._rows = rows
        self._files: dict[str, Columns] = {}
        self._others: dict[str, str] = {}
        self._room: Room | None = None
        self._found = Named({}, {}, {})
        self._from_files: list[str] = []
        self._matrices: list[Matrix] = []
        self._unread = False

    def read(self) -> Named:
        """Return all names with their values; raises `FileError` if other rows cannot be read."""
        self._read_mapping("constants")
        node = self._keys.nodes.get("data")
        if isinstance(node, Scalar) and isinstance(node.value, str):
            self._read_file(node, node.text.strip())
        else:
            self._read_mapping("data")
        return self._found._replace(
            files=tuple(self._files),
            from_files=tuple(self._from_files),
            matrices=tuple(self._matrices),
            unread=self._unread,
        )

    def _read_file(self, node: Scalar, path: str) -> None:
        """Read all columns of a file. What bounds and constants name hides a name that was made."""
        columns, bounds = self.columns(node, path), self._keys.nodes.get("bounds")
        header = header_of(columns)
        variables = {key.text for key, _ in bounds.entries} if isinstance(bounds, Mapping) else ()
        hidden = {*variables, *self._found.constants}.intersection(header.made)
        for name, title in header.titles.items():
            if name not in hidden:
                self._from_files.append(name)
                self._put(name, columns[title])
        self._found.unusable.update(header.reasons(self._others.get(path, path)))
        self._note(header)

    def _note(self, header: Header) -> None:
        """Keep what formulas call columns whose headers are no names."""
        self._found.headers.update(header.made)
        self._found.unusable.update(header.constants)
        self._keys.headers = self._found.headers

    def _read_mapping(self, key: str) -> None:
        node = self._keys.nodes.get(key)
        if node is None:
            return
        if not isinstance(node, Mapping):
            example = "{k: 2.5}" if key == "constants" else "file.csv, or {t: [0, 1, 2]}"
            self._keys.wrong(key, f"names and numbers, such as {example}", node)
            return
        # Columns from Python have the headers that they had in their file.
        header = header_of(name.text for name, _ in node.entries if key == "data")
        names = {title: name for name, title in header.titles.items()}
        self._note(header)
        for name, value in node.entries:
            known = names.get(name.text) or self._keys.name(name)
            column = self._value(key, known or name.text, value)
            if known is not None and column is not None:
                if known in self._found.constants:
                    self._keys.problems.add(f"`{known}` is in constants and in data", name.span)
                self._put(known, column)

    def _value(self, key: str, name: str, value: Node) -> FloatArray | str | None:
        """Return the array of a name, or the reason why it is unusable; None if it is wrong."""
        what, found = f"{key}.{name}", None
        given = self._rows.arrays.get(name) if self._rows is not None and key == "data" else None
        if key == "data" and isinstance(value, Scalar) and isinstance(value.value, str):
            found = self._column(value, what)
        elif key == "data" and isinstance(value, Mapping):
            found = self._matrix(value, name)
        else:
            return self._keys.array(value, what, infinite=True) if given is None else given
        self._from_files.append(name)
        return given if given is not None and isinstance(found, str) else found

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
        title = title_of(name, columns)
        if columns and title is None:
            return self.lacks(what, path, name, node, columns)
        return None if title is None else columns[title]

    def _matrix(self, node: Mapping, name: str) -> FloatArray | str | None:
        """Return the columns that a mapping with `file` and `columns` names, as one array."""
        from adamcli.config.matrices import MatrixReader

        known = None if self._rows is None else self._rows.matrix(self._keys, node, name)
        reader = MatrixReader(self._keys, self, name, known)
        found = reader.read(node)
        self._matrices += [reader.matrix] if reader.matrix is not None else []
        return found

    def columns(self, node: Scalar, path: str) -> Columns:
        """Return the columns of a file by name; a reason stands for what is not numbers."""
        from adamcli.config.data_files import Room, UnreadableError, read_file

        self._room = self._room or Room()
        if path in self._files:
            return self._files[path]
        other = None if self._rows is None else self._rows.in_place_of(path, self._room)
        if other is not None:
            self._others[path], self._files[path] = other
            return self._files[path]
        try:
            self._files[path] = read_file(self._keys.folder / path, path, self._room)
        except UnreadableError as error:
            self._keys.problems.add(f"data: {path}: {error}", node.span, error.hint)
            self._files[path], self._unread = {}, True
        return self._files[path]

    def lacks(self, what: str, path: str, title: str, node: Node, known: Columns) -> str | None:
        """Return why a name cannot be used whose column `title` the other rows lack.

        None says that it has been noted as wrong, as the config's own file lacks it.
        """
        other = self._others.get(path)
        if other is not None:
            return lacking(other, title, known)
        hint = did_you_mean(title, [*map(cited, known), *header_of(known).made])
        self._keys.problems.add(f"{what}: {path} has no column `{title}`", node.span, hint)
        return None
