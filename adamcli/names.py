"""Names: what can be one, and which of them are the same.

Formulas are read by Python's parser, so a name is what Python takes for one, and two names are the
same if they are for Python: `µ`, the micro sign, is `μ`, the letter, and `ϕ` is `φ`.
"""

from __future__ import annotations

from keyword import iskeyword

RULE = "letters of any script, digits and _, with no digit at the beginning"
"""What a name is made of, in words."""


def normal(name: str) -> str:
    """Return a name as all places write it: in Unicode's form NFKC, as Python does."""
    if name.isascii():
        return name
    from unicodedata import normalize

    return normalize("NFKC", name)


def is_name(text: str) -> bool:
    """Return whether formulas can use `text` as a name."""
    return text.isidentifier() and all(map(is_letter, text)) and not is_word(text)


def is_word(text: str) -> bool:
    """Return whether `text` is a word of the grammar, such as `lambda` or `not`."""
    return iskeyword(normal(text))


def is_path(text: str) -> bool:
    """Return whether `text` looks like a name, or several with dots between them: `bounds.x`."""
    return all(part and all(map(is_letter, part)) for part in text.split("."))


def is_letter(character: str) -> bool:
    """Return whether a name may contain a character, be it after the first."""
    if character.isascii():
        return character.isalnum() or character == "_"
    return f"_{character}".isidentifier() and ord(character) not in _REFUSED


def is_visible(character: str) -> bool:
    """Return whether a character shows something."""
    return character.isprintable() and ord(character) not in _INVISIBLE


def words_of(text: str) -> list[str]:
    """Return the words of a text in order: whatever may be a name, as all places write it."""
    words = "".join(c if is_letter(c) else " " for c in text).split()
    return [normal(word) for word in words if not word[0].isdigit()]


_DOTS = (0xB7, 0x387, 0x30FB, 0xFF65)
"""Dots in the middle of a line, which look like products. Only some Pythons allow some of them."""

_INVISIBLE = (
    *(0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0),
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
)
"""Letters and marks that show nothing, so that two names would look like one."""

_REFUSED = frozenset((*_DOTS, *_INVISIBLE))
