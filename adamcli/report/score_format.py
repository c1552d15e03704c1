"""How the scores of a run are written: as in the article, or in digits that can be read."""

from __future__ import annotations

from math import floor, inf, isfinite, log10
from typing import NamedTuple

from adamcli.errors import UsageError

ARTICLE, ARTICLE_CLOSING = ".5f", ".6f"
"""The article's decimals, and those of its last line."""

SCIENTIFIC = ".4e"

LEAST, MOST = 1e-3, 1e5
"""The sizes of a score, and of its changes, that the article's decimals suit."""

SEEN = 1e-2
"""Changes of a score by this part of it are seen in five digits."""

ROUNDING = 2.0**-53
"""Changes below this part of a score are lost in it."""

DIGITS, ALL_DIGITS = 5, 17
"""How many digits of the changes are shown, and how many a score has."""

WIDTH = len("-99999.00000")
"""Characters of the widest score that the article's decimals suit."""

WIDEST = 60
"""The most characters of 1.5 in a format that is asked for."""


class ScoreFormat(NamedTuple):
    """The Python formats of the scores of each step, and of the last line, and their `width`."""

    step: str = ARTICLE
    closing: str = ARTICLE_CLOSING
    width: int = WIDTH

    @classmethod
    def asked(cls, spec: str | None) -> ScoreFormat:
        """Return the format that was asked for, or that of the article."""
        return cls() if spec is None else cls._alike(spec, -1.5, -1.5e5)

    @classmethod
    def of(cls, asked: str | None, start: float, prospect: float) -> ScoreFormat:
        """Return what is `asked` for, or else what suits a run that begins at the score `start`.

        The score may change by about `prospect`.
        """
        if asked is not None or not isfinite(start):
            return cls.asked(asked)
        change = prospect if ROUNDING * abs(start) < prospect < inf else 0.0
        size = abs(start) or change
        if not size or (LEAST <= size < MOST and _suits(size, change)):
            return cls()
        if not 0 < change < SEEN * size:
            return cls._alike(SCIENTIFIC)
        return cls._alike(_offset(size, change), -10 * size)

    @classmethod
    def _alike(cls, spec: str, *samples: float) -> ScoreFormat:
        """Return one format for all, wide enough for the samples."""
        return cls(spec, spec, max(WIDTH, *(len(format(s, spec)) for s in (-1.5e-105, *samples))))


def _suits(size: float, change: float) -> bool:
    """Return whether the article's decimals suit changes of a score of that size."""
    return not change or LEAST <= change < MOST * max(1.0, size)


def _offset(size: float, change: float) -> str:
    """Return the format of scores of which only the last digits change."""
    before = floor(log10(size))
    digits = min(before - floor(log10(change)) + DIGITS, ALL_DIGITS)
    decimals = digits - 1 - before
    return f".{decimals}f" if size >= LEAST and decimals >= 0 else f".{digits - 1}e"


USUAL = ScoreFormat()
"""Those of the article."""


def parse_score_format(text: str) -> str:
    """Return a Python format of numbers; raises `UsageError` if it is none."""
    try:
        shown = format(1.5, text)
    except (ValueError, OverflowError, MemoryError):
        raise _refusal(text) from None
    if len(shown) > WIDEST or not shown.isprintable():
        raise _refusal(text, f", with which 1.5 has {len(shown):,} characters")
    return text


def _refusal(text: str, reason: str = "") -> UsageError:
    message = f"--score-format: expected a format of numbers, found {text!r}{reason}"
    return UsageError(f"{message}\n  use one such as .5f, .3e or .10g")
