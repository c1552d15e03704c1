"""How wide texts are in a terminal, or wherever else all letters have the same width."""

from __future__ import annotations


def columns(text: str) -> int:
    """Return how many columns a text takes."""
    return len(text) if text.isascii() else sum(map(width, text))


def padded(text: str, to: int, *, right: bool = False) -> str:
    """Return a text with spaces up to a width, flush left or `right`."""
    spaces = " " * (to - columns(text))
    return spaces + text if right else text + spaces


def width(character: str) -> int:
    """Return how many columns a character takes: 0 if it combines with the one before it."""
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
