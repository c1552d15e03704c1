"""The spread of the scores of a sweep by setting: its repeats, their mean and their quartiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.pictures.kinds.levels import shortened
from adamcli.pictures.kinds.settings import settings_of
from adamcli.pictures.kinds.slices import thinned
from adamcli.pictures.kinds.sweep_notes import checked_table, lacks_scores, notes_of
from adamcli.pictures.scene import Axis, Dots, Line, Panel, Picture
from adamcli.pictures.scores import placed, score_axis, zeros_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.pictures.kinds.settings import Settings
    from adamcli.pictures.subject import Subject, Wish
    from adamcli.pictures.table import Table

MOST_SETTINGS = 20

MOST_DOTS = 5000

LONGEST, LONGEST_WITH_KEYS = 40, 24
"""Characters of the label of a setting; with more than the second, keys are named once for all."""

SPREAD = 0.22
"""How far dots of a setting are from its line, so that they do not hide each other."""


def lacks(subject: Subject, wish: Wish) -> str:
    """Return why there is no picture of a subject; nothing if there is one."""
    if reason := lacks_scores(subject):
        return reason
    assert subject.table is not None
    most = settings_of(subject.table, subject.table.varied).repeats
    return "" if most > 1 else "needs repeats: vary the seed, as with -p seed=0..9"


def suits(subject: Subject) -> bool:
    """Return whether nothing was varied but repeats."""
    return subject.table is not None and not subject.table.varied


def draw(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture of a sweep."""
    subject = subjects[0]
    table = checked_table(subject, wish)
    settings = settings_of(table, table.varied)
    ranked = settings.ranked(subject.direction)
    shown = ranked[:MOST_SETTINGS]
    # The best is on top; a setting that is not shown has no height.
    height = np.full(len(settings.runs), np.nan)
    height[shown] = np.arange(len(shown))[::-1]
    runs = table.finite()
    runs = runs[np.isfinite(height[settings.of_run[runs]])]
    score = table.score[runs]
    x = score_axis(score, "score")
    quartiles = _quartiles(placed(x, score), settings.of_run[runs], shown)
    dots = thinned(
        np.where(np.isin(np.arange(len(table.score)), runs), table.score, np.nan), MOST_DOTS
    )
    label, labels = _labels(settings, shown)
    ticks = tuple(
        (float(height[k]), shortened(text, LONGEST))
        for k, text in zip(shown.tolist(), labels, strict=True)
    )
    marks = (
        _bars(quartiles, height[shown]),
        Dots(
            placed(x, table.score[dots]),
            height[settings.of_run[dots]] + _aside(dots),
            "run",
            "runs",
        ),
        Dots(placed(x, settings.mean[shown]), height[shown], "mean", "mean"),
    )
    panel = Panel(x, Axis(label, -0.6, len(shown) - 0.4, ticks=ticks), marks)
    notes = [*zeros_note(x, score), *notes_of(table)]
    if len(shown) < len(ranked):
        notes.insert(0, f"the {len(shown)} settings of {len(ranked):,} with the best means")
    if len(dots) < len(runs):
        notes.insert(0, f"{len(dots):,} of {len(runs):,} runs are drawn")
    title = f"{subject.name}: {_repeats(table, settings)}"
    return Picture("repeats", title, ((panel,),), notes=tuple(notes))


def _labels(settings: Settings, shown: IntArray) -> tuple[str, list[str]]:
    """Return the label of the axis and those of settings, with the keys in one or the other."""
    texts = list(map(settings.texts, shown.tolist()))
    keys = [axis.key for axis in settings.axes]
    if not keys:
        return "", ["all runs"]
    full = [", ".join(f"{k}={v}" for k, v in zip(keys, row, strict=True)) for row in texts]
    if max(map(len, full)) <= LONGEST_WITH_KEYS:
        return "", full
    return shortened(", ".join(keys), 60), [", ".join(row) for row in texts]


def _quartiles(score: FloatArray, group: IntArray, groups: IntArray) -> FloatArray:
    """Return the first and the third quartile of each of `groups` (groups, 2)."""
    order = np.argsort(group, kind="stable")
    first, end = (np.searchsorted(group[order], groups, side=s) for s in ("left", "right"))
    ordered = score[order]
    found = [np.quantile(ordered[a:b], (0.25, 0.75)) for a, b in zip(first, end, strict=True)]
    return np.array(found).reshape(-1, 2)


def _bars(quartiles: FloatArray, heights: FloatArray) -> Line:
    """Return a thick line between the quartiles of each setting."""
    gap = np.full(len(heights), np.nan)
    x = np.column_stack([quartiles, gap]).ravel()
    y = np.column_stack([heights, heights, gap]).ravel()
    return Line(x, y, "spread", "quartiles")


def _aside(runs: IntArray) -> FloatArray:
    """Return how far each run is from the line of its setting; neighbours are far apart."""
    golden = (5**0.5 - 1) / 2
    return np.asarray((runs * golden % 1.0 - 0.5) * 2 * SPREAD, dtype=float)


def _repeats(table: Table, settings: Settings) -> str:
    """Return what is shown: `20 repeats by setting (seed)`."""
    least, most = int(settings.runs.min()), settings.repeats
    count = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    over = ", ".join(axis.key for axis in table.repeated)
    by = " by setting" if table.varied else ""
    return f"scores of {count} repeats{by}" + (f" ({over})" if over else "")
