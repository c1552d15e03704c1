"""Reductions by halves over an axis that is met in slices, with the bits of the whole axis.

`arrays.reduce` adds the second half of an axis to the first until one entry is left. After K times
`length >> K` entries are left; entry i is the sum of those i + o of the axis, for 2**K offsets o.
So the axis is cut into 2**K slices that begin at these offsets, and a binary tree adds them up
whole. Taken in the order of the tree, only one sum of each of its levels has to be kept. Where the
number of entries is odd, its last one, the rest, is added to the first one left.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.objective.arrays import fold_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.arrays import Array, IntArray

    Call = Callable[[], object]


class Cut(NamedTuple):
    """How an axis is cut: `lengths` are the entries left after halving it 0, 1, ... K times."""

    lengths: tuple[int, ...]

    @classmethod
    def of(cls, length: int, most: int) -> Cut:
        """Return the cut of an axis into slices of at most `most` entries."""
        lengths = [length]
        while lengths[-1] > most:
            lengths.append(lengths[-1] // 2)
        return cls(tuple(lengths))

    @property
    def depth(self) -> int:
        """How often the axis is halved, K."""
        return len(self.lengths) - 1

    @property
    def rows(self) -> int:
        """The entries of a slice."""
        return self.lengths[-1]

    def slices(self) -> Iterator[slice]:
        """Yield the slices, in the order in which a `Tree` takes them."""
        for number in range(1 << self.depth):
            start = sum(self.lengths[j + 1] for j in range(self.depth) if number >> j & 1)
            yield slice(start, start + self.rows)

    def rests(self) -> dict[int, IntArray]:
        """Return the entries of the axis whose fold is the rest of each level that has one.

        They are in the order in which halves of them are to be added.
        """
        found = {}
        for level, length in enumerate(self.lengths[:-1]):
            if length % 2:
                at = np.array([length - 1])
                for j in range(level, 0, -1):
                    at = np.concatenate([at, at + self.lengths[j]])
                found[level] = at
        return found


class Tree:
    """The reductions of several arrays of one shape by `kernel`, each along `axis`.

    Their slices come in `entries_of(number)`, one after the other along the first axis.
    """

    def __init__(
        self,
        cut: Cut,
        kernel: Callable[..., object],
        axis: int,
        empty: Callable[[], Array],
    ) -> None:
        self._kernel, self._axis = kernel, axis + 1
        self._kept = [empty() for _ in range(cut.depth)]
        self._odd = empty()
        self._rests = {level: np.empty_like(self._first(self._odd)) for level in cut.rests()}
        self._known: dict[tuple[int, bool], list[Call]] = {}

    def entries_of(self, number: int) -> Array:
        """Return where a slice is to be written. Slices with even numbers are kept as they are."""
        return self._kept[0] if self._kept and number % 2 == 0 else self._odd

    def rest_calls(self, place: int, level: int, entries: Array) -> list[Call]:
        """Return the calls that fold the rest of a level, of the array with that place."""
        axis = self._axis - 1
        return fold_calls(self._kernel, axis, [entries], self._rests[level][place])

    def merge_calls(self, number: int) -> list[Call]:
        """Return the calls that add a slice, once it has been written, to those before it."""
        merged = (~number & (number + 1)).bit_length() - 1
        key = (merged, number + 1 == 1 << merged)
        if key not in self._known:
            self._known[key] = self._merges(*key)
        return self._known[key]

    def _merges(self, merged: int, is_first: bool) -> list[Call]:
        """Return the calls that merge sums of so many levels; the first ones get the rests."""
        kept, entries = self._kept, self._odd
        calls: list[Call] = []
        for level in range(merged):
            is_last = level + 1 == merged < len(kept)
            out = kept[level + 1] if is_last else kept[level]
            calls.append(partial(self._kernel, kept[level], entries, out))
            entries = out
        if is_first and merged - 1 in self._rests:
            first = self._first(entries)
            calls.append(partial(self._kernel, first, self._rests[merged - 1], first))
        return calls

    def _first(self, entries: Array) -> Array:
        at: Array = np.moveaxis(entries, self._axis, 0)[0]
        return at

    def result_calls(self, outs: Sequence[Array]) -> list[Call]:
        """Return the calls that fold what is left after the last slice, into one array each."""
        left = self._kept[-1] if self._kept else self._odd
        found = np.empty_like(self._first(left))
        calls = fold_calls(self._kernel, self._axis, [left], found)
        return calls + [
            partial(np.positive, own, out) for own, out in zip(found, outs, strict=True)
        ]
