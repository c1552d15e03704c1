"""Scales of axes: where a number stands, which range shows numbers well, and round ticks."""

from __future__ import annotations

from math import asinh, ceil, floor, inf, log, log10
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray

LARGEST = 1e300
"""Axes end here, so that the distance of any two numbers is finite."""

SMALLEST = 1e-300
"""A width below this has no round numbers: floats so small have few digits."""

DECADES = 300.0
"""The most decades of a logarithmic axis."""


def _linear(values: FloatArray, unit: float) -> FloatArray:
    return values / 2.0  # half of a number never overflows when two are subtracted


def _log(values: FloatArray, unit: float) -> FloatArray:
    found: FloatArray = np.log10(np.maximum(values, 5e-324))
    return found


def _symlog(values: FloatArray, unit: float) -> FloatArray:
    found: FloatArray = np.arcsinh(values / unit)
    return found


SCALES: dict[str, Callable[[FloatArray, float], FloatArray]] = {
    "linear": _linear,
    "log": _log,
    "symlog": _symlog,
}
"""The scales by name: each turns numbers, and the unit of `Axis`, into evenly spaced places."""


def ends(values: FloatArray, scale: str = "linear", margin: float = 0.05) -> tuple[float, float]:
    """Return an interval that shows the finite ones of `values`, with a margin, never empty.

    On a logarithmic scale numbers that are not positive count as not finite.
    """
    known = np.asarray(values, dtype=float).ravel()
    known = known[np.isfinite(known)]
    if scale == "log":
        known = known[known > 0]
        if not known.size:
            return 0.1, 10.0
        decades = (log10(known.min()), log10(known.max()))
        low, high = (max(-DECADES, min(DECADES, end)) for end in decades)
        room = margin * (high - low) or 0.3
        least, most = max(low - room, -DECADES), min(high + room, DECADES)
        return 10.0**least, 10.0**most
    if not known.size:
        return 0.0, 1.0
    low, high = (max(-LARGEST, min(LARGEST, float(end))) for end in (known.min(), known.max()))
    room = margin * (high - low)
    if low + room == low or high - room == high:
        # Around one number, or numbers that differ in their last digits.
        room = abs(low) * 0.05 or 0.5
    return max(low - room, -LARGEST), min(high + room, LARGEST)


def ticks(
    low: float, high: float, most: int, scale: str = "linear", unit: float = 1.0
) -> list[tuple[float, str]]:
    """Return at most about `most` round numbers from `low` to `high`, with their texts.

    They ascend. There is at least one unless no round number is between the ends.
    """
    return _TICKS[scale](low, high, max(1, most), unit)


def _linear_ticks(low: float, high: float, most: int, unit: float) -> list[tuple[float, str]]:
    rough = high / most - low / most
    if not SMALLEST < rough < inf:
        return [(low, number(low))]
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= rough * (1 - 1e-9))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    # Neighbours are the same number where the step is finer than floating-point numbers are.
    places = sorted({k * step for k in range(first, last + 1)})
    return list(zip(places, texts(places, step), strict=True))


_STRIDES = [digit * 10**k for k in range(4) for digit in (1, 2, 3, 5)]
"""Of powers of ten, every one, every second, third, fifth, … is a tick."""


def _log_ticks(low: float, high: float, most: int, unit: float) -> list[tuple[float, str]]:
    start, end = log10(low), log10(high)
    slack = 1e-9 * (end - start)
    first, last = ceil(start - slack), floor(end + slack)
    if last - first + 1 > most:
        every = next(k for k in _STRIDES if k * most >= last - first + 1)
        # Multiples of the distance, so that 1e-6, 1e-3, 1 are chosen rather than 1e-5, 1e-2.
        return [_power(k) for k in range(-(-first // every) * every, last + 1, every)]
    for digits in ((1, 2, 5), (1, 3), (1,)):
        known = [_power(k, digit) for k in range(first - 1, last + 1) for digit in digits]
        inside = [tick for tick in known if start - slack <= log10(tick[0]) <= end + slack]
        if 2 <= len(inside) <= most:
            return inside
    # Within a decade, equal steps are nearly as far apart as on a linear axis.
    return [_power(k) for k in range(first, last + 1)] or _linear_ticks(low, high, most, unit)


def _symlog_ticks(low: float, high: float, most: int, unit: float) -> list[tuple[float, str]]:
    """Return 0 and powers of ten beyond the unit, with both signs."""
    least, greatest = ceil(log10(unit)), _floor_log10(max(-low, high))
    for every in _STRIDES:
        powers = [_power(k) for k in range(-(-least // every) * every, greatest + 1, every)]
        # What is close to 0 would overlap with it.
        far = [tick for tick in powers if asinh(tick[0] / unit) > 0.6 * every * log(10)]
        known = [(-at, f"-{text}") for at, text in reversed(far)] + [(0.0, "0"), *far]
        inside = [tick for tick in known if low <= tick[0] <= high]
        if len(inside) <= most:
            break
    return inside if len(inside) >= 2 else _linear_ticks(low, high, most, unit)


def _floor_log10(value: float) -> int:
    return floor(log10(value) + 1e-9) if value > 0 else -400


def _power(exponent: int, digit: int = 1) -> tuple[float, str]:
    """Return a digit times a power of ten, with its text."""
    value = float(f"{digit}e{exponent}")
    return value, f"{value:g}" if abs(exponent) <= 3 else f"{digit}e{exponent}"


_TICKS: dict[str, Callable[[float, float, int, float], list[tuple[float, str]]]] = {
    "linear": _linear_ticks,
    "log": _log_ticks,
    "symlog": _symlog_ticks,
}
"""How ticks are chosen on each of `SCALES`."""


def texts(places: list[float], step: float) -> list[str]:
    """Return the numbers as texts that tell neighbours `step` apart from each other."""
    largest = max(map(abs, places), default=0.0)
    if largest >= 1e6 or (largest and largest < 1e-3):
        digits = max(0, ceil(log10(largest / step) - 1e-9)) if largest else 0
        return ["0" if not place else _short(f"{place:.{min(digits, 16)}e}") for place in places]
    decimals = max(0, -floor(log10(step) + 1e-9))
    return [f"{place + 0.0:.{decimals}f}" for place in places]


def number(value: float, digits: int = 4) -> str:
    """Return a number in a few digits, without zeros that say nothing."""
    return _short(f"{value:.{digits}g}")


def numbers(values: list[float], digits: int = 3) -> list[str]:
    """Return numbers in as few digits, but `digits`, as tell them apart."""
    for most in range(digits, 18):
        found = [number(value, most) for value in values]
        if len(set(found)) == len(set(values)):
            break
    return found


def _short(text: str) -> str:
    """Return 1e-6 for 1.000e-06."""
    mantissa, e, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}" if e else mantissa
