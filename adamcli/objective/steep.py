"""Which values can be infinite or NaN, or have such slopes, at points that are neither.

Where nothing is steep, the derivative by an entry that was not taken is 0 without a mask: 0 times a
slope is NaN only where that is not finite. Finite numbers that overflow are left aside, but for
functions that grow as fast as `exp`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.objective.graph import agreed

if TYPE_CHECKING:
    from adamcli.objective.graph import Node

STEEP = frozenset(
    {"divide", "power", "sqrt", "cbrt", "log", "log1p", "log2", "log10", "lgamma", "arctan2"}
    | {"arcsin", "arccos", "arccosh", "arctanh", "exp", "expm1", "sinh", "cosh"}
)
"""The operations that are so somewhere."""


def is_steep(node: Node) -> bool:
    """Return whether `node` or what it is computed from can be steep, as constants not finite are.

    Raises `Split` if constants are finite in some runs only.
    """
    stack = [node]
    while stack:
        top = stack[-1]
        missing = [arg for arg in top.args if arg.steep is None]
        if top.steep is None and missing and not _is_steep_itself(top):
            stack += missing
            continue
        stack.pop()
        if top.steep is None:
            top.steep = _is_steep_itself(top) or any(arg.steep for arg in top.args)
    return bool(node.steep)


def _is_steep_itself(node: Node) -> bool:
    if node.value is not None:
        return not _holds(np.isfinite(node.value), node)
    if node.operation.name != "divide":
        return node.operation.name in STEEP
    by = node.args[1]
    return by.value is None or not _holds(by.value != 0, by)


def _holds(each: Any, node: Node) -> bool:
    """Return whether all entries of a constant are true; raises `Split` if so in some runs only."""
    return agreed(each.all(axis=tuple(range(len(node.shape)))))
