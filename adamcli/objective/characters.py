"""What characters a formula may have, and what to type in place of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.diagnostics import fail
from adamcli.names import RULE, is_letter, is_visible, normal

if TYPE_CHECKING:
    from adamcli.diagnostics import ConfigError, Excerpt


def refuse_characters(excerpt: Excerpt) -> None:
    """Raise `ConfigError` at the first character that is neither ASCII nor a letter.

    In comments all are allowed that show something.
    """
    in_comment = False
    for offset, character in enumerate(excerpt.text):
        in_comment = character != "\n" and (in_comment or character == "#")
        is_known = " " <= character <= "~" or character in "\n\t" or is_letter(character)
        if not (is_known or (in_comment and is_visible(character))):
            raise _unexpected(excerpt, offset)


def _unexpected(excerpt: Excerpt, offset: int) -> ConfigError:
    character = excerpt.text[offset]
    shown = f"`{character}`" if is_visible(character) else f"{character!a}"
    message = f"unexpected character {shown} in the formula"
    return fail(message, excerpt.span(offset, offset + 1), written_as(character))


def written_as(character: str) -> str:
    """Return what to type in place of a character that formulas cannot have."""
    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character]
    if character.isspace():
        return "write a plain space"
    if not is_visible(character):
        return "remove it: it cannot be seen"
    from unicodedata import decomposition

    plain, kind = normal(character), decomposition(character).partition(" ")[0]
    if plain.isascii():
        return f"write `{_RAISED.get(kind, '')}{plain}`"
    return f"names are made of {RULE}"


_RAISED = {"<super>": "**", "<sub>": "_"}
"""What is written before a sign that stands above or below the line."""

_LOOK_ALIKES = {
    "\N{MULTIPLICATION SIGN}": "write `*`",
    "\N{MIDDLE DOT}": "write `*`",
    "\N{GREEK ANO TELEIA}": "write `*`",
    "\N{KATAKANA MIDDLE DOT}": "write `*`",
    "\N{DOT OPERATOR}": "write `*`",
    "\N{DIVISION SIGN}": "write `/`",
    "\N{MINUS SIGN}": "write `-`",
    "\N{EN DASH}": "write `-`",
    "\N{SQUARE ROOT}": "write `sqrt(...)`",
    "\N{N-ARY SUMMATION}": "write `sum(...)`",
    "\N{N-ARY PRODUCT}": "write `prod(...)`",
    "\N{INCREMENT}": "write `\N{GREEK CAPITAL LETTER DELTA}`, the Greek letter",
    "\N{LESS-THAN OR EQUAL TO}": "write `<=`",
    "\N{GREATER-THAN OR EQUAL TO}": "write `>=`",
    "\N{NOT EQUAL TO}": "write `!=`",
    "\r": "end lines with a line feed alone",
}
