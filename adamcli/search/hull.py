"""The shortest vector in the convex hull of slopes around a kink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray

ROUNDING = 1e-12


def shortest(vectors: FloatArray) -> FloatArray:
    """Return the shortest vector (dim,) in the convex hull of the columns of `vectors`.

    If it is 0, no direction leads down all the slopes (Burke, Lewis and Overton 2005). Lengths are
    measured with the coordinates scaled to a size of 1, or gentle slopes would be lost beside steep
    ones. It is found as the least squares with coefficients of at least 0 whose sum is 1, by the
    active set of Lawson and Hanson (1974, chapter 23).
    """
    scale = np.abs(vectors).max(axis=1, keepdims=True)
    scaled = vectors / np.where(scale > 0, scale, 1.0)
    matrix = np.vstack([scaled, np.ones(vectors.shape[1])])
    target = np.zeros(len(matrix))
    target[-1] = 1.0
    weights = _not_negative(matrix, target)
    total = float(weights.sum())
    return vectors @ weights / total if total > 0 else vectors[:, 0]


def _not_negative(matrix: FloatArray, target: FloatArray) -> FloatArray:
    """Return the least-squares solution of `matrix` w = `target` with w >= 0."""
    count = matrix.shape[1]
    weights, used = np.zeros(count), np.zeros(count, dtype=bool)
    for _ in range(3 * count):
        rest = target - matrix @ weights
        gain = matrix.T @ rest
        gain[used] = -np.inf
        k = int(gain.argmax())
        if used.all() or gain[k] <= ROUNDING * np.linalg.norm(rest):
            break
        used[k] = True
        while used.any():
            solution = np.zeros(count)
            solution[used] = np.linalg.lstsq(matrix[:, used], target, rcond=None)[0]
            if (solution[used] > 0).all():
                weights = solution
                break
            falling = used & (solution <= 0)
            ratio = weights[falling] / np.maximum(weights[falling] - solution[falling], 1e-300)
            weights = weights + float(ratio.min()) * (solution - weights)
            used &= weights > ROUNDING
            weights[~used] = 0.0
    return weights
