"""The error function, the logarithm of the gamma function, and its derivative, in plain NumPy.

SciPy's are not used: whether it is installed must not change the digits of a run. `erf` and
`lgamma` are within 2 ulp of the exact value everywhere. All calls work entry by entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.objective.special_coefficients import (
    DIGAMMA,
    ERF,
    ERFC,
    LOG_GAMMA,
    RECIPROCAL_GAMMA,
    RECIPROCAL_GAMMA_TAIL,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import BoolArray, FloatArray
    from adamcli.objective.special_coefficients import Polynomial

    Pair = tuple[FloatArray, FloatArray]


def erf(x: FloatArray) -> FloatArray:
    """Return the error function of each entry (Abramowitz and Stegun 7.1.1)."""
    size = np.abs(x)
    found = _by_parts(size, ((size < 1.0, _erf_near), (size >= 1.0, _erf_far)))
    return np.copysign(found, x)


def _erf_near(x: FloatArray) -> FloatArray:
    return x + x * _value(ERF, x * x)


def _erf_far(x: FloatArray) -> FloatArray:
    # From 6 on the last bit of 1 is all that could change.
    x = np.minimum(x, 6.0)
    return 1.0 - np.exp(-x * x) * _value(ERFC, 1.0 / (x + 2.0))


_REFLECTED = 40.0
"""Below minus this, the reflection of `_gamma_reflected` cancels nothing that counts."""


def lgamma(x: FloatArray) -> FloatArray:
    """Return log(abs(gamma(x))) of each entry, inf at 0, -1, -2, ..."""
    size = np.abs(x)
    parts = (
        (size < 1e-20, lambda x: -np.log(np.abs(x))),
        ((x >= 1e-20) & (x < 0.5), lambda x: _gamma_tabled(1.0 + x, x) - np.log(x)),
        ((x >= 0.5) & (x < 3.0), _gamma_tabled),
        ((x >= 3.0) & (x < 10.0), _gamma_shifted),
        (x >= 10.0, _gamma_stirling),
        ((x <= -1e-20) & (x > -_REFLECTED), _gamma_negative),
        (x <= -_REFLECTED, _gamma_reflected),
    )
    return _by_parts(x, parts)


def _gamma_tabled(x: FloatArray, beyond: FloatArray | None = None) -> FloatArray:
    """Return it for 0.5 <= x < 3; `beyond` is x - 1, if that has more digits than x."""
    found = np.full(x.shape, np.nan)
    for zero, polynomial in LOG_GAMMA:
        here = (x >= polynomial.low) & (x < polynomial.high)
        if here.any():
            distance = x[here] - zero if beyond is None else beyond[here] - (zero - 1.0)
            # The logarithm of 1 is 0, not -0.
            found[here] = distance * _value(polynomial, x[here]) + 0.0
    return found


def _gamma_shifted(x: FloatArray) -> FloatArray:
    """Return it for 3 <= x < 10 by gamma(x + 1) = x*gamma(x)."""
    factor = np.ones_like(x)
    while (above := x >= 3.0).any():
        x = np.where(above, x - 1.0, x)
        factor = np.where(above, factor * x, factor)
    return np.log(factor) + _gamma_tabled(x)


_LN_2 = (0.6931471803691238, 1.9082149292705877e-10)
"""log(2) as a sum of two, the first of which has 33 bits: multiples of it are exact."""

_STIRLING = (1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)
_HALF_LOG_2_PI_LESS_HALF = 0.4189385332046727


def _stirling(x: FloatArray) -> Pair:
    """Return it for x >= 10 as the sum of a large part and a small one (Stirling's series)."""
    mantissa, exponent = np.frexp(x)
    halved = mantissa < 0.7071067811865476
    mantissa, k = np.where(halved, 2.0 * mantissa, mantissa), exponent - halved
    # log(x) - 1, which loses no digits where log(x) would.
    logarithm = (k * _LN_2[0] - 1.0) + (np.log(mantissa) + k * _LN_2[1])
    r = 1.0 / x
    return (x - 0.5) * logarithm, _HALF_LOG_2_PI_LESS_HALF + r * _horner(_STIRLING, r * r)


def _gamma_stirling(x: FloatArray) -> FloatArray:
    large, small = _stirling(x)
    return large + small


def _gamma_reflected(x: FloatArray) -> FloatArray:
    """Return it for x <= -40 by gamma(x)*gamma(-x) = -pi/(x*sin(pi*x))."""
    # Numbers of that size are whole, and so are those beyond.
    x = np.maximum(x, -1e300)
    large, small = _stirling(-x)
    rest = x - np.round(x)
    sine = np.abs(np.sin(np.pi * rest))
    # The division before the sine keeps the quotient finite.
    return -large - (small + np.log(-x / np.pi) + np.log(sine))


def _gamma_negative(x: FloatArray) -> FloatArray:
    """Return it for -40 < x < 0, where it has zeros between all whole numbers from -2 down.

    1/gamma(x) is the product of x, x + 1, ..., s, and 1/gamma(1 + s), with abs(s) <= 1/2. It is
    computed with twice the digits, since near a zero only what differs from 1 counts.
    """
    n = -np.round(x)
    s = x + n
    product = _times(_reciprocal_gamma(s), (s, np.zeros_like(s)))
    for i in range(1, int(n.max(initial=0.0)) + 1):
        longer = _times(product, _two_sum(s, np.full_like(s, -float(i))))
        used = n >= i
        product = np.where(used, longer[0], product[0]), np.where(used, longer[1], product[1])
    sign = np.sign(product[0])
    high, low = sign * product[0], sign * product[1]
    near = (high > 0.5) & (high < 2.0)
    far = np.log(high) + np.where(high > 0.0, low / high, 0.0)
    return -np.where(near, np.log1p((high - 1.0) + low), far)


def _reciprocal_gamma(s: FloatArray) -> Pair:
    """Return 1/gamma(1 + s) with twice the digits, for abs(s) <= 1/2."""
    found: Pair = (_horner(RECIPROCAL_GAMMA_TAIL, s), np.zeros_like(s))
    for high, low in RECIPROCAL_GAMMA:
        scaled = _times(found, (s, np.zeros_like(s)))
        total = _two_sum(np.full_like(s, high), scaled[0])
        found = _two_sum(total[0], total[1] + (scaled[1] + low))
    return found


def _two_sum(a: FloatArray, b: FloatArray) -> Pair:
    """Return a + b and its rounding error (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _times(a: Pair, b: Pair) -> Pair:
    """Return the product of two numbers of twice the digits (Dekker 1971)."""
    product = a[0] * b[0]
    (a_high, a_low), (b_high, b_low) = _halves(a[0]), _halves(b[0])
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return _two_sum(product, error + (a[0] * b[1] + a[1] * b[0]))


def _halves(a: FloatArray) -> Pair:
    scaled = 134217729.0 * a
    high = scaled - (scaled - a)
    return high, a - high


_DIGAMMA_ZERO = (1.4616321449683622, 9.549995429965697e-17)
_ASYMPTOTIC = (-1 / 12, 691 / 32760, -1 / 132, 1 / 240, -1 / 252, 1 / 120, -1 / 12)


def digamma(x: FloatArray) -> FloatArray:
    """Return the derivative of `lgamma` of each entry, NaN at 0, -1, -2, ...

    Near its zeros at negative x the error is small against its terms only, not against itself.
    """
    parts = (
        (x >= 10.0, _digamma_asymptotic),
        ((x > 0.0) & (x < 10.0), _digamma_shifted),
        (x < 0.0, _digamma_reflected),
    )
    return _by_parts(x, parts)


def _digamma_asymptotic(x: FloatArray) -> FloatArray:
    r = 1.0 / x
    return np.log(x) + r * (-0.5 + r * _horner(_ASYMPTOTIC, r * r))


def _digamma_shifted(x: FloatArray) -> FloatArray:
    """Return it for 0 < x < 10 by digamma(x + 1) = digamma(x) + 1/x."""
    extra = np.where(x < 1.0, -1.0 / x, 0.0)
    x = np.where(x < 1.0, x + 1.0, x)
    while (above := x >= 2.0).any():
        x = np.where(above, x - 1.0, x)
        extra = np.where(above, extra + 1.0 / x, extra)
    found = np.zeros_like(x)
    for polynomial in DIGAMMA:
        here = (x >= polynomial.low) & (x < polynomial.high)
        found[here] = _value(polynomial, x[here])
    return extra + ((x - _DIGAMMA_ZERO[0]) - _DIGAMMA_ZERO[1]) * found


def _digamma_reflected(x: FloatArray) -> FloatArray:
    """Return it for x < 0 by digamma(1 - x) = digamma(x) + pi/tan(pi*x)."""
    rest = x - np.round(x)
    slope = np.where(rest == 0.0, np.nan, np.pi / np.tan(np.pi * rest))
    return digamma(1.0 - x) - slope


def _by_parts(
    x: FloatArray,
    parts: Sequence[tuple[BoolArray, Callable[[FloatArray], FloatArray]]],
) -> FloatArray:
    """Return for each entry the value of the function whose mask holds it, NaN where none does."""
    found = np.full(x.shape, np.nan)
    for here, function in parts:
        if here.all():
            return function(x)
        if here.any():
            found[here] = function(x[here])
    return found


def _value(polynomial: Polynomial, x: FloatArray) -> FloatArray:
    t = x - polynomial.centre
    *higher, last = polynomial.coefficients
    return last + (t * _horner(higher, t) + polynomial.rest)


def _horner(coefficients: Sequence[float], t: FloatArray) -> FloatArray:
    found = np.full_like(t, coefficients[0])
    for coefficient in coefficients[1:]:
        found *= t
        found += coefficient
    return found
