"""Which operations of a program are computed together, block by block of rows, and in which order.

A reduction over rows needs all blocks, so what depends on it has to wait: every node has a turn,
the number of reductions, one after the other, that it waits for. All that has the same turn and as
many rows is computed in the same blocks, with what it needs of earlier turns computed once more.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from adamcli.objective.arrays import FOLDED, key_of
from adamcli.objective.buffers import rows_of, seen_through
from adamcli.objective.functions import OPERATIONS
from adamcli.objective.row_blocks import RowBlocks, folds_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adamcli.objective.buffers import Step
    from adamcli.objective.graph import Node

AGAIN = 2
"""Nodes are computed once more unless that makes more than so many times the work,"""

MANY_MORE = 6_000_000
"""and not at all for fewer numbers of buffers. Measured with the root of a mean of squares: with
four million, blocks take a tenth more time; with eight million a fifth less."""


class _Turns(NamedTuple):
    """By index: the turns of blocks, of what they compute, and from which turn on all is known."""

    blocks: dict[int, int]
    known: dict[int, int]


def in_blocks(steps: Sequence[Node], outputs: Iterable[Node], numbers: int) -> Sequence[Step]:
    """Return the steps of a program, with those that are row-wise gathered in blocks.

    `numbers` is how many the buffers hold without blocks.
    """
    turns = _turns(steps)
    outer = _needed_outside(steps, outputs)
    kept = {node.index for node in steps if node.index in outer and _is_computed_in_rows(node)}
    gathered = _gathered(steps, turns, kept)
    work = sum(map(len, gathered.values()))
    least = len({node for nodes in gathered.values() for node in nodes})
    if work > least and numbers < MANY_MORE:
        return steps
    if work > AGAIN * least:
        kept |= _used_later(steps, turns)
        gathered = _gathered(steps, turns, kept)
    order: list[tuple[tuple[int, int, int], Step]] = [
        ((turns.known.get(node.index, 0), 0, node.index), node)
        for node in steps
        if node.index not in turns.blocks
        or (node.operation.view is not None and node.index in outer)
    ]
    for (turn, rows), nodes in gathered.items():
        order.append(((turn, 1, rows), RowBlocks(rows, nodes, kept)))
    return [step for _, step in sorted(order, key=lambda each: each[0])]


def _is_row_wise(node: Node) -> bool:
    """Return whether each row of a node is computed from the same row of its arguments."""
    rows, name = rows_of(node), node.operation.name
    if not rows or not node.args:
        return False
    if name in OPERATIONS or name == "spread":
        return True
    if rows_of(node.args[0]) != rows:
        return False
    if name == "entry":
        key, axis = key_of(node), node.args[0].shape.index(rows)
        return axis >= len(key) or key[axis] == slice(None)
    return name in FOLDED or name in ("expand", "detach")


def _is_computed_in_rows(node: Node) -> bool:
    return node.operation.view is None and _is_row_wise(node)


def _inside(node: Node) -> list[Node]:
    """Return the arguments of a node that can be computed in the same blocks."""
    rows = rows_of(node.args[0]) if folds_rows(node) else rows_of(node)
    return [arg for arg in node.args if rows_of(arg) == rows and _is_row_wise(arg)]


def _turns(steps: Sequence[Node]) -> _Turns:
    turns = _Turns({}, {})
    blocks, known = turns
    for node in steps:
        waits = max(known.get(arg.index, 0) for arg in node.args)
        known[node.index] = waits
        if _is_row_wise(node) or folds_rows(node):
            inside = _inside(node)
            outside = (known.get(arg.index, 0) for arg in node.args if arg not in inside)
            blocks[node.index] = max([*(blocks[arg.index] for arg in inside), *outside])
            if node.operation.view is None:
                known[node.index] = blocks[node.index] + 1
    return turns


def _needed_outside(steps: Sequence[Node], outputs: Iterable[Node]) -> set[int]:
    """Return the indices of nodes that are needed as whole arrays."""
    outer = {node.index for node in outputs}
    for node in reversed(steps):
        in_rows = _is_row_wise(node) or folds_rows(node)
        if in_rows and not (node.operation.view is not None and node.index in outer):
            inside = _inside(node)
            outer.update(arg.index for arg in node.args if arg not in inside)
        else:
            outer.update(arg.index for arg in node.args)
    return outer


def _gathered(
    steps: Sequence[Node], turns: _Turns, kept: set[int]
) -> dict[tuple[int, int], list[Node]]:
    """Return the nodes that are computed together, by their turn and their rows."""
    wanted: dict[tuple[int, int], set[Node]] = defaultdict(set)
    for node in steps:
        if folds_rows(node):
            wanted[turns.blocks[node.index], rows_of(node.args[0])].add(node)
        elif node.index in kept:
            wanted[turns.blocks[node.index], rows_of(node)].add(node)
    for found in wanted.values():
        stack = list(found)
        while stack:
            for arg in _inside(stack.pop()):
                if arg not in found and arg.index not in kept:
                    found.add(arg)
                    stack.append(arg)
    return {key: sorted(nodes, key=lambda node: node.index) for key, nodes in wanted.items()}


def _used_later(steps: Sequence[Node], turns: _Turns) -> set[int]:
    """Return the indices of nodes that a later turn needs."""
    pairs = ((node, arg) for node in steps if node.index in turns.blocks for arg in _inside(node))
    bases = {
        seen_through(arg)
        for node, arg in pairs
        if turns.blocks[arg.index] < turns.blocks[node.index]
    }
    return {base.index for base in bases if _is_computed_in_rows(base)}
