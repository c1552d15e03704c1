"""Constants of a formula: folded when their value is first asked for.

So what a whole formula needs is counted before any large array of it is allocated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import Array
    from adamcli.objective.functions import Operation
    from adamcli.objective.graph import Node


class Folding(NamedTuple):
    """How the value of a constant is made, of which `args`, and whether it is true or false."""

    make: Callable[[], Array]
    args: tuple[Node, ...] = ()
    condition: bool = False


def settle(node: Node) -> None:
    """Fold a constant, and before it all that it is made of."""
    # Without recursion: a sum of a thousand terms is a thousand levels deep.
    waiting = [node]
    while waiting:
        last = waiting[-1]
        args = last.folding.args if last.folding is not None else ()
        missing = [arg for arg in args if arg.folding is not None]
        waiting += missing
        if not missing:
            waiting.pop().fold()


def fold(operation: Operation, shape: tuple[int, ...], args: tuple[Node, ...]) -> Array:
    """Return the value of an operation on constants, with an axis of runs if one of them has it."""
    # The calls are those of a run, so the bits are as well.
    arrays = [with_runs(arg.value, arg.differs) for arg in args if arg.value is not None]
    runs = max(array.shape[-1] for array in arrays)
    if operation.view is not None:
        # Data are not copied: what constants hold is never written to.
        out = np.ascontiguousarray(operation.view(arrays[0]))
    else:
        out = np.empty((*shape, runs), dtype=bool if operation.condition else float)
        with np.errstate(all="ignore"):
            for call in operation.calls(arrays, out, float):
                call()
    return out if any(arg.differs for arg in args) else out[..., 0]


def with_runs(value: Array, differs: bool) -> Array:
    """Return the value of a constant with an axis of runs."""
    return value if differs else value[..., None]
