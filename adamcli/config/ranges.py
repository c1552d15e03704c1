"""Ranges of numbers whose ends are inclusive and whose values are exact in decimal.

A range is computed from the digits that were written, in whole numbers or with many digits, and
each value is rounded to a float once; so lin(0, 1, 11) has 0.3 in it and not 0.30000000000000004.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from fractions import Fraction
from math import inf

NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
"""A number as it stands in a range; a digit follows its point, so that 0..9 is two numbers."""

MAX_VALUES = 10_000_000
"""Values that one axis may have."""

_DIGITS = 60


class RangeError(ValueError):
    """A range that has no values, too many, or none that make sense; the text says which."""


def parse_number(text: str) -> Decimal:
    """Return a number with the digits it was written with.

    Raises `RangeError` for anything else, and for what no float can hold.
    """
    if not re.fullmatch(NUMBER, text.strip()):
        raise RangeError(f"expected a number, found `{text.strip()}`")
    number = Decimal(text.strip())
    if len(text) > 400 or abs(number.adjusted()) > 400 or abs(float(number)) == inf:
        raise RangeError(f"expected a number that a float can hold, found `{text.strip()}`")
    return number


def parse_count(text: str) -> int:
    """Return how many values a range is to have, two at the least."""
    number = parse_number(text)
    if number != int(number) or number < 2:
        raise RangeError(f"expected a whole number of values from 2, found `{text.strip()}`")
    return _bounded(int(number))


def linear(first: Decimal, last: Decimal, count: int) -> list[float]:
    """Return `count` evenly spaced values, both ends included."""
    if first == last:
        raise RangeError(f"the step is zero: both ends are {first}")
    scale = 10 ** max(0, -_exponent(first), -_exponent(last))
    start, end = (int(Fraction(number) * scale) for number in (first, last))
    steps = count - 1
    # The quotient of two whole numbers is rounded once, to the nearest float.
    return [(start * (steps - i) + end * i) / (steps * scale) for i in range(count)]


def logarithmic(first: Decimal, last: Decimal, count: int) -> list[float]:
    """Return `count` values with a constant ratio between neighbours, both ends included."""
    if first == last:
        raise RangeError(f"the step is zero: both ends are {first}")
    if not (first > 0 and last > 0):
        raise RangeError("a logarithmic range needs ends above 0")
    with localcontext() as context:
        context.prec = _DIGITS
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
    scale = 10 ** max(0, *(-_exponent(n) for n in (first, last, step)))
    start, end, by = (int(Fraction(number) * scale) for number in (first, last, step))
    if (end - start) * by < 0:
        raise RangeError(f"the range is empty; for falling values write {first}..{last}..{-step}")
    whole, rest = divmod(end - start, by)
    if rest:
        reached = Decimal(start + whole * by) / scale
        raise RangeError(f"steps of {step} do not reach {last}; the last value is {reached}")
    _bounded(whole + 1)
    return [value / scale for value in range(start, end + (1 if by > 0 else -1), by)]


def _bounded(count: int) -> int:
    if count > MAX_VALUES:
        raise RangeError(f"has {count:,} values; the most is {MAX_VALUES:,}")
    return count


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent
