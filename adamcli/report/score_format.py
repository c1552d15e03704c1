"""How the scores of a run are written: as in the article, or in digits that can be read."""

from __future__ import annotations

from typing import NamedTuple

from adamcli.errors import UsageError

ARTICLE, ARTICLE_CLOSING = ".5f", ".6f"
"""The article's decimals, and those of its last line."""

SCIENTIFIC = ".4e"

LEAST, MOST = 1e-3, 1e5
"""The sizes of the score of a start that the article's decimals suit."""

WIDEST = 60
"""The most characters of 1.5 in a format that is asked for."""


class ScoreFormat(NamedTuple):
    """The Python formats of the scores of each step, and of the last line."""

    step: str = ARTICLE
    closing: str = ARTICLE_CLOSING

    @classmethod
    def of(cls, asked: str | None, start: float) -> ScoreFormat:
        """Return what is `asked` for, or else what suits a run that begins at the score `start`."""
        if asked is not None:
            return cls(asked, asked)
        is_extreme = not LEAST <= abs(start) < MOST and 0 < abs(start) < float("inf")
        return cls(SCIENTIFIC, SCIENTIFIC) if is_extreme else cls()


USUAL = ScoreFormat()
"""Those of the article."""


def parse_score_format(text: str) -> str:
    """Return a Python format of numbers; raises `UsageError` if it is none."""
    try:
        shown = format(1.5, text)
    except (ValueError, OverflowError, MemoryError) as error:
        raise _refusal(text, f"{error}") from None
    if len(shown) > WIDEST or not shown.isprintable():
        raise _refusal(text, f"1.5 would take {len(shown)} characters")
    return text


def _refusal(text: str, reason: str) -> UsageError:
    message = f"--score-format: expected a Python format of numbers, found {text!r}: {reason}"
    return UsageError(f"{message}\n  use one such as .5f, .3e or .10g")
