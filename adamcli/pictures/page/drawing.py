"""A picture as HTML: each panel an SVG that grows and shrinks with the page, with its legend."""

from __future__ import annotations

from html import escape
from math import cos, radians, sin
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.pictures.page.svg_axes import (
    Tick,
    broken,
    crowded,
    extent,
    level_names,
    readable,
    strip,
    text,
    ticks_of,
    width_of,
)
from adamcli.pictures.page.svg_field import values_of
from adamcli.pictures.page.svg_marks import drawn
from adamcli.pictures.page.svg_plot import UNIT, Plot
from adamcli.pictures.scene import Axis, Band, Bars, Box, Dots, Field, Line, Panel, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.pictures.page.svg_plot import Draft
    from adamcli.pictures.scene import Mark, Picture

WIDTHS = {1: 560, 2: 460, 3: 340}
"""How many pixels wide panels are where so many are in a row."""

LEAST = 250
"""How many they are where there are more."""

NARROW = 340
"""How many pixels a telephone has for a panel."""

FONT = 11
"""The size of texts in pixels. On a telephone it is larger by as much as a panel is shrunk."""

SLANT = 40
"""By how many degrees the texts below an axis are turned where there is no room beside each other.
"""


class Sides(NamedTuple):
    """The room around the data of a panel, in tenths of a pixel."""

    left: int
    right: int
    bottom: int


class Measures(NamedTuple):
    """The whole size of a panel and the size of its texts, in tenths of a pixel."""

    width: int
    height: int
    size: int


def figures(picture: Picture, draft: Draft) -> tuple[str, list[dict[str, Any]]]:
    """Return the panels of a picture as HTML, and what a script must know of each."""
    picture = picture._replace(rows=tuple(tuple(map(_filled, row)) for row in picture.rows))
    found: list[str] = []
    known: list[dict[str, Any]] = []
    measures = [_measures(*each) for each in zip(picture.rows, _heights(picture), strict=True)]
    sides = [
        [_sides(panel, of_row) for panel in row]
        for row, of_row in zip(picture.rows, measures, strict=True)
    ]
    for row, of_row, own in zip(picture.rows, measures, sides, strict=True):
        cells = []
        for column, panel in enumerate(row):
            around = _aligned(own, [other[column] for other in sides if len(other) == len(own)])
            plot = _plot(panel, of_row, around)
            cells.append(_figure(plot, of_row, around, draft, len(known)))
            known.append(_facts(plot, draft))
        found.append(
            f'<div class="row" style="--columns:{len(row)};--width:{of_row.width // UNIT}px">'
            f"{''.join(cells)}</div>"
        )
    return "".join(found), known


def _measures(row: Sequence[Panel], height: int) -> Measures:
    width = WIDTHS.get(len(row), LEAST)
    return Measures(width * UNIT, height, round(FONT * max(1.0, width / NARROW) * UNIT))


def _aligned(row: Sequence[Sides], column: Sequence[Sides]) -> Sides:
    """Return the room around a panel with which its data line up with those of others."""
    left = max(each.left for each in column)
    right = max(each.right for each in column)
    return Sides(left, right, max(each.bottom for each in row))


def _filled(panel: Panel) -> Panel:
    """Return a panel without the marks that have no points, which a legend would promise."""
    return panel._replace(marks=tuple(mark for mark in panel.marks if not _empty(mark)))


def _empty(mark: Mark) -> bool:
    if isinstance(mark, Field):
        return not mark.values.size
    return isinstance(mark, Line | Dots | Band) and not len(mark.x)


def _heights(picture: Picture) -> list[int]:
    """Return the heights of the data of each row."""
    count = len(picture.rows)
    shares = picture.heights or (1.0,) * count
    found = []
    for row, share in zip(picture.rows, shares, strict=True):
        width = WIDTHS.get(len(row), LEAST)
        whole = max(width, 480) * (0.42 + 0.2 * count)
        names = max((len(p.y.ticks) for p in row if p.y.ticks is not None), default=0)
        least = max(90, min(names, 60) * FONT * max(1.0, width / NARROW) * 1.45)
        found.append(round(max(min(whole * share / sum(shares), 0.85 * width), least)) * UNIT)
    return found


