"""Buffers of intermediate values: those that are never needed together share one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from adamcli.objective.graph import Node

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from adamcli.objective.row_blocks import RowBlocks

Step: TypeAlias = "Node | RowBlocks"
"""What a program does at a time: one operation, or several block by block."""

LONG = 1 << 15
"""So many rows can be cut into blocks that are worth their calls."""


def rows_of(node: Node) -> int:
    """Return the length of the only longest axis of a node, its rows; 0 if there are not many."""
    longest = max(node.shape, default=0)
    return longest if longest >= LONG and node.shape.count(longest) == 1 else 0


class Slot(NamedTuple):
    """A buffer for intermediate values: what it can hold, and its number."""

    condition: bool
    shape: tuple[int, ...]
    number: int


def seen_through(node: Node) -> Node:
    """Return the node whose buffer holds the entries of `node`."""
    while node.operation.view is not None:
        node = node.args[0]
    return node


def shared_slots(
    steps: Sequence[Step], elsewhere: Collection[int], lasting: Iterable[Node] = ()
) -> dict[int, Slot]:
    """Return the slot of each node that the steps compute, by its index.

    Nodes with an index in `elsewhere` are written into other arrays; those that are `lasting` are
    needed after the last step.
    """
    last_use = {
        seen_through(arg).index: position
        for position, step in enumerate(steps)
        for arg in step.args
    }
    last_use.update({seen_through(node).index: len(steps) for node in lasting})
    found: dict[int, Slot] = {}
    free: dict[tuple[bool, tuple[int, ...]], list[Slot]] = {}
    for position, step in enumerate(steps):
        dying = {
            found[arg.index]
            for arg in map(seen_through, step.args)
            if arg.index in found and last_use[arg.index] == position
        }
        computed = _computed_by(step)
        reusable = dying if _overwrites(step) else set()
        _release(free, reusable)
        for node in computed:
            if node.index not in elsewhere:
                kind = free.get((node.is_condition, node.shape))
                slot = kind.pop() if kind else Slot(node.is_condition, node.shape, len(found))
                found[node.index] = slot
        if computed:
            _release(free, dying - reusable)
    return found


def _computed_by(step: Step) -> Sequence[Node]:
    if isinstance(step, Node):
        return [step] if step.operation.view is None else []
    return step.written


def _overwrites(step: Step) -> bool:
    """Return whether a step may write its result over an argument."""
    if not isinstance(step, Node):
        return False
    in_place = step.operation.in_place and step.operation.emit is None
    # The result may not overwrite what an argument that is a view shows.
    return in_place and all(arg.operation.view is None for arg in step.args)


def _release(free: dict[tuple[bool, tuple[int, ...]], list[Slot]], slots: set[Slot]) -> None:
    for slot in sorted(slots):
        free.setdefault((slot.condition, slot.shape), []).append(slot)
