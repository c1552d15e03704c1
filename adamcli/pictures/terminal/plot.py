"""Marks in a terminal: how each is drawn into the cells of a plot."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.pictures.scales import number
from adamcli.pictures.scene import Band, Bars, Box, Dots, Field, Line, Rule, Text, reached
from adamcli.pictures.style import LOOKS, rgb_of
from adamcli.pictures.terminal import raster, surface
from adamcli.pictures.terminal.columns import safe, shortened
from adamcli.pictures.terminal.cube import BLACK, NONE, nearest
from adamcli.pictures.terminal.ink import inks
from adamcli.widths import columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.pictures.scene import Panel
    from adamcli.pictures.terminal.canvas import Canvas
    from adamcli.pictures.terminal.ink import Ink, Screen

_LAST = np.iinfo(np.int64).max
_MOST_MARKERS = 3
"""Of more points than this in a column, on average, each is a dot."""


class Plot(NamedTuple):
    """The cells between the axes of a panel."""

    canvas: Canvas
    panel: Panel
    inks: dict[str, Ink]
    screen: Screen

    def grid(self, glyph: str) -> tuple[int, int]:
        """Return the rows and columns that are drawn in: cells, or dots without a character."""
        if glyph:
            return self.canvas.height, self.canvas.width
        return 4 * self.canvas.height, 2 * self.canvas.width

    def fill(self, grid: BoolArray, glyph: str, colour: int, *, soft: bool = False) -> None:
        """Draw the cells, or dots, that are true in `grid`."""
        if glyph:
            self.canvas.put(grid, glyph, colour)
        else:
            self.canvas.stamp(grid, colour, soft=soft)


def draw(canvas: Canvas, panel: Panel, screen: Screen) -> None:
    """Draw the marks of a panel."""
    plot = Plot(canvas, panel, inks(panel, screen), screen)
    for mark in panel.marks:
        _DRAWERS[type(mark)](plot, mark)


def _line(plot: Plot, mark: Line) -> None:
    ink = plot.inks[mark.role]
    colour = ink.colour
    if mark.colour is not None:
        colour = int(nearest(rgb_of(np.array([mark.colour])))[0])
    _stroke(plot, mark.x, mark.y, colour, ink.glyph, ink.dash)


def _stroke(
    plot: Plot,
    x: FloatArray,
    y: FloatArray,
    colour: int,
    glyph: str = "",
    dash: tuple[float, ...] = (),
) -> None:
    grid = raster.line(plot.panel.x.shares(x), plot.panel.y.shares(y), plot.grid(glyph), dash)
    plot.fill(grid, glyph, colour)


def _dots(plot: Plot, mark: Dots) -> None:
    chosen = reached(mark, _LAST)
    x, y = mark.x[chosen], mark.y[chosen]
    ink = plot.inks[mark.role]
    if mark.low is not None and mark.high is not None:
        _errors(plot, x, mark.low[chosen], mark.high[chosen], ink.colour)
    dots = LOOKS[mark.role].marker == "dot" or len(x) > _MOST_MARKERS * plot.canvas.width
    glyph = ink.marker if plot.screen.ascii or not dots else ""
    shares = plot.panel.x.shares(x), plot.panel.y.shares(y)
    rows, across, places = raster.points(*shares, plot.grid(glyph))
    if glyph:
        across = _beside_numbers(plot, rows, across)
    colours = np.full(len(x), ink.colour)
    if mark.colours is not None:
        colours = nearest(rgb_of(np.nan_to_num(mark.colours[chosen])))
    for colour in np.unique(colours[places]).tolist():
        same = colours[places] == colour
        grid = np.zeros(plot.grid(glyph), dtype=bool)
        grid[rows[same], across[same]] = True
        plot.fill(grid, glyph, colour)
        if glyph and LOOKS[mark.role].edge:
            plot.canvas.grounds[grid & (plot.canvas.upper != NONE)] = BLACK


def _beside_numbers(plot: Plot, rows: IntArray, across: IntArray) -> IntArray:
    """Return the across of markers, left of the numbers of a heat map that they would cover."""
    if not any(isinstance(mark, Field) and mark.cells for mark in plot.panel.marks):
        return across
    written = np.isin(plot.canvas.glyphs.astype(str), list("0123456789.e-"))
    while (covering := written[rows, across] & (across > 0)).any():
        across = across - covering
    return across


def _errors(plot: Plot, x: FloatArray, low: FloatArray, high: FloatArray, colour: int) -> None:
    gap = np.full_like(x, np.nan)
    across = np.stack([x, x, gap], axis=1).ravel()
    _stroke(plot, across, np.stack([low, high, gap], axis=1).ravel(), colour, _bar(plot, "|"))


def _bar(plot: Plot, glyph: str) -> str:
    return glyph if plot.screen.ascii else ""


def _band(plot: Plot, mark: Band) -> None:
    glyph = _bar(plot, ":")
    low, high = plot.panel.y.shares(mark.low), plot.panel.y.shares(mark.high)
    grid = raster.area(plot.panel.x.shares(mark.x), low, high, plot.grid(glyph))
    if not glyph:
        down, right = np.indices(grid.shape)
        grid &= (down + right) % 2 == 0
    plot.fill(grid, glyph, plot.inks[mark.role].colour, soft=True)


def _field(plot: Plot, mark: Field) -> None:
    surface.draw(plot.canvas, mark, plot.panel, plot.screen)


def _rule(plot: Plot, mark: Rule) -> None:
    across, up = plot.panel.x, plot.panel.y
    at = np.array([mark.at, mark.at])
    if mark.along == "x":
        _edge(plot, at, np.array([up.low, up.high]), mark.role, "|")
    else:
        _edge(plot, np.array([across.low, across.high]), at, mark.role, "-")


def _box(plot: Plot, mark: Box) -> None:
    across, up = plot.panel.x, plot.panel.y
    x = np.clip([mark.left, mark.right], across.low, across.high)
    y = np.clip([mark.bottom, mark.top], up.low, up.high)
    for side in (mark.left, mark.right):
        _edge(plot, np.array([side, side]), y, mark.role, "|")
    for side in (mark.bottom, mark.top):
        _edge(plot, x, np.array([side, side]), mark.role, "-")


def _edge(plot: Plot, x: FloatArray, y: FloatArray, role: str, glyph: str) -> None:
    ink = plot.inks[role]
    _stroke(plot, x, y, ink.colour, _bar(plot, glyph), LOOKS[role].dash)


def _bars(plot: Plot, mark: Bars) -> None:
    """Draw bars, each with its number at its end; none where the length is not known."""
    across, up, canvas = plot.panel.x, plot.panel.y, plot.canvas
    ends = np.clip(across.shares(np.append(np.nan_to_num(mark.lengths), 0.0)), 0, 1) * canvas.width
    zero = round(ends[-1])
    thick = max(1, int(0.6 * canvas.height / max(1.0, up.high - up.low)))
    shares = up.shares(np.arange(len(mark.lengths), dtype=float))
    rows = canvas.height - 1 - raster.cells_of(shares, canvas.height)
    for length, end, share, row in zip(mark.lengths.tolist(), ends, shares, rows, strict=False):
        if isnan(length) or not 0 <= share <= 1:
            continue
        bar = _blocks(abs(float(end) - zero), plot.screen.ascii)
        left = zero - len(bar) if end < zero else zero
        for line in range(row - (thick - 1) // 2, row + thick // 2 + 1):
            canvas.write(line, left, bar, plot.inks[mark.role].colour)
        text = number(length)
        column = min(left + len(bar) + 1, canvas.width - len(text))
        canvas.write(row, column - 1, f" {text}")


def _blocks(length: float, ascii_only: bool) -> str:
    """Return the characters of a bar; its last one is an eighth to a whole column."""
    if ascii_only:
        return "#" * round(length)
    eighths = round(length * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _text(plot: Plot, mark: Text) -> None:
    """Write a text at its place, moved so far that no end of it is cut off."""
    canvas, screen = plot.canvas, plot.screen
    shares = plot.panel.x.shares(np.array([mark.x])), plot.panel.y.shares(np.array([mark.y]))
    text = shortened(safe(mark.text, screen.ascii), canvas.width, screen.ellipsis)
    rows, places, _ = raster.points(*shares, (canvas.height, canvas.width))
    for row, column in zip(rows.tolist(), places.tolist(), strict=True):
        left = column - round(_BEFORE[mark.anchor] * (columns(text) - 1))
        left = max(0, min(left, canvas.width - columns(text)))
        canvas.write(row, left, text, plot.inks[mark.role].colour)


_BEFORE = {"left": 0.0, "middle": 0.5, "right": 1.0}
"""The share of a text that is left of its place."""

_DRAWERS: dict[type, Callable[[Plot, Any], None]] = {
    Line: _line,
    Dots: _dots,
    Band: _band,
    Field: _field,
    Bars: _bars,
    Box: _box,
    Rule: _rule,
    Text: _text,
}
"""How each mark is drawn."""
