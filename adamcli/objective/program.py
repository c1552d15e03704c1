"""A graph laid out as a flat list of NumPy calls that write into buffers allocated once.

The runs of a batch are the last axis of every array: an input of shape (runs,) holds one variable
of every run. One program serves one run and a hundred thousand; there is no second code path.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from adamcli.objective.graph import Node

    Array = NDArray[Any]
    Call = Callable[[], object]


class _Slot(NamedTuple):
    """A buffer for intermediate values: its number among those of its kind."""

    condition: bool
    number: int


class Program:
    """The computation of some output nodes, with buffers shared by values that never meet."""

    def __init__(self, outputs: Sequence[Node]) -> None:
        self._outputs = list(outputs)
        self._steps = _needed(self._outputs)
        self._home = _assign_slots(self._steps, self._outputs)
        self.leaves = sorted({n.leaf for n in _reachable(self._outputs) if n.leaf is not None})

    def bind(
        self, inputs: Sequence[Array], outputs: Sequence[Array], dtype: type = np.float64
    ) -> list[Call]:
        """Return the calls that fill `outputs` from `inputs`, in order; none takes an argument.

        `inputs[k]` is the array of leaf number k, and all arrays have the shape (runs,). `dtype` is
        `numpy.complex128` for complex-step differences, else float64.
        """
        shape = outputs[0].shape
        slots: dict[_Slot, Array] = {}
        place: dict[int, Array] = {}
        for home in self._home.values():
            if isinstance(home, _Slot) and home not in slots:
                slots[home] = np.empty(shape, dtype=bool if home.condition else dtype)

        def array(node: Node) -> Array:
            if node.leaf is not None:
                return inputs[node.leaf]
            return np.array(node.value) if node.value is not None else place[node.index]

        calls: list[Call] = []
        for node in self._steps:
            home = self._home[node.index]
            out = place[node.index] = slots[home] if isinstance(home, _Slot) else outputs[home]
            kernel = _kernel(node, dtype)
            calls.append(partial(kernel, *map(array, node.args), out))
        for number, node in enumerate(self._outputs):
            if self._home.get(node.index) != number:
                calls.append(partial(np.positive, array(node), outputs[number]))
        return calls


def _kernel(node: Node, dtype: type) -> Callable[..., object]:
    assert node.operation is not None
    if dtype is np.complex128 and node.operation.complex_kernel is not None:
        return node.operation.complex_kernel
    return node.operation.kernel


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


def _assign_slots(steps: Sequence[Node], outputs: Sequence[Node]) -> dict[int, _Slot | int]:
    """Return where each step writes: into an output (its number) or into a shared slot."""
    home: dict[int, _Slot | int] = {}
    for number, node in enumerate(outputs):
        if node.operation is not None:
            home.setdefault(node.index, number)
    last_use = {arg.index: position for position, node in enumerate(steps) for arg in node.args}
    free: dict[bool, list[_Slot]] = {True: [], False: []}
    made = 0
    for position, node in enumerate(steps):
        assert node.operation is not None
        dying = {
            spot
            for arg in node.args
            if last_use[arg.index] == position and isinstance(spot := home.get(arg.index), _Slot)
        }
        if node.operation.in_place:
            _release(free, dying)
        if node.index not in home:
            kind = free[node.is_condition]
            if kind:
                home[node.index] = kind.pop()
            else:
                home[node.index] = _Slot(node.is_condition, made)
                made += 1
        if not node.operation.in_place:
            _release(free, dying)
    return home


def _release(free: dict[bool, list[_Slot]], slots: set[_Slot]) -> None:
    for slot in sorted(slots):
        free[slot.condition].append(slot)
