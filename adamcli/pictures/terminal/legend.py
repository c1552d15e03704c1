"""Legends of panels in a terminal: which entries there are, and how they fill lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.pictures.scene import Field, Text
from adamcli.pictures.terminal.columns import safe, shortened
from adamcli.pictures.terminal.ink import TEXT, inks, sample
from adamcli.widths import columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.pictures.scene import Panel
    from adamcli.pictures.terminal.ink import Screen, Spans

_GAP = "   "


def entries(panels: Iterable[Panel], width: int, screen: Screen) -> list[Spans]:
    """Return an entry for each look and label of the marks."""
    found: list[Spans] = []
    for panel in panels:
        used = inks(panel, screen)
        for mark in panel.marks:
            if isinstance(mark, Field | Text) or not mark.label:
                continue
            glyph, colour = sample(mark, used[mark.role], screen)
            label = shortened(safe(mark.label, screen.ascii), width - 3, screen.ellipsis)
            entry = [(glyph, colour), (" " + label, TEXT)]
            if entry not in found:
                found.append(entry)
    return found


def filled(line: Spans, items: list[Spans], width: int, most: int, screen: Screen) -> list[Spans]:
    """Return `line` and what follows it, at most `most` lines, with the entries of a legend.

    A last line without room for the rest of them ends with an ellipsis.
    """
    lines = [line]
    for item in items:
        if lines[-1] and _wide(lines[-1]) + len(_GAP) + _wide(item) > width:
            if len(lines) == most:
                more = " " + screen.ellipsis
                fits = _wide(lines[-1]) + columns(more) <= width
                lines[-1] = lines[-1] + ([(more, TEXT)] if fits else [])
                break
            lines.append([])
        lines[-1] = lines[-1] + ([(_GAP, TEXT)] if lines[-1] else []) + item
    return [line for line in lines if line]


def _wide(spans: Spans) -> int:
    return sum(columns(text) for text, _ in spans)
