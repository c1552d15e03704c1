"""Matrix products of runs by BLAS, in calls whose bits depend on the shapes alone.

A run must have the same bits alone and in a batch, and on any number of cores. What BLAS computes
depends on the shapes and on which factors are transposed; it does not depend on where the numbers
lie, nor on what is multiplied beside them; but above a certain size it depends on the number of
threads. So each run has a product of its own, of factors without gaps, and a large one is cut into
tiles that BLAS multiplies in one thread. `tests/objective/test_products.py` compares the bits.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.arrays import Array, IntArray

    Call = Callable[[], object]

MOST, MOST_WITH_VECTOR = 1 << 17, 1 << 13
"""The most multiplications of a tile. OpenBLAS takes several threads beyond 2**18 for matrices, and
beyond 9216 if one factor is a vector."""

SCRATCH = 1 << 16
"""How many numbers the copies of several runs may take at once."""

PARTIAL = 1 << 15
"""How many numbers the products of tiles that are added up may take at once."""


class Form(NamedTuple):
    """How two factors are multiplied: whether `left` and `right` are transposed.

    `masked` is the place, 0 or 1, of a factor with a mask, a third argument: where that is false a
    term is 0 whatever the factors are. None if there is no mask.
    """

    left: bool = False
    right: bool = False
    masked: int | None = None


def product_calls(form: Form, args: Sequence[Array], out: Array) -> list[Call]:
    """Return the calls that fill `out` with the product of two arrays of one or two axes.

    Of all three, the last axis is the runs, of which a factor that they share has one.
    """
    a, b = (_matrix(place, args[place]) for place in (0, 1))
    out = out.reshape(*_shape(form, a, b), out.shape[-1]) if out.ndim < 3 else out
    if out.dtype == np.complex128:
        return _complex_calls(form, a, b, out)
    calls = _real_calls(form, a, b, out)
    if form.masked is not None:
        calls.append(partial(_restore, form, a, b, _matrix(form.masked, args[2]), out))
    return calls


def _matrix(place: int, factor: Array) -> Array:
    """Return a factor with two axes and that of the runs; a vector is a row or a column."""
    if factor.ndim == 3:
        return factor
    return factor[np.newaxis] if place == 0 else factor[:, np.newaxis]


def _shape(form: Form, a: Array, b: Array) -> tuple[int, int]:
    return a.shape[1 if form.left else 0], b.shape[0 if form.right else 1]


def _complex_calls(form: Form, a: Array, b: Array, out: Array) -> list[Call]:
    """Return the calls of complex numbers: up to four real products, with the bits of real ones."""
    parts = [[x.real, x.imag] if x.dtype == np.complex128 else [x] for x in (a, b)]
    total, term = np.zeros((2, *out.shape)), np.empty(out.shape)
    calls: list[Call] = [partial(total.fill, 0.0)]
    for i, own in enumerate(parts[0]):
        for j, other in enumerate(parts[1]):
            add, part = np.subtract if i + j == 2 else np.add, total[(i + j) % 2]
            calls += _real_calls(form, own, other, term)
            calls.append(partial(add, part, term, part))
    for part, place in zip(total, (out.real, out.imag), strict=True):
        calls.append(partial(np.copyto, place, part))
    return calls


def _real_calls(form: Form, a: Array, b: Array, out: Array) -> list[Call]:
    runs = out.shape[-1]
    numbers = prod(out.shape[:-1]) + sum(prod(x.shape[:-1]) for x in (a, b) if x.shape[-1] > 1)
    width = min(runs, max(1, SCRATCH // numbers))
    # NumPy multiplies an array by itself in another way.
    same = np.may_share_memory(a, b)
    left, right = _Factor(a, form.left, width), _Factor(b, form.right, width, copies=same)
    whole = _Factor(out, False, width)
    shared = [factor for factor in (left, right) if factor.runs == 1]
    calls = [call for factor in shared for call in factor.load(0, 1)]
    tiled = {count: _tiled(left, right, whole, count) for count in {width, runs % width} - {0}}
    for first in range(0, runs, width):
        last = min(runs, first + width)
        for factor in (left, right):
            calls += factor.load(first, last) if factor.runs > 1 else []
        calls += tiled[last - first]
        calls += whole.store(first, last)
    return calls


class _Factor:
    """A factor, or the result, as BLAS takes it: without gaps, one run after the other.

    `matrix` is (rows, columns, runs). It is copied for `width` runs at a time, unless there is one
    without gaps; so its layout is the same in any batch.
    """

    def __init__(self, matrix: Array, turned: bool, width: int, *, copies: bool = False) -> None:
        rows, columns, self.runs = matrix.shape
        if min(rows, columns) > 1 and abs(matrix.strides[0]) < abs(matrix.strides[1]):
            matrix, turned = matrix.transpose(1, 0, 2), not turned
        self._each = matrix.transpose(2, 0, 1)
        self.turned = turned
        self._is_copy = copies or self.runs > 1 or not matrix[..., 0].flags.c_contiguous
        shape = (min(width, self.runs), *self._each.shape[1:])
        self._flat = np.empty(shape) if self._is_copy else self._each

    def load(self, first: int, last: int) -> list[Call]:
        """Return the call that copies some runs, if they are copied."""
        if not self._is_copy:
            return []
        return [partial(np.copyto, self._flat[: last - first], self._each[first:last])]

    def store(self, first: int, last: int) -> list[Call]:
        """Return the call that copies some runs back, if they are copied."""
        if not self._is_copy:
            return []
        return [partial(np.copyto, self._each[first:last], self._flat[: last - first])]

    @property
    def shape(self) -> tuple[int, int]:
        """The rows and columns, after transposing."""
        rows, columns = self._flat.shape[1:]
        return (columns, rows) if self.turned else (rows, columns)

    def tiles(self, runs: int, rows: _Span, columns: _Span) -> Array:
        """Return a view (runs, tiles down, tiles across, rows, columns) of some tiles."""
        # Explicit strides: those of an axis of length 1 decide as well how NumPy calls BLAS.
        size, width = self._flat[0].size, self._flat.shape[2]
        down, across = (8, 8 * width) if self.turned else (8 * width, 8)
        at = (rows.first * down + columns.first * across) // 8
        return as_strided(
            self._flat.reshape(-1)[at:],
            (runs, rows.tiles, columns.tiles, rows.length, columns.length),
            (8 * size * (self.runs > 1), rows.length * down, columns.length * across, down, across),
        )


class _Span(NamedTuple):
    """Equal tiles along an axis: where they begin, how many there are, and how long each is."""

    first: int
    tiles: int
    length: int


def _spans(length: int, tile: int) -> Iterator[_Span]:
    """Yield the whole tiles of an axis, and then the rest of it."""
    if length >= tile:
        yield _Span(0, length // tile, tile)
    if length % tile:
        yield _Span(length - length % tile, 1, length % tile)


def _tile(rows: int, inner: int, columns: int) -> tuple[int, int, int]:
    """Return the lengths of a tile: those of the product, the longest halved until it is small."""
    lengths = [rows, inner, columns]
    most = MOST_WITH_VECTOR if min(rows, columns) == 1 else MOST
    while prod(lengths) > most:
        longest = lengths.index(max(lengths))
        lengths[longest] = -(-lengths[longest] // 2)
    return lengths[0], lengths[1], lengths[2]


def _tiled(left: _Factor, right: _Factor, whole: _Factor, runs: int) -> list[Call]:
    """Return the calls that multiply tiles of some runs, and add up those along the inner axis."""
    (rows, inner), columns = left.shape, right.shape[1]
    tall, deep, wide = _tile(rows, inner, columns)
    at_once = max(1, PARTIAL // (rows * columns))
    groups = [
        _Span(span.first + k * deep, min(at_once, span.tiles - k), span.length)
        for span in _spans(inner, deep)
        for k in range(0, span.tiles, at_once)
    ]
    calls: list[Call] = []
    for down in _spans(rows, tall):
        for across in _spans(columns, wide):
            out = whole.tiles(runs, down, across)
            kept = np.empty((runs, min(at_once, groups[0].tiles), *out.shape[1:]))
            for group in groups:
                a = left.tiles(runs, down, group).swapaxes(1, 2)[:, :, :, np.newaxis]
                b = right.tiles(runs, group, across)[:, :, np.newaxis]
                partials = kept[:, : group.tiles]
                if len(groups) == group.tiles == 1:
                    calls.append(partial(np.matmul, a[:, 0], b[:, 0], out))
                    continue
                calls.append(partial(np.matmul, a, b, partials))
                calls += _folded(partials)
                own, is_first = partials[:, 0], group is groups[0]
                calls.append(
                    partial(np.copyto, out, own) if is_first else partial(np.add, out, own, out)
                )
    return calls


def _folded(partials: Array) -> list[Call]:
    """Return the calls that add all entries along the second axis to its first entry."""
    calls: list[Call] = []
    length = partials.shape[1]
    while length > 1:
        half = -(-length // 2)
        rest = partials[:, : length - half]
        calls.append(partial(np.add, rest, partials[:, half:length], rest))
        length = half
    return calls


def _restore(form: Form, a: Array, b: Array, mask: Array, out: Array) -> None:
    """Compute entries of a product that are not finite again, without the terms that are masked."""
    at = np.nonzero(~np.isfinite(out))
    step = max(1, SCRATCH // a.shape[0 if form.left else 1])
    for first in range(0, len(at[0]), step):
        row, column, run = (each[first : first + step] for each in at)
        terms = _rows(a, form.left, row, run) * _rows(b, not form.right, column, run)
        taken = (
            _rows(mask, not form.right, column, run)
            if form.masked
            else _rows(mask, form.left, row, run)
        )
        terms[~taken] = 0.0
        for call in _folded(terms):
            call()
        out[row, column, run] = terms[:, 0]


def _rows(matrix: Array, turned: bool, row: IntArray, run: IntArray) -> Array:
    """Return rows of a matrix, of its columns if `turned`, each in one run."""
    run = run if matrix.shape[-1] > 1 else np.zeros_like(run)
    return matrix[:, row, run].T if turned else matrix[row, :, run]
