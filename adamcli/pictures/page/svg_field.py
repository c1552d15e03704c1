"""Surfaces and heat maps as pictures in an SVG, and their values for who points at them."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.pictures.page.png import MOST_COLOURS, png
from adamcli.pictures.page.svg_plot import UNIT
from adamcli.pictures.scales import number
from adamcli.pictures.style import colours

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.pictures.page.svg_plot import Draft, Plot
    from adamcli.pictures.scene import Field

MOST_CELLS = 400
"""The most cells of a heat map that are drawn in one direction, more than a panel has room for."""

VALUES = 64
"""How many values in each direction are kept for the reader to point at."""


def surface(field: Field, plot: Plot, draft: Draft) -> str:
    """Return a field as SVG: the colours of its cells, or of the surface at each pixel."""
    if field.cells:
        left, top, width, height = _area(field, plot)
        bands = _thinned(field.bands()[::-1], MOST_CELLS)
    else:
        left, top, width, height = plot.left, plot.top, plot.width, plot.height
        rows, columns = (max(2, round(2 * draft.detail * s / UNIT)) for s in (height, width))
        bands = field._replace(values=sampled(field, plot, rows, columns)).bands()
    count = len(field.levels) + 1
    if count > MOST_COLOURS:
        bands = np.where(bands < 0, -1, bands * MOST_COLOURS // count)
    data = b64encode(png(bands, colours(min(count, MOST_COLOURS)))).decode()
    return (
        f'<image class="{"cells" if field.cells else "surface"}" x="{left}" y="{top}" '
        f'width="{width}" height="{height}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"/>'
    )


def values_of(field: Field, plot: Plot, draft: Draft) -> dict[str, Any]:
    """Return what a script needs to tell the value at a place.

    `values` are those of cells in `area`, or samples in the middles of equal parts of the area, row
    by row from the top, with nothing for NaN.
    """
    most = max(8, round(VALUES * draft.detail))
    if field.cells:
        area, values = _area(field, plot), _thinned(field.values[::-1], most)
    else:
        area = (plot.left, plot.top, plot.width, plot.height)
        values = sampled(field, plot, most, most)
    flat = values.ravel().tolist()
    return {
        "label": field.label,
        "cells": field.cells,
        "area": area,
        "columns": values.shape[1],
        "values": ",".join("" if value != value else number(value) for value in flat),
    }


def sampled(field: Field, plot: Plot, rows: int, columns: int) -> FloatArray:
    """Return the values of a surface in the middles of `rows` x `columns` equal parts of a plot.

    The first row is at the top. Between samples they are interpolated on the scales of the axes;
    outside of all samples they are NaN.
    """
    x = plot.left + (np.arange(columns) + 0.5) / columns * plot.width
    y = plot.top + (np.arange(rows) + 0.5) / rows * plot.height
    values = np.clip(field.values, -1e300, 1e300)
    across = _between(values, _positions(x, plot.x(field.x), plot.width))
    return _between(across.T, _positions(y, plot.y(field.y), plot.height)).T


def _area(field: Field, plot: Plot) -> tuple[int, int, int, int]:
    """Return the left, the top, the width and the height of all cells."""
    left, right = _borders(plot.x(field.x), plot.width)
    bottom, top = _borders(plot.y(field.y), -plot.height)
    return round(left), round(top), round(right - left), round(bottom - top)


def _borders(middles: FloatArray, whole: int) -> tuple[float, float]:
    """Return the outer borders of cells whose middles these are; one alone is as wide as all."""
    width = (middles[-1] - middles[0]) / (len(middles) - 1) if len(middles) > 1 else whole
    return float(middles[0] - width / 2), float(middles[-1] + width / 2)


def _thinned(cells: Any, most: int) -> Any:
    """Return every so many of the rows and columns, so that there are at most `most`."""
    rows, columns = (-(-size // most) for size in cells.shape)
    return cells[::rows, ::columns]


def _positions(at: FloatArray, middles: FloatArray, whole: int) -> FloatArray:
    """Return where between samples places are: 0 is at the first; NaN is outside of all."""
    if len(middles) == 1:
        return np.where(np.abs(at - middles[0]) <= whole / 2 + 1, 0.0, np.nan)
    index = (at - middles[0]) / (middles[-1] - middles[0]) * (len(middles) - 1)
    return np.where((index >= -1e-6) & (index <= len(middles) - 1 + 1e-6), index, np.nan)


def _between(values: FloatArray, index: FloatArray) -> FloatArray:
    """Return `values` (rows, n) interpolated at `index` (m,) as (rows, m)."""
    last = values.shape[1] - 1
    known = np.where(np.isnan(index), 0, np.clip(index, 0, last))
    before = known.astype(int)
    part = np.where(np.isnan(index), np.nan, known - before)
    found: FloatArray = values[:, before] * (1 - part)
    found += values[:, np.minimum(before + 1, last)] * part
    return found
