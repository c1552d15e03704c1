"""Whether means differ significantly: Student's t, for pairs and for independent samples."""

from __future__ import annotations

from math import exp, frexp, inf, isnan, lgamma, log, log1p, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray


def paired_p(a: FloatArray, b: FloatArray) -> float:
    """Return the two-sided p-value of Student's paired t-test; NaN for fewer than two pairs."""
    if len(a) < 2:
        return float("nan")
    a, b = _scaled(a, b)
    d = a - b
    return _p(float(d.mean()), float(d.std(ddof=1)) / sqrt(len(d)), len(d) - 1.0)


def welch_p(a: FloatArray, b: FloatArray) -> float:
    """Return the two-sided p-value of Welch's t-test (1947); NaN for fewer than two values."""
    if min(len(a), len(b)) < 2:
        return float("nan")
    a, b = _scaled(a, b)
    u, w = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    if u + w == 0:
        return _p(float(a.mean() - b.mean()), 0.0, 1.0)
    # Dividing by the larger variance first keeps the squares from underflowing.
    top = max(u, w)
    share = (u / top) ** 2 / (len(a) - 1) + (w / top) ** 2 / (len(b) - 1)
    return _p(float(a.mean() - b.mean()), sqrt(u + w), ((u + w) / top) ** 2 / share)


def _scaled(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both divided by a power of two near the largest, so that no square overflows.

    The tests do not depend on the scale, and a power of two changes no digit.
    """
    exponent = -max(frexp(float(abs(x).max()))[1] for x in (a, b))
    # In two steps: the power itself may overflow.
    half = exponent // 2
    first, second = 2.0**half, 2.0 ** (exponent - half)
    return a * first * second, b * first * second


def _p(difference: float, error: float, degrees: float) -> float:
    if isnan(difference) or isnan(error):
        return float("nan")
    if error == 0:
        return float(difference == 0)
    return student_p(difference / error, degrees)


def student_p(t: float, degrees: float) -> float:
    """Return the probability that |T| >= |t| for Student's distribution with these degrees."""
    if abs(t) == inf:
        return 0.0
    return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b).

    It uses the continued fraction DLMF 8.17.22, on the side of the mean where it converges fast.
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front / _continued_fraction(a, b, x)


def _continued_fraction(a: float, b: float, x: float) -> float:
    # Lentz's algorithm (1976): the fraction as a running product of ratios.
    tiny = 1e-300
    value = c = 1.0
    d = 0.0
    for i in range(1, 10_000):
        m = i // 2
        if i % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / (1.0 + term * d or tiny)
        c = 1.0 + term / c or tiny
        value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return value


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for multiple comparisons (Holm 1979); NaN stays NaN."""
    order = sorted((p, i) for i, p in enumerate(p_values) if not isnan(p))
    adjusted, largest = list(p_values), 0.0
    for rank, (p, i) in enumerate(order):
        largest = max(largest, min(1.0, p * (len(order) - rank)))
        adjusted[i] = largest
    return adjusted
