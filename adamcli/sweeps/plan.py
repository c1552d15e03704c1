"""The plan of a sweep: which runs there are, the values of each, and which runs agree."""

from __future__ import annotations

from itertools import islice, product
from math import prod
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.axis_values import Axis, AxisValues, Drawn, value_of
from adamcli.diagnostics import fail
from adamcli.errors import UsageError
from adamcli.search.designs import design

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adamcli.arrays import IntArray
    from adamcli.config.sweep import SweepSettings
    from adamcli.diagnostics import Span

MAX_RUNS = 1_000_000_000
"""The most runs of a sweep; each takes nine bytes for its score and its status."""


class RunRange(NamedTuple):
    """The runs from `first` up to but excluding `end`."""

    first: int
    end: int

    @property
    def size(self) -> int:
        """The number of runs."""
        return self.end - self.first


def rest_of(span: RunRange, todo: Iterable[RunRange]) -> list[RunRange]:
    """Return `span` without the blocks of `todo`, which are in order."""
    found, at = [], span.first
    for block in todo:
        if block.first > at:
            found.append(RunRange(at, block.first))
        at = block.end
    return [*found, RunRange(at, span.end)] if at < span.end else found


def shard_of(span: RunRange, number: int, count: int) -> RunRange:
    """Return part `number` (1, 2, …) of `count` parts of nearly equal size."""
    first, end = (span.first + span.size * k // count for k in (number - 1, number))
    return RunRange(first, end)


class PlannedAxis(NamedTuple):
    """A key of the config with its values, each of which `stride` runs share before the next.

    `span` is where the key was written.
    """

    key: str
    text: str
    values: AxisValues
    stride: int
    span: Span

    @property
    def root(self) -> str:
        """The key at the top level of the config."""
        return self.key.partition(".")[0]

    @property
    def example(self) -> Any:
        """A value as JSON has it: a number if any of them is one."""
        each = map(self.values.plain, range(self.values.size))
        return next((value for value in each if isinstance(value, int | float)), "")

    def places(self, runs: IntArray) -> IntArray:
        """Return the index of the value of each of `runs`."""
        return digit(runs, self.stride, self.values.size)

    def place(self, run: int) -> int:
        """Return the index of the value of one run."""
        return run // self.stride % self.values.size

    def distinct(self) -> IntArray:
        """Return for each value the index at which it first occurs."""
        values = self.values
        if values.numbers is not None:
            steps = np.diff(values.numbers)
            if (steps > 0).all() or (steps < 0).all():
                return np.arange(values.size)
            # Bits are compared: 0.0 and -0.0 may lead to different programs.
            bits = values.numbers.view(np.int64)
            _, first, back = np.unique(bits, return_index=True, return_inverse=True)
            firsts: IntArray = first[back]
            return firsts
        known: dict[object, int] = {}
        return np.array([known.setdefault(value_of(n), i) for i, n in enumerate(values.nodes)])


class Plan:
    """All runs of a sweep, numbered from 0, and the varied `keys`; the last axis changes fastest.

    A plan is a product of factors. A factor is one axis, or several that go together value by
    value: those of `--zip`, those that are drawn, or the columns of a file.

    Raises `UsageError` for too many runs.
    """

    def __init__(self, factors: Sequence[Sequence[Axis]]) -> None:
        sizes = [_length(factor) for factor in factors]
        self.size = prod(sizes)
        if self.size > MAX_RUNS:
            raise UsageError(f"the plan has {self.size:,} runs; the most is {MAX_RUNS:,}")
        self.axes: list[PlannedAxis] = []
        stride = self.size
        for factor, size in zip(factors, sizes, strict=True):
            stride //= size
            for axis in factor:
                assert isinstance(axis.values, AxisValues)
                self.axes.append(PlannedAxis(axis.key, axis.text, axis.values, stride, axis.span))
        self.keys = [axis.key for axis in self.axes]

    def values(self, run: int) -> dict[str, Any]:
        """Return the value that one run has for each key, as JSON can hold it."""
        return {axis.key: axis.values.plain(axis.place(run)) for axis in self.axes}

    def words(self) -> Iterator[str]:
        """Yield the keys, and the values that are no numbers."""
        for axis in self.axes:
            yield axis.key
            if axis.values.numbers is None:
                yield from map(axis.values.text, range(axis.values.size))

    def texts(self, run: int) -> list[str]:
        """Return the value that one run has for each key, as it is shown."""
        return [axis.values.text(axis.place(run)) for axis in self.axes]

    def order(self) -> str:
        """Return how the keys are combined, such as `alpha x seed`; the last changes fastest."""
        factors: dict[int, list[str]] = {}
        for axis in self.axes:
            factors.setdefault(axis.stride * axis.values.size, []).append(axis.key)
        return " x ".join(" + ".join(keys) for keys in factors.values())

    def describe(self) -> dict[str, str]:
        """Return by key how its values were written, or a hash of them, to compare two plans."""
        return {a.key: a.text or f"{a.values.size:,} values, {_digest(a)}" for a in self.axes}


class _Factor(NamedTuple):
    """A digit of levels that cycle; `first` has the first level of each digit.

    `digits` has the digit of each level, None if they are equal.
    """

    stride: int
    size: int
    digits: IntArray | None
    first: Sequence[int]

    @classmethod
    def from_axes(cls, stride: int, size: int, axes: Sequence[PlannedAxis]) -> _Factor:
        levels = np.stack([axis.distinct() for axis in axes])
        if (levels == np.arange(size)).all(axis=1).any():
            # One axis alone distinguishes all levels.
            return cls(stride, size, None, range(size))
        _, first, digits = np.unique(levels, axis=1, return_index=True, return_inverse=True)
        return cls(stride, size, digits.reshape(-1), first.tolist())


class Partition:
    """The classes of runs that have the same values on some axes, numbered from 0.

    Axes that are paired value by value are one factor. The number of a class has one digit per
    factor.
    """

    def __init__(self, axes: Iterable[PlannedAxis]) -> None:
        together: dict[tuple[int, int], list[PlannedAxis]] = {}
        for axis in axes:
            together.setdefault((axis.stride, axis.values.size), []).append(axis)
        self._factors = [_Factor.from_axes(*key, some) for key, some in together.items()]
        # Neighbours whose digits are their levels need one division instead of two.
        self._merged: list[_Factor] = []
        for inner in self._factors:
            outer = self._merged[-1] if self._merged else None
            stride, size = inner.stride, inner.size
            if outer and outer.digits is inner.digits is None and outer.stride == stride * size:
                inner = _Factor(stride, size * outer.size, None, range(size * outer.size))
                self._merged.pop()
            self._merged.append(inner)

    @property
    def count(self) -> int:
        """How many classes there are."""
        return prod(len(factor.first) for factor in self._factors)

    def classes(self, runs: IntArray) -> IntArray:
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


def make_plan(settings: SweepSettings, meant: Sequence[str] = ()) -> Plan:
    """Return the plan of these settings; `meant` are axes that were given as something else.

    Raises `ConfigError` or `UsageError` for axes that cannot be combined.
    """
    listed = [axis for axis in settings.axes if isinstance(axis.values, AxisValues)]
    drawn = [axis for axis in settings.axes if isinstance(axis.values, Drawn)]
    if not (settings.axes or settings.table):
        hint = "add, for example, -p 'alpha=log(1e-4,1e-1,20)' -p seed=0..9"
        if meant:
            hint = "write " + " ".join(f"-p {quote(text)}" for text in meant)
        raise UsageError(f"nothing is varied\n  {hint}")
    if drawn and settings.samples is None:
        kind = drawn[0].text.partition("(")[0]
        raise fail(f"{drawn[0].key}: {kind}(...) draws values", drawn[0].span, "add --samples N")
    if settings.samples is not None and not drawn:
        hint = "write, for example, -p 'alpha=loguniform(1e-4,1e-1)'"
        raise UsageError(f"--samples: there is no axis to draw\n  {hint}")
    factors: list[list[Axis]] = [list(settings.table)] if settings.table else []
    if drawn:
        factors.append(_draw(drawn, settings))
    factors += [listed] if settings.zipped and listed else [[axis] for axis in listed]
    return Plan(factors)


def _draw(drawn: Sequence[Axis], settings: SweepSettings) -> list[Axis]:
    assert settings.samples is not None
    points = design(settings.sampler, settings.samples, len(drawn), settings.sample_seed)
    how = f"{settings.samples} of {settings.sampler}, seed {settings.sample_seed}"
    axes = []
    for axis, u in zip(drawn, points, strict=True):
        assert isinstance(axis.values, Drawn)
        axes.append(axis._replace(values=axis.values.at(u), text=f"{axis.text} ({how})"))
    return axes


def _length(factor: Sequence[Axis]) -> int:
    sizes = [axis.values.size for axis in factor if isinstance(axis.values, AxisValues)]
    for axis, size in zip(factor, sizes, strict=True):
        if size != sizes[0]:
            message = f"the axes `{factor[0].key}` and `{axis.key}` are paired value by value, "
            message += f"but have {sizes[0]:,} and {size:,} values"
            raise fail(message, axis.span, "without --zip every combination is run")
    return sizes[0]


def digit(runs: IntArray, stride: int, size: int) -> IntArray:
    """Return `runs // stride % size`, for which NumPy's own remainder takes three times as long."""
    quotient = runs // stride if stride > 1 else runs
    return quotient - quotient // size * size


def _digest(axis: PlannedAxis) -> str:
    from hashlib import sha256

    values = axis.values
    if values.numbers is not None:
        return sha256(values.numbers.tobytes()).hexdigest()
    return sha256("\n".join(map(values.text, range(values.size))).encode()).hexdigest()
