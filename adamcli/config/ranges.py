"""Ranges of numbers whose ends are inclusive and whose values are exact in decimal.

A range is computed from the digits that were written, in whole numbers or with many digits, and
each value is rounded to a float once; so lin(0, 1, 11) contains 0.3, not 0.30000000000000004.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation, localcontext
from fractions import Fraction
from math import inf

NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
"""A number as written in a range; a digit must follow its point, so that 0..9 is two numbers."""

MAX_VALUES = 10_000_000
"""The most values that one axis may have."""


class RangeError(ValueError):
    """A range that has no values, too many, or none that make sense; the text says which."""


def parse_number(text: str) -> Decimal:
    """Return a number with the digits it was written with.

    Raises `RangeError` for anything else, and for a number that no float can hold.
    """
    text = text.strip()
    if not re.fullmatch(NUMBER, text):
        raise RangeError(f"expected a number, found `{text}`")
    try:
        number = Decimal(text)
    except InvalidOperation:
        # The exponent is larger than even a Decimal's may be.
        number = Decimal(inf)
    fits = len(text) <= 400 and number.is_finite() and abs(number.adjusted()) <= 400
    if not fits or abs(float(number)) == inf:
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise RangeError(f"expected a number that a float can hold, found `{shown}`")
    return number


def parse_count(text: str) -> int:
    """Return the number of values in a range, at least two."""
    number = parse_number(text)
    if number != int(number) or number < 2:
        raise RangeError(f"expected a whole number of values, 2 or more, found `{text.strip()}`")
    return _bounded(int(number))


def linear(first: Decimal, last: Decimal, count: int) -> list[float]:
    """Return `count` evenly spaced values, both ends included."""
    _refuse_equal(first, last)
    scale, (start, end) = _as_whole(first, last)
    steps = count - 1
    # The quotient of two whole numbers is rounded once, to the nearest float.
    return [(start * (steps - i) + end * i) / (steps * scale) for i in range(count)]


def logarithmic(first: Decimal, last: Decimal, count: int) -> list[float]:
    """Return `count` values with a constant ratio between neighbours, both ends included."""
    _refuse_equal(first, last)
    if not (first > 0 and last > 0):
        raise RangeError("a logarithmic range needs ends above 0")
    with localcontext() as context:
        context.prec = 60
        ratio = (last / first) ** (Decimal(1) / (count - 1))
        value, inner = first, []
        for _ in range(count - 2):
            value *= ratio
            inner.append(float(value))
    return [float(first), *inner, float(last)]


def stepped(first: Decimal, last: Decimal, step: Decimal) -> list[float]:
    """Return the values from `first` to `last`, both included, in steps of `step`."""
    if step == 0:
        raise RangeError("the step is zero")
    scale, (start, end, by) = _as_whole(first, last, step)
    if (end - start) * by < 0:
        raise RangeError(f"the range is empty; for falling values write {first}..{last}..{-step}")
    steps, rest = divmod(end - start, by)
    if rest:
        reached = Decimal(start + steps * by) / scale
        raise RangeError(f"steps of {step} do not reach {last}; the last value is {reached}")
    _bounded(steps + 1)
    return [value / scale for value in range(start, end + (1 if by > 0 else -1), by)]


def _refuse_equal(first: Decimal, last: Decimal) -> None:
    if first == last:
        raise RangeError(f"the step is zero: both ends are {first}")


def _bounded(count: int) -> int:
    if count > MAX_VALUES:
        raise RangeError(f"has {count:,} values; the most is {MAX_VALUES:,}")
    return count


def _as_whole(*numbers: Decimal) -> tuple[int, list[int]]:
    """Return a power of ten and the products of `numbers` with it, all of them whole."""
    exponents = [int(number.as_tuple().exponent) for number in numbers]
    scale = 10 ** max(0, -min(exponents))
    return scale, [int(Fraction(number) * scale) for number in numbers]
