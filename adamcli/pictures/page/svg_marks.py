"""Marks as SVG: one function for each kind of mark, in whole tenths of a pixel.

A mark with steps keeps the number of its table of steps in `data-t`, and one subpath or one segment
for each step, so that a script can cut it; one that shows only its newest point has all of them in
`data-all`.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.pictures.page import thinning
from adamcli.pictures.page.svg_field import surface
from adamcli.pictures.page.svg_plot import FAR, UNIT
from adamcli.pictures.page.themes import pixels
from adamcli.pictures.scales import number
from adamcli.pictures.scene import Band, Bars, Box, Dots, Field, Line, Rule, Text
from adamcli.pictures.style import LOOKS, colours, rgb_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.pictures.page.svg_plot import Draft, Plot
    from adamcli.pictures.scene import Mark

SHADES = 32
"""How many colours the dots of one mark can have."""


def drawn(mark: Mark, plot: Plot, draft: Draft) -> str:
    """Return a mark as SVG."""
    return _DRAWN[type(mark)](mark, plot, draft)


def way(x: FloatArray, y: FloatArray) -> tuple[str, IntArray]:
    """Return a line as the data of a path, and which points it has: all but those with a NaN.

    Each point is one command. A point alone between gaps is a line of no length.
    """
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    px, py = x[known].round().astype(int).tolist(), y[known].round().astype(int).tolist()
    begins = (np.diff(known, prepend=-2) > 1).tolist()
    parts = []
    for k, begin in enumerate(begins):
        if begin:
            alone = k + 1 == len(begins) or begins[k + 1]
            parts.append(f"M{px[k]} {py[k]}" + "h0" * alone)
        else:
            parts.append(f"l{px[k] - px[k - 1]}{_next(py[k] - py[k - 1])}")
    return "".join(parts), known


def _next(value: int) -> str:
    """Return a number that follows another: its sign parts them."""
    return str(value) if value < 0 else f" {value}"


def _line(mark: Line, plot: Plot, draft: Draft) -> str:
    x, y = plot.x(mark.x), plot.y(mark.y)
    few = thinning.of_line(x, y, draft.most)
    data, known = way(x[few], y[few])
    extra = _timed(mark, few[known], draft)
    if mark.colour is not None:
        extra += _shade("#" + bytes(rgb_of(np.array(mark.colour)).tolist()).hex())
    return _layers("line", data, mark, draft, extra)


def _dots(mark: Dots, plot: Plot, draft: Draft) -> str:
    x, y = plot.x(mark.x), plot.y(mark.y)
    thin = thinning.of_course if mark.newest else thinning.of_dots
    inside = plot.has(x, y)
    if not mark.newest:
        x, y = np.where(inside, x, np.nan), np.where(inside, y, np.nan)
    else:
        # A dot that leaves the panel is not seen there, rather than where it was before.
        x, y = np.where(inside, x, -FAR), np.where(inside, y, -FAR)
    few = thin(x, y, draft.most)
    bars = _error_bars(mark, plot, few, draft)
    return bars + "".join(
        _spots(mark, x, y, chosen, draft, colour) for colour, chosen in _by_colour(mark, few)
    )


def _by_colour(mark: Dots, few: IntArray) -> list[tuple[str, IntArray]]:
    """Return groups of dots, each with its colour, or with none where the role has it."""
    if mark.colours is None:
        return [("", few)]
    shades = np.clip(np.asarray(mark.colours, dtype=float)[few], 0, 1) * (SHADES - 1)
    shades = np.where(np.isnan(shades), -1, shades.round())
    palette = ["", *colours(SHADES)]
    return [(palette[int(k) + 1], few[shades == k]) for k in np.unique(shades)]


def _spots(
    mark: Dots, x: FloatArray, y: FloatArray, few: IntArray, draft: Draft, colour: str
) -> str:
    kind, shape = marker(mark.role)
    parts = [
        f"M{a} {b}{shape}"
        for a, b in zip(x[few].round().astype(int), y[few].round().astype(int), strict=True)
    ]
    extra = _timed(mark, few, draft)
    if mark.newest:
        extra += f' data-all="{"".join(parts)}"'
        parts = parts[-1:]
    return _layers(kind, "".join(parts), mark, draft, extra + _shade(colour))


def marker(role: str) -> tuple[str, str]:
    """Return the class of a role's marker and its shape, as path data relative to its middle."""
    look = LOOKS[role]
    r = max(pixels(look.size) // 2, 5)
    if look.marker == "cross":
        return "outline", f"m{-r} {-r}l{2 * r} {2 * r}m0{-2 * r}l{-2 * r} {2 * r}"
    if look.marker == "ring":
        return "outline", f"m{-r} 0a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0{-2 * r} 0"
    if look.marker == "diamond":
        return "shape", f"m0{-r}l{r} {r}{-r} {r}{-r}{-r}z"
    if look.marker == "star":
        turns = np.arange(10) * np.pi / 5
        radii = np.where(np.arange(10) % 2, 0.42 * r, r)
        x, y = (radii * np.sin(turns)).round().astype(int), (-radii * np.cos(turns)).round()
        jumps = zip(np.diff(x), np.diff(y.astype(int)), strict=True)
        return "shape", f"m0{-r}l" + " ".join(f"{dx} {dy}" for dx, dy in jumps) + "z"
    return "spot", "h0"


def _error_bars(mark: Dots, plot: Plot, few: IntArray, draft: Draft) -> str:
    if mark.low is None or mark.high is None:
        return ""
    ends = [np.clip(plot.y(end)[few], -FAR, FAR) for end in (mark.low, mark.high)]
    x = plot.x(mark.x)[few]
    known = np.isfinite(x) & np.isfinite(ends[0]) & np.isfinite(ends[1])
    cap = 25
    data = "".join(
        f"M{a} {low}V{high}M{a - cap} {low}h{2 * cap}M{a - cap} {high}h{2 * cap}"
        for a, low, high in np.stack([x, *ends], axis=1)[known].round().astype(int).tolist()
    )
    return _layers("line", data, mark, draft, "")


def _band(mark: Band, plot: Plot, draft: Draft) -> str:
    x, low, high = plot.x(mark.x), plot.y(mark.low), plot.y(mark.high)
    known = np.isfinite(x + low + high)
    low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
    half = max(draft.most // 2, 2)
    few = np.union1d(thinning.of_line(x, low, half), thinning.of_line(x, high, half))
    pieces = np.split(few, np.flatnonzero(np.diff(np.cumsum(~known)[few])) + 1)
    outlines = []
    for piece in pieces:
        piece = piece[known[piece]]
        if len(piece):
            around = np.concatenate([high[piece], low[piece][::-1]])
            outlines.append(way(np.concatenate([x[piece], x[piece][::-1]]), around)[0] + "z")
    return _layers("area", "".join(outlines), mark, draft, "")


def _bars(mark: Bars, plot: Plot, draft: Draft) -> str:
    draft.roles.add(mark.role)
    ends = plot.x(mark.lengths)
    start = float(np.clip(plot.x(0.0), plot.left, plot.left + plot.width))
    found = []
    for k, end in enumerate(ends):
        if np.isfinite(end):
            low, high = plot.y([k - 0.35, k + 0.35]).round().astype(int)
            left, right = sorted((round(start), round(float(end))))
            found.append(
                f'<rect class="area" x="{left}" y="{high}" width="{right - left}" '
                f'height="{low - high}"><title>{escape(number(float(mark.lengths[k])))}</title>'
                "</rect>"
            )
    return f'<g class="r-{mark.role}">{"".join(found)}</g>'


def _box(mark: Box, plot: Plot, draft: Draft) -> str:
    left, right = (_end(end, plot.x, plot.left, plot.width) for end in (mark.left, mark.right))
    bottom, top = (_end(end, plot.y, plot.top, plot.height) for end in (mark.bottom, mark.top))
    kind = "line" if LOOKS[mark.role].opacity == 1 else "line filled"
    data = f"M{left} {top}H{right}V{bottom}H{left}z"
    return _layers(kind, data, mark, draft, "")


def _end(value: float, place: Callable[[Any], FloatArray], start: int, length: int) -> int:
    """Return where an end of a box is; one outside of the panel is far enough to be unseen."""
    if np.isnan(value):
        value = np.inf
    whole = float(place(np.clip(value, -1e300, 1e300)))
    return round(float(np.clip(whole, start - 10 * UNIT, start + length + 10 * UNIT)))


def _rule(mark: Rule, plot: Plot, draft: Draft) -> str:
    at = float((plot.x if mark.along == "x" else plot.y)(mark.at))
    if not np.isfinite(at):
        return ""
    data = (
        f"M{round(at)} {plot.top}v{plot.height}"
        if mark.along == "x"
        else f"M{plot.left} {round(at)}h{plot.width}"
    )
    return _layers("line", data, mark, draft, "")


def _text(mark: Text, plot: Plot, draft: Draft) -> str:
    draft.roles.add(mark.role)
    x, y = float(plot.x(mark.x)), float(plot.y(mark.y))
    if not np.isfinite(x + y):
        return ""
    x += {"left": 25, "middle": 0, "right": -25}[mark.anchor]
    return (
        f'<text class="mark {mark.anchor} r-{mark.role}" x="{x:.0f}" y="{y:.0f}">'
        f"{escape(mark.text)}</text>"
    )


def _shade(colour: str) -> str:
    """Return the attribute that gives a mark a colour in place of that of its role."""
    return f' style="--c:{colour}"' if colour else ""


def _timed(mark: Line | Dots, few: IntArray, draft: Draft) -> str:
    """Return the attributes of a mark whose points a reader can point at."""
    label = f' data-name="{escape(mark.label)}"' if mark.label else ""
    steps = f' data-t="{draft.table(mark.steps[few])}"' if mark.steps is not None else ""
    return " data-p" + label + steps


def _layers(kind: str, data: str, mark: Any, draft: Draft, extra: str) -> str:
    """Return a path in the look of its role, above a wider one if that has an edge."""
    draft.roles.add(mark.role)
    name = draft.name()
    if not LOOKS[mark.role].edge:
        return f'<g class="r-{mark.role}"><path id="{name}" class="{kind}" d="{data}"{extra}/></g>'
    return (
        f'<g class="r-{mark.role}"><defs><path id="{name}" d="{data}"{extra}/></defs>'
        f'<use class="{kind} under" href="#{name}"/><use class="{kind}" href="#{name}"/></g>'
    )


_DRAWN: dict[type, Callable[..., str]] = {
    Line: _line,
    Dots: _dots,
    Band: _band,
    Field: surface,
    Bars: _bars,
    Box: _box,
    Rule: _rule,
    Text: _text,
}
