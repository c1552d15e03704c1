"""A start from a file of arrays, one for each variable, as `-o weights.npz` writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adamcli.config.document import Scalar
    from adamcli.config.values import KeyReader
    from adamcli.diagnostics import Span
    from adamcli.objective.variables import Variables

EXTENSION = ".npz"


def is_weights(value: object) -> bool:
    """Return whether the value of `start` is the name of such a file."""
    return isinstance(value, str) and value.lower().endswith(EXTENSION)


def placed_in(
    keys: KeyReader, node: Scalar, variables: Variables
) -> Iterator[tuple[int, float, Span]]:
    """Yield the coordinates of the variables in a file by their places.

    A variable that is not in it is drawn. What is wrong goes to the problems of `keys`.
    """
    from adamcli.config.data_files import Room, UnreadableError, read_file

    path = node.text.strip()
    try:
        arrays = read_file(keys.folder / path, path, Room())
    except UnreadableError as error:
        keys.problems.add(f"start: {path}: {error}", node.span, error.hint)
        return
    for name, array in arrays.items():
        variable = variables.by_name.get(name)
        if variable is None:
            hint = did_you_mean(name, variables.by_name)
            keys.problems.add(f"start: {path}: `{name}` is not a variable", node.span, hint)
        elif isinstance(array, str):
            keys.problems.add(f"start: {array}", node.span)
        elif array.shape != variable.shape:
            message = f"`{name}` has the shape {array.shape}, expected {variable.shape}"
            keys.problems.add(f"start: {path}: {message}", node.span)
        else:
            for k, value in enumerate(array.reshape(-1).tolist(), variable.offset):
                yield k, value, node.span
