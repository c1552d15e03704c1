"""Values of an axis in the notation of other programs, and how they are written here.

`linspace(0, 1, 5)` is `lin(0,1,5)`, `range(10)`, `0:9` and `0-9` are `0..9`, `0.1;0.2` is 0.1,0.2.
"""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

from adamcli.config.ranges import NUMBER, RangeError, parse_number
from adamcli.names import is_name
from adamcli.optimizer.hyperparameters import NAMES
from adamcli.optimizer.methods import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SINGLE = (*NAMES, *OPTIONS, "method", "n_iter", "epochs", "seed", "dim", "direction", "bounds_mode")
"""The keys whose values are never lists."""

LONGEST = 200
"""Characters of a text that may be in another notation."""

MANY = "10"
"""The number of values in an example."""

MOST_ZEROS = 10
"""Digits that may be added to those of a number."""

_RANGE = re.compile(
    rf"({NUMBER})\s*(?::|\.\.\.|…|to)\s*({NUMBER})(?:\s*(?::|step|by)\s*({NUMBER}))?"
)
_STEPS = re.compile(rf"({NUMBER})\s*\.\.\s*({NUMBER})(?:\s*(?::|step|by)\s*({NUMBER}))?")
_DASH = re.compile(rf"({NUMBER})\s*[-–]\s*({NUMBER})")
_CALL = re.compile(r"(?:\w+\.)?(\w+)\s*\(([^()]*)\)")
_SEPARATED = re.compile(r"\s*[;|]\s*|\s+")
_BRACKETS = ("[]", "()", "{}")
DOTS = ("...", "…")
"""What stands for values that would go on."""


def hint_for(key: str, text: str) -> str:
    """Return how values that stand between commas are written here; empty if that is unknown."""
    found = ""
    if len(text) <= LONGEST:
        # What has too many digits is in no range.
        with suppress(RangeError, ValueError, ArithmeticError):
            found = _meant_by(key, text.strip())
    return f"write {found}" if found else ""


def meant_by_dots(pieces: Sequence[str]) -> str:
    """Return the range that pieces such as 0, 1, ..., 9 are, or an example."""
    texts, found = [piece.strip() for piece in pieces], ""
    if len(texts) in (3, 4) and texts[-2] in DOTS:
        with suppress(RangeError, ArithmeticError):
            first, *second, last = [parse_number(text) for text in (*texts[:-2], texts[-1])]
            found = _stepped(first, last, second[0] - first if second else Decimal(1))
    return found or "0..9 for a range"


def _meant_by(key: str, text: str) -> str:
    single = key.partition(".")[0] in SINGLE
    words = single and not key.startswith(NAMES)
    found = _meant_by_range(text) or _meant_by_call(text) or _separated(text, words=words)
    return found or (_meant_by_one(text) if single else "")


def _meant_by_range(text: str) -> str:
    match = _RANGE.fullmatch(text) or _STEPS.fullmatch(text)
    if match is None:
        return ""
    first, last, step = match.groups()
    if step is not None:
        return _stepped(Decimal(first), Decimal(last), Decimal(step))
    # With two dots it is a range here too, whose steps are 1.
    reached = match.re is _STEPS and (Decimal(last) - Decimal(first)) % 1 == 0
    return "" if reached else _between(first, last)


def _meant_by_one(text: str) -> str:
    """Return what a list or a difference is, where neither can be a value."""
    match = _DASH.fullmatch(text)
    if match is not None:
        return _between(*match.groups()) if Decimal(match[1]) < Decimal(match[2]) else ""
    inner = text[1:-1]
    several = "," in inner or ".." in inner
    is_list = text[:1] + text[-1:] in _BRACKETS and several and ":" not in inner
    return inner.strip() if is_list else ""


def _separated(text: str, *, words: bool) -> str:
    """Return numbers, or also `words`, with commas between them."""
    parts = _SEPARATED.split(text)
    fits = all(re.fullmatch(NUMBER, part) or (words and is_name(part)) for part in parts)
    return ",".join(parts) if fits and len(parts) > 1 else ""


def _meant_by_call(text: str) -> str:
    match = _CALL.fullmatch(text)
    made = _CALLS.get(match[1]) if match is not None else None
    if match is None or made is None:
        return ""
    arguments = [part.rpartition("=")[2] for part in match[2].split(",")]
    return made([parse_number(argument) for argument in arguments])


def _between(first: str, last: str) -> str:
    """Return a range with both ends; between numbers that are not whole it has `MANY` values."""
    low, high = Decimal(first), Decimal(last)
    if low == high:
        return ""
    if _is_whole(first, last):
        return f"{first}..{last}" + ("..-1" if low > high else "")
    return f"{'log' if 0 < 10 * low <= high else 'lin'}({first},{last},{MANY})"


def _is_whole(*numbers: str) -> bool:
    return all(re.fullmatch(r"[-+]?\d+", number) for number in numbers)


def _stepped(first: Decimal, last: Decimal, step: Decimal) -> str:
    """Return the range in steps that does not go beyond its last value; empty if it has none."""
    # Others would not be read easily with all their zeros.
    fits = all(abs(number.adjusted()) < MOST_ZEROS for number in (first, last, step))
    if not fits or not step or (last - first) / step < 1:
        return ""
    last = first + (last - first) // step * step
    by = "" if step == 1 else f"..{step:f}"
    return f"{first:f}..{last.normalize():f}{by}"


def _counted(name: str) -> Callable[[Sequence[Decimal]], str]:
    def made(numbers: Sequence[Decimal]) -> str:
        first, last, *count = numbers
        return f"{name}({first},{last},{count[0] if count else 50})"

    return made


def _powers(numbers: Sequence[Decimal]) -> str:
    first, last, *count = numbers
    ends = (f"1e{n}" if n % 1 == 0 else f"{10 ** float(n):.6g}" for n in (first, last))
    return f"log({','.join(ends)},{count[0] if count else 50})"


def _excluding(numbers: Sequence[Decimal]) -> str:
    """Return the range that ends before its last number."""
    first, last = (Decimal(0), *numbers)[-2:] if len(numbers) == 1 else numbers[:2]
    step = numbers[2] if len(numbers) == 3 else Decimal(1)
    return _stepped(first, first + (ceil((last - first) / step) - 1) * step, step)


_CALLS: dict[str, Callable[[Sequence[Decimal]], str]] = {
    "linspace": _counted("lin"),
    "geomspace": _counted("log"),
    "logspace": _powers,
    "range": _excluding,
    "arange": _excluding,
}
