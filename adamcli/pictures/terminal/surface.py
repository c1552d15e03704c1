"""Fields in a terminal: as colours, as contour lines, as numbers or as shades."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.pictures.scales import number, numbers
from adamcli.pictures.style import rgb_of
from adamcli.pictures.terminal.cube import NONE, nearest
from adamcli.pictures.terminal.raster import borders, cells_of
from adamcli.widths import columns

if TYPE_CHECKING:
    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.pictures.scene import Axis, Field, Panel
    from adamcli.pictures.terminal.canvas import Canvas
    from adamcli.pictures.terminal.ink import Screen

SHADES = ("░▒▓█", ".:-=+*#%@")
"""From low to high, and in ASCII; a blank is a value that is not known."""

_LEAST = 3
"""The fewest columns of a cell that may hold a number."""

_CONTOURS = " .:-="
_FULL = 0.1
"""The share of a plot that contour lines may take; more cannot be told apart."""


def sampled(field: Field, panel: Panel, shape: tuple[int, int]) -> FloatArray:
    """Return the values at the centres of a grid (rows, columns); NaN outside the field."""
    rows, down = _places(field.y, panel.y, shape[0])
    across, right = _places(field.x, panel.x, shape[1])
    rows, down = rows[::-1], down[::-1]  # the first row of a grid is the top one
    near = field.values[np.ix_(rows.round().astype(int), across.round().astype(int))]
    near = np.where(down[:, None] & right, near, np.nan)
    if field.cells:
        return near
    top, left = np.floor(rows).astype(int), np.floor(across).astype(int)
    low = np.minimum(top + 1, len(field.y) - 1)
    far = np.minimum(left + 1, len(field.x) - 1)
    v, h = (rows - top)[:, None], across - left
    with np.errstate(all="ignore"):
        upper = (1 - h) * field.values[np.ix_(top, left)] + h * field.values[np.ix_(top, far)]
        lower = (1 - h) * field.values[np.ix_(low, left)] + h * field.values[np.ix_(low, far)]
        between = (1 - v) * upper + v * lower
    return np.where(np.isfinite(between) & ~np.isnan(near), between, near)


def _places(at: FloatArray, axis: Axis, count: int) -> tuple[FloatArray, BoolArray]:
    """Return the place among `at`, 0 to n - 1, of each of `count` cells, and whether it is in."""
    last = len(at) - 1
    if last:
        first, end = axis.shares(at[[0, -1]])
    else:
        # A value that is alone is a cell of width 1, from -0.5 to 0.5 on the way to a next one.
        first, end = axis.shares(at[0] + np.array([0.0, 1.0]))
    if not -np.inf < first < end < np.inf:
        return np.zeros(count), np.zeros(count, dtype=bool)
    places = ((np.arange(count) + 0.5) / count - first) / (end - first) * max(1, last)
    inside = (places >= -0.5 - 1e-9) & (places < last + 0.5 + 1e-9)
    return np.clip(places, 0, last), inside


def palette(field: Field) -> IntArray:
    """Return the colour of 256 of each band of a field."""
    count = len(field.levels) + 1
    return nearest(rgb_of(np.linspace(0, 1, count) if count > 1 else np.array([0.5])))


def draw(canvas: Canvas, field: Field, panel: Panel, screen: Screen) -> None:
    """Draw a field on the canvas of a plot."""
    if not field.values.size:
        return
    if screen.colours:
        _colour(canvas, field, panel)
    elif ramp := ramp_of(field, canvas, panel, screen):
        _shade(canvas, shown(field, screen), panel, ramp)
    elif not field.cells:
        canvas.stamp(borders(few(field, canvas, panel).bands()), NONE)
    for row, column, text in texts(field, canvas, panel) or []:
        canvas.write(row, column, text)


def ramp_of(field: Field, canvas: Canvas, panel: Panel, screen: Screen) -> str:
    """Return the characters that stand for colours where there are none, from low to high.

    There are none if a field is shown by its numbers or by contour lines.
    """
    if not field.cells:
        return _CONTOURS if screen.ascii else ""
    return SHADES[screen.ascii] if texts(field, canvas, panel) is None else ""


def shown(field: Field, screen: Screen) -> Field:
    """Return the field with no more levels than there are characters for."""
    return field if field.cells else thinned(field, len(_CONTOURS) - 1)


def thinned(field: Field, most: int) -> Field:
    """Return the field with at most `most` of its levels, evenly chosen."""
    count = len(field.levels)
    if count <= most:
        return field
    chosen = ((np.arange(most) + 0.5) * count / most).astype(int)
    return field._replace(levels=field.levels[chosen])


def few(field: Field, canvas: Canvas, panel: Panel) -> Field:
    """Return a field of dots with so few levels that their borders can be told apart."""
    shape = (4 * canvas.height, 2 * canvas.width)
    return legible(field._replace(values=sampled(field, panel, shape)))


def legible(grid: Field) -> Field:
    """Return a field with so few levels that their borders can be told apart."""
    for most in range(len(grid.levels), 3, -1):
        few = thinned(grid, most)
        if borders(few.bands()).mean() <= _FULL:
            return few
    return thinned(grid, 3)


def _colour(canvas: Canvas, field: Field, panel: Panel) -> None:
    whole = field.cells and len(field.y) <= canvas.height
    shape = (canvas.height * (1 if whole else 2), canvas.width)
    bands = field._replace(values=sampled(field, panel, shape)).bands()
    colours = np.where(bands >= 0, palette(field)[bands], NONE)
    step = 1 if whole else 2
    canvas.upper[:], canvas.lower[:] = colours[::step], colours[step - 1 :: step]


def shade_of(bands: IntArray, field: Field, ramp: str) -> IntArray:
    """Return which character of a ramp each band of a field has."""
    found: IntArray = np.round(bands / max(1, len(field.levels)) * (len(ramp) - 1)).astype(np.int64)
    return found


def _shade(canvas: Canvas, field: Field, panel: Panel, ramp: str) -> None:
    shape = (canvas.height, canvas.width)
    bands = field._replace(values=sampled(field, panel, shape)).bands()
    places = shade_of(bands, field, ramp)
    for k, shade in enumerate(ramp):
        canvas.put((bands >= 0) & (places == k), shade, NONE)


def texts(field: Field, canvas: Canvas, panel: Panel) -> list[tuple[int, int, str]] | None:
    """Return the numbers of the cells with their places, or None if they do not fit.

    They tell all values apart if there is room for so many digits.
    """
    if not field.cells:
        return None
    x, y = panel.x.shares(field.x), panel.y.shares(field.y)
    apart = np.diff(x).min(initial=1.0) * canvas.width
    if not apart >= _LEAST or len(y) > canvas.height:
        return None
    known = np.argwhere(~np.isnan(field.values))
    values = field.values[tuple(known.T)].tolist()
    for found in (numbers(values), *([number(v, digits) for v in values] for digits in (3, 2))):
        if max(map(columns, found), default=0) < int(apart):
            break
    else:
        return None
    rows = canvas.height - 1 - cells_of(y, canvas.height)
    return [
        (int(rows[i]), round(x[j] * canvas.width - columns(text) / 2), text)
        for (i, j), text in zip(known.tolist(), found, strict=True)
        if 0 <= x[j] <= 1 and 0 <= y[i] <= 1
    ]
