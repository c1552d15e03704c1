"""Which entries were taken on the way between them and the value of a formula.

A derivative that is 0 does not tell: it is 0 in a branch that `where` did not take and at an entry
that brackets or `take` left out, but also at the minimum of a square. So the sweep of `derivatives`
carries masks along with the adjoints. A mask is a node that is true where an entry was taken, in a
shape that broadcasts to that of its node; None stands for all entries, and is the mask of
everything in a formula that takes all there is. Entries that were left out have no mask where
nothing is steep, as it would change nothing.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

from adamcli.objective import arrays
from adamcli.objective.arrays import expand, spread
from adamcli.objective.functions import OPERATIONS
from adamcli.objective.graph import agreed
from adamcli.objective.steep import is_steep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.objective.arrays import Key
    from adamcli.objective.graph import Node

Mask: TypeAlias = "Node | None"


def _fn(name: str, *args: Node) -> Node:
    return args[0].graph.apply(name, *args)


def _selected(place: int, node: Node) -> Mask:
    """Return where a node selects its argument at `place`; ties count for both arguments."""
    args = node.args
    match node.operation.name:
        case "where":
            return args[0] if place == 1 else _fn("logical_not", args[0])
        case "minimum":
            return _fn("less_equal", args[place], args[1 - place])
        case "maximum":
            return _fn("greater_equal", args[place], args[1 - place])
        case "relu":
            return _fn("greater", args[0], node.graph.constant(0.0))
        case "min" | "max":
            return _fn("equal", args[0], expand(node, node.operation.params[0]))
    return None


def through(node: Node, place: int, mask: Mask, linear: Callable[[Node], Node]) -> Mask:
    """Return which entries of the argument at `place` are taken by entries of `node` in `mask`.

    `linear(count)` is the sum of `count` over the entries of `node` that depend on each entry.
    """
    name = node.operation.name
    if name == "take" and (mask is None or mask.shape == ()) and is_steep(node.args[place]):
        mask = _both(_counted(linear(node.graph.constant(1.0))), mask)
    elif mask is not None and mask.shape != () and name not in OPERATIONS:
        if name in arrays.FOLDED:
            mask = expand(spread(mask, node.shape), node.operation.params[0])
        elif name == "matmul":
            mask = _of_factor(node, place, spread(mask, node.shape))
        else:
            mask = _counted(linear(_count(mask, node.shape)))
    mask = _both(mask, _selected(place, node))
    if mask is None or mask.shape == () or name not in OPERATIONS:
        return mask
    shape = node.args[place].shape
    return mask if shape == node.shape else _counted(linear(_count(mask, node.shape)))


def _of_factor(node: Node, place: int, mask: Node) -> Mask:
    """Return the rows or columns of a factor of a product of which any entry was taken."""
    factor, other = node.args[place], node.args[1 - place]
    if len(other.shape) == 2:
        total = arrays.reduce("sum", _count(mask, node.shape), (1 - place) * (len(node.shape) - 1))
        counted = _counted(total)
        if counted is None:
            return None
        mask = counted
    if len(factor.shape) < 2:
        return mask
    # The axis that is summed over comes last in a first factor, unless it is transposed.
    return expand(mask, int((place == 0) != node.operation.params[place]))


def union(node: Node, reached: Sequence[tuple[Key | None, Mask]]) -> Mask:
    """Return the entries of `node` that are taken on any way; those with a key are a part of it."""
    if any(key is None and mask is None for key, mask in reached):
        return None
    masks = list(dict.fromkeys(mask for _, mask in reached))
    if len(masks) == 1 and (masks[0] is None or masks[0].shape == ()):
        return _both(_parts(node, [key for key, _ in reached]), masks[0])
    whole = list(dict.fromkeys(mask for key, mask in reached if key is None and mask is not None))
    parts = [(key, mask) for key, mask in reached if key is not None]
    if parts:
        one = node.graph.constant(1.0)
        pieces = [(key, one if mask is None else _count(mask, mask.shape)) for key, mask in parts]
        used = _counted(arrays.assemble(node.shape, pieces))
        if used is None:
            return None
        whole.append(used)
    return _unless_all(reduce(lambda a, b: _fn("logical_or", a, b), whole))


def _parts(node: Node, keys: Sequence[Key | None]) -> Mask:
    """Return which entries of `node` are in a part at one of `keys`, where others can be steep."""
    if None in keys or not is_steep(node):
        return None
    one = node.graph.constant(1.0)
    return _counted(arrays.assemble(node.shape, [(key, one) for key in keys if key is not None]))


def _both(a: Mask, b: Mask) -> Mask:
    if a is None or b is None or a is b:
        return _unless_all(b if a is None else a)
    return _unless_all(_fn("logical_and", a, b))


def _unless_all(mask: Mask) -> Mask:
    """Return None in place of a constant mask that is true everywhere."""
    if mask is None or mask.value is None:
        return mask
    return None if agreed(mask.value.all(axis=tuple(range(len(mask.shape))))) else mask


def _count(mask: Node, shape: tuple[int, ...]) -> Node:
    """Return 1 where a mask is true and else 0, in a shape to which it broadcasts."""
    return spread(mask.graph.counted(mask), shape)


def _counted(total: Node) -> Mask:
    return _unless_all(_fn("not_equal", total, total.graph.constant(0.0)))
