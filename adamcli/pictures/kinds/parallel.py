"""A line through all varied axes to the score, for each setting of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.pictures.kinds.levels import level_text, scale_of, shortened
from adamcli.pictures.kinds.settings import settings_of
from adamcli.pictures.kinds.sweep_notes import checked_table, lacks_axes, notes_of
from adamcli.pictures.scales import number
from adamcli.pictures.scene import Axis, Line, Panel, Picture, Rule, Text
from adamcli.pictures.scores import placed, score_axis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.pictures.scene import Mark
    from adamcli.pictures.subject import Subject, Wish
    from adamcli.pictures.table import TableAxis

MOST_LINES = 500
"""Lines in a picture: half of them for the best settings."""

SHADES = 8
"""Colours of lines; lines of one colour are drawn as one."""

FEW = 10
"""So many levels are evenly spaced; more numbers are spaced as on their scale."""

NAMED = 6
"""Of so many levels each has its text; of more the first and the last."""


def lacks(subject: Subject, wish: Wish) -> str:
    """Return why there is no picture of a subject; nothing if there is one."""
    return lacks_axes(subject)


def suits(subject: Subject) -> bool:
    """Return whether three axes or more were varied besides repeats."""
    return subject.table is not None and len(subject.table.varied) >= 3


def draw(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture of a sweep."""
    subject = subjects[0]
    table = checked_table(subject, wish)
    settings = settings_of(table, table.varied or table.repeated)
    ranked = settings.ranked(subject.direction)
    chosen = _thinned(len(ranked))
    shown = ranked[chosen]
    score = settings.mean[shown]
    axis = score_axis(score, "score")
    # The height of a setting on each axis, and on that of the score.
    heights = np.array(
        [
            *(
                _heights(a)[places[shown]]
                for a, places in zip(settings.axes, settings.places, strict=True)
            ),
            axis.shares(placed(axis, score)),
        ]
    )
    marks: list[Mark] = [*_shaded(heights), *_frame(settings.axes)]
    last = len(settings.axes)
    marks += [Text(last, share, text, "value") for share, text in _score_texts(score, heights[-1])]
    keys = [
        *(shortened(a.key, max(6, 60 // (last + 1))) for a in settings.axes),
        _score_label(axis),
    ]
    panel = Panel(
        Axis("", -0.15, last + 0.5, ticks=tuple((float(k), key) for k, key in enumerate(keys))),
        Axis("", -0.05, 1.05, ticks=()),
        tuple(marks),
    )
    what = settings.averaged()
    title = f"{subject.name}: {what or 'best scores'} by setting"
    notes = notes_of(table)
    if len(shown) < len(ranked):
        half = MOST_LINES // 2
        others = f"{len(shown) - half:,} others"
        notes = (f"the best {half:,} of {len(ranked):,} settings and {others}", *notes)
    return Picture("parallel", title, ((panel,),), notes=notes)


def _thinned(count: int) -> IntArray:
    """Return the ranks that are drawn: the best, and some evenly spread over the others."""
    if count <= MOST_LINES:
        return np.arange(count)
    half = MOST_LINES // 2
    rest = np.linspace(half, count - 1, MOST_LINES - half).round().astype(np.int64)
    return np.concatenate([np.arange(half), rest])


def _heights(axis: TableAxis) -> FloatArray:
    """Return where each level is on an upright axis, from 0 to 1."""
    if axis.numbers is None or axis.size <= FEW:
        return np.linspace(0.0, 1.0, axis.size)
    scale = scale_of(axis.numbers)
    return Axis("", float(axis.numbers[0]), float(axis.numbers[-1]), scale).shares(axis.numbers)


def _shaded(heights: FloatArray) -> Iterator[Line]:
    """Yield the lines (axes, settings), best first, by colour, with the best ones in front."""
    x = np.append(np.arange(float(len(heights))), np.nan)
    score = heights[-1]
    width = float(score.max() - score.min())
    shares = (score - score.min()) / width if width > 0 else np.zeros(len(score))
    shade = np.minimum((shares * SHADES).astype(np.int64), SHADES - 1)
    broken = np.vstack([heights, np.full(heights.shape[1], np.nan)])
    worst_first = dict.fromkeys(shade[::-1].tolist())
    for k in worst_first:
        some = np.flatnonzero(shade == k)[::-1]
        y = broken[:, some].T.ravel()
        yield Line(np.tile(x, len(some)), y, "through", colour=(k + 0.5) / SHADES)
    yield Line(x[:-1], heights[:, 0], "bright", "best")


def _frame(axes: Sequence[TableAxis]) -> Iterator[Mark]:
    """Yield the upright axes with the texts of their levels."""
    for k, axis in enumerate(axes):
        yield Rule(k, "x", "upright")
        heights = _heights(axis)
        named = range(axis.size) if axis.size <= NAMED else (0, axis.size - 1)
        for level in named:
            yield Text(k + 0.03, float(heights[level]), level_text(axis, level), "value")
    yield Rule(len(axes), "x", "upright")


def _score_label(axis: Axis) -> str:
    return "score (log)" if axis.scale == "log" else "score"


def _score_texts(score: FloatArray, height: FloatArray) -> list[tuple[float, str]]:
    """Return the least and the greatest score as texts, each with its height."""
    low, high = int(np.argmin(score)), int(np.argmax(score))
    texts = {float(height[k]): number(float(score[k])) for k in (low, high)}
    return list(texts.items())
