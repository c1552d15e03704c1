"""A graph laid out as a flat list of NumPy calls that write into buffers allocated once.

The runs of a batch are the last axis of every array: the vector of all coordinates has the shape
(dim, runs), a number has the shape (runs,) and an array of shape (3, 2) the shape (3, 2, runs). One
program serves one run and a hundred thousand; there is no second code path.
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
    """A buffer for intermediate values: what it can hold, and its number among all."""

    condition: bool
    shape: tuple[int, ...]
    number: int


class _Part(NamedTuple):
    """An output, or the part of it at `key`, in the shape of the node that is computed there."""

    output: int
    shape: tuple[int, ...]
    key: Key | None = None

    def within(self, outputs: Sequence[Array]) -> Array:
        """Return the array to write into."""
        out = outputs[self.output]
        return out[self.key] if self.key is not None else out.reshape(*self.shape, out.shape[-1])


_Home: TypeAlias = "_Slot | _Part"


class Program:
    """The computation of some output nodes, with buffers shared by values that never meet."""

    def __init__(self, outputs: Sequence[Node]) -> None:
        self._outputs = list(outputs)
        self._steps = _needed(self._outputs)
        self._home = _assign_slots(self._steps, self._outputs)

    @property
    def entries(self) -> int:
        """How many numbers the buffers hold for each run."""
        slots = {home for home in self._home.values() if isinstance(home, _Slot)}
        return sum(prod(slot.shape) for slot in slots)

    def value(self, x: Array) -> Array:
        """Return the first output at the points `x` (dim, points), the points on its last axis."""
        out = np.empty((*self._outputs[0].shape, x.shape[-1]))
        with np.errstate(all="ignore"):
            for call in self.bind(x, [out]):
                call()
        return out

    def bind(self, x: Array, outputs: Sequence[Array], dtype: type = np.float64) -> list[Call]:
        """Return the calls that fill `outputs` from `x`, in order; none takes an argument.

        `x` has the shape (dim, runs), and each output the shape of its node with the runs behind.
        `dtype` is `numpy.complex128` for complex-step differences, else float64.
        """
        runs = x.shape[-1]
        slots: dict[_Slot, Array] = {}
        place: dict[int, Array] = {}
        for slot in self._home.values():
            if isinstance(slot, _Slot) and slot not in slots:
                slots[slot] = np.empty((*slot.shape, runs), dtype=bool if slot.condition else dtype)

        def array(node: Node) -> Array:
            if node.offset is not None:
                return _entries(x, node)
            return _constant(node) if node.value is not None else place[node.index]

        calls: list[Call] = []
        for node in self._steps:
            assert node.operation is not None
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


def _entries(x: Array, leaf: Node) -> Array:
    assert leaf.offset is not None
    rows = x[leaf.offset : leaf.offset + prod(leaf.shape)]
    return rows.reshape(*leaf.shape, x.shape[-1])


def _constant(node: Node) -> Array:
    # A single number stays without axes, which is NumPy's shortest way.
    assert node.value is not None
    return node.value[..., None] if node.shape and not node.differs else node.value


def _reachable(outputs: Sequence[Node]) -> set[Node]:
    found: set[Node] = set()
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(node.args)
    return found


def _needed(outputs: Sequence[Node]) -> list[Node]:
    computed = [node for node in _reachable(outputs) if node.operation is not None]
    return sorted(computed, key=lambda node: node.index)


def _seen_through(node: Node) -> Node:
    """Return the node whose buffer holds the entries of `node`."""
    while node.operation is not None and node.operation.view is not None:
        node = node.args[0]
    return node


def _unwrapped(node: Node) -> Node:
    """Return the node that has the same entries in the same order, behind views of one piece."""
    while node.operation is not None and node.operation.view is not None:
        inner = node.args[0]
        if node.operation.name == "entry":
            whole = all(
                k == slice(None) if isinstance(k, slice) else length == 1
                for k, length in zip(key_of(node), inner.shape, strict=False)
            )
        else:
            whole = node.operation.name == "expand"
        if not whole:
            break
        node = inner
    return node


def _assign_parts(outputs: Sequence[Node]) -> dict[int, _Home]:
    """Return which nodes are computed where an output wants them, which saves copies."""
    home: dict[int, _Home] = {}
    for number, output in enumerate(outputs):
        node = _unwrapped(output)
        if node.operation is None or node.operation.view is not None or node.index in home:
            continue
        home[node.index] = _Part(number, node.shape)
        for key, piece in pieces_of(node) if node is output else ():
            if piece.operation is not None and piece.operation.view is None:
                home.setdefault(piece.index, _Part(number, piece.shape, key))
    return home


def _assign_slots(steps: Sequence[Node], outputs: Sequence[Node]) -> dict[int, _Home]:
    """Return where each step writes: into an output, or into a slot shared with others."""
    home = _assign_parts(outputs)
    last_use = {
        _seen_through(arg).index: position
        for position, node in enumerate(steps)
        for arg in node.args
    }
    # What an output shows through a view is copied at the very end.
    last_use.update({_seen_through(node).index: len(steps) for node in outputs})
    free: dict[tuple[bool, tuple[int, ...]], list[_Slot]] = {}
    made = 0
    for position, node in enumerate(steps):
        assert node.operation is not None
        if node.operation.view is not None:
            continue
        dying = {
            spot
            for arg in map(_seen_through, node.args)
            if last_use[arg.index] == position and isinstance(spot := home.get(arg.index), _Slot)
        }
        reusable = {spot for spot in dying if _in_place(node)}
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


def _in_place(node: Node) -> bool:
    """Return whether the result may take the place of an argument that is seen as it stands."""
    assert node.operation is not None
    return (
        node.operation.in_place
        and node.operation.emit is None
        and all(_seen_through(arg) is arg for arg in node.args)
    )


def _release(free: dict[tuple[bool, tuple[int, ...]], list[_Slot]], slots: set[_Slot]) -> None:
    for slot in sorted(slots):
        free.setdefault((slot.condition, slot.shape), []).append(slot)
