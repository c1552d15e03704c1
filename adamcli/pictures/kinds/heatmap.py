"""The scores over two axes of a sweep: the mean of repeats, the best over all other axes."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING

import numpy as np

from adamcli.errors import UsageError
from adamcli.pictures.kinds.levels import bins, cells
from adamcli.pictures.kinds.settings import settings_of
from adamcli.pictures.kinds.sweep_notes import checked_table, lacks_scores, notes_of
from adamcli.pictures.scales import LARGEST, SMALLEST, ends, ticks
from adamcli.pictures.scene import Dots, Field, Panel, Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray
    from adamcli.pictures.kinds.levels import Bins
    from adamcli.pictures.kinds.settings import Settings
    from adamcli.pictures.subject import Subject, Wish
    from adamcli.pictures.table import Table, TableAxis

MOST_BINS = 40
"""Cells along an axis whose levels are numbers."""

COLOURS = 16
"""About how many colours there are."""

PREFERRED = (
    (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 8.0),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    (1.0, 2.0, 5.0),
    (1.0, 3.0),
    (1.0,),
)
"""Numbers of a decade that are short and nearly evenly spaced on a logarithmic scale."""


def lacks(subject: Subject, wish: Wish) -> str:
    """Return why there is no picture of a subject; nothing if there is one."""
    if reason := lacks_scores(subject):
        return reason
    assert subject.table is not None
    few = len(subject.table.varied) + len(subject.table.repeated) < 2
    return "needs two axes that were varied" if few else ""


def suits(subject: Subject) -> bool:
    """Return whether exactly two axes were varied besides repeats."""
    return subject.table is not None and len(subject.table.varied) == 2


def draw(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture of a sweep."""
    subject = subjects[0]
    table = checked_table(subject, wish)
    across, up = _chosen(table, wish)
    axes = [axis for axis in table.varied if axis.key not in (across.key, up.key)]
    settings = settings_of(table, [across, up, *axes])
    ranked = settings.ranked(subject.direction)
    x, y = _cells(across, up, settings)
    column, row = x.of_level[settings.places[0, ranked]], y.of_level[settings.places[1, ranked]]
    cell, first = np.unique(row * len(x.centres) + column, return_index=True)
    values = np.full(len(y.centres) * len(x.centres), np.nan)
    values[cell] = settings.mean[ranked[first]]
    best = Dots(x.centres[column[:1]], y.centres[row[:1]], "best", "best")
    levels = colour_levels(values)
    field = Field(
        x.centres, y.centres, values.reshape(len(y.centres), -1), levels, "score", cells=True
    )
    binned = [(axis, b) for axis, b in ((across, x), (up, y)) if len(b.centres) < axis.size]
    what = [settings.averaged(), _best_over([axis.key for axis in axes])]
    title = f"{subject.name}: {', '.join(filter(None, what)) or 'best scores'}"
    notes = [f"{a.key}: the best of {a.size:,} values in {len(b.centres)} bins" for a, b in binned]
    panel = Panel(x.axis, y.axis, (field, best))
    return Picture("heatmap", title, ((panel,),), notes=(*notes, *notes_of(table)))


def colour_levels(values: FloatArray) -> FloatArray:
    """Return the numbers (n,) at which colours change, ascending, n >= 1.

    They are round, and evenly spaced on a logarithmic scale if all values are positive and span
    more than a decade. Where even spacing would leave few colours for most of the values, they are
    quantiles.
    """
    known = np.clip(values[np.isfinite(values)], -LARGEST, LARGEST)
    low, high = float(known.min()), float(known.max())
    if low > 0 and high / 10.0 > low:
        return _log_levels(low, high)
    if high - low <= max(1e-12 * max(abs(low), abs(high)), SMALLEST):
        # One number, or several that differ in their last digits.
        low, high = ends(np.array([low]))
    found = np.array([place for place, _ in ticks(low, high, COLOURS)])
    found = found[(found > low) & (found <= high)]
    if not found.size:
        return np.array([(low + high) / 2.0])
    tenths = np.quantile(known, (0.1, 0.9))
    if len(known) > COLOURS and tenths[1] - tenths[0] < 0.2 * (high - low):
        quantiles = np.unique(np.quantile(known, np.linspace(0, 1, COLOURS + 1)[1:-1]))
        return quantiles if len(quantiles) > 1 else found
    return found


def _log_levels(low: float, high: float) -> FloatArray:
    """Return short numbers beyond `low` and up to `high`, as evenly spaced as they can be."""
    first, last = floor(log10(low)), ceil(log10(high))
    decades = log10(high) - log10(low)
    digits = next((d for d in PREFERRED if len(d) * decades <= COLOURS + 4), (1.0,))
    every = ceil(decades / (COLOURS + 4))
    powers = range(-(-first // every) * every if every > 1 else first, last + 1, every)
    found = np.array([float(f"{digit:g}e{power}") for power in powers for digit in digits])
    inside: FloatArray = found[(found > low) & (found <= high)]
    return inside


def _chosen(table: Table, wish: Wish) -> tuple[TableAxis, TableAxis]:
    """Return the axes that go across and up.

    By default they are the two with the most levels; one with words goes up, where there is room
    for them.
    """
    if wish.x is not None and wish.x == wish.y:
        raise UsageError(f"heatmap: expected two axes, found `{wish.x}` twice")
    axes = (*table.varied, *table.repeated)
    rest = [axis for axis in axes if axis.key not in (wish.x, wish.y)]
    # Repeats only where there is no other axis; the sort keeps the order of axes alike.
    rest.sort(key=lambda axis: (axis.repeats, -axis.size))
    if wish.x is wish.y is None:
        two = [axis for axis in axes if axis.key in (rest[0].key, rest[1].key)]
        two.sort(key=lambda axis: axis.numbers is None)
        return two[0], two[1]
    x = table.axis(wish.x) if wish.x is not None else rest.pop(0)
    return x, table.axis(wish.y) if wish.y is not None else rest.pop(0)


def _best_over(keys: Sequence[str]) -> str:
    """Return over which axes the best score was taken; nothing if there is none."""
    named = f"best over {' and '.join(keys)}" if keys else ""
    return named if len(named) <= 50 else f"best over {len(keys)} other axes"


def _cells(across: TableAxis, up: TableAxis, settings: Settings) -> tuple[Bins, Bins]:
    """Return the cells along both axes; numbers that were drawn, or are many, are put in bins."""
    pairs = len(np.unique(settings.places[0] * up.size + settings.places[1]))
    sparse = across.size * up.size > 4 * pairs
    # Most cells shall have a setting, though it was drawn at random.
    few = max(4, min(MOST_BINS, round((pairs / 2) ** 0.5)))
    most = few if sparse else MOST_BINS
    found = []
    for axis, room, count in ((across, 56, 12), (up, 10**6, 16)):
        many = axis.size > (max(12, few) if sparse else MOST_BINS)
        binned = many and axis.numbers is not None
        found.append(bins(axis, most) if binned else cells(axis, most, room, count))
    return found[0], found[1]
