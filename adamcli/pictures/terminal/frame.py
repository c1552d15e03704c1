"""Axes around a plot in a terminal: ticks that never overlap, labels, legends, colour scales."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.pictures.scales import ticks
from adamcli.pictures.scene import Bars, Field
from adamcli.pictures.terminal.columns import safe, shortened, squeezed
from adamcli.pictures.terminal.ink import FAINT, TEXT
from adamcli.pictures.terminal.key import key
from adamcli.pictures.terminal.legend import entries, filled
from adamcli.pictures.terminal.raster import cells_of
from adamcli.widths import columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adamcli.pictures.scene import Axis, Panel
    from adamcli.pictures.terminal.canvas import Canvas
    from adamcli.pictures.terminal.ink import Screen, Spans


class Tick(NamedTuple):
    """A text at the cell `at` of an axis; the text begins at the column `start`."""

    at: int
    text: str
    start: int = 0


class Room(NamedTuple):
    """Which parts of a frame there is room for, besides the plot and the numbers of the x axis.

    With `shared` all panels have one legend, of one line.
    """

    heading: bool = True
    title: bool = True
    legend: bool = True
    base: bool = True
    label: bool = True
    scale: bool = True
    shared: bool = False


_BARE = Room(heading=False, title=False, legend=False, base=False, label=False, scale=False)

ROOMS = (
    (6, Room()),
    (6, Room(label=False)),
    (6, Room(label=False, title=False)),
    (3, Room(label=False, title=False, legend=False)),
    (2, Room(label=False, title=False, legend=False, base=False)),
    (2, Room(label=False, title=False, legend=False, base=False, scale=False)),
    (1, _BARE._replace(shared=True)),
    (1, _BARE),
)
"""What there is room for, from roomy to cramped, each with the lines of plot it has to leave."""


_LEGEND_LINES = 3
"""The most lines that a legend takes, with the one it shares with the label of the axis."""

_SIDE = 8


class Frame(NamedTuple):
    """What surrounds the plot of a panel: the lines above it, and which parts are below it.

    `numbered` says whether the x axis has its numbers: not if the panel below has the same axis.
    """

    panel: Panel
    head: list[Spans]
    room: Room
    numbered: bool
    screen: Screen

    @property
    def field(self) -> Field | None:
        """The field whose colours the scale below the plot explains."""
        fields = [mark for mark in self.panel.marks if isinstance(mark, Field)]
        return fields[-1] if fields and self.room.scale else None

    @property
    def labelled(self) -> bool:
        """Whether the label of the x axis has a line of its own."""
        return self.numbered and self.room.label and bool(self.panel.x.label)

    @property
    def side(self) -> str:
        """The name of the panel left of the axis, where there is no room for it above the plot."""
        if self.room.heading:
            return ""
        return shortened(name_of(self.panel, self.screen), _SIDE, self.screen.ellipsis)

    @property
    def lines(self) -> int:
        """How many lines the frame takes besides the plot."""
        base = self.room.base and (self.numbered or self.room.label)
        parts = (base, self.numbered, self.labelled, self.field is not None)
        return len(self.head) + sum(parts)

    @property
    def most(self) -> int:
        """The most lines of plot that show more than fewer would."""
        for mark in self.panel.marks:
            if isinstance(mark, Bars):
                return max(3, 2 * len(mark.lengths) + 1)
            if isinstance(mark, Field) and mark.cells:
                return max(3, 3 * len(mark.y))
        return max(8, self.screen.width // 3)


def frame_of(panel: Panel, width: int, room: Room, numbered: bool, screen: Screen) -> Frame:
    """Return the frame of a panel that is `width` columns wide."""
    head = _head(panel, width, room, screen) if room.heading else []
    return Frame(panel, head, room, numbered, screen)


def _head(panel: Panel, width: int, room: Room, screen: Screen) -> list[Spans]:
    """Return the title, the label of the vertical axis, and the legend."""
    lines: list[Spans] = []
    label = safe(panel.y.label, screen.ascii)
    if panel.title and room.title and label:
        title = shortened(safe(panel.title, screen.ascii), width, screen.ellipsis)
        lines.append([(" " * ((width - columns(title)) // 2), TEXT), (title, TEXT)])
    else:
        label = name_of(panel, screen)
    first = [(shortened(label, width, screen.ellipsis), TEXT)] if label else []
    most = _LEGEND_LINES if room.legend else 1
    return lines + filled(first, entries([panel], width, screen), width, most, screen)


def name_of(panel: Panel, screen: Screen) -> str:
    """Return the title and the label of the vertical axis in one."""
    return safe(": ".join(filter(None, (panel.title, panel.y.label))), screen.ascii)


def upright(axis: Axis, rows: int, width: int, screen: Screen) -> list[Tick]:
    """Return the ticks of a vertical axis, `at` rows from the top, at most `width` wide."""
    # All names are shown if there is a line for each; otherwise ticks are set apart.
    least = 1 if rows <= 4 or len(axis.ticks or ()) in range(1, rows + 1) else 2
    for places in _choices(axis, 2 + rows // 3, rows, width, screen):
        found = [Tick(rows - 1 - at, text) for at, text in sorted(places)]
        apart = all(one.at - two.at >= least for one, two in pairwise(found))
        if apart and all(columns(tick.text) <= width for tick in found):
            return found
    return []


def level(axis: Axis, cells: int, left: int, right: int, screen: Screen) -> list[Tick]:
    """Return the ticks of a horizontal axis whose texts are from column `-left` up to `right`."""
    for places in _choices(axis, max(2, cells // 6), cells, 0, screen):
        found = []
        end = -left - 1
        for at, text in sorted(places):
            start = max(-left, min(at - columns(text) // 2, right - columns(text)))
            if start + columns(text) < at or start > at:
                continue  # it cannot stand below its tick
            if start < end + 1:
                break
            found.append(Tick(at, text, start))
            end = start + columns(text) + 1
        else:
            return found
    return []


def _choices(
    axis: Axis, most: int, cells: int, width: int, screen: Screen
) -> Iterator[list[tuple[int, str]]]:
    """Yield ever fewer ticks as pairs of cells and texts.

    Names are shortened to `width` or, if it is 0, to the distance of their neighbours.
    """
    if axis.ticks is None:
        for count in range(most, 0, -1):
            yield _inside(axis, ticks(axis.low, axis.high, count, axis.scale, axis.unit), cells)
        return
    known = _inside(axis, list(axis.ticks), cells)
    for every in range(max(1, len(known) // cells), len(known) + 1):
        kept = known[::every]
        room = width or max(8, cells // max(1, len(kept)) - 2)
        yield [(at, squeezed(safe(text, screen.ascii), room, screen.ellipsis)) for at, text in kept]


def _inside(axis: Axis, places: list[tuple[float, str]], cells: int) -> list[tuple[int, str]]:
    shares = axis.shares(np.array([at for at, _ in places], dtype=float))
    inside = (shares >= -1e-9) & (shares <= 1 + 1e-9)
    at = cells_of(np.where(inside, shares, 0.0), cells)
    return [
        (int(cell), text)
        for cell, (_, text), shown in zip(at, places, inside, strict=True)
        if shown
    ]


def cropped(panel: Panel, rows: int) -> Panel:
    """Return a panel of bars with no more of them than rows, the ones on top, and how many miss."""
    up = panel.y
    missing = round(up.high - up.low) - rows + 1
    if missing < 2 or not any(isinstance(mark, Bars) for mark in panel.marks):
        return panel
    low = up.low + missing
    names = ((low - 0.5, f"{missing} more"), *(tick for tick in up.ticks or () if tick[0] > low))
    kept = [_without(mark, low) if isinstance(mark, Bars) else mark for mark in panel.marks]
    return panel._replace(y=up._replace(low=low - 1, ticks=names), marks=tuple(kept))


def _without(bars: Bars, low: float) -> Bars:
    """Return the bars without the lengths of those below `low`."""
    places = np.arange(len(bars.lengths))
    return bars._replace(lengths=np.where(places < low, np.nan, bars.lengths))


def draw(canvas: Canvas, frame: Frame, margin: int, rows: int) -> Canvas:
    """Draw a frame whose left part is `margin` columns wide; return the canvas of its plot."""
    panel, screen = frame.panel, frame.screen
    for row, spans in enumerate(frame.head):
        write(canvas, row, 0, spans)
    top = len(frame.head)
    plain, left, dash, down, corner = tuple("|+-++" if screen.ascii else "│┤─┬└")
    cells = canvas.width - margin
    marked = {tick.at: tick.text for tick in upright(panel.y, rows, margin - 1, screen)}
    for row in range(rows):
        text = marked.get(row, "")
        canvas.write(top + row, margin - 1 - columns(text), text)
        canvas.write(top + row, margin - 1, left if text else plain, FAINT)
    if not frame.room.heading:
        canvas.write(0, 0, frame.side)
    below = top + rows
    label = safe(panel.x.label, screen.ascii) if frame.numbered else ""
    beside = label and not frame.labelled
    label = shortened(label, cells // 3 if beside else cells, screen.ellipsis)
    right = cells - (columns(label) + 2 if beside else 0)
    shown = level(panel.x, cells, margin, right, screen) if frame.numbered else []
    if frame.room.base and (frame.numbered or frame.room.label):
        canvas.write(below, margin - 1, corner + dash * cells, FAINT)
        for tick in shown:
            canvas.write(below, margin + tick.at, down, FAINT)
        below += 1
    if frame.numbered:
        for tick in shown:
            canvas.write(below, margin + tick.start, tick.text)
        if beside:
            canvas.write(below, canvas.width - columns(label), label)
        below += 1
    if frame.labelled:
        canvas.write(below, margin + (cells - columns(label)) // 2, label)
        below += 1
    plot = canvas.window(top, margin, rows, cells)
    if frame.field is not None:
        write(canvas, below, margin, key(frame.field, plot, panel, screen))
    return plot


def write(canvas: Canvas, row: int, column: int, spans: Spans) -> None:
    """Write pieces of text one after the other."""
    for text, ink in spans:
        canvas.write(row, column, text, ink)
        column += columns(text)
