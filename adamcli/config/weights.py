"""Files of arrays, one for each variable, as `-o weights.npz` writes them: a start, or a result.

What arrays of the data are made of stands in them too, under names that no variable can have:
`data.X.columns`, and if they were standardised `data.X.means` and `data.X.deviations`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.diagnostics import cited, did_you_mean
from adamcli.errors import FileError, UsageError
from adamcli.names import normal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from adamcli.arrays import Array, FloatArray
    from adamcli.config.data_files import Columns
    from adamcli.config.document import Scalar
    from adamcli.config.matrices import Matrix
    from adamcli.config.values import KeyReader
    from adamcli.objective.variables import Variables

EXTENSION = ".npz"

DATA = "data."
"""The names of arrays that are about the data begin with this; those of variables never do."""


class Weights(NamedTuple):
    """The variables by name, and what arrays of the data are made of; `title` is for errors.

    A text in place of an array is the reason why it cannot be used.
    """

    title: str
    arrays: Mapping[str, FloatArray | str]
    matrices: Mapping[str, Matrix]

    def wrong_with(self, name: str, variables: Variables) -> tuple[str, str] | None:
        """Return why an array does not suit the variables, with a hint; None if it does."""
        array, variable = self.arrays[name], variables.by_name.get(name)
        if variable is None:
            hint = did_you_mean(name, variables.by_name)
            return f"{self.title}: `{cited(name)}` is not a variable", hint
        if isinstance(array, str):
            return array, ""
        if array.shape != variable.shape:
            message = f"`{name}` has the shape {array.shape}, expected {variable.shape}"
            return f"{self.title}: {message}", ""
        return None

    def point(self, variables: Variables) -> FloatArray:
        """Return the flat point (dim,); raises `UsageError` if the file does not suit them."""
        for name in variables.by_name:
            if name not in self.arrays:
                hint = did_you_mean(name, [*map(cited, self.arrays)]) or "the file has no variables"
                raise UsageError(f"{self.title}: there is no variable `{name}`\n  {hint}")
        for name in self.arrays:
            wrong = self.wrong_with(name, variables)
            if wrong is not None:
                raise UsageError("\n  ".join(filter(None, wrong)))
        return np.concatenate([np.ravel(np.asarray(self.arrays[n])) for n in variables.by_name])


def is_weights(value: object) -> bool:
    """Return whether the value of `start` is the name of such a file."""
    return isinstance(value, str) and value.lower().endswith(EXTENSION)


def read_weights(path: str, folder: Path = Path()) -> Weights:
    """Return the weights in a file, whose path starts at a folder.

    Raises `FileError` if it cannot be read, `UsageError` for another extension.
    """
    from adamcli.config.data_files import read_named

    if not is_weights(path):
        raise UsageError(f"{path}: expected a file {EXTENSION}, as -o weights{EXTENSION} writes it")
    arrays = read_named(path, folder=folder)
    try:
        matrices = _matrices(folder / path, arrays)
    except (OSError, ValueError, KeyError) as error:
        raise FileError(f"{path}: what it says of the data cannot be read: {error}") from None
    return Weights(path, _variables(arrays), matrices)


def _variables(arrays: Columns) -> Columns:
    return {normal(name): a for name, a in arrays.items() if not name.startswith(DATA)}


def _matrices(path: Path, arrays: Columns) -> dict[str, Matrix]:
    """Return what a file says of the arrays of the data; raises as `read_texts` does."""
    from adamcli.config.matrices import Matrix
    from adamcli.config.npz_files import read_texts

    found = {}
    for title in arrays:
        if title.startswith(DATA) and title.endswith(_COLUMNS):
            name = title[len(DATA) : -len(_COLUMNS)]
            means, deviations = (_numbers(arrays, DATA + name + end) for end in _STANDARDIZED)
            found[name] = Matrix(name, tuple(read_texts(path, title)), means, deviations)
    return found


def _numbers(arrays: Columns, title: str) -> tuple[float, ...] | None:
    found = arrays.get(title)
    if isinstance(found, str):
        raise ValueError(found)
    return None if found is None else tuple(found.reshape(-1).tolist())


_COLUMNS, _STANDARDIZED = ".columns", (".means", ".deviations")


def told_of(matrices: Sequence[Matrix]) -> dict[str, Array]:
    """Return the arrays that tell of the data, by the names that they have in a file of weights."""
    found: dict[str, Array] = {}
    for name, columns, *numbers in matrices:
        found[DATA + name + _COLUMNS] = np.array(columns, dtype=str)
        for end, values in zip(_STANDARDIZED, numbers, strict=True):
            if values is not None:
                found[DATA + name + end] = np.array(values, dtype=float)
    return found


def placed_in(
    keys: KeyReader, node: Scalar, variables: Variables
) -> Iterator[tuple[int, FloatArray]]:
    """Yield the variables in a file as flat arrays, each with the place of its first coordinate.

    A variable that is not in it is drawn. What is wrong goes to the problems of `keys`.
    """
    from adamcli.config.data_files import Room, UnreadableError, read_file

    path = node.text.strip()
    try:
        arrays = read_file(keys.folder / path, path, Room())
    except UnreadableError as error:
        keys.problems.add(f"start: {path}: {error}", node.span, error.hint)
        return
    weights = Weights(path, _variables(arrays), {})
    for name, array in weights.arrays.items():
        wrong = weights.wrong_with(name, variables)
        if wrong is not None:
            message, hint = wrong
            keys.problems.add(f"start: {message}", node.span, hint)
            continue
        yield variables.by_name[name].offset, np.ravel(np.asarray(array))
