"""The axes of a panel as SVG: which ticks there are, the room that texts need, and the drawing."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import east_asian_width

import numpy as np

from adamcli.pictures.page.svg_plot import UNIT
from adamcli.pictures.scales import numbers, ticks
from adamcli.pictures.style import colours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.pictures.page.svg_plot import Plot
    from adamcli.pictures.scene import Axis, Field

LONGEST = 24
"""Characters in a line of a label; longer ones are broken, and cut after three lines."""


class Tick(NamedTuple):
    """A tick `at` a share of the axis, and the lines of its text."""

    at: float
    lines: tuple[str, ...]
    full: str


def width_of(text: str, size: float) -> float:
    """Return about how wide a text is, rather too wide, in the unit of its size."""
    return size * sum(1.0 if east_asian_width(c) in "WF" else 0.6 for c in text)


def broken(text: str, length: int, most: int = 3) -> tuple[str, ...]:
    """Return a text in at most `most` lines of `length` characters; what is left out is `…`."""
    lines: list[str] = []
    left = text.strip()
    while left and len(lines) < most:
        cut = left.rfind(" ", 1, length + 1) if len(left) > length else len(left)
        cut = cut if cut > 0 else length
        lines.append(left[:cut].rstrip())
        left = left[cut:].lstrip()
    if left:
        lines[-1] = lines[-1][: length - 1] + "…"
    return tuple(lines)


def ticks_of(axis: Axis, length: float, size: float, upright: bool) -> list[Tick]:
    """Return the ticks of an axis of a length, so few that their texts do not overlap.

    On an upright axis texts stand above each other, otherwise beside each other.
    """
    if axis.ticks is not None:
        given = [(place, broken(text, LONGEST), text) for place, text in axis.ticks]
        return _known(axis, given)
    for most in range(8, 0, -1):
        round_ = [(at, (text,), text) for at, text in round_numbers(axis, most)]
        found = _known(axis, round_)
        if not crowded(found, length, size, upright):
            return found
    return found


def round_numbers(axis: Axis, most: int) -> list[tuple[float, str]]:
    """Return at most about `most` round numbers of an axis with their texts."""
    return ticks(axis.low, axis.high, most, axis.scale, axis.unit)


def _known(axis: Axis, given: Sequence[tuple[float, tuple[str, ...], str]]) -> list[Tick]:
    shares = axis.shares(np.array([place for place, _, _ in given]))
    found = [
        Tick(float(share), lines, full)
        for share, (_, lines, full) in zip(shares, given, strict=True)
        if -1e-6 <= share <= 1 + 1e-6
    ]
    return sorted(found, key=lambda tick: tick.at)


def crowded(found: Sequence[Tick], length: float, size: float, upright: bool) -> bool:
    """Return whether the texts of any neighbours are too close to each other."""
    return any(overlap(a, b, length, size, upright) for a, b in pairwise(found))


def overlap(a: Tick, b: Tick, length: float, size: float, upright: bool) -> bool:
    """Return whether the texts of two ticks are too close to each other."""
    return abs(a.at - b.at) * length < (extent(a, size, upright) + extent(b, size, upright)) / 2


def extent(tick: Tick, size: float, upright: bool) -> float:
    """Return the room a tick's text takes along its axis."""
    if upright:
        return size * (1.1 * max(len(tick.lines), 1) + 0.3)
    return max((width_of(line, size) for line in tick.lines), default=0) + size


def readable(found: list[Tick], length: float, size: float, upright: bool) -> list[Tick]:
    """Return the ticks without the texts that would overlap those of earlier ones."""
    kept: list[Tick] = []
    for tick in found:
        if not kept or not overlap(kept[-1], tick, length, size, upright):
            kept.append(tick)
    return kept


def text(x: float, y: float, lines: Sequence[str], kind: str, full: str, more: str = "") -> str:
    """Return lines of text; the first is at a place, or all around it if the kind is `y`.

    `more` are other transformations and attributes: ` rotate(-90)" id="a`.
    """
    if not lines:
        return ""
    start = -0.55 * (len(lines) - 1) if kind.startswith("y") else 0.0
    place = f'transform="translate({x:.0f} {y:.0f}){more}"'
    parts = "".join(
        f'<tspan x="0" dy="{start if k == 0 else 1.1:.2f}em">{escape(line)}</tspan>'
        for k, line in enumerate(lines)
    )
    whole = f"<title>{escape(full)}</title>" if "…" in lines[-1] else ""
    return f'<text class="{kind}" {place}>{whole}{parts}</text>'


def strip(field: Field, plot: Plot, left: float, size: float) -> str:
    """Return the colours of a surface beside its panel, with the levels between them."""
    count = len(field.levels) + 1
    height, width = plot.height / count, 12 * UNIT
    parts = []
    for k, colour in enumerate(colours(count)):
        top = round(plot.top + plot.height - (k + 1) * height)
        bottom = round(plot.top + plot.height - k * height)
        parts.append(f'<path fill="{colour}" d="M{left:.0f} {top}h{width}V{bottom}h{-width}z"/>')
    marks = [Tick((k + 1) / count, (name,), name) for k, name in enumerate(level_names(field))]
    for tick in readable(marks, plot.height, size, upright=True):
        y = plot.top + plot.height * (1 - tick.at)
        parts.append(text(left + width + 4 * UNIT, y, tick.lines, "level", tick.full))
    return f'<g class="strip">{"".join(parts)}</g>'


def level_names(field: Field) -> list[str]:
    """Return the levels of a field in as few digits as tell them apart."""
    return numbers([float(level) for level in field.levels])
