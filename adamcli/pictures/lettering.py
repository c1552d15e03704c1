"""Texts in figures: how wide they are, and where their lines break."""

from __future__ import annotations

from textwrap import wrap


def inches(text: str, size: float) -> float:
    """Return how wide one line of text is, in the font of all pictures at `size` points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    found, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=size), ismath=False
    )
    return float(found) / 72.0


def broken(text: str, room: float, size: float, most: int = 3) -> str:
    """Return a text in lines of which none is wider than `room` inches.

    Words longer than a line are broken, and what would be beyond `most` lines is left out.
    """
    line = " ".join(text.split())
    width = inches(line, size)
    if width <= room:
        return line
    letters = max(1, int(len(line) * room / width))
    while True:
        lines = wrap(line, letters, break_on_hyphens=False)
        if len(lines) > most:
            lines[most - 1 :] = [f"{lines[most - 1][: letters - 1]}…"]
        widest = max((inches(each, size) for each in lines), default=0.0)
        if widest <= room or letters == 1:
            return "\n".join(lines)
        letters = max(1, int(0.95 * letters))
