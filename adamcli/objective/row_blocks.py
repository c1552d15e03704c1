"""Operations on long arrays, row by row, in blocks whose intermediate values stay in the cache.

A block is a slice of the rows. A reduction over all rows has the bits that it has in one piece, see
`row_tree`; the few entries that no slice holds, the rests, make a small block of their own.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.objective.arrays import FOLDED, fold_kernel, spread_view
from adamcli.objective.buffers import rows_of, shared_slots
from adamcli.objective.row_tree import Cut, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from adamcli.arrays import Array, IntArray
    from adamcli.objective.buffers import Slot
    from adamcli.objective.functions import Operation
    from adamcli.objective.graph import Node

    Call = Callable[[], object]
    Whole = Callable[[Node], Array]
    """Returns the whole array of a node."""

BLOCK = 1 << 14
"""The most numbers of a buffer. Measured with an exponential fit of a million rows: half as many
take a tenth longer, because the calls weigh more; twice as many are not faster."""

LEAST = 1 << 8
"""The least rows of a block, however wide they are: the fewer, the more rows are in no slice."""


def folds_rows(node: Node) -> bool:
    """Return whether a node is a reduction over the rows of its argument."""
    if node.operation.name not in FOLDED or not rows_of(node.args[0]):
        return False
    axis: int = node.operation.params[0]
    return node.args[0].shape[axis] == rows_of(node.args[0])


class RowBlocks:
    """Row-wise operations on arrays with so many `rows`, and reductions over these, in blocks.

    `args` are the nodes that are read, and `written` those whose result is needed outside: the
    reductions, and whole arrays if their index is in `kept`.
    """

    def __init__(self, rows: int, steps: Sequence[Node], kept: set[int]) -> None:
        self.rows, self.steps = rows, steps
        own = {node.index for node in steps}
        outside = {arg.index: arg for node in steps for arg in node.args if arg.index not in own}
        self.args = list(outside.values())
        self.written = [node for node in steps if folds_rows(node) or node.index in kept]
        self.folds = _alike(node for node in steps if folds_rows(node))
        self.seats = self._seats()
        self.slots = shared_slots(steps, {node.index for node in self.written} | {*self.seats})
        widths = [self._width(node) for node in (*steps, *self.args) if self.has_rows(node)]
        self.cut = Cut.of(rows, max(LEAST, BLOCK // max(widths)))
        self._changing = self._changing_arrays()

    def has_rows(self, node: Node) -> bool:
        """Return whether a block needs but a part of a node."""
        return rows_of(node) == self.rows

    def _width(self, node: Node) -> int:
        return prod(node.shape) // self.rows

    def _seats(self) -> dict[int, int]:
        """Return the nodes that are computed where a tree takes them, with their reductions."""
        own = {node.index for node in self.steps if node.operation.view is None}
        own -= {node.index for node in self.written}
        folds = (fold for alike in self.folds for fold in alike)
        return {f.args[0].index: f.index for f in folds if f.args[0].index in own}

    def changes(self, node: Node) -> bool:
        """Return whether the calls of a node differ from block to block."""
        return any(each.index in self._changing for each in (node, *node.args))

    def _changing_arrays(self) -> set[int]:
        """Return the indices of nodes whose arrays are not the same ones for every block."""
        found = {node.index for node in self.args if self.has_rows(node)}
        found |= {node.index for node in self.written if not folds_rows(node)}
        for node in self.steps:
            if node.operation.view is not None and node.args[0].index in found:
                found.add(node.index)
        return found

    @property
    def entries(self) -> int:
        """How many numbers the buffers hold, for any number of runs."""
        slots = sum(prod(slot.shape) // self.rows for slot in set(self.slots.values()))
        taken = sum(self._width(fold.args[0]) for alike in self.folds for fold in alike)
        return self.cut.rows * (slots + (self.cut.depth + 1) * taken)

    def calls(self, array: Whole, runs: int, dtype: type) -> list[Call]:
        """Return the calls that fill the arrays of what is written from those of `args`.

        The runs take turns, with the same buffers.
        """
        bound = _Bound(self, dtype)
        calls: list[Call] = []
        for run in range(runs):
            calls += bound.calls(partial(_of_run, array, run if runs > 1 else None))
        return calls


def _alike(folds: Iterable[Node]) -> list[list[Node]]:
    """Return the reductions in groups that one tree computes together."""
    groups: dict[object, list[Node]] = {}
    for fold in folds:
        (folded,) = fold.args
        key = fold.operation.name, fold.operation.params, folded.shape, folded.is_condition
        groups.setdefault(key, []).append(fold)
    return list(groups.values())


def _of_run(array: Whole, run: int | None, node: Node) -> Array:
    """Return the array of a node in one run, with an axis for it."""
    whole = array(node)
    if run is None or not whole.ndim or whole.shape[-1] == 1:
        return whole
    return whole[..., run : run + 1]


class _Bound:
    """The buffers of blocks, and the calls that use them in one run."""

    def __init__(self, blocks: RowBlocks, dtype: type) -> None:
        self._blocks, self._dtype = blocks, dtype
        self._buffers = {slot: self._empty(slot) for slot in set(blocks.slots.values())}
        self._trees = [self._tree(folds) for folds in blocks.folds]
        self._rests: dict[int, Array] = {}

    def _shape(self, shape: tuple[int, ...], rows: int) -> tuple[int, ...]:
        """Return the shape of so many rows of an array in a single run."""
        return (*(rows if length == self._blocks.rows else length for length in shape), 1)

    def _empty(self, slot: Slot) -> Array:
        shape = self._shape(slot.shape, self._blocks.cut.rows)
        return np.empty(shape, dtype=bool if slot.condition else self._dtype)

    def _tree(self, folds: Sequence[Node]) -> Tree:
        cut, operation, (folded,) = self._blocks.cut, folds[0].operation, folds[0].args
        shape = (len(folds), *self._shape(folded.shape, cut.rows))
        empty = partial(np.empty, shape, bool if folded.is_condition else self._dtype)
        return Tree(cut, fold_kernel(operation.name), operation.params[0], empty)

    def calls(self, whole: Whole) -> list[Call]:
        """Return the calls of one run, in which `whole` returns the array of a node outside."""
        calls = self._calls_of_rests(whole) if self._blocks.cut.rests() else []
        fixed: dict[tuple[int, int], list[Call]] = {}
        for number, rows in enumerate(self._blocks.cut.slices()):
            calls += self._calls_of_slice(whole, number, rows, fixed)
            for tree in self._trees:
                calls += tree.merge_calls(number)
        for tree, folds in zip(self._trees, self._blocks.folds, strict=True):
            calls += tree.result_calls([whole(fold) for fold in folds])
        return calls

    def _calls_of_slice(
        self, whole: Whole, number: int, rows: slice, fixed: dict[tuple[int, int], list[Call]]
    ) -> list[Call]:
        """Return the calls of one slice; those in `fixed` are the same for every other one."""
        blocks = self._blocks
        calls: list[Call] = []
        place = {node.index: self._part(node, whole(node), rows) for node in blocks.args}
        taken = self._taken(number)
        for node in blocks.steps:
            args = [place[arg.index] for arg in node.args]
            if node.operation.view is not None:
                place[node.index] = self._view(node, blocks.cut.rows)(args[0])
                continue
            if folds_rows(node):
                if taken[node.index] is not args[0]:
                    calls.append(partial(np.copyto, taken[node.index], args[0]))
                continue
            out = place[node.index] = self._out(node, whole, rows, taken)
            if blocks.changes(node):
                calls.append(_call(node.operation, args, out, self._dtype))
                continue
            key = number % 2, node.index
            if key not in fixed:
                fixed[key] = node.operation.calls(args, out, self._dtype)
            calls += fixed[key]
        return calls

    def _taken(self, number: int) -> dict[int, Array]:
        """Return where the trees take a slice of each reduction."""
        return {
            fold.index: own
            for tree, alike in zip(self._trees, self._blocks.folds, strict=True)
            for fold, own in zip(alike, tree.entries_of(number), strict=True)
        }

    def _out(self, node: Node, whole: Whole, rows: slice, taken: dict[int, Array]) -> Array:
        """Return where a slice of a node is written."""
        blocks = self._blocks
        if node.index in blocks.seats:
            return taken[blocks.seats[node.index]]
        slot = blocks.slots.get(node.index)
        return self._buffers[slot] if slot else self._part(node, whole(node), rows)

    def _part(self, node: Node, whole: Array, rows: slice) -> Array:
        """Return some rows of an array, or all of one that has none."""
        return whole[_at(node, rows)] if self._blocks.has_rows(node) else whole

    def _view(self, node: Node, rows: int) -> Callable[[Array], Array]:
        """Return the view of a node with so many rows."""
        assert node.operation.view is not None
        if node.operation.name != "spread":
            return node.operation.view
        return partial(spread_view, self._shape(node.shape, rows)[:-1])

    def _calls_of_rests(self, whole: Whole) -> list[Call]:
        """Return the calls for the rows that no slice holds, gathered in arrays of their own."""
        blocks, place = self._blocks, {node.index: whole(node) for node in self._blocks.args}
        rows = np.concatenate(list(blocks.cut.rests().values()))
        calls: list[Call] = []
        for node in filter(blocks.has_rows, blocks.args):
            out = self._of_rests(node, len(rows), whole(node).dtype)
            calls.append(partial(np.take, whole(node), rows, _axis(node), out, "clip"))
            place[node.index] = out
        for node in blocks.steps:
            args = [place[arg.index] for arg in node.args]
            if folds_rows(node):
                calls += self._fold_rests(node, args[0])
            elif node.operation.view is not None:
                place[node.index] = self._view(node, len(rows))(args[0])
            else:
                dtype = np.dtype(bool if node.is_condition else self._dtype)
                place[node.index] = out = self._of_rests(node, len(rows), dtype)
                calls += node.operation.calls(args, out, self._dtype)
                if node in blocks.written:
                    calls.append(partial(whole(node).__setitem__, _at(node, rows), out))
        return calls

    def _of_rests(self, node: Node, rows: int, dtype: np.dtype[Any]) -> Array:
        """Return the buffer of the rests of a node, the same for every run."""
        if node.index not in self._rests:
            self._rests[node.index] = np.empty(self._shape(node.shape, rows), dtype)
        return self._rests[node.index]

    def _fold_rests(self, fold: Node, entries: Array) -> list[Call]:
        (number,) = [k for k, alike in enumerate(self._blocks.folds) if fold in alike]
        place, calls, first = self._blocks.folds[number].index(fold), list[Any](), 0
        for level, rows in self._blocks.cut.rests().items():
            part = entries[_at(fold.args[0], slice(first, first + len(rows)))]
            calls += self._trees[number].rest_calls(place, level, part)
            first += len(rows)
        return calls


def _axis(node: Node) -> int:
    return node.shape.index(rows_of(node))


def _at(node: Node, rows: slice | IntArray) -> tuple[slice | IntArray, ...]:
    """Return the key of some rows of a node."""
    return (*[slice(None)] * _axis(node), rows)


def _call(operation: Operation, args: list[Array], out: Array, dtype: type) -> Call:
    """Return one call that computes an operation, without memory of its own between calls."""
    if operation.emit is None:
        return operation.calls(args, out, dtype)[0]

    def run() -> None:
        for call in operation.calls(args, out, dtype):
            call()

    return run
