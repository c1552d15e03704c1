"""A graph laid out as a flat list of NumPy calls that write into buffers allocated once.

The runs of a batch are the last axis of every array: the vector of all coordinates has the shape
(dim, runs), a number the shape (runs,) and an array of shape (3, 2) the shape (3, 2, runs). One
run and a hundred thousand take the same code path.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.objective.arrays import key_of, pieces_of
from adamcli.objective.buffers import shared_slots
from adamcli.objective.folding import settle
from adamcli.objective.graph import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import Array
    from adamcli.objective.arrays import Key
    from adamcli.objective.buffers import Slot, Step

    Call = Callable[[], object]


MANY = 1_500_000
"""From so many numbers of buffers on, long arrays are computed in blocks of rows. Measured with a
cache of 32 MB: with a million, as in an exponential fit of 250,000 rows, blocks take up to a tenth
more time; with two million up to a seventh less, with 16 million a third less."""


class _Part(NamedTuple):
    """An output, or the part of it at `key`, in the shape of the node computed there."""

    output: int
    shape: tuple[int, ...]
    key: Key | None = None

    def within(self, outputs: Sequence[Array]) -> Array:
        """Return the array to write into."""
        out = outputs[self.output]
        return out[self.key] if self.key is not None else out.reshape(*self.shape, out.shape[-1])


class Program:
    """The computation of some output nodes; values that are never needed together share buffers.

    `numbers` is how many numbers the buffers would hold per run if none were cut into blocks.
    """

    def __init__(self, outputs: Sequence[Node]) -> None:
        self._outputs = list(outputs)
        operations = _operations_for(self._outputs)
        for node in chain(self._outputs, *(operation.args for operation in operations)):
            settle(node)
        self._steps: Sequence[Step] = operations
        self._parts = _parts_of(self._outputs)
        self._slots = shared_slots(self._steps, self._parts, self._outputs)
        self.numbers = _numbers(self._slots)
        if self.numbers >= MANY:
            from adamcli.objective.row_plan import in_blocks

            self._steps = in_blocks(self._steps, self._outputs, self.numbers)
            self._slots = shared_slots(self._steps, self._parts, self._outputs)

    @property
    def entries(self) -> int:
        """How many numbers the buffers hold per run."""
        blocks = (step.entries for step in self._steps if not isinstance(step, Node))
        return _numbers(self._slots) + sum(blocks)

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
            for slot in set(self._slots.values())
        }
        place: dict[int, Array] = {}

        def home(node: Node) -> Array:
            part = self._parts.get(node.index)
            return part.within(outputs) if part else slots[self._slots[node.index]]

        def array(node: Node) -> Array:
            return place[node.index] if node.args else _given(node, x)

        calls: list[Call] = []
        for step in self._steps:
            if not isinstance(step, Node):
                place.update((node.index, home(node)) for node in step.written)
                calls += step.calls(array, x.shape[-1], dtype)
                continue
            args = [array(arg) for arg in step.args]
            if step.operation.view is not None:
                place[step.index] = step.operation.view(args[0])
                continue
            place[step.index] = out = home(step)
            calls += step.operation.calls(args, out, dtype)
        for number, node in enumerate(self._outputs):
            written = self._parts.get(_unwrapped(node).index)
            if written != _Part(number, _unwrapped(node).shape):
                calls.append(partial(np.positive, array(node), outputs[number]))
        return calls


def _numbers(slots: dict[int, Slot]) -> int:
    return sum(prod(slot.shape) for slot in set(slots.values()))


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


def _parts_of(outputs: Sequence[Node]) -> dict[int, _Part]:
    """Return which nodes are computed directly in an output, which saves copies."""
    home: dict[int, _Part] = {}
    for number, output in enumerate(outputs):
        node = _unwrapped(output)
        if not _is_computed(node) or node.index in home:
            continue
        home[node.index] = _Part(number, node.shape)
        for key, piece in pieces_of(node) if node is output else ():
            if _is_computed(piece):
                home.setdefault(piece.index, _Part(number, piece.shape, key))
    return home
