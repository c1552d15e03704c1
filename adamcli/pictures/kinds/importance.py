"""The share of each axis of a sweep in the variance of the scores.

The main effect of an axis is the variance of the means of its levels, and what main effects leave
of the variance between settings are interactions (Fisher 1925; Hutter, Hoos and Leyton-Brown 2014).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.pictures.kinds.levels import shortened
from adamcli.pictures.kinds.settings import means, settings_of
from adamcli.pictures.kinds.sweep_notes import checked_table, lacks_scores, notes_of
from adamcli.pictures.scene import Axis, Bars, Panel, Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.pictures.subject import Subject, Wish
    from adamcli.pictures.table import Table

SMALLEST = 1e-24
"""A variance below this share of the squared scores is rounding."""


class Shares(NamedTuple):
    """Shares of the variance, which add up to 1: of each axis by key, and of the rest.

    `repeats` is the variance within settings, and `interactions` what is left between them.
    """

    axes: dict[str, float]
    interactions: float
    repeats: float


def lacks(subject: Subject, wish: Wish) -> str:
    """Return why there is no picture of a subject; nothing if there is one."""
    if reason := lacks_scores(subject):
        return reason
    table = subject.table
    assert table is not None
    lost = len(table.score) - len(table.finite())
    if not table.varied:
        return "needs an axis that was varied"
    if len(table.score) < table.total:
        return f"needs all runs, and {len(table.score):,} of {table.total:,} are done"
    if lost:
        return f"needs a finite score of every run, and {lost:,} have none"
    return _unbalanced(table) or _constant(table)


def suits(subject: Subject) -> bool:
    """Return False: it is never chosen by itself."""
    return False


def draw(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture of a sweep."""
    subject = subjects[0]
    table = checked_table(subject, wish)
    found = shares(table)
    bars = sorted(found.axes.items(), key=lambda entry: entry[1])
    rest = [("interactions", found.interactions)] if len(table.varied) > 1 else []
    keys = ", ".join(axis.key for axis in table.repeated)
    repeats = f"{keys} (repeats)" if keys else "repeats"
    rest += [(repeats, found.repeats)] if has_repeats(table) else []
    both = [*reversed(rest), *bars]
    lengths = 100.0 * np.array([share for _, share in both])
    y = tuple((float(k), shortened(key)) for k, (key, _) in enumerate(both))
    panel = Panel(
        Axis("share of the variance in %", 0.0, min(100.0, float(lengths.max())) * 1.15),
        Axis("", -0.6, len(both) - 0.4, ticks=y),
        (Bars(lengths, "bars"),),
    )
    of = "log10 of the score" if is_log(table) else "the score"
    title = f"{subject.name}: what the variance of {of} is due to"
    return Picture("importance", title, ((panel,),), notes=notes_of(table))


def shares(table: Table) -> Shares:
    """Return the shares of the axes of a table whose settings have equally many runs."""
    score = _centred(table)
    whole = float(np.mean(score**2))
    axes = {axis.key: _between(score, axis.places, axis.size) / whole for axis in table.varied}
    settings = settings_of(table, table.varied)
    between = _between(score, settings.of_run, len(settings.runs)) / whole
    # Rounding may leave less than nothing.
    return Shares(axes, max(0.0, between - sum(axes.values())), max(0.0, 1.0 - between))


def is_log(table: Table) -> bool:
    """Return whether the variance is that of log10 of the score: all scores are positive."""
    return bool((table.score > 0).all())


def has_repeats(table: Table) -> bool:
    """Return whether settings have several runs."""
    return len(table.score) > prod(axis.size for axis in table.varied)


def _centred(table: Table) -> FloatArray:
    """Return the scores, or their logarithms, with mean 0, of a size that can be squared."""
    score = np.log10(table.score) if is_log(table) else table.score
    peak = float(np.abs(score).max()) or 1.0
    found = score / peak
    centred: FloatArray = found - found.mean()
    return centred


def _between(score: FloatArray, group: IntArray, count: int) -> float:
    """Return the variance of the means of groups, which are equally large; that of all is 0."""
    return float(np.mean(means(score, group, count) ** 2))


def _unbalanced(table: Table) -> str:
    """Return that some combinations have fewer runs than others; nothing if the grid is full."""
    runs = settings_of(table, table.varied).runs
    cells = prod(axis.size for axis in table.varied)
    if len(runs) < cells:
        return f"needs every combination of levels, and {len(runs):,} of {cells:,} were run"
    if runs.min() < runs.max():
        some = f"{int(runs.min()):,} to {int(runs.max()):,}"
        return f"needs as many runs for each combination of levels, and they have {some}"
    return ""


def _constant(table: Table) -> str:
    same = float(np.mean(_centred(table) ** 2)) < SMALLEST
    return "needs scores that differ" if same else ""
