"""The plan of a sweep: which runs there are, and which values each of them has."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.axis_values import Axis, AxisValues, Drawn, value_of
from adamcli.diagnostics import fail
from adamcli.errors import UsageError
from adamcli.sweeps.designs import design

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from adamcli.config.sweep import SweepSettings
    from adamcli.diagnostics import Span

    Indices = NDArray[np.int64]

MAX_RUNS = 1_000_000_000
"""Runs that one sweep may have; each takes nine bytes for its score and its status."""


class RunRange(NamedTuple):
    """The runs from `first` up to, but not including, `end`."""

    first: int
    end: int

    @property
    def size(self) -> int:
        """How many runs there are."""
        return self.end - self.first


def rest_of(span: RunRange, todo: Iterable[RunRange]) -> list[RunRange]:
    """Return what is left of `span` without the blocks of `todo`, which are in order."""
    found, at = [], span.first
    for block in todo:
        if block.first > at:
            found.append(RunRange(at, block.first))
        at = block.end
    return [*found, RunRange(at, span.end)] if at < span.end else found


def shard_of(span: RunRange, number: int, count: int) -> RunRange:
    """Return part `number` (1, 2, …) of `count` parts of nearly equal size."""
    size = span.size
    return RunRange(span.first + size * (number - 1) // count, span.first + size * number // count)


class PlannedAxis(NamedTuple):
    """A key of the config and its values; `stride` runs have the same one before the next comes.

    `span` is where the key was written.
    """

    key: str
    text: str
    values: AxisValues
    stride: int
    span: Span

    def places(self, runs: Indices) -> Indices:
        """Return which of the values each of `runs` has."""
        return digit(runs, self.stride, self.values.size)

    def place(self, run: int) -> int:
        """Return which of the values one run has."""
        return run // self.stride % self.values.size

    def distinct(self) -> Indices:
        """Return for each value the place where it comes first."""
        values = self.values
        if values.numbers is not None:
            steps = np.diff(values.numbers)
            if (steps > 0).all() or (steps < 0).all():
                return np.arange(values.size)
            # By their bits: 0.0 and -0.0 may lead to different programs.
            bits = values.numbers.view(np.int64)
            _, first, back = np.unique(bits, return_index=True, return_inverse=True)
            firsts: Indices = first[back]
            return firsts
        known: dict[object, int] = {}
        return np.array([known.setdefault(value_of(n), i) for i, n in enumerate(values.nodes)])


class Plan:
    """All runs of a sweep, numbered from 0; the last axis changes fastest.

    A plan is a product of factors. A factor is one axis, or several that go together value by
    value: those of `--zip`, those that are drawn, or the columns of a file.
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

    @property
    def keys(self) -> list[str]:
        """The keys that are varied, in the order of the plan."""
        return [column.key for column in self.axes]

    def values(self, run: int) -> dict[str, Any]:
        """Return what one run has at each key, as JSON can hold it."""
        return {c.key: c.values.plain(c.place(run)) for c in self.axes}

    def texts(self, run: int) -> list[str]:
        """Return what one run has at each key, as it is shown."""
        return [c.values.text(c.place(run)) for c in self.axes]

    def order(self) -> str:
        """Return how the keys are combined, the one that changes fastest last: `alpha x seed`."""
        factors: dict[int, list[str]] = {}
        for column in self.axes:
            factors.setdefault(column.stride * column.values.size, []).append(column.key)
        return " x ".join(" + ".join(keys) for keys in factors.values())

    def describe(self) -> dict[str, str]:
        """Return for each key how its values were written, by which two plans can be compared."""
        return {c.key: c.text or f"{c.values.size:,} values, {_digest(c)}" for c in self.axes}


def make_plan(settings: SweepSettings) -> Plan:
    """Return the plan that the settings describe.

    Raises `ConfigError` or `UsageError` for axes that cannot be combined.
    """
    listed = [axis for axis in settings.axes if isinstance(axis.values, AxisValues)]
    drawn = [axis for axis in settings.axes if isinstance(axis.values, Drawn)]
    if not (settings.axes or settings.table):
        raise UsageError(
            "nothing is varied\n  add, for example, -p 'alpha=log(1e-4,1e-1,20)' -p seed=0..9"
        )
    if drawn and settings.samples is None:
        kind = drawn[0].text.partition("(")[0]
        raise fail(f"{drawn[0].key}: {kind}(...) draws values", drawn[0].span, "add --samples N")
    if settings.samples is not None and not drawn:
        raise UsageError(
            "--samples: there is no axis to draw\n"
            "  write, for example, -p 'alpha=loguniform(1e-4,1e-1)'"
        )
    factors: list[list[Axis]] = [list(settings.table)] if settings.table else []
    if drawn:
        factors.append(_draw(drawn, settings))
    factors += [listed] if settings.zipped and listed else [[axis] for axis in listed]
    return Plan(factors)


def _draw(drawn: Sequence[Axis], settings: SweepSettings) -> list[Axis]:
    """Return the axes that are distributions with values drawn for them."""
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
            message = f"the axes `{factor[0].key}` and `{axis.key}` go together value by value, "
            message += f"but have {sizes[0]:,} and {size:,}"
            raise fail(message, axis.span, "without --zip every combination is run")
    return sizes[0]


def digit(runs: Indices, stride: int, size: int) -> Indices:
    """Return `runs // stride % size`, for which NumPy's own remainder takes three times as long."""
    quotient = runs // stride if stride > 1 else runs
    return quotient - quotient // size * size


def _digest(column: PlannedAxis) -> str:
    """Return a hash of the values of a column that no text describes."""
    from hashlib import sha256

    values = column.values
    if values.numbers is not None:
        return sha256(values.numbers.tobytes()).hexdigest()
    return sha256("\n".join(map(values.text, range(values.size))).encode()).hexdigest()
