"""Numbers with a decimal comma, as many languages write them; here commas stand between values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adamcli.diagnostics import fail

if TYPE_CHECKING:
    from adamcli.diagnostics import ConfigError, Span

_NUMBER = re.compile(r"[-+]?[0-9]+,[0-9]+(?:[eE][-+]?[0-9]+)?")

_CERTAIN = re.compile(
    r"(?<![\w.+-])[-+]?(?:0|[1-9][0-9]*),0[0-9]+(?:[eE][-+]?[0-9]+)?(?![\w.])", re.ASCII
)
"""A second number would not begin with 0, if the first one does not."""


_GROUPS = re.compile(r"(?<![\w.+-])[-+]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![\w.])", re.ASCII)
"""A number whose thousands are separated."""

_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?:[,_'\s][0-9]{3})+")


def ungrouped(text: str) -> str:
    """Return a number whose digits are in groups of three as it is written here; else nothing."""
    text = text.strip()
    return re.sub(r"[,_'\s]", "", text) if _GROUPED.fullmatch(text) else ""


def with_point(text: str) -> str:
    """Return a number that a text holds with a comma as it is written here; empty if there is none.

    The text stands where one number is expected, so `1,5` is one.
    """
    return text.strip().replace(",", ".") if _NUMBER.fullmatch(text.strip()) else ""


def decimal_comma(text: str) -> tuple[int, int] | None:
    """Return where a text has a number with a comma that can be no two numbers: `0,01`, not `0,1`.

    The text may hold several values between commas.
    """
    for found in _GROUPS.finditer(text):
        if ",0" in found[0]:
            return found.span()
    certain = _CERTAIN.search(text)
    return None if certain is None else certain.span()


def comma_problem(text: str, span: Span) -> ConfigError:
    """Return the error of a number with a comma; `span` is where it stands."""
    if text.count(",") == 1 and text.lstrip("+-").startswith("0"):
        first, _, second = text.partition(",")
        both = f"{first},{second.lstrip('0') or '0'}"
        hint = f"write {with_point(text)}, or {both} for two numbers"
        return fail(f"`{text}` is a number with a decimal comma", span, hint)
    known = [ungrouped(text), with_point(text)]
    hint = f"write {' or '.join(filter(None, known))}"
    return fail(f"`{text}` is a number with a comma in it", span, hint)
