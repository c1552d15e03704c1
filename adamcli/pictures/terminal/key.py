"""One line that says what the colours, shades or contour lines of a field mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.pictures.scales import numbers
from adamcli.pictures.terminal import surface
from adamcli.pictures.terminal.columns import safe, shortened
from adamcli.pictures.terminal.ink import TEXT
from adamcli.widths import columns

if TYPE_CHECKING:
    from adamcli.pictures.scene import Field, Panel
    from adamcli.pictures.terminal.canvas import Canvas
    from adamcli.pictures.terminal.ink import Screen, Spans

_STRIP = 10
"""The most columns between two numbers."""


def key(field: Field, plot: Canvas, panel: Panel, screen: Screen) -> Spans:
    """Return the line below the plot that `plot` is the canvas of."""
    label = shortened(safe(field.label, screen.ascii), plot.width // 2, screen.ellipsis)
    found: Spans = [(label, TEXT)]
    room = plot.width - columns(label)
    if screen.colours:
        blocks = [("█", colour) for colour in surface.palette(field).tolist()]
        return found + _strip(field, blocks, room)
    ramp = surface.ramp_of(field, plot, panel, screen)
    if ramp:
        few = surface.shown(field, screen)
        shades = surface.shade_of(np.arange(len(few.levels) + 1), few, ramp).tolist()
        return found + _strip(few, [(ramp[shade], TEXT) for shade in shades], room)
    if field.cells or not len(field.levels):
        return found
    levels = surface.few(field, plot, panel).levels.tolist()
    return found + _list(levels, room)


def _list(levels: list[float], room: int) -> Spans:
    """Return the numbers of contour lines, without the middle ones if there is no room."""
    texts = numbers(levels)
    ends = f"{texts[0]} to {texts[-1]}"
    lines = (f": lines at {', '.join(texts)}", f": lines from {ends}", f": {ends}")
    return [(line, TEXT) for line in lines if columns(line) <= room][:1]


def _strip(field: Field, blocks: Spans, room: int) -> Spans:
    """Return the blocks of all bands with some of the levels between them."""
    levels = field.levels.tolist()
    for count in range(min(5, len(levels)), 0, -1):
        chosen = np.linspace(0, len(levels) - 1, count).round().astype(int).tolist()
        texts = [f" {text} " for text in numbers([levels[k] for k in chosen])]
        each = (room - 5 - sum(map(columns, texts))) // max(1, count - 1)
        if each >= 2:
            break
    else:
        return []
    found: Spans = [(" ", TEXT), *[blocks[0]] * 2]
    for place, text in enumerate(texts):
        found.append((text, TEXT))
        if place + 1 < count:
            bands = np.linspace(chosen[place] + 1, chosen[place + 1], min(each, _STRIP))
            found += [blocks[band] for band in bands.round().astype(int).tolist()]
    return [*found, *[blocks[-1]] * 2]
