"""Triangular factors of tall matrices, one for each run, and what is computed from them.

All operations between runs are entry by entry, and LAPACK sees one matrix at a time, so a run has
the same bits alone and in a batch. Sums are trees, since NumPy's order depends on the layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray

BLOCK = 256
"""The rows that are factored together: few enough to stay in cache."""


def tree_sum(a: FloatArray) -> FloatArray:
    """Return the sum of `a` over its first axis, whose halves are added until one entry is left."""
    while len(a) > 1:
        half = len(a) // 2
        folded = a[:half] + a[half : 2 * half]
        if len(a) % 2:
            folded[0] += a[-1]
        a = folded
    return a[0] if len(a) else np.zeros(a.shape[1:])


def triangle(columns: FloatArray) -> FloatArray:
    """Return the triangular factors (runs, n, n) of matrices whose `columns` are (n, rows, runs).

    Many rows are cut into blocks, whose factors are factored together in turn (TSQR; Demmel et al.
    2012), so that the work stays in cache.
    """
    n, rows, runs = columns.shape
    block = max(BLOCK, 4 * n)
    if rows <= block:
        if rows < n:
            columns = np.concatenate([columns, np.zeros((n, n - rows, runs))], axis=1)
        return factors(columns.transpose(2, 1, 0))
    whole = rows // block
    tall = columns[:, : whole * block].reshape(n, whole, block, runs)
    parts = factors(tall.transpose(3, 1, 2, 0)).reshape(runs, whole * n, n)
    rest = columns[:, whole * block :].transpose(2, 1, 0)
    return triangle(np.concatenate([parts, rest], axis=1).transpose(2, 1, 0))


def factors(matrices: FloatArray) -> FloatArray:
    """Return the triangular factors (..., n, n) of matrices (..., rows, n) with n rows or more."""
    # A matrix that is not finite has no factor, but must not spoil those of other runs.
    with np.errstate(all="ignore"):
        return np.asarray(np.linalg.qr(matrices, mode="r"))


def solved(upper: FloatArray, right: FloatArray) -> FloatArray:
    """Return the solutions (runs, d) of the systems `upper` (runs, d, d) with `right` (runs, d).

    A coordinate whose pivot is 0 has the solution 0.
    """
    rest, found = right.copy(), np.zeros_like(right)
    for k in reversed(range(right.shape[1])):
        pivot = upper[:, k, k]
        found[:, k] = np.divide(rest[:, k], pivot, out=np.zeros_like(pivot), where=pivot != 0)
        rest[:, :k] -= upper[:, :k, k] * found[:, k, np.newaxis]
    return found


def product(upper: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the products (runs, d) of `upper` (runs, d, d) and `vectors` (runs, d)."""
    return tree_sum((upper * vectors[:, np.newaxis, :]).transpose(2, 0, 1))


def transposed_product(upper: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the products (runs, d) of the transposes of `upper` (runs, d, d) and `vectors`."""
    return tree_sum((upper * vectors[:, :, np.newaxis]).transpose(1, 0, 2))


def norms(upper: FloatArray) -> FloatArray:
    """Return the norm of each column (runs, d) of `upper` (runs, d, d)."""
    return np.sqrt(tree_sum((upper * upper).transpose(1, 0, 2)))
