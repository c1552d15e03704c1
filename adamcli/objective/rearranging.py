"""Operations that choose, repeat and join entries: take, argmax, onehot, reshape, concat, stack.

Each fixes the order of its additions by the indices alone, so that a run has the same bits alone
and in a batch.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from adamcli.objective.arrays import axis_of, entry, expand
from adamcli.objective.functions import Operation
from adamcli.objective.graph import ShapeError, Split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import Array, IntArray
    from adamcli.objective.arrays import Key
    from adamcli.objective.graph import Node

    Call = Callable[[], object]


def part(x: Node, key: Sequence[int | slice | None]) -> Node:
    """Return `x[key]`, in which None stands for a new axis of length 1.

    Raises `ShapeError` if there is no such entry.
    """
    own: Key = tuple(k for k in key if k is not None)
    found = entry(x, own) if own else x
    axis = 0
    for k in key:
        if k is None:
            found = expand(found, axis)
        # A whole number leaves no axis.
        axis += not isinstance(k, int)
    return found


def reshape(x: Node, lengths: Sequence[int]) -> Node:
    """Return the entries of `x` in another shape, in row-major order; one length may be -1.

    Raises `ShapeError` if there are more or fewer entries.
    """
    shape, size = tuple(lengths), prod(x.shape)
    if shape.count(-1) > 1:
        raise ShapeError("only one length may be -1")
    rest = -prod(shape) if -1 in shape else 0
    if rest and not size % rest:
        shape = tuple(size // rest if length == -1 else length for length in shape)
    if -1 in shape or prod(shape) != size:
        plural = "entry" if size == 1 else "entries"
        raise ShapeError(f"the shape {x.shape} has {size} {plural}, which do not fill {shape}")
    if shape == x.shape:
        return x
    if not x.shape:
        return part(x, (None,) * len(shape))

    def emit(args: Sequence[Array], out: Array) -> list[Call]:
        # A reshaped view may be a copy, which has to be taken each time.
        return [lambda: np.copyto(out, args[0].reshape(out.shape))]

    return x.graph.structural(Operation("reshape", 1, params=shape, emit=emit), shape, x)


def _flat(x: Node) -> Node:
    return reshape(x, (prod(x.shape),))


def outer(a: Node, b: Node) -> Node:
    """Return the products of every entry of `a` with every entry of `b`."""
    return expand(_flat(a), 1) * expand(_flat(b), 0)


def concat(*parts: Node, axis: int | None = None) -> Node:
    """Return the parts joined along an axis, the first unless given; numbers count as one entry."""
    rows = [part if part.shape else expand(part, 0) for part in parts]
    axis = axis_of(rows[0], axis or 0)
    first = rows[0].shape
    for row in rows:
        if len(row.shape) != len(first) or _without(row.shape, axis) != _without(first, axis):
            message = f"the shapes {first} and {row.shape} cannot be joined along axis {axis}"
            raise ShapeError(message)
    ends = np.cumsum([row.shape[axis] for row in rows]).tolist()
    shape = (*first[:axis], ends[-1], *first[axis + 1 :])
    keys = [along(axis, slice(start, end)) for start, end in zip([0, *ends], ends, strict=False)]

    def emit(args: Sequence[Array], out: Array) -> list[Call]:
        return [partial(np.positive, arg, out[key]) for arg, key in zip(args, keys, strict=True)]

    operation = Operation("concat", len(rows), params=(axis, *ends), emit=emit)
    return parts[0].graph.structural(operation, shape, *rows)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1 :])


def joined_parts(node: Node) -> list[tuple[Node, Key]]:
    """Return the arguments of a node that `concat` made, each with the key of its place."""
    axis, *ends = node.operation.params
    places = zip(node.args, [0, *ends], ends, strict=False)
    return [(arg, along(axis, slice(start, end))) for arg, start, end in places]


def along(axis: int, k: int | slice) -> Key:
    """Return the key that is `k` in one axis and takes all of the axes before it."""
    return (*[slice(None)] * axis, k)


def stack(*parts: Node, axis: int | None = None) -> Node:
    """Return parts of one shape joined along a new axis, the first unless given."""
    shape = parts[0].shape
    for other in parts:
        if other.shape != shape:
            raise ShapeError(f"the shapes {shape} and {other.shape} cannot be stacked")
    axis = axis or 0
    if not -len(shape) - 1 <= axis <= len(shape):
        raise ShapeError(f"arrays of shape {shape} cannot be stacked along axis {axis}")
    axis %= len(shape) + 1
    return concat(*(expand(part, axis) for part in parts), axis=axis)


def argmost(name: str, x: Node, axis: int | None = None) -> Node:
    """Return where the largest (`name` argmax) or smallest entry is, the first of those that tie.

    Without an axis all entries are counted in row-major order.
    """
    if not x.shape:
        return x.graph.constant(0.0)
    if axis is None:
        return argmost(name, _flat(x), 0)
    axis = axis_of(x, axis)
    find = getattr(np, name)

    def emit(args: Sequence[Array], out: Array) -> list[Call]:
        # Complex-step differences compare the values, which are the real parts.
        return [lambda: np.copyto(out, find(args[0].real, axis))]

    operation = Operation(name, 1, params=(axis,), emit=emit)
    return x.graph.structural(operation, _without(x.shape, axis), x)


def onehot(labels: Node, length: int) -> Node:
    """Return a row for each label, 1 at its place and 0 elsewhere; the last axis has `length`.

    Raises `ShapeError` if a constant label is no whole number from 0 to length - 1. The row of such
    a label that is computed is NaN.
    """
    shape = (*labels.shape, length)
    _constant_places(labels, 0, length, "label")

    def emit(args: Sequence[Array], out: Array) -> list[Call]:
        places = np.arange(length)[:, None]

        def mark() -> None:
            given = args[0].real[..., None, :]
            np.copyto(out, given == places)
            np.copyto(out, np.nan, where=~_are_places(given, 0, length))

        return [mark]

    operation = Operation("onehot", 1, params=(length,), emit=emit)
    return labels.graph.structural(operation, shape, labels)


def take(x: Node, indices: Node, axis: int | None = None) -> Node:
    """Return the entries of `x` at `indices` along an axis, or of all in row-major order.

    Negative indices count from the end. Raises `ShapeError` if a constant index is none of an
    entry. What is taken at such an index that is computed is NaN.
    """
    if axis is None or not x.shape:
        x, axis = _flat(x), axis or 0
    axis = axis_of(x, axis)
    length = x.shape[axis]
    places = _constant_places(indices, -length, length, "index")
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])

    def emit(args: Sequence[Array], out: Array) -> list[Call]:
        source = np.broadcast_to(args[0], (*args[0].shape[:-1], out.shape[-1]))
        if places is not None:
            return [partial(np.take, source, places, axis, out, "wrap")]
        rows, target = np.moveaxis(source, (axis, -1), (0, 1)), _by_index(out, axis, indices)

        def choose() -> None:
            chosen, good = _computed_places(args[1], length)
            target[...] = rows[chosen, np.arange(chosen.shape[-1])]
            target[~good] = np.nan

        return [choose]

    operation = Operation("take", 2, params=(axis,), emit=emit)
    return x.graph.structural(operation, shape, x, indices)


def scatter(d: Node, indices: Node, shape: tuple[int, ...], axis: int) -> Node:
    """Return zeros of `shape` to which `d` is added at `indices` along `axis`: what undoes `take`.

    What was taken at an index of no entry adds nothing.
    """
    length = shape[axis]
    places = _constant_places(indices, -length, length, "index")

    def emit(args: Sequence[Array], out: Array) -> list[Call]:
        source = np.broadcast_to(args[0], (*args[0].shape[:-1], out.shape[-1]))
        rows, target = _by_index(source, axis, indices), np.moveaxis(out, (axis, -1), (0, 1))
        if places is not None:
            return [partial(_add_rows, target, _Summation(places % length), rows)]

        def add() -> None:
            chosen, good = _computed_places(args[1], length)
            runs = np.broadcast_to(np.arange(chosen.shape[-1]), chosen.shape)
            target[...] = 0.0
            # Additions to an entry happen in the order of the indices, whatever other runs add.
            np.add.at(target, (chosen[good], runs[good]), rows[good])

        return [add]

    operation = Operation("scatter", 2, params=(axis, shape), emit=emit)
    return d.graph.structural(operation, shape, d, indices)


class _Summation:
    """The order in which rows of equal index are added: neighbours in pairs, then pairs of those.

    So the error grows with the logarithm of how many there are, and each round is one addition.
    """

    def __init__(self, places: IntArray) -> None:
        self.order = np.argsort(places.reshape(-1), kind="stable")
        own, left = places.reshape(-1)[self.order], np.arange(places.size)
        self.rounds: list[tuple[IntArray, IntArray]] = []
        while (own[1:] == own[:-1]).any():
            first = np.flatnonzero(np.concatenate([[True], own[1:] != own[:-1]]))
            rank = np.arange(len(own)) - np.repeat(first, np.diff([*first, len(own)]))
            kept, added = np.flatnonzero(rank % 2 == 0), np.flatnonzero(rank % 2)
            self.rounds.append((left[added - 1], left[added]))
            own, left = own[kept], left[kept]
        self.places, self.totals = own, left


def _add_rows(target: Array, summation: _Summation, rows: Array) -> None:
    """Fill `target` (length, runs, ...) with sums of `rows` (*indices, runs, ...)."""
    sums = np.take(rows.reshape(-1, *target.shape[1:]), summation.order, 0)
    for to, added in summation.rounds:
        sums[to] += np.take(sums, added, 0)
    target[...] = 0.0
    target[summation.places] = sums[summation.totals]


def _by_index(array: Array, axis: int, indices: Node) -> Array:
    """Return the view (*indices, runs, ...) of what was taken along an axis."""
    count = len(indices.shape)
    return np.moveaxis(array, [*range(axis, axis + count), -1], range(count + 1))


def _are_places(given: Array, least: int, length: int) -> Array:
    good: Array = (given >= least) & (given < length) & (given == np.floor(given))
    return good


def _computed_places(given: Array, length: int) -> tuple[IntArray, Array]:
    """Return the entries that numbers (..., runs) mean, and which of them mean one."""
    good = _are_places(given.real, -length, length)
    return np.where(good, given.real, 0.0).astype(np.intp), good


def _constant_places(node: Node, least: int, length: int, what: str) -> IntArray | None:
    """Return the constant whole numbers of `node` as indices; None if they are computed.

    Raises `ShapeError` for one that is not from `least` to length - 1, and `Split` if the runs do
    not share them.
    """
    if node.value is None:
        return None
    if node.differs:
        own = node.value.view(np.int64)
        raise Split((own == own[..., :1]).all(axis=tuple(range(own.ndim - 1))))
    good = _are_places(node.value, least, length)
    if not good.all():
        wrong = node.value[~good].flat[0]
        raise ShapeError(
            f"expected whole numbers from {least} to {length - 1}, found the {what} {wrong:g}"
        )
    return node.value.astype(np.intp)


REARRANGING: dict[str, Callable[..., Node]] = {
    "outer": outer,
    "take": take,
    "concat": concat,
    "stack": stack,
    "argmax": partial(argmost, "argmax"),
    "argmin": partial(argmost, "argmin"),
}
"""Functions of whole arrays; those of `WITH_AXIS` take `axis=`."""

WITH_LENGTHS: dict[str, Callable[..., Node]] = {
    "reshape": reshape,
    "onehot": lambda labels, lengths: onehot(labels, lengths[0]),
}
"""Functions of an array and of constant lengths, which are whole numbers."""
