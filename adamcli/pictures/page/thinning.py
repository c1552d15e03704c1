"""Which of many points are drawn, so that a picture looks the same with far fewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import FloatArray, IntArray


def fair_share(counts: Sequence[int], total: int) -> int:
    """Return the most that each of `counts` may keep so that together they keep about `total`."""
    left, kept = sorted(counts), total
    while left:
        share = max(kept // len(left), 1)
        if left[0] > share:
            return share
        kept -= left.pop(0)
    return total


def of_line(x: FloatArray, y: FloatArray, most: int) -> IntArray:
    """Return which points of a line show it with at most about `most`, in their order.

    Of the points in each column of the picture they are the first and the last, the lowest and the
    highest (Jugel et al. 2014), and one gap if there is any. If x goes back and forth, pieces of
    equally many points stand for columns, and the leftmost and the rightmost are kept too. Of one
    column that is up to seven points.
    """
    count = len(x)
    if count <= most:
        return np.arange(count)
    known = np.isfinite(x) & np.isfinite(y)
    at = np.flatnonzero(known)
    if not len(at):
        return np.array([0])
    ordered = bool(np.all(np.diff(x[at]) >= 0))
    span = np.ptp(x[at]) or 1.0
    places = (x - x[at[0]]) / span if ordered else np.arange(count) / count
    # A gap belongs to the column of the last point before it.
    last = np.maximum.accumulate(np.where(known, np.arange(count), at[0]))
    pieces, found = max(most // 4, 1), np.arange(count)
    while len(found) > most and pieces >= 1:
        column = np.minimum((places[last] * pieces).astype(np.int64), pieces - 1)
        values = (y,) if ordered else (x, y)
        found = _extremes(column, at, values, np.flatnonzero(~known))
        pieces = pieces * 4 // 5
    return found


def of_dots(x: FloatArray, y: FloatArray, most: int) -> IntArray:
    """Return which of some dots show them with at most `most`: one of those that coincide."""
    return _spread(x, y, most, _first_of_all)


def of_course(x: FloatArray, y: FloatArray, most: int) -> IntArray:
    """Return which places of a moving dot show its way: those where it comes to another."""
    return _spread(x, y, most, _first_of_runs)


def _extremes(
    column: IntArray, at: IntArray, values: Sequence[FloatArray], gaps: IntArray
) -> IntArray:
    """Return the first, last, least and greatest of the points `at` of each column, and a gap."""
    of_each = column[at]
    starts = np.flatnonzero(np.diff(of_each, prepend=of_each[0] - 1))
    lengths = np.diff(starts, append=len(at))
    kept = [at[starts], at[starts + lengths - 1]]
    for value in values:
        for best in (np.minimum, np.maximum):
            hits = np.flatnonzero(value[at] == np.repeat(best.reduceat(value[at], starts), lengths))
            kept.append(at[hits[_firsts(of_each[hits])]])
    kept.append(gaps[_firsts(column[gaps])])
    return np.unique(np.concatenate(kept))


def _firsts(numbers: IntArray) -> IntArray:
    """Return where each number appears first, in the order of the numbers."""
    return np.unique(numbers, return_index=True)[1]


def _spread(
    x: FloatArray, y: FloatArray, most: int, choose: Callable[[IntArray], IntArray]
) -> IntArray:
    """Return which points remain of those in the same cell of a grid, fine if it can be."""
    found: IntArray = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    cell = 1.0
    while len(found) > max(most, 1):
        across, up = (np.floor(each[found] / cell).astype(np.int64) for each in (x, y))
        found = found[choose(across * 2**32 + up)]
        cell *= 1.5
    return found


def _first_of_all(cells: IntArray) -> IntArray:
    return np.sort(_firsts(cells))


def _first_of_runs(cells: IntArray) -> IntArray:
    return np.flatnonzero(np.diff(cells, prepend=cells[0] - 1))
