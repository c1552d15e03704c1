"""Approximations of the inverse Hessian from the steps of many descents, each with its own.

Points and slopes are (runs, dim) here, with the coordinates on the last axis: sums over them are
made run by run, so that a run has the same bits alone and among others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import BoolArray, FloatArray

MOST_DENSE = 50
"""Coordinates up to which whole matrices are faster than a few pairs of vectors."""

PAIRS = 10
"""Pairs of vectors that stand for a matrix of more coordinates."""


class Metric(Protocol):
    """The inverse Hessian H of every run."""

    def times(self, g: FloatArray) -> FloatArray:
        """Return H g (runs, dim)."""

    def update(self, which: BoolArray, first: BoolArray, s: FloatArray, y: FloatArray) -> None:
        """Take the steps `s` (runs, dim), over which the slope changed by `y`, of some runs.

        The `first` step of a run after a reset sets the scale of H.
        """

    def reset(self, which: BoolArray) -> None:
        """Make H the identity in some runs."""


def metric_of(runs: int, dim: int) -> Metric:
    """Return the metric that suits the number of coordinates."""
    return Dense(runs, dim) if dim <= MOST_DENSE else Limited(runs, dim)


def dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the scalar product (runs,) of the vectors of each run."""
    found: FloatArray = np.einsum("rk,rk->r", a, b)
    return found


class Dense(Metric):
    """BFGS: the whole matrix (Nocedal and Wright 2006, equations 6.17 and 6.20)."""

    def __init__(self, runs: int, dim: int) -> None:
        self._identity = np.eye(dim)
        self._h = np.repeat(self._identity[np.newaxis], runs, axis=0)

    def begin(self, inverses: FloatArray, which: BoolArray) -> None:
        """Begin with the `inverses` (runs, dim, dim) in some runs."""
        self._h[which] = inverses[which]

    def times(self, g: FloatArray) -> FloatArray:
        """Return H g."""
        found: FloatArray = np.einsum("rij,rj->ri", self._h, g)
        return found

    def update(self, which: BoolArray, first: BoolArray, s: FloatArray, y: FloatArray) -> None:
        """Make H y = s, with the least change of H."""
        runs = np.flatnonzero(which)
        s, y, h = s[runs], y[runs], self._h[runs]
        sy = dot(s, y)
        h *= np.where(first[runs], sy / dot(y, y), 1.0)[:, np.newaxis, np.newaxis]
        hy, rho = np.einsum("rij,rj->ri", h, y), 1.0 / sy
        side = s * ((1.0 + dot(y, hy) * rho) * rho)[:, np.newaxis] - rho[:, np.newaxis] * hy
        h += side[:, :, np.newaxis] * s[:, np.newaxis]
        h -= (rho[:, np.newaxis] * s)[:, :, np.newaxis] * hy[:, np.newaxis]
        good = np.isfinite(h).all(axis=(1, 2))
        self._h[runs[good]] = h[good]

    def reset(self, which: BoolArray) -> None:
        """Make H the identity in some runs."""
        self._h[which] = self._identity


class Limited(Metric):
    """L-BFGS: the last few steps (Byrd, Nocedal and Schnabel 1994, theorem 2.2).

    H = gamma I + [S gamma Y] [[R^-T (D + gamma Y'Y) R^-1, -R^-T], [-R^-1, 0]] [S gamma Y]', where R
    is the upper triangle of S'Y, with steps in the order in which they were taken, and D is its
    diagonal. Steps that are not there yet are zeros. A new step takes the slot of the oldest.
    """

    def __init__(self, runs: int, dim: int) -> None:
        self._s, self._y = np.zeros((runs, PAIRS, dim)), np.zeros((runs, PAIRS, dim))
        self._sy, self._yy = np.zeros((runs, PAIRS, PAIRS)), np.zeros((runs, PAIRS, PAIRS))
        self._gamma, self._slot = np.ones(runs), np.zeros(runs, dtype=int)
        self._each = np.arange(runs)[:, np.newaxis]

    def times(self, g: FloatArray) -> FloatArray:
        """Return H g."""
        gamma, each = self._gamma[:, np.newaxis], self._each
        order = (self._slot[:, np.newaxis] + np.arange(PAIRS)) % PAIRS
        place = each[:, np.newaxis], order[:, :, np.newaxis], order[:, np.newaxis]
        sy, yy = self._sy[place], self._yy[place]
        diagonal = np.einsum("rkk->rk", sy)
        missing = np.where(diagonal == 0, 1.0, 0.0)[:, np.newaxis] * np.eye(PAIRS)
        triangle = np.triu(sy) + missing
        sg, yg = (np.einsum("rkj,rj->rk", rows, g)[each, order] for rows in (self._s, self._y))
        u = np.linalg.solve(triangle, sg[..., np.newaxis])[..., 0]
        right = diagonal * u + gamma * (np.einsum("rkl,rl->rk", yy, u) - yg)
        v = np.linalg.solve(triangle.transpose(0, 2, 1), right[..., np.newaxis])[..., 0]
        weights = np.empty((2, *u.shape))
        weights[0][each, order], weights[1][each, order] = u, v
        found: FloatArray = gamma * (g - np.einsum("rkj,rk->rj", self._y, weights[0]))
        found += np.einsum("rkj,rk->rj", self._s, weights[1])
        return found

    def update(self, which: BoolArray, first: BoolArray, s: FloatArray, y: FloatArray) -> None:
        """Replace the oldest step by the new one."""
        runs = np.flatnonzero(which)
        slot, y = self._slot[runs], y[runs]
        self._s[runs, slot], self._y[runs, slot] = s[runs], y
        column, row = (np.einsum("rkj,rj->rk", rows[runs], y) for rows in (self._s, self._y))
        self._sy[runs, :, slot] = column
        self._yy[runs, :, slot] = self._yy[runs, slot] = row
        each = np.arange(len(runs))
        self._gamma[runs] = column[each, slot] / row[each, slot]
        self._slot[runs] = (slot + 1) % PAIRS

    def reset(self, which: BoolArray) -> None:
        """Make H the identity in some runs."""
        for array in (self._s, self._y, self._sy, self._yy):
            array[which] = 0.0
        self._gamma[which] = 1.0
