"""Runs that agree on some columns of a plan: those that share a program, or a setting."""

from __future__ import annotations

from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.sweeps.plan import digit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from adamcli.sweeps.plan import PlannedAxis

    Indices = NDArray[np.int64]


class _Factor(NamedTuple):
    """A digit that changes every `stride` runs through `size` levels, and begins again.

    `digits` has the digit of each level, None if it is the number of the level. `first` has the
    first level of each digit.
    """

    stride: int
    size: int
    digits: Indices | None
    first: Sequence[int]

    def joins(self, inner: _Factor) -> bool:
        """Return whether this and the next factor can be written as one."""
        plain = self.digits is None and inner.digits is None
        return plain and self.stride == inner.stride * inner.size

    def joined(self, inner: _Factor) -> _Factor:
        """Return this and the next factor as one, for which one division does."""
        size = self.size * inner.size
        return _Factor(inner.stride, size, None, range(size))


class Partition:
    """The classes of runs that have the same values in some columns, numbered from 0.

    Columns that go together value by value are one factor. The number of a class is written with
    one digit a factor.
    """

    def __init__(self, columns: Sequence[PlannedAxis]) -> None:
        together: dict[tuple[int, int], list[PlannedAxis]] = {}
        for column in columns:
            together.setdefault((column.stride, column.values.size), []).append(column)
        self._factors: list[_Factor] = []
        # The same with fewer divisions.
        self._merged: list[_Factor] = []
        for (stride, size), some in together.items():
            levels = np.stack([column.distinct() for column in some])
            if (levels == np.arange(size)).all(axis=1).any():
                # One column tells all levels apart.
                factor = _Factor(stride, size, None, range(size))
            else:
                _, first, digits = np.unique(levels, axis=1, return_index=True, return_inverse=True)
                factor = _Factor(stride, size, digits.reshape(-1), first.tolist())
            self._factors.append(factor)
            if self._merged and self._merged[-1].joins(factor):
                self._merged[-1] = self._merged[-1].joined(factor)
            else:
                self._merged.append(factor)

    @property
    def count(self) -> int:
        """How many classes there are."""
        return prod(len(factor.first) for factor in self._factors)

    def of(self, runs: Indices) -> Indices:
        """Return the number of the class of each of `runs`."""
        codes = np.zeros(len(runs), dtype=np.int64)
        for stride, size, digits, first in self._merged:
            level = digit(runs, stride, size)
            codes *= len(first)
            codes += level if digits is None else digits[level]
        return codes

    def examples(self, most: int) -> list[int]:
        """Return a run of each class; of more than `most`, runs that show each digit once."""
        firsts = [[level * f.stride for level in f.first] for f in self._factors]
        if self.count <= most:
            return [sum(runs) for runs in product(*firsts)]
        return list(islice(dict.fromkeys(run for runs in firsts for run in runs), most))

    def all_examples(self) -> Iterator[int]:
        """Yield a run of each class."""
        firsts = [[level * f.stride for level in f.first] for f in self._factors]
        return (sum(runs) for runs in product(*firsts))
