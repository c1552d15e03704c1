"""The scores of a sweep against each of its axes, with the best score of each level."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from adamcli.pictures.kinds.levels import bins, level_texts, named, scale_of, shortened
from adamcli.pictures.kinds.settings import settings_of
from adamcli.pictures.kinds.sweep_notes import checked_table, lacks_axes, notes_of
from adamcli.pictures.scales import ends
from adamcli.pictures.scene import Axis, Dots, Line, Panel, Picture
from adamcli.pictures.scores import placed, score_axis, zeros_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.pictures.kinds.settings import Settings
    from adamcli.pictures.subject import Subject, Wish
    from adamcli.pictures.table import Table, TableAxis

MOST_PANELS = 6

MOST_DOTS = 5000
"""Dots of all panels together."""

MOST_BEST = 40
"""Places at which the best score is drawn; more levels share them."""


def lacks(subject: Subject, wish: Wish) -> str:
    """Return why there is no picture of a subject; nothing if there is one."""
    return lacks_axes(subject)


def suits(subject: Subject) -> bool:
    """Return whether one axis alone was varied besides repeats."""
    return subject.table is not None and len(subject.table.varied) == 1


def draw(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture of a sweep."""
    subject = subjects[0]
    table = checked_table(subject, wish)
    asked = [table.axis(key) for key in dict.fromkeys((wish.x, wish.y)) if key is not None]
    axes = asked or table.varied or table.repeated
    shown = axes[:MOST_PANELS]
    dots = thinned(table.score, max(MOST_DOTS // len(shown), 1))
    grouped = {axis.key: axis for axis in (*table.varied, *shown)}
    settings = settings_of(table, list(grouped.values()))
    ranked = settings.ranked(subject.direction)
    columns = len(shown) if len(shown) <= 3 else ceil(len(shown) / 2)
    y = score_axis(table.score[dots], "score")
    # Only the panels on the left say what goes up.
    plain = y._replace(label="")
    panels = [
        _panel(table, axis, settings, ranked, dots, plain if k % columns else y)
        for k, axis in enumerate(shown)
    ]
    rows = tuple(tuple(panels[k : k + columns]) for k in range(0, len(panels), columns))
    notes = [*zeros_note(y, table.score[dots]), *notes_of(table)]
    if len(shown) < len(axes):
        left = ", ".join(axis.key for axis in axes[MOST_PANELS:])
        notes.insert(0, f"without {shortened(left, 80)}; --x shows one of them")
    if len(dots) < len(table.finite()):
        notes.insert(0, f"{len(dots):,} of {len(table.finite()):,} runs are drawn")
    return Picture("slices", f"{subject.name}: scores by axis", rows, notes=tuple(notes))


def _panel(
    table: Table, axis: TableAxis, settings: Settings, ranked: IntArray, dots: IntArray, y: Axis
) -> Panel:
    """Return the panel of one axis; `ranked` are the settings, best first."""
    x, places = _across(axis, 48)
    means = settings.mean
    level = next(settings.places[k] for k, each in enumerate(settings.axes) if each.key == axis.key)
    # The first of the settings in each group of levels is the best of them.
    groups = _groups(axis)[level[ranked]]
    _, first = np.unique(groups, return_index=True)
    best = ranked[first]
    order = np.argsort(level[best], kind="stable")
    at = places[level[best[order]]]
    # Where nothing else was varied there is one setting for each level, and no best one.
    what = ["best" if len(settings.axes) > 1 else "", settings.averaged()]
    label = " ".join(filter(None, what)) or "best"
    return Panel(
        x,
        y,
        (
            Dots(places[axis.places[dots]], placed(y, table.score[dots]), "run", "runs"),
            Line(at, placed(y, means[best[order]]), "mean", label),
            Dots(at, placed(y, means[best[order]]), "mean"),
        ),
    )


def _across(axis: TableAxis, room: int) -> tuple[Axis, FloatArray]:
    """Return the axis that goes across, and the place of each level on it."""
    if axis.numbers is None:
        ticks = named(level_texts(axis), 12, room)
        return Axis(axis.key, -0.5, axis.size - 0.5, ticks=ticks), np.arange(float(axis.size))
    scale = scale_of(axis.numbers)
    x = Axis(axis.key, *ends(axis.numbers, scale), scale)
    return x, placed(x, axis.numbers)


def _groups(axis: TableAxis) -> IntArray:
    """Return for each level which best score it shares: its own, unless there are many levels."""
    if axis.numbers is None or axis.size <= MOST_BEST:
        return np.arange(axis.size)
    return bins(axis, MOST_BEST // 2).of_level


def thinned(score: FloatArray, most: int) -> IntArray:
    """Return at most `most` of the runs that have a score, evenly spread over their ranks.

    The best and the worst are among them. Runs that tie are in a random order: every k-th of them
    might have the same level of an axis.
    """
    runs = np.flatnonzero(np.isfinite(score))
    if len(runs) <= most:
        return runs
    order = runs[np.lexsort((np.random.default_rng(0).random(len(runs)), score[runs]))]
    return np.sort(order[np.linspace(0, len(runs) - 1, most).round().astype(np.int64)])