def _sides(panel: Panel, measures: Measures) -> Sides:
    """Return the room that the texts around a panel need."""
    size = measures.size
    upright = ticks_of(panel.y, measures.height, size, upright=True)
    widest = max((width_of(line, size) for tick in upright for line in tick.lines), default=0)
    label = len(_label(panel.y, measures.height, size)) * 1.1 * size + 0.4 * size
    left = widest + label * bool(panel.y.label) + 11 * UNIT
    about = measures.width - left - 2 * size
    below = ticks_of(panel.x, about, size, upright=False)
    lines = max((len(tick.lines) for tick in below), default=0)
    deep = lines * 1.1 * size
    if _slanted(below, about, size):
        long = max(width_of(line, size) for tick in below for line in tick.lines)
        deep = long * sin(radians(SLANT)) + size * lines
        left = max(left, long * cos(radians(SLANT)) - below[0].at * about)
    right = extent(below[-1], size, upright=False) / 2 - (1 - below[-1].at) * about if below else 0
    strips = sum(_strip_width(mark, size) for mark in panel.marks if isinstance(mark, Field))
    bottom = 9 * UNIT + deep + len(_label(panel.x, about, size)) * 1.15 * size + 0.7 * size
    return Sides(round(left), round(max(right, size) + strips), round(bottom))


def _strip_width(field: Field, size: int) -> float:
    return 26 * UNIT + max((width_of(name, size) for name in level_names(field)), default=0)


def _label(axis: Axis, length: float, size: int) -> tuple[str, ...]:
    return broken(axis.label, max(8, int(length / (0.6 * size))))


def _slanted(found: Sequence[Tick], length: float, size: int) -> bool:
    return crowded(found, length, size, upright=False)


