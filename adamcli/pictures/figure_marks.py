"""How matplotlib draws each mark of a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.pictures import style
from adamcli.pictures.scales import number, numbers
from adamcli.pictures.scene import Band, Bars, Box, Dots, Field, Line, Rule, Text
from adamcli.pictures.style import LOOKS, Look

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes


def _outline(look: Look, width: float) -> list[Any]:
    from matplotlib.patheffects import Normal, Stroke

    if not look.edge:
        return []
    return [Stroke(linewidth=width + 1.4, foreground=look.edge), Normal()]


def _line(axes: Axes, mark: Line) -> Any:
    look = LOOKS[mark.role]
    dashes: Any = (0, look.dash) if look.dash else "-"
    (artist,) = axes.plot(
        mark.x,
        mark.y,
        color=look.colour if mark.colour is None else style.rgb_of(np.array(mark.colour)) / 255,
        linewidth=look.width,
        linestyle=dashes,
        alpha=look.opacity,
        label=mark.label or "_",
        path_effects=_outline(look, look.width),
    )
    known = np.isfinite(mark.x) & np.isfinite(mark.y)
    if not (known[1:] & known[:-1]).any():
        # A line through single points would not be seen.
        artist.set(marker="o", markersize=look.width + 2.0)
    return artist


_MARKERS = {"dot": "o", "disc": "o", "ring": "o", "star": "*", "cross": "X", "diamond": "D"}


def _dots(axes: Axes, mark: Dots) -> Any:
    look = LOOKS[mark.role]
    shapes: dict[str, Any] = {
        "marker": _MARKERS[look.marker],
        "markersize": look.size,
        "markeredgecolor": look.edge or look.colour,
        "markeredgewidth": 0.8 if look.edge else 0.0,
        "color": look.colour,
        "alpha": look.opacity,
        "linestyle": "none",
        "label": mark.label or "_",
        "clip_on": not _is_inside(axes, mark),
    }
    if mark.low is not None and mark.high is not None:
        axes.vlines(mark.x, mark.low, mark.high, color=look.colour, linewidth=look.width)
    if mark.colours is not None:
        colours = style.rgb_of(mark.colours) / 255
        label, alpha = mark.label or "_", look.opacity
        return axes.scatter(
            mark.x, mark.y, s=look.size**2, c=colours, alpha=alpha, label=label, linewidths=0
        )
    (artist,) = axes.plot(mark.x, mark.y, **shapes)
    return artist


def _is_inside(axes: Axes, mark: Dots) -> bool:
    """Return whether all dots are inside the axes, so that those at the edge may be drawn whole."""
    inside = [
        (np.nanmin(values, initial=np.inf) >= low) & (np.nanmax(values, initial=-np.inf) <= high)
        for values, (low, high) in ((mark.x, axes.get_xlim()), (mark.y, axes.get_ylim()))
    ]
    return all(inside)


def _band(axes: Axes, mark: Band) -> Any:
    look = LOOKS[mark.role]
    return axes.fill_between(
        mark.x,
        mark.low,
        mark.high,
        color=look.colour,
        alpha=look.opacity,
        linewidth=look.width,
        label=mark.label or "_",
    )


def _field(axes: Axes, mark: Field) -> Any:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    palette = style.colours(len(mark.levels) + 1)
    least = min(float(np.nanmin(mark.values)), float(mark.levels[0]))
    most = max(float(np.nanmax(mark.values)), float(mark.levels[-1]))
    # The outermost colours take everything beyond the first and the last level.
    edges = [np.nextafter(least, -np.inf), *mark.levels, np.nextafter(most, np.inf)]
    colours, norm = ListedColormap(palette), BoundaryNorm(edges, len(palette))
    if mark.cells:
        drawn: Any = axes.pcolormesh(mark.x, mark.y, mark.values, cmap=colours, norm=norm)
    else:
        values = np.ma.masked_invalid(mark.values)
        drawn = axes.contourf(mark.x, mark.y, values, levels=edges, cmap=colours, norm=norm)
        drawn.set_edgecolor("face")
    figure: Any = axes.figure
    # All colours are equally high, whatever numbers are between their levels.
    places = np.arange(len(palette) + 1)
    key = ScalarMappable(BoundaryNorm(places, len(palette)), colours)
    some = slice(0, None, max(1, -(-len(mark.levels) // 6)))
    bar = figure.colorbar(key, ax=axes, ticks=places[1:-1][some], pad=0.02)
    bar.ax.set_yticklabels(numbers(mark.levels[some].tolist()))
    bar.ax.minorticks_off()
    bar.set_label(mark.label)
    bar.outline.set_visible(False)
    return drawn


def _bars(axes: Axes, mark: Bars) -> Any:
    look = LOOKS[mark.role]
    drawn = axes.barh(np.arange(len(mark.lengths)), mark.lengths, height=0.7, color=look.colour)
    texts = [number(length) if np.isfinite(length) else "" for length in mark.lengths.tolist()]
    axes.bar_label(drawn, texts, padding=3, fontsize=style.FONT_SIZE - 1)
    return drawn


def _box(axes: Axes, mark: Box) -> Any:
    look = LOOKS[mark.role]
    left, right = (np.clip([mark.left, mark.right], *axes.get_xlim())).tolist()
    bottom, top = (np.clip([mark.bottom, mark.top], *axes.get_ylim())).tolist()
    (artist,) = axes.plot(
        [left, right, right, left, left],
        [bottom, bottom, top, top, bottom],
        color=look.colour,
        linewidth=look.width,
        linestyle=(0, look.dash) if look.dash else "-",
        label=mark.label or "_",
    )
    return artist


def _rule(axes: Axes, mark: Rule) -> Any:
    look = LOOKS[mark.role]
    draw = axes.axvline if mark.along == "x" else axes.axhline
    return draw(
        mark.at,
        color=look.colour,
        linewidth=look.width,
        linestyle=(0, look.dash) if look.dash else "-",
        label=mark.label or "_",
    )


def _text(axes: Axes, mark: Text) -> Any:
    size, colour = style.FONT_SIZE - 1.5, LOOKS[mark.role].colour
    place: dict[str, Any] = {"ha": mark.anchor.replace("middle", "center"), "va": "center"}
    return axes.text(mark.x, mark.y, mark.text, fontsize=size, color=colour, **place)


DRAWN: dict[type, Callable[[Any, Any], Any]] = {
    Line: _line,
    Dots: _dots,
    Band: _band,
    Field: _field,
    Bars: _bars,
    Box: _box,
    Rule: _rule,
    Text: _text,
}
"""What draws each mark."""
