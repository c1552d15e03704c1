"""Other rows in place of those that a config names, such as new ones to predict."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.data_files import Room, read_named
from adamcli.config.document import Mapping, Scalar
from adamcli.config.headers import by_name
from adamcli.diagnostics import Problems
from adamcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from collections.abc import Mapping as Dict

    from adamcli.arrays import FloatArray
    from adamcli.config.data_files import Columns
    from adamcli.config.document import Node
    from adamcli.config.matrices import Matrix
    from adamcli.config.model import Config, ConfigFile
    from adamcli.config.values import KeyReader


class OtherRows:
    """Files or columns that stand for the files of the data.

    `matrices` says what arrays of the config are made of; new rows are treated as those were.
    `files` maps the files of the config to others. `columns` are rows in memory, called `title`,
    that stand for every file. `arrays` are known by the names of the formula: they replace arrays
    that the config writes out, and those whose columns the other rows lack.
    """

    def __init__(
        self,
        matrices: Dict[str, Matrix],
        files: Dict[str, str] | None = None,
        columns: Columns | None = None,
        arrays: Dict[str, FloatArray] | None = None,
        title: str = "",
    ) -> None:
        self.arrays = arrays or {}
        self._matrices, self._paths = matrices, files or {}
        self._columns, self._title = columns, title
        self._files: dict[str, Columns] = {}

    def in_place_of(self, path: str, room: Room) -> tuple[str, Columns] | None:
        """Return the name and the columns of what stands for a file; None for the file itself.

        Raises `FileError` if it cannot be read.
        """
        if self._columns is not None:
            return self._title, self._columns
        other = self._paths.get(path)
        if other is None:
            return None
        if other not in self._files:
            self._files[other] = read_named(other, room)
        return other, self._files[other]

    def title_of(self, path: str) -> str:
        """Return what is read in place of a file, as errors call it."""
        return self._paths.get(path, path) if self._columns is None else self._title

    def matrix(self, keys: KeyReader, node: Mapping, name: str) -> Matrix | None:
        """Return what the array `name` is made of, from the file of the config if need be.

        It is None where rows are read like any others: by the names of their columns alone.
        Raises `ConfigError` if that file cannot be used.
        """
        if name in self._matrices or (self._columns is None and not self._paths):
            return self._matrices.get(name)
        from adamcli.config.data import DataReader
        from adamcli.config.matrices import MatrixReader, needs_file

        columns, standardize = node.get("columns"), node.get("standardize")
        wished = isinstance(standardize, Scalar) and standardize.value is True
        if not wished and (columns is None or not needs_file(columns)):
            return None
        reader = MatrixReader(keys, DataReader(keys), name)
        reader.read(node)
        if reader.matrix is None:
            message = f"data.{name}: the weights do not say what its columns were made of"
            hint = "the file above does, and so do weights that adamcli run -o weights.npz writes"
            keys.problems.add(message, node.span, hint)
            keys.problems.raise_if_any()
        return reader.matrix


def named_files(file: ConfigFile) -> list[str]:
    """Return the files that the key `data` names, as they are written there."""
    node = file.tree.get("data")
    entries = node.entries if isinstance(node, Mapping) else ()
    found = [_text(node)] if isinstance(node, Scalar) else []
    for _, value in entries:
        if isinstance(value, Mapping):
            found.append(_text(value.get("file")))
        else:
            found.append(_text(value).rpartition(":")[0])
    return list(dict.fromkeys(name for name in found if name))


def _text(node: Node | None) -> str:
    is_text = isinstance(node, Scalar) and isinstance(node.value, str)
    return node.text.strip() if is_text and isinstance(node, Scalar) else ""


def paths_of(file: ConfigFile, given: Sequence[str]) -> dict[str, str]:
    """Return what stands for each file of the config, for the texts of `--data`.

    One is a file for all that the config names, or `OLD=NEW` for one of them.

    Raises `UsageError` for a file that the config does not name, or names in vain.
    """
    known = named_files(file)
    if not known:
        message = "--data: the config's `data` names no file that this could stand for"
        raise UsageError(f"{message}\n  name one in the config, as in data: train.csv")
    found: dict[str, str] = {}
    for text in given:
        olds, new = _split(text, known, file.folder)
        for old in olds:
            if old in found:
                raise UsageError(f"--data {text}: {old} has another file in its place already")
            found[old] = new
    return found


def _split(text: str, known: Sequence[str], folder: Path) -> tuple[Sequence[str], str]:
    """Return the files of the config that a text replaces, and the one that stands for them."""
    for old, new in _pairs(text):
        same = [name for name in known if name == old or _same(folder / name, old)]
        if same and new:
            return same, new
    if "=" in text and not Path(text).exists():
        old = text.partition("=")[0]
        hint = f"the files of the config are {', '.join(known)}"
        raise UsageError(f"--data {text}: the config names no file {old}\n  {hint}")
    return known, text


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for place, character in enumerate(text):
        if character == "=":
            yield text[:place], text[place + 1 :]


def _same(path: Path, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)


class NewRows(NamedTuple):
    """The columns of a file of new rows, and their data by its names in the formula.

    `lacks` says what makes data unusable.
    """

    columns: dict[str, FloatArray]
    data: dict[str, FloatArray]
    lacks: tuple[str, ...]


def new_rows(config: Config, path: str) -> NewRows:
    """Return the rows of a file, whose data are made as the config makes its own.

    Else they are columns of their names.

    Raises `FileError` if the file cannot be read, `ConfigError` if its columns do not suit.
    """
    from adamcli.config.data import DataReader
    from adamcli.config.values import KeyReader

    assert config.file is not None
    columns, problems = read_named(path), Problems()
    numbers = {title: c for title, c in columns.items() if not isinstance(c, str)}
    named_numbers = by_name(numbers)
    known = {matrix.name: matrix for matrix in config.matrices}
    rows = OtherRows(known, columns=columns, arrays=named_numbers, title=path)
    named = DataReader(KeyReader(problems, config.file.tree, config.file.folder), rows).read()
    problems.raise_if_any()
    made = {name: c.array for name, c in named.constants.items() if name in named.from_files}
    flat = {name: column for name, column in numbers.items() if column.ndim == 1}
    return NewRows(flat, {**named_numbers, **made}, tuple(named.unusable.values()))


def arrays_of(given: Dict[str, Any], file: ConfigFile) -> dict[str, FloatArray]:
    """Return columns from Python as arrays, by their titles.

    Raises `UsageError` for one that is not of numbers, or that the config has no place for.
    """
    found = {title: array_of(value, f"data: `{title}`") for title, value in given.items()}
    if not named_files(file):
        _refuse_unknown(by_name(found), [key.text for key, _ in _entries(file)])
    return found


def array_of(value: Any, what: str) -> FloatArray:
    """Return numbers from Python as an array; raises `UsageError` about `what` for others."""
    try:
        return np.array(value, dtype=float)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise UsageError(f"{what}: expected numbers or an array of them, found {kind}") from None


def _refuse_unknown(given: Collection[str], known: Sequence[str]) -> None:
    from adamcli.diagnostics import did_you_mean

    for name in given:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"data: the config has no data `{name}`\n  {hint}")


def _entries(file: ConfigFile) -> Sequence[tuple[Scalar, Node]]:
    node = file.tree.get("data")
    return node.entries if isinstance(node, Mapping) else ()
