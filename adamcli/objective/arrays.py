"""Operations that look at more than one entry: reductions, entries, slices, sums.

A run must have the same bits alone and in a batch. NumPy's own `sum` breaks that: its order of
addition depends on whether the axis is contiguous. So a reduction here is a tree: the second half
of the axis is added to the first until one entry is left. The order depends only on the length, the
error grows with its logarithm, and each level is one NumPy call on whole rows.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from adamcli.objective.functions import OPERATIONS, Operation
from adamcli.objective.graph import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import Array
    from adamcli.objective.graph import Node

    Call = Callable[[], object]

Key: TypeAlias = "tuple[int | slice, ...]"
"""The contents of index brackets: whole numbers and slices."""


def entry(x: Node, key: Key) -> Node:
    """Return `x[key]`, which is a view; raises `ShapeError` if there is no such entry."""
    if len(key) > len(x.shape):
        raise ShapeError(f"its shape is {x.shape}, found {len(key)} indices")
    try:
        shape = _part_shape(x.shape, key)
    except IndexError:
        raise ShapeError(f"its shape is {x.shape}, there is no such entry") from None
    if 0 in shape:
        raise ShapeError(f"its shape is {x.shape}, so this slice of it is empty")
    operation = Operation("entry", 1, params=(_hashable(key),), view=lambda a: a[key])
    return x.graph.structural(operation, shape, x)


def _part_shape(shape: tuple[int, ...], key: Key) -> tuple[int, ...]:
    return np.broadcast_to(np.empty(()), shape)[key].shape


def _hashable(key: Key) -> tuple[Any, ...]:
    return tuple((k.start, k.stop, k.step) if isinstance(k, slice) else k for k in key)


def _key(hashable: tuple[Any, ...]) -> Key:
    return tuple(slice(*k) if isinstance(k, tuple) else k for k in hashable)


def key_of(node: Node) -> Key:
    """Return the key of a node that `entry` made."""
    return _key(node.operation.params[0])


def expand(x: Node, axis: int) -> Node:
    """Return a view of `x` with one more axis, of length 1."""
    shape = (*x.shape[:axis], 1, *x.shape[axis:])
    view = partial(np.expand_dims, axis=axis)
    return x.graph.structural(Operation("expand", 1, params=(axis,), view=view), shape, x)


def spread(x: Node, shape: tuple[int, ...]) -> Node:
    """Return a view of `x` whose entries are repeated to fill `shape`."""
    if x.shape == shape:
        return x
    operation = Operation("spread", 1, params=(shape,), view=partial(spread_view, shape))
    return x.graph.structural(operation, shape, x)


def spread_view(shape: tuple[int, ...], a: Array) -> Array:
    """Return a view of an array of runs whose entries are repeated to fill `shape` in each run."""
    missing = len(shape) - (a.ndim - 1)
    return np.broadcast_to(a.reshape((1,) * missing + a.shape), (*shape, a.shape[-1]))


def transpose(x: Node) -> Node:
    """Return a view of `x` with its axes in reverse order."""
    axes = tuple(reversed(range(len(x.shape))))
    operation = Operation("transpose", 1, view=lambda a: a.transpose(*axes, len(axes)))
    return x.graph.structural(operation, x.shape[::-1], x)


def reduce(name: str, x: Node, axis: int | None = None) -> Node:
    """Return the sum, prod, min or max (`name`) of `x` over one axis, or over all entries.

    Raises `ShapeError` if there is no such axis.
    """
    if axis is None:
        for _ in x.shape:
            x = reduce(name, x, 0)
        return x
    axis = axis_of(x, axis)
    if x.shape[axis] == 1:
        return entry(x, (slice(None),) * axis + (0,))
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    emit = partial(fold_calls, fold_kernel(name), axis)
    operation = Operation(name, 1, params=(axis,), emit=emit)
    return x.graph.structural(operation, shape, x)


FOLDED = {"sum": "add", "prod": "multiply", "min": "minimum", "max": "maximum"}
"""The operation of two arguments that each reduction repeats."""


def fold_kernel(name: str) -> Callable[..., object]:
    """Return the kernel that a reduction repeats."""
    return OPERATIONS[FOLDED[name]].kernel


def axis_of(x: Node, axis: int) -> int:
    """Return the number of an axis, from 0; raises `ShapeError` if there is none such."""
    if not -len(x.shape) <= axis < len(x.shape):
        raise ShapeError(f"there is no axis {axis} in an array of shape {x.shape}")
    return axis % len(x.shape)


def fold_calls(
    kernel: Callable[..., object], axis: int, args: Sequence[Array], out: Array
) -> list[Call]:
    """Return the calls that fold an axis in halves; an odd entry is added to the first one left."""
    x = np.moveaxis(args[0], axis, 0)
    length = len(x)
    if length == 1:
        return [partial(np.positive, x[0], out)]
    if length == 2:
        return [partial(kernel, x[0], x[1], out)]
    half = length // 2
    rows = np.empty((half, *x.shape[1:]), dtype=x.dtype)
    calls: list[Call] = [partial(kernel, x[:half], x[half : 2 * half], rows)]
    if length % 2:
        calls.append(partial(kernel, rows[0], x[-1], rows[0]))
    while half > 1:
        length, half = half, half // 2
        calls.append(partial(kernel, rows[:half], rows[half : 2 * half], rows[:half]))
        if length % 2:
            calls.append(partial(kernel, rows[0], rows[length - 1], rows[0]))
    calls.append(partial(np.positive, rows[0], out))
    return calls


def cumsum(x: Node, axis: int | None = None) -> Node:
    """Return the running sums along an axis, which an array of one axis need not name."""
    if axis is None and len(x.shape) != 1:
        raise ShapeError(f"cumsum needs axis= for an array of shape {x.shape}")
    axis = axis_of(x, axis or 0)

    def emit(args: Sequence[Array], out: Array) -> list[Call]:
        return [partial(np.add.accumulate, args[0], axis, None, out)]

    return x.graph.structural(Operation("cumsum", 1, params=(axis,), emit=emit), x.shape, x)


def others(x: Node, axis: int) -> Node:
    """Return the product of all other entries along an axis: the derivative of prod."""

    def emit(args: Sequence[Array], out: Array) -> list[Call]:
        a, o = np.moveaxis(args[0], axis, 0), np.moveaxis(out, axis, 0)
        after = np.empty_like(o)
        accumulate = np.multiply.accumulate
        calls: list[Call] = [partial(o[0].fill, 1.0), partial(after[-1].fill, 1.0)]
        if len(a) > 1:
            calls.append(partial(accumulate, a[:-1], 0, None, o[1:]))
            calls.append(partial(accumulate, a[:0:-1], 0, None, after[-2::-1]))
        return [*calls, partial(np.multiply, o, after, o)]

    return x.graph.structural(Operation("others", 1, params=(axis,), emit=emit), x.shape, x)


def assemble(shape: tuple[int, ...], pieces: Sequence[tuple[Key, Node]]) -> Node:
    """Return an array of zeros to which each piece is added at its key: the adjoint of `entry`."""
    keys, nodes = zip(*pieces, strict=True)
    fresh = _disjoint(shape, keys)
    first: Node = nodes[0]
    if fresh == "all" and first.is_number and all(node is first for node in nodes):
        return first

    def emit(args: Sequence[Array], out: Array) -> list[Call]:
        calls: list[Call] = [] if fresh == "all" else [partial(out.fill, 0.0)]
        for key, arg in zip(keys, args, strict=True):
            target = out[key]
            if not fresh:
                calls.append(partial(np.add, target, arg, target))
            elif arg.__array_interface__ != target.__array_interface__:
                # Otherwise the piece was computed in place.
                calls.append(partial(np.positive, arg, target))
        return calls

    params = (shape, tuple(map(_hashable, keys)), fresh)
    operation = Operation("assemble", len(keys), params=params, emit=emit)
    return first.graph.structural(operation, shape, *nodes)


def pieces_of(node: Node) -> list[tuple[Key, Node]]:
    """Return the pieces of a node that `assemble` made and that can be computed in place."""
    name, params = node.operation.name, node.operation.params
    if name != "assemble" or params[2] != "all":
        return []
    pieces = zip(map(_key, params[1]), node.args, strict=True)
    return [(key, piece) for key, piece in pieces if piece.shape == _part_shape(node.shape, key)]


def _disjoint(shape: tuple[int, ...], keys: Sequence[Key]) -> str:
    """Return "all" if the keys reach every entry once, "some" if none twice, else an empty text."""
    reached = np.zeros(shape, dtype=np.int8)
    for key in keys:
        reached[key] += 1
        if (reached[key] > 1).any():
            return ""
    return "all" if reached.all() else "some"


def mean(x: Node, axis: int | None = None) -> Node:
    """Return the sum divided by the number of entries."""
    total = reduce("sum", x, axis)
    count = prod(x.shape) if axis is None else x.shape[axis_of(x, axis)]
    return total / x.graph.constant(float(count))


def var(x: Node, axis: int | None = None) -> Node:
    """Return the mean squared distance from the mean."""
    return mean(x.graph.apply("square", x - _back(mean(x, axis), x, axis)), axis)


def std(x: Node, axis: int | None = None) -> Node:
    """Return the square root of the variance, with derivative 0 where it is 0."""
    return x.graph.apply("length", var(x, axis))


def norm(x: Node, axis: int | None = None) -> Node:
    """Return the Euclidean norm, with derivative 0 where it is 0."""
    return x.graph.apply("length", reduce("sum", x.graph.apply("square", x), axis))


def logsumexp(x: Node, axis: int | None = None) -> Node:
    """Return log(sum(exp(x))) without overflow or underflow."""
    top = _top(x, axis)
    total = reduce("sum", x.graph.apply("exp", x - _back(top, x, axis)), axis)
    return x.graph.apply("log", total) + top


def softmax(x: Node, axis: int | None = None) -> Node:
    """Return exp(x) divided by its sum."""
    powers = x.graph.apply("exp", x - _back(_top(x, axis), x, axis))
    return powers / _back(reduce("sum", powers, axis), x, axis)


def _top(x: Node, axis: int | None) -> Node:
    top = reduce("max", x, axis)
    # A view of the same entries, whose derivative counts as 0.
    top = x.graph.structural(Operation("detach", 1, view=lambda a: a), top.shape, top)
    infinite = x.graph.apply("equal", x.graph.apply("abs", top), x.graph.constant(np.inf))
    return x.graph.apply("where", infinite, x.graph.constant(0.0), top)


def _back(reduced: Node, x: Node, axis: int | None) -> Node:
    """Return the result of a reduction of `x` in a shape that broadcasts against `x`."""
    return reduced if axis is None else expand(reduced, axis_of(x, axis))


REDUCTIONS: dict[str, Callable[..., Node]] = {
    **{name: partial(reduce, name) for name in FOLDED},
    **{make.__name__: make for make in (mean, var, std, norm, logsumexp, softmax, cumsum)},
}
"""Functions of one array that take `axis=`."""

STRUCTURES: dict[str, Callable[..., Node]] = {"transpose": transpose}
"""Functions of whole arrays without `axis=`."""
