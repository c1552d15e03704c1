"""Which cells of a grid lines, points and areas go through.

Places are shares: 0 is the left or bottom edge of the grid and 1 the right or top one. A grid
(rows, columns) of booleans begins with its top row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import BoolArray, FloatArray, IntArray

_FAR = 1e9
_EDGE = 1e-9
_MOST = 1_000_000
"""The most cells that are held at once."""


def cells_of(shares: FloatArray, count: int) -> IntArray:
    """Return which of `count` cells, counted from 0, shares are in; the nearest if in none."""
    known = np.nan_to_num(np.clip(shares, 0, 1))
    return np.minimum(np.floor(known * count), count - 1).astype(np.int64)


def points(x: FloatArray, y: FloatArray, shape: tuple[int, int]) -> tuple[IntArray, ...]:
    """Return the rows and columns of the points inside, and which points these are."""
    rows, columns = shape
    with np.errstate(invalid="ignore"):
        inside = (np.abs(x - 0.5) <= 0.5 + _EDGE) & (np.abs(y - 0.5) <= 0.5 + _EDGE)
    places = np.flatnonzero(inside)
    return rows - 1 - cells_of(y[places], rows), cells_of(x[places], columns), places


def line(
    x: FloatArray, y: FloatArray, shape: tuple[int, int], dash: tuple[float, ...] = ()
) -> BoolArray:
    """Return the grid of a line through points (n,), interrupted where one is NaN.

    `dash` is a pattern of lengths in cells: drawn, left out, drawn, …
    """
    grid = np.zeros(shape, dtype=bool)
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = np.clip(x, -_FAR, _FAR), np.clip(y, -_FAR, _FAR)
    rows, columns, _ = points(np.where(_alone(known), x, np.nan), y, shape)
    grid[shape[0] - 1 - rows, columns] = True
    both = known[:-1] & known[1:]
    starts, ends = _clipped(
        np.stack([y[:-1][both], x[:-1][both]]), np.stack([y[1:][both], x[1:][both]])
    )
    first = np.stack([cells_of(starts[k], shape[k]) for k in (0, 1)])
    last = np.stack([cells_of(ends[k], shape[k]) for k in (0, 1)])
    lengths = np.abs(last - first).max(axis=0)
    before = np.cumsum(lengths) - lengths
    chunks = np.split(
        np.arange(len(lengths)),
        np.flatnonzero(np.diff(np.cumsum(lengths + 1) // _MOST)) + 1,
    )
    for chunk in chunks:
        _walk(grid, first[:, chunk], last[:, chunk], before[chunk], dash)
    return grid[::-1]


def _alone(known: BoolArray) -> BoolArray:
    """Return which points have no neighbour that they could be joined to."""
    padded = np.concatenate([[False], known, [False]])
    found: BoolArray = known & ~padded[:-2] & ~padded[2:]
    return found


def _clipped(starts: FloatArray, ends: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the parts of segments (2, n) inside the unit square (Liang and Barsky 1984)."""
    ways = ends - starts
    with np.errstate(all="ignore"):
        one, two = (-_EDGE - starts) / ways, (1 + _EDGE - starts) / ways
    still = ways == 0
    inside = (starts >= -_EDGE) & (starts <= 1 + _EDGE)
    enter = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(one, two))
    leave = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(one, two))
    enter, leave = np.maximum(enter.max(axis=0), 0), np.minimum(leave.min(axis=0), 1)
    kept = enter <= leave
    starts, ways, enter, leave = starts[:, kept], ways[:, kept], enter[kept], leave[kept]
    return starts + enter * ways, starts + leave * ways


def _walk(
    grid: BoolArray, first: IntArray, last: IntArray, before: IntArray, dash: tuple[float, ...]
) -> None:
    """Set the cells from `first` to `last` (2, n), of lines that are `before` (n,) cells long."""
    lengths = np.abs(last - first).max(axis=0)
    which = np.repeat(np.arange(len(lengths)), lengths + 1)
    along = np.arange(len(which)) - np.repeat(np.cumsum(lengths + 1) - lengths - 1, lengths + 1)
    shares = along / np.maximum(lengths, 1)[which]
    places = np.floor(first[:, which] + (last - first)[:, which] * shares + 0.5).astype(np.int64)
    if dash:
        drawn = _drawn(before[which] + along, dash)
        places = places[:, drawn]
    grid[places[0], places[1]] = True


def _drawn(along: IntArray, dash: tuple[float, ...]) -> BoolArray:
    """Return where a dashed line is drawn, `along` cells from its beginning."""
    pattern = [max(1, round(length)) for length in dash]
    flags = np.repeat(np.arange(len(pattern)) % 2 == 0, pattern)
    found: BoolArray = flags[along % len(flags)]
    return found


def area(x: FloatArray, low: FloatArray, high: FloatArray, shape: tuple[int, int]) -> BoolArray:
    """Return the grid of the area between `low` and `high` (n,) over `x` (n,)."""
    rows, columns = shape
    order = np.argsort(x, kind="stable")
    order = order[np.isfinite(x[order])]
    if not order.size:
        return np.zeros(shape, dtype=bool)
    centres = (np.arange(columns) + 0.5) / columns
    low, high = (
        np.interp(centres, x[order], np.clip(ends[order], -_FAR, _FAR), np.nan, np.nan)
        for ends in (low, high)
    )
    heights = 1 - (np.arange(rows)[:, None] + 0.5) / rows
    half = 0.5 / rows
    return (heights >= low - half) & (heights <= high + half)


def borders(bands: IntArray) -> BoolArray:
    """Return the grid of the cells whose neighbour to the right or below is in a higher band.

    Or in a lower one: a border is one cell wide. The band -1 has no border.
    """
    grid = np.zeros(bands.shape, dtype=bool)
    for here, there in ((bands, grid), (bands.T, grid.T)):
        known = (here[:-1] >= 0) & (here[1:] >= 0)
        there[:-1] |= known & (here[:-1] != here[1:])
    return grid
