"""A graph laid out as a flat list of NumPy calls that write into buffers allocated once.

The runs of a batch are the last axis of every array: the vector of all coordinates has the shape
(dim, runs), a number the shape (runs,) and an array of shape (3, 2) the shape (3, 2, runs). One
run and a hundred thousand take the same code path.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from adamcli.objective.arrays import key_of, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import Array
    from adamcli.objective.arrays import Key
    from adamcli.objective.graph import Node

    Call = Callable[[], object]


class _Slot(NamedTuple):
    """A buffer for intermediate values: what it can hold, and its number."""

    condition: bool
    shape: tuple[int, ...]
    number: int


class _Part(NamedTuple):
    """An output, or the part of it at `key`, in the shape of the node computed there."""

    output: int
    shape: tuple[int, ...]
    key: Key | None = None

    def within(self, outputs: Sequence[Array]) -> Array:
        """Return the array to write into."""
        out = outputs[self.output]
        return out[self.key] if self.key is not None else out.reshape(*self.shape, out.shape[-1])


_Home: TypeAlias = "_Slot | _Part"


class Program:
    """The computation of some output nodes; values that are never needed together share buffers."""

    def __init__(self, outputs: Sequence[Node]) -> None:
        self._outputs = list(outputs)
        self._steps = _operations_for(self._outputs)
        self._home = _assign_slots(self._steps, self._outputs)
        self._slots = {home for home in self._home.values() if isinstance(home, _Slot)}

    @property
    def entries(self) -> int:
        """How many numbers the buffers hold per run."""
        return sum(prod(slot.shape) for slot in self._slots)

    def value(self, x: Array) -> Array:
        """Return the first output at the points `x` (dim, points); its last axis is the points."""
        out = np.empty((*self._outputs[0].shape, x.shape[-1]))
        with np.errstate(all="ignore"):
            for call in self.bind(x, [out]):
                call()
        return out

    def bind(self, x: Array, outputs: Sequence[Array], dtype: type = np.float64) -> list[Call]:
        """Return the calls that fill `outputs` from `x`, in order; none takes an argument.

        `x` has the shape (dim, runs), and each output the shape of its node with an axis of runs
        added. `dtype` is `numpy.complex128` for complex-step differences, else float64.
        """
        slots = {
            slot: np.empty((*slot.shape, x.shape[-1]), dtype=bool if slot.condition else dtype)
            for slot in self._slots
        }
        place: dict[int, Array] = {}

        def array(node: Node) -> Array:
            return place[node.index] if node.args else _given(node, x)

        calls: list[Call] = []
        for node in self._steps:
            args = [array(arg) for arg in node.args]
            if node.operation.view is not None:
                place[node.index] = node.operation.view(args[0])
                continue
            home = self._home[node.index]
            out = slots[home] if isinstance(home, _Slot) else home.within(outputs)
            place[node.index] = out
            calls += node.operation.calls(args, out, dtype)
        for number, node in enumerate(self._outputs):
            written = self._home.get(_unwrapped(node).index)
            if written != _Part(number, _unwrapped(node).shape):
                calls.append(partial(np.positive, array(node), outputs[number]))
        return calls


def _given(node: Node, x: Array) -> Array:
    """Return the array of a leaf or constant."""
    if node.offset is not None:
        rows = x[node.offset : node.offset + prod(node.shape)]
        return rows.reshape(*node.shape, x.shape[-1])
    if node.refilled is not None:
        return node.refilled.array
    assert node.value is not None
    # NumPy is fastest with a single number that has no axes.
    return node.value[..., None] if node.shape and not node.differs else node.value


def _operations_for(outputs: Sequence[Node]) -> list[Node]:
    """Return the operations that the outputs need, in the order of the graph."""
    found: set[Node] = set()
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if node.args and node not in found:
            found.add(node)
            stack.extend(node.args)
    return sorted(found, key=lambda node: node.index)


def _seen_through(node: Node) -> Node:
    """Return the node whose buffer holds the entries of `node`."""
    while node.operation.view is not None:
        node = node.args[0]
    return node


def _unwrapped(node: Node) -> Node:
    """Return the node that has the same entries in the same order, without views around it."""
    while node.operation.name == "expand" or _is_whole(node):
        node = node.args[0]
    return node


def _is_whole(node: Node) -> bool:
    """Return whether the node is a part of an array that contains all of its entries."""
    return node.operation.name == "entry" and all(
        k == slice(None) if isinstance(k, slice) else length == 1
        for k, length in zip(key_of(node), node.args[0].shape, strict=False)
    )


def _is_computed(node: Node) -> bool:
    return bool(node.args) and node.operation.view is None


def _assign_parts(outputs: Sequence[Node]) -> dict[int, _Home]:
    """Return which nodes are computed directly in an output, which saves copies."""
    home: dict[int, _Home] = {}
    for number, output in enumerate(outputs):
        node = _unwrapped(output)
        if not _is_computed(node) or node.index in home:
            continue
        home[node.index] = _Part(number, node.shape)
        for key, piece in pieces_of(node) if node is output else ():
            if _is_computed(piece):
                home.setdefault(piece.index, _Part(number, piece.shape, key))
    return home


def _assign_slots(steps: Sequence[Node], outputs: Sequence[Node]) -> dict[int, _Home]:
    """Return where each step writes: into an output, or into a slot shared with other steps."""
    home = _assign_parts(outputs)
    last_use = {
        _seen_through(arg).index: position
        for position, node in enumerate(steps)
        for arg in node.args
    }
    # An output that is a view is copied at the very end.
    last_use.update({_seen_through(node).index: len(steps) for node in outputs})
    free: dict[tuple[bool, tuple[int, ...]], list[_Slot]] = {}
    made = 0
    for position, node in enumerate(steps):
        if node.operation.view is not None:
            continue
        dying = {
            spot
            for arg in map(_seen_through, node.args)
            if last_use[arg.index] == position and isinstance(spot := home.get(arg.index), _Slot)
        }
        in_place = node.operation.in_place and node.operation.emit is None
        # The result may not overwrite what an argument that is a view shows.
        reusable = dying if in_place and all(_seen_through(a) is a for a in node.args) else set()
        _release(free, reusable)
        if node.index not in home:
            kind = free.get((node.is_condition, node.shape))
            if kind:
                home[node.index] = kind.pop()
            else:
                home[node.index] = _Slot(node.is_condition, node.shape, made)
                made += 1
        _release(free, dying - reusable)
    return home


def _release(free: dict[tuple[bool, tuple[int, ...]], list[_Slot]], slots: set[_Slot]) -> None:
    for slot in sorted(slots):
        free.setdefault((slot.condition, slot.shape), []).append(slot)
