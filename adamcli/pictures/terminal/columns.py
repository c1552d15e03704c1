"""Texts in the columns of a terminal: shortened, folded, and in ASCII."""

from __future__ import annotations

from unicodedata import combining, name, normalize

from adamcli.diagnostics import printable
from adamcli.widths import columns, width

_SIGNS = {"√": "sqrt ", "−": "-", "–": "-", "…": "...", "·": "*", "×": "x", "→": "->", "±": "+-"}


def letters(text: str) -> list[str]:
    """Return the characters, each with the combining ones that belong to it."""
    found: list[str] = []
    for c in text:
        if found and not width(c):
            found[-1] += c
        else:
            found.append(c)
    return found


def shortened(text: str, most: int, ellipsis: str = "…") -> str:
    """Return `text`, or as much of its beginning as fits in `most` columns with an ellipsis."""
    if columns(text) <= most:
        return text
    room = most - len(ellipsis)
    if room < 1:
        return ellipsis[: max(0, most)]
    kept = ""
    for letter in letters(text):
        if columns(kept + letter) > room:
            break
        kept += letter
    return kept.rstrip() + ellipsis


def squeezed(text: str, most: int, ellipsis: str = "…") -> str:
    """Return `text`, or its beginning and its end if it is wider than `most` columns."""
    room = most - len(ellipsis)
    if columns(text) <= most or room < 4:
        return shortened(text, most, ellipsis)
    end = ""
    for letter in reversed(letters(text)):
        if columns(letter + end) > room - room // 2:
            break
        end = letter + end
    return shortened(text, most - columns(end), ellipsis) + end


def folded(text: str, width: int, ellipsis: str = "…") -> list[str]:
    """Return the lines of a text; a word that is wider than a line is shortened."""
    lines: list[str] = []
    for word in text.split():
        if lines and columns(lines[-1]) + 1 + columns(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(shortened(word, width, ellipsis))
    return lines


def safe(text: str, ascii_only: bool) -> str:
    """Return `text` without characters that control a terminal, or in ASCII alone.

    A Greek letter becomes its name, and letters lose their accents.
    """
    shown = printable(text)
    if not ascii_only or shown.isascii():
        return shown
    return "".join(map(_ascii, shown))


def _ascii(c: str) -> str:
    if c.isascii():
        return c
    if c in _SIGNS:
        return _SIGNS[c]
    if not width(c):
        return ""
    plain = "".join(part for part in normalize("NFKD", c) if not combining(part))
    if plain.isascii() and plain.isprintable() and plain:
        return plain
    words = name(plain[:1] or c, "").split()
    if words[:1] == ["GREEK"] and "LETTER" in words:
        letter = words[words.index("LETTER") + 1 :][-1:]
        return "".join(letter).lower() if "SMALL" in words else "".join(letter).capitalize()
    return "?"
