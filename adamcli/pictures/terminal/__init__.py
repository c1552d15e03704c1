"""Pictures as text for a terminal: in braille and 256 colours, without colours, or in ASCII."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.pictures.terminal import frame as frames
from adamcli.pictures.terminal import plot
from adamcli.pictures.terminal.canvas import Canvas
from adamcli.pictures.terminal.columns import folded, safe, shortened
from adamcli.pictures.terminal.frame import ROOMS, Frame, Room, frame_of, upright
from adamcli.pictures.terminal.ink import Screen
from adamcli.pictures.terminal.legend import entries, filled
from adamcli.widths import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.pictures.scene import Panel, Picture

__all__ = ["Screen", "terminal_text"]

BESIDE = 36
"""Panels stand side by side if each gets this many columns."""

_GAP = 2


def terminal_text(picture: Picture, screen: Screen) -> str:
    """Return a picture as lines that fit the screen and leave one of its lines free."""
    screen = screen._replace(
        width=max(20, screen.width),
        height=max(6, screen.height),
        colours=screen.colours and not screen.ascii,
    )
    title = shortened(safe(picture.title, screen.ascii), screen.width, screen.ellipsis)
    head = [title] if title else []
    notes = [
        line
        for note in picture.notes
        for line in folded(safe(note, screen.ascii), screen.width, screen.ellipsis)
    ]
    space = screen.height - 1 - len(head)
    if len(notes) > space // 4:
        notes = notes[: space // 4]
        more = screen.ellipsis
        notes[-1:] = [shortened(f"{line} {more}", screen.width, more) for line in notes[-1:]]
    rows = _rows(picture, screen.width)
    body = _body(rows, space - len(notes), screen)
    left = " " * ((screen.width - columns(title)) // 2)
    return "\n".join([left + line for line in head] + body + notes)


def _rows(picture: Picture, width: int) -> list[tuple[float, tuple[Panel, ...]]]:
    """Return the rows that fit the width, with their relative heights."""
    heights = picture.heights or (1.0,) * len(picture.rows)
    found: list[tuple[float, tuple[Panel, ...]]] = []
    for height, row in zip(heights, picture.rows, strict=True):
        if len(row) * BESIDE + (len(row) - 1) * _GAP <= width:
            found.append((height, row))
        else:
            found += [(height, (panel,)) for panel in row]
    return found


def _body(rows: list[tuple[float, tuple[Panel, ...]]], space: int, screen: Screen) -> list[str]:
    """Return the lines of all panels, or of as many as the space allows, with a hint."""
    for count in range(len(rows), 0, -1):
        left_out = sum(len(row) for _, row in rows[count:])
        room = space - bool(left_out)
        framed = _framed([row for _, row in rows[:count]], room, screen)
        if framed:
            legend = _legend(framed, screen)
            heights = _shared([weight for weight, _ in rows[:count]], framed, room - len(legend))
            hint = f"{left_out} more: the window is too small"
            hints = [shortened(hint, screen.width, screen.ellipsis)] if left_out else []
            return legend + _drawn(framed, heights, screen) + hints
    return []


def _framed(rows: Sequence[tuple[Panel, ...]], space: int, screen: Screen) -> list[list[Frame]]:
    """Return the frames of all panels, as roomy as the space allows; none if it is too small."""
    for least, room in ROOMS:
        framed = [
            [
                _frame(panel, k, rows[place + 1 :], len(row), room, screen)
                for k, panel in enumerate(row)
            ]
            for place, row in enumerate(rows)
        ]
        if sum(_overhead(row) + least for row in framed) + room.shared <= space:
            return framed
    return []


def _legend(framed: list[list[Frame]], screen: Screen) -> list[str]:
    """Return the line of the legend that all panels share, if they do and have one."""
    shared = [frame.panel for row in framed for frame in row if frame.room.shared]
    items = entries(shared, screen.width, screen)
    canvas = Canvas.blank(1, screen.width)
    for spans in filled([], items, screen.width, 1, screen):
        frames.write(canvas, 0, 0, spans)
    return canvas.lines(screen.colours) if items else []


def _frame(
    panel: Panel, k: int, below: Sequence[tuple[Panel, ...]], count: int, room: Room, screen: Screen
) -> Frame:
    following = below[0] if below else ()
    next_one = following[k] if len(following) == count else None
    same = next_one is not None and next_one.x._replace(label="") == panel.x._replace(label="")
    wide = _width(count, screen)
    numbered = not same and (room.heading or not below)
    return frame_of(panel, wide, room, numbered, screen)


def _width(count: int, screen: Screen) -> int:
    return (screen.width - _GAP * (count - 1)) // count


def _overhead(row: list[Frame]) -> int:
    return max(frame.lines for frame in row)


def _shared(weights: list[float], framed: list[list[Frame]], space: int) -> list[int]:
    """Return the lines of plot of each row, by their weights, at least one each."""
    left = space - sum(map(_overhead, framed)) - len(framed)
    total = sum(weights) or 1.0
    heights = [1 + int(left * weight / total) for weight in weights]
    for k in range(space - sum(map(_overhead, framed)) - sum(heights)):
        heights[k % len(heights)] += 1
    most = [max(frame.most for frame in row) for row in framed]
    return [min(pair) for pair in zip(heights, most, strict=True)]


def _drawn(framed: list[list[Frame]], heights: list[int], screen: Screen) -> list[str]:
    lines: list[str] = []
    framed = [
        [frame._replace(panel=frames.cropped(frame.panel, rows)) for frame in row]
        for row, rows in zip(framed, heights, strict=True)
    ]
    margins = _margins(framed, heights, screen)
    for row, rows in zip(framed, heights, strict=True):
        canvas = Canvas.blank(rows + _overhead(row), screen.width)
        width = _width(len(row), screen)
        most = max(len(frame.head) for frame in row)
        for k, frame in enumerate(row):
            top = most - len(frame.head)
            window = canvas.window(top, k * (width + _GAP), canvas.height - top, width)
            inside = frames.draw(window, frame, margins[len(row), k], rows)
            plot.draw(inside, frame.panel, screen)
        lines += canvas.lines(screen.colours)
    return lines


def _margins(
    framed: list[list[Frame]], heights: list[int], screen: Screen
) -> dict[tuple[int, int], int]:
    """Return the width left of the plots, the same for all panels that stand in a column."""
    found: dict[tuple[int, int], int] = {}
    for row, rows in zip(framed, heights, strict=True):
        for k, frame in enumerate(row):
            most = max(6, _width(len(row), screen) // 3)
            texts = [tick.text for tick in upright(frame.panel.y, rows, most, screen)]
            wide = 1 + max(map(columns, texts), default=0)
            wide += columns(frame.side) + bool(frame.side)
            found[len(row), k] = max(found.get((len(row), k), 1), wide)
    return found
