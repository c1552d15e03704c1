"""The article's line, `>t f(x) = score`, with x as NumPy prints an array.

`str(array)` takes 30 microseconds for two numbers. `array_text` gives the same characters in a
tenth of that, always on one line. The rules are those of NumPy's arrayprint: at most 8 digits after
the point, all numbers of an array in the same notation and aligned.
"""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING

from adamcli.optimizer.result import when
from adamcli.report.score_format import ARTICLE, ARTICLE_CLOSING
from adamcli.widths import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.optimizer.result import Point, Record

THRESHOLD = 1000
"""NumPy shows only the ends of an array with more entries than this."""

EDGE = 3

_EXACT_DECIMALS = 2.0**26
"""From here on, neighbouring floats are more than 1e-8 apart, and 8 decimals are too many."""

_SMALLEST_NORMAL = 2.2250738585072014e-308


def line(record: Record, spec: str = ARTICLE) -> str:
    """Return the article's line of one step: `>0 f([-0.14595599  0.42064899]) = 0.19825`."""
    return f">{record.t} f({array_text(record.x)}) = {record.score:{spec}}"


def closing_line(point: Point, spec: str = ARTICLE_CLOSING) -> str:
    """Return the article's last line: `f([ 0.00018407 -0.00054858]) = 0.000000`."""
    return f"f({array_text(point.x)}) = {point.score:{spec}}"


def point_text(point: Point, most: int = 12) -> str:
    """Return a point with its score in ten digits, and when it was reached."""
    return f"f({array_text(point.x, most)}) = {point.score:.10g} {when(point.t)}"


def array_text(values: Sequence[float], most: int = THRESHOLD) -> str:
    """Return the numbers as `str(numpy.array(values))` shows them, on one line.

    Of more than `most` numbers only the ends are shown: as NumPy does beyond a thousand, or the
    first ones that fit and the last.
    """
    if len(values) > most:
        head, tail = (EDGE, EDGE) if most == THRESHOLD else (max(most - 1, 1), 1)
        words = _words([*values[:head], *values[-tail:]])
        words.insert(head, "...")
    else:
        words = _words(values)
    return f"[{' '.join(words)}]"


def squeezed(text: str, room: int) -> str:
    """Return a text, or its beginning and its end if it is too wide."""
    if columns(text) <= room:
        return text
    from adamcli.pictures.terminal.columns import squeezed as within

    return within(text, room, "...")


def names_text(names: Sequence[str], room: int) -> str:
    """Return names in a list; of what is too wide the first ones, or the ends of a single one."""
    text = ", ".join(names)
    if columns(text) <= room:
        return text
    if len(names) == 1:
        return squeezed(text, room)
    shown = ""
    for name in names:
        if columns(f"{shown}{name}, ...") > room:
            break
        shown += f"{name}, "
    return f"{shown}..."


def short_array_text(values: Sequence[float], digits: int, width: int) -> str:
    """Return the numbers in so many significant digits, with "..." for those that do not fit.

    The first ones and the last are shown, or the first alone, or none.
    """
    words = [f"{value:.{digits}g}" for value in values[: width // 2]]
    choices = [words] if len(words) == len(values) else []
    choices += [[*words[:k], "...", f"{values[-1]:.{digits}g}"] for k in range(len(words), 0, -1)]
    choices += [[word, "..."] for word in words[:1]]
    texts = (f"[{' '.join(choice)}]" for choice in choices)
    return next((text for text in texts if len(text) <= width), "[...]")


def _words(values: Sequence[float]) -> list[str]:
    largest, smallest, all_finite = 0.0, inf, True
    for value in values:
        size = abs(value)
        if not size < inf:
            all_finite = False
        elif size:
            largest = max(largest, size)
            smallest = min(smallest, size)
    scientific = largest > 0 and (
        largest >= 1e8 or smallest < 0.0001 or largest / smallest > 1000.0
    )
    finite = values if all_finite else [value for value in values if isfinite(value)]
    words, left, right = (
        _scientific(finite, smallest < _SMALLEST_NORMAL) if scientific else _positional(finite)
    )
    return words if all_finite else _with_others(values, words, left, right)


def _positional(values: Sequence[float]) -> tuple[list[str], int, int]:
    """Return aligned words, and the widths before and after the point."""
    split = [_decimal(value).partition(".") for value in values]
    left = max([len(whole) for whole, _, _ in split], default=0)
    right = max([len(fraction) for _, _, fraction in split], default=0)
    return [f"{whole:>{left}}.{fraction:<{right}}" for whole, _, fraction in split], left, right


def _decimal(value: float) -> str:
    if abs(value) >= _EXACT_DECIMALS:
        text = repr(value)
        return text[:-1] if text.endswith(".0") else text
    return f"{value:.8f}".rstrip("0")


def _scientific(values: Sequence[float], subnormal: bool) -> tuple[list[str], int, int]:
    """Return aligned words, and the widths before and after the point."""
    words = [f"{value: .8e}" for value in values]
    if subnormal or "0" in {word[10] for word in words}:
        digits = max([_digits(value) for value in values])
        words = [f"{value: #.{digits}e}" for value in values]
    longest = max(map(len, words))
    if longest > min(map(len, words)):
        # All exponents get as many digits as the longest has.
        words = [
            f"{word[: -len(rest)]}{rest[0]}{rest[1:]:0>{longest - len(word) + len(rest) - 1}}"
            for word in words
            if (rest := word.partition("e")[2])
        ]
    if "-" not in [word[0] for word in words]:
        words = [word[1:] for word in words]
    left = words[0].index(".")
    return words, left, len(words[0]) - left - 1


def _digits(value: float) -> int:
    """Return how many digits after the point NumPy shows of a number in scientific notation."""
    fraction = f"{value:.8e}".partition("e")[0].rstrip("0").partition(".")[2]
    if 0 < abs(value) < _SMALLEST_NORMAL:
        # Subnormal numbers have fewer digits than 9; repr knows how many.
        shortest = repr(value).partition("e")[0].partition(".")[2]
        return min(len(fraction), len(shortest))
    return len(fraction)


def _with_others(values: Sequence[float], words: list[str], left: int, right: int) -> list[str]:
    """Return `words` with nan and inf put in between, and all of them padded to one width."""
    longest = 4 if any(value == -inf for value in values) else 3
    padded = max(left, longest - right - 1)
    extra = " " * (padded - left)
    width = padded + right + 1
    rest = iter(words)
    return [extra + next(rest) if isfinite(value) else f"{value!r:>{width}}" for value in values]
