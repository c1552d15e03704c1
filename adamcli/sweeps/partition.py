"""Runs that agree on some axes of a plan: those that share a program, or a setting."""

from __future__ import annotations

from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.sweeps.plan import digit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adamcli.arrays import IntArray
    from adamcli.sweeps.plan import PlannedAxis


class _Factor(NamedTuple):
    """A digit that cycles through `size` levels, each for `stride` runs.

    `digits` has the digit of each level, None if they are equal; `first` has the first level of
    each digit.
    """

    stride: int
    size: int
    digits: IntArray | None
    first: Sequence[int]

    @classmethod
    def of(cls, stride: int, size: int, axes: Sequence[PlannedAxis]) -> _Factor:
        """Return the factor of axes that go together value by value."""
        levels = np.stack([axis.distinct() for axis in axes])
        if (levels == np.arange(size)).all(axis=1).any():
            # One axis alone distinguishes all levels.
            return cls(stride, size, None, range(size))
        _, first, digits = np.unique(levels, axis=1, return_index=True, return_inverse=True)
        return cls(stride, size, digits.reshape(-1), first.tolist())


class Partition:
    """The classes of runs that have the same values on some axes, numbered from 0.

    Axes that go together value by value are one factor. The number of a class has one digit per
    factor.
    """

    def __init__(self, axes: Iterable[PlannedAxis]) -> None:
        together: dict[tuple[int, int], list[PlannedAxis]] = {}
        for axis in axes:
            together.setdefault((axis.stride, axis.values.size), []).append(axis)
        self._factors = [_Factor.of(*key, some) for key, some in together.items()]
        # Neighbours whose digits are their levels need one division instead of two.
        self._merged: list[_Factor] = []
        for inner in self._factors:
            outer = self._merged[-1] if self._merged else None
            plain = outer is not None and outer.digits is None and inner.digits is None
            if outer is not None and plain and outer.stride == inner.stride * inner.size:
                size = outer.size * inner.size
                self._merged[-1] = _Factor(inner.stride, size, None, range(size))
            else:
                self._merged.append(inner)

    @property
    def count(self) -> int:
        """How many classes there are."""
        return prod(len(factor.first) for factor in self._factors)

    def of(self, runs: IntArray) -> IntArray:
        """Return the class of each of `runs`."""
        codes = np.zeros(len(runs), dtype=np.int64)
        for stride, size, digits, first in self._merged:
            level = digit(runs, stride, size)
            codes *= len(first)
            codes += level if digits is None else digits[level]
        return codes

    def examples(self, most: int) -> list[int]:
        """Return one run of each class; if there are more than `most`, runs with each digit."""
        if self.count <= most:
            return list(self.all_examples())
        runs = (run for firsts in self._first_runs() for run in firsts)
        return list(islice(dict.fromkeys(runs), most))

    def all_examples(self) -> Iterator[int]:
        """Yield one run of each class."""
        return map(sum, product(*self._first_runs()))

    def _first_runs(self) -> list[list[int]]:
        """Return for each factor the first run that has each digit there and 0 elsewhere."""
        return [[level * f.stride for level in f.first] for f in self._factors]
