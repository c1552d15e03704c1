"""Numbers with their nouns: `1 step`, `2,000 steps`."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return so many of something in words; `noun` is for one, and gets an s for others."""
    return f"{number:,} {plural(number, noun)}"


def plural(number: int, noun: str) -> str:
    """Return the noun as it stands after a number."""
    return noun + "s" * (number != 1)


def all_taken(number: int, noun: str) -> str:
    """Return that so many of something were taken, which are all that were asked for."""
    if number > 1:
        return f"all {number} {plural(number, noun)} were taken"
    return f"the only {noun} was taken" if number else f"no {noun} was asked for"