def _plot(panel: Panel, measures: Measures, sides: Sides) -> Plot:
    width = max(measures.width - sides.left - sides.right, measures.width // 4)
    return Plot(panel, sides.left, measures.size, width, measures.height)


def _figure(plot: Plot, measures: Measures, sides: Sides, draft: Draft, index: int) -> str:
    panel = plot.panel
    whole = (sides.left + plot.width + sides.right, plot.top + plot.height + sides.bottom)
    title = f"<figcaption>{escape(panel.title)}</figcaption>" if panel.title else ""
    return (
        f'<figure class="panel">{title}{_legend(panel, draft)}'
        f'<svg class="plot" role="img" aria-label="{escape(_described(panel))}" '
        f'viewBox="0 0 {whole[0]} {whole[1]}" data-panel="{index}" '
        f'style="--size:{FONT * UNIT}px;--narrow:{measures.size}px">'
        f"{_clips(plot, index)}{_grid(plot, measures.size)}"
        f"{''.join(_clipped(mark, plot, draft, index) for mark in panel.marks)}"
        f'{_axes(plot, measures.size, sides)}<g class="pointer"></g></svg></figure>'
    )


def _described(panel: Panel) -> str:
    """Return what a panel shows, for those who cannot see it."""
    shown = [_name(mark) for mark in panel.marks if _name(mark)]
    axes = " against ".join(axis.label for axis in (panel.y, panel.x) if axis.label)
    return ": ".join(part for part in (panel.title, axes, ", ".join(shown)) if part) or "a picture"


def _name(mark: Mark) -> str:
    return "" if isinstance(mark, Text) else mark.label


def _clips(plot: Plot, index: int) -> str:
    room = 8 * UNIT
    return (
        f'<clipPath id="c{index}"><rect x="{plot.left}" y="{plot.top}" width="{plot.width}" '
        f'height="{plot.height}"/></clipPath><clipPath id="d{index}"><rect x="{plot.left - room}" '
        f'y="{plot.top - room}" width="{plot.width + 2 * room}" '
        f'height="{plot.height + 2 * room}"/></clipPath>'
    )


def _clipped(mark: Mark, plot: Plot, draft: Draft, index: int) -> str:
    """Return a mark that ends where its panel does; markers and texts may stick out a little."""
    if isinstance(mark, Text):
        return drawn(mark, plot, draft)
    clip = "d" if isinstance(mark, Dots) else "c"
    return f'<g clip-path="url(#{clip}{index})">{drawn(mark, plot, draft)}</g>'


def _grid(plot: Plot, size: int) -> str:
    if any(isinstance(mark, Field) for mark in plot.panel.marks):
        return ""
    right, bottom = plot.left + plot.width, plot.top + plot.height
    across = ticks_of(plot.panel.x, plot.width, size, upright=False)
    up = ticks_of(plot.panel.y, plot.height, size, upright=True)
    lines = [f"M{plot.left + tick.at * plot.width:.0f} {plot.top}V{bottom}" for tick in across]
    lines += [f"M{plot.left} {bottom - tick.at * plot.height:.0f}H{right}" for tick in up]
    return f'<path class="grid" d="{"".join(lines)}"/>'


def _axes(plot: Plot, size: int, sides: Sides) -> str:
    right, bottom, long = plot.left + plot.width, plot.top + plot.height, 4 * UNIT
    across = ticks_of(plot.panel.x, plot.width, size, upright=False)
    up = ticks_of(plot.panel.y, plot.height, size, upright=True)
    frame = f"M{plot.left} {plot.top}H{right}V{bottom}H{plot.left}z"
    for tick in across:
        frame += f"M{plot.left + tick.at * plot.width:.0f} {bottom}v{long}"
    for tick in up:
        frame += f"M{plot.left} {bottom - tick.at * plot.height:.0f}h{-long}"
    parts = [f'<path class="frame" d="{frame}"/>', *_texts_below(plot, across, size)]
    for tick in readable(up, plot.height, size, upright=True):
        y = bottom - tick.at * plot.height
        parts.append(text(plot.left - 7 * UNIT, y, tick.lines, "y", tick.full))
    parts += _labels(plot, size, sides)
    left = right + 10.0 * UNIT
    for mark in plot.panel.marks:
        if isinstance(mark, Field):
            parts.append(strip(mark, plot, left, size))
            left += _strip_width(mark, size)
    return "".join(parts)


def _labels(plot: Plot, size: int, sides: Sides) -> list[str]:
    """Return the labels of the axes, which move by `--by` where texts are smaller than `size`."""
    less = 1 - FONT * UNIT / size
    lines = _label(plot.panel.x, plot.width, size)
    room = sides.bottom - 0.4 * size - max(len(lines) - 1, 0) * 1.1 * size
    place = plot.left + plot.width / 2, plot.top + plot.height + room
    style = f'" style="--by:0 {-less * (room - 9 * UNIT):.0f}px'
    below = text(*place, lines, "x label", plot.panel.x.label, style)
    lines = _label(plot.panel.y, plot.height, size)
    style = f' rotate(-90)" style="--by:{less * (sides.left - 11 * UNIT - 0.9 * size):.0f}px 0'
    place = 0.9 * size, plot.top + plot.height / 2
    return [below, text(*place, lines, "x label", plot.panel.y.label, style)]


def _texts_below(plot: Plot, across: list[Tick], size: int) -> list[str]:
    bottom = plot.top + plot.height
    if not _slanted(across, plot.width, size):
        y = bottom + 6 * UNIT + 0.8 * size
        return [
            text(plot.left + tick.at * plot.width, y, tick.lines, "x", tick.full) for tick in across
        ]
    y = bottom + 7 * UNIT + 0.4 * size
    return [
        text(
            plot.left + tick.at * plot.width,
            y,
            tick.lines,
            "slanted",
            tick.full,
            f" rotate({-SLANT})",
        )
        for tick in readable(across, plot.width, size, upright=True)
    ]


def _legend(panel: Panel, draft: Draft) -> str:
    """Return what the marks with a label are, those with the same label as one."""
    keys: dict[str, list[Mark]] = {}
    for mark in panel.marks:
        if _name(mark):
            keys.setdefault(_name(mark), []).append(mark)
    items = []
    for label, marks in keys.items():
        key = "".join(drawn(_key(mark), _KEY, draft) for mark in marks)
        items.append(
            f'<li><svg class="key" viewBox="0 0 {_KEY.width} {_KEY.height}" aria-hidden="true">'
            f"{key}</svg><span>{escape(label)}</span></li>"
        )
    return f'<ul class="legend">{"".join(items)}</ul>' if items else ""


def _key(mark: Mark) -> Mark:
    """Return a small mark of the same look, from 0 to 1."""
    ends, middle, half = np.array([0.05, 0.95]), np.array([0.5]), np.array([0.5, 0.5])
    if isinstance(mark, Field):
        values = np.arange(5.0)
        return Field((values + 0.5) / 5, middle, values[None], values[1:] - 0.5, "", cells=True)
    if isinstance(mark, Dots):
        low, high = (None, None) if mark.low is None else (middle - 0.45, middle + 0.45)
        return Dots(middle, middle, mark.role, low=low, high=high)
    if isinstance(mark, Band | Bars):
        return Band(ends, half - 0.3, half + 0.3, mark.role)
    if isinstance(mark, Box):
        return Box(0.05, 0.95, 0.15, 0.85, mark.role)
    return Line(ends, half, mark.role)


_KEY = Plot(Panel(Axis("", 0, 1), Axis("", 0, 1), ()), 0, 0, 26 * UNIT, 14 * UNIT)
"""Where the marks of a legend are drawn."""


def _facts(plot: Plot, draft: Draft) -> dict[str, Any]:
    """Return what a script must know of a panel to tell what is at a place."""
    fields = [mark for mark in plot.panel.marks if isinstance(mark, Field)]
    return {
        "area": (plot.left, plot.top, plot.width, plot.height),
        "x": _axis_facts(plot.panel.x),
        "y": _axis_facts(plot.panel.y),
        "fields": [values_of(field, plot, draft) for field in fields],
    }


def _axis_facts(axis: Axis) -> dict[str, Any]:
    return {
        "label": axis.label,
        "low": axis.low,
        "high": axis.high,
        "scale": axis.scale,
        "unit": axis.unit,
        "ticks": axis.ticks,
    }
