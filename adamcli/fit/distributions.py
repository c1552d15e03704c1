"""Quantiles and tails of the normal, Student's t and the chi-squared distribution."""

from __future__ import annotations

from functools import lru_cache
from math import cos, exp, inf, lgamma, log, pi, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray

LEVEL = 0.95
"""The probability that an interval holds, unless another one is given."""


def half_width(level: float, dof: float) -> float:
    """Return the t with probability `level` between -t and t, for `dof` degrees of freedom.

    With infinitely many it is that of the normal distribution.
    """
    if dof == inf:
        return NormalDist().inv_cdf(0.5 + 0.5 * level)
    return _student(level, dof)


@lru_cache(maxsize=64)
def _student(level: float, dof: float) -> float:
    # With t = sqrt(dof) * tan(angle), the density is a power of the cosine.
    target = level / _density(dof)
    low, high = 0.0, pi / 2
    angle = min(1.4, half_width(level, inf) / sqrt(dof))
    for _ in range(200):
        excess = _area(angle, dof) - target
        low, high = (angle, high) if excess < 0 else (low, angle)
        slope = cos(angle) ** (dof - 1)
        moved = angle - excess / slope if slope > 0 else inf
        moved = moved if low < moved < high else 0.5 * (low + high)
        if abs(moved - angle) <= 1e-16 * angle:
            break
        angle = moved
    return sqrt(dof) * float(np.tan(angle))


def _area(angle: float, dof: float) -> float:
    """Return the integral of cos**(dof - 1) from 0 to `angle`, by Clenshaw and Curtis."""
    nodes, weights = _rule()
    half = 0.5 * angle
    # The power of a cosine near 1 keeps its digits as a logarithm of the tangent.
    logarithms = np.log1p(np.tan(half * (nodes + 1.0)) ** 2)
    return half * float(np.sum(weights * np.exp(-0.5 * (dof - 1) * logarithms)))


@lru_cache(maxsize=1)
def _rule() -> tuple[FloatArray, FloatArray]:
    """Return the nodes and weights of an integral from -1 to 1 (Waldvogel 2006, equation 2.4)."""
    n = 128
    k, j = np.arange(n + 1), np.arange(1, n // 2 + 1)
    share = np.where(j == n // 2, 1.0, 2.0) / (4.0 * j * j - 1.0)
    sums = (share * np.cos(2.0 * pi / n * np.outer(k, j))).sum(axis=1)
    return np.cos(pi / n * k), np.where(k % n == 0, 1.0, 2.0) / n * (1.0 - sums)


def _density(dof: float) -> float:
    """Return twice the density of the angle at 0: 2 * Gamma((dof + 1)/2) / (sqrt(pi) Gamma(dof/2)).

    The series is that of the ratio for large arguments (Abramowitz and Stegun, 6.1.47).
    """
    a, factor = 0.5 * dof, 1.0
    while a < 200:
        factor, a = factor * a / (a + 0.5), a + 1.0
    series = 1 - 1 / (8 * a) + 1 / (128 * a**2) + 5 / (1024 * a**3) - 21 / (32768 * a**4)
    return 2.0 * factor * sqrt(a) * series / sqrt(pi)


def chi_squared_tail(value: float, dof: int) -> float:
    """Return the probability of a chi-squared number of at least `value`."""
    a, x = 0.5 * dof, 0.5 * value
    if x <= 0:
        return 1.0
    front = exp(-x + a * log(x) - lgamma(a))
    if x < a + 1:
        term = total = 1.0 / a
        n = a
        while term > total * 1e-17:
            n += 1.0
            term *= x / n
            total += term
        return max(0.0, 1.0 - front * total)
    # The continued fraction of the upper tail, by Lentz's method.
    b = x + 1.0 - a
    c, d = 1e300, 1.0 / b
    found = d
    for k in range(1, 100_000):
        step = -k * (k - a)
        b += 2.0
        d = 1.0 / _nonzero(step * d + b)
        c = _nonzero(b + step / c)
        found *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return front * found


def _nonzero(value: float) -> float:
    return value if value else 1e-300
