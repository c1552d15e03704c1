"""A start from a file of arrays, one for each variable, as `-o weights.npz` writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adamcli.arrays import Array
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
    path = node.text.strip()
    try:
        arrays = _read(keys.folder / path)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        keys.problems.add(f"start: {path}: {reason}", node.span)
        return
    for name, array in arrays.items():
        variable = variables.by_name.get(name)
        if variable is None:
            hint = did_you_mean(name, variables.by_name)
            keys.problems.add(f"start: {path}: `{name}` is not a variable", node.span, hint)
        elif array.shape != variable.shape:
            message = f"`{name}` has the shape {array.shape}, expected {variable.shape}"
            keys.problems.add(f"start: {path}: {message}", node.span)
        elif array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            message = f"`{name}` has entries that are not finite numbers"
            keys.problems.add(f"start: {path}: {message}", node.span)
        else:
            for k, value in enumerate(array.astype(float).reshape(-1).tolist(), variable.offset):
                yield k, value, node.span


def _read(path: Path) -> dict[str, Array]:
    """Return the arrays of a file by name; raises `ValueError` for one that holds anything else."""
    from zipfile import BadZipFile
    from zlib import error as damaged

    with path.open("rb") as file:
        try:
            arrays = np.load(file, allow_pickle=False)
            if not isinstance(arrays, np.lib.npyio.NpzFile):
                raise ValueError("is no npz file")
            return {name: arrays[name] for name in arrays.files}
        except (BadZipFile, damaged, NotImplementedError, RuntimeError) as error:
            raise ValueError(f"cannot be read: {error}") from None
