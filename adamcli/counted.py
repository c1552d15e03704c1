"""Numbers with their nouns: `1 step`, `2,000 steps`."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return so many of something in words; `noun` is for one, and gets an s for others."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
