"""The path of a run over the objective: contours of two coordinates, or the curve of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.diagnostics import did_you_mean
from adamcli.errors import UsageError
from adamcli.pictures.kinds.known import minimisers_of
from adamcli.pictures.kinds.landscape import (
    SIDE,
    Window,
    free,
    is_close,
    levels_of,
    scores_at,
    side_of,
    window,
)
from adamcli.pictures.scales import ends, number
from adamcli.pictures.scene import Axis, Box, Dots, Field, Line, Panel, Picture, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.config.model import Config
    from adamcli.optimizer.result import Point
    from adamcli.pictures.scene import Mark
    from adamcli.pictures.subject import Subject, Wish

SHOWN = 6
"""Coordinates whose values a note about a slice lists."""


def lacks(subject: Subject, wish: Wish) -> str:
    """Return why there is no path to draw; nothing if there is one."""
    if subject.best is None:
        return "needs the course of a run, or the minima of a search"
    if subject.config is None and subject.path is None:
        return "needs the config, or the steps of a run"
    if not subject.names:
        return "needs a variable"
    if subject.config is None and len(subject.names) < 2 and wish.x is None:
        return "needs two variables where the objective is not known"
    if not _free(subject):
        return "needs a variable that its bounds do not fix"
    return ""


def suits(subject: Subject) -> bool:
    """Return whether the whole objective can be seen."""
    return len(subject.names) <= 2


class _Way(NamedTuple):
    """The points of a run (n, dim) with their steps and scores, the start first."""

    steps: IntArray
    x: FloatArray
    score: FloatArray


def draw(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture of the first subject."""
    subject = subjects[0]
    way = _way(subject)
    pair = _coordinates(subject, wish, way)
    if len(pair) == 1:
        panel, notes = _curve(subject, pair[0], way)
    else:
        panel, notes = _contours(subject, pair, way)
    return Picture("path", _title(subject, pair), ((panel,),), notes=tuple(notes))


def _title(subject: Subject, pair: tuple[int, ...]) -> str:
    if len(subject.names) <= len(pair):
        return subject.title
    names = " and ".join(subject.names[k] for k in pair)
    return f"{subject.title}; the slice through the best point along {names}"


def _way(subject: Subject) -> _Way:
    course = subject.path
    if course is None:
        assert subject.best is not None
        # The minima of a search belong to no step.
        return _Way(np.empty(0, np.int64), np.empty((0, len(subject.names))), np.empty(0))
    steps, x, score = course.t, course.x, course.score
    if subject.start is not None:
        steps = np.concatenate([[-1], steps])
        x = np.concatenate([np.array([subject.start.x]), x])
        score = np.concatenate([[subject.start.score], score])
    return _Way(steps, x, score)


def _coordinates(subject: Subject, wish: Wish, way: _Way) -> tuple[int, ...]:
    """Return the one or two coordinates to show: those wished, else those that moved most.

    Those that the bounds fix are not shown.
    """
    chosen = [_known(name, subject) for name in (wish.x, wish.y) if name is not None]
    if len(set(chosen)) < len(chosen):
        raise UsageError(f"path: x and y are both `{subject.names[chosen[0]]}`")
    able = _free(subject)
    for k in chosen:
        if k not in able:
            raise UsageError(f"path: `{subject.names[k]}` is fixed by its bounds")
    if len(able) == 1:
        return (able[0],)
    if len(chosen) < 2:
        moved = _movement(subject, way)
        order = sorted(able, key=lambda k: (-moved[k], k))
        rest = [k for k in order if k not in chosen][: 2 - len(chosen)]
        if not chosen:
            return tuple(sorted(rest))
        chosen = [*chosen, *rest] if wish.x is not None else [*rest, *chosen]
    return tuple(chosen)


def _free(subject: Subject) -> list[int]:
    return list(range(len(subject.names))) if subject.config is None else free(subject.config)


def _known(name: str, subject: Subject) -> int:
    if name not in subject.names:
        hint = did_you_mean(name, subject.names)
        raise UsageError(f"path: `{name}` is not a coordinate\n  {hint}")
    return subject.names.index(name)


def _movement(subject: Subject, way: _Way) -> list[float]:
    """Return how far each coordinate moved, in parts of its bounds where it has them."""
    x = np.where(np.isfinite(way.x), way.x, np.nan)
    if not len(x) or np.isnan(x).all():
        return [0.0] * len(subject.names)
    with np.errstate(all="ignore"):
        moved = np.nan_to_num(np.nanmax(x / 2, axis=0) - np.nanmin(x / 2, axis=0), posinf=1e300)
        if subject.config is not None:
            width = subject.config.bounds.high / 2 - subject.config.bounds.low / 2
            usable = np.isfinite(width) & (width > 0)
            moved = np.where(usable, moved / np.where(usable, width, 1.0), moved)
    found: list[float] = moved.tolist()
    return found


def _points(subject: Subject, way: _Way) -> FloatArray:
    """Return all points (n, dim) that should be seen."""
    assert subject.best is not None
    return np.concatenate([way.x, np.array([subject.best.x, *subject.places])])


def _contours(subject: Subject, pair: tuple[int, ...], way: _Way) -> tuple[Panel, list[str]]:
    i, j = pair
    points = _points(subject, way)
    notes: list[str] = []
    marks: list[Mark] = []
    config = subject.config
    if config is not None:
        close = is_close(config, pair, points)
        across, up = (window(config, k, points[:, k], close=close) for k in pair)
        field = _field(config, subject, pair, (across, up))
        if field is not None:
            marks.append(field)
        else:
            notes.append("the objective has no finite score here")
        low, high = config.bounds.low, config.bounds.high
        if np.isfinite([low[i], high[i], low[j], high[j]]).any():
            marks.append(Box(low[i], high[i], low[j], high[j], "bounds", "bounds"))
        marks += _known_minima(config, pair)
    else:
        across, up = (Window(*ends(points[:, k], margin=0.1), "linear") for k in pair)
    marks += _course(subject, way, way.x[:, i], way.x[:, j])
    if subject.places:
        rest = np.array(subject.places)
        marks.append(
            Dots(rest[:, i], rest[:, j], "place", f"other {subject.direction.words.minima}")
        )
    marks += _ends(subject, lambda point: (point.x[i], point.x[j]))
    if across.leaves(way.x[:, i]) or up.leaves(way.x[:, j]):
        notes.append("the path leaves what is shown")
    if len(subject.names) > 2:
        notes.append(_others(subject, pair))
    x, y = (
        Axis(subject.names[k], shown.low, shown.high, shown.scale)
        for k, shown in zip(pair, (across, up), strict=True)
    )
    return Panel(x, y, tuple(marks)), notes


def _others(subject: Subject, pair: tuple[int, ...]) -> str:
    assert subject.best is not None
    rest = [k for k in range(len(subject.names)) if k not in pair]
    shown = [f"{subject.names[k]} = {number(subject.best.x[k])}" for k in rest[:SHOWN]]
    more = f", and {len(rest) - SHOWN:,} more" if len(rest) > SHOWN else ""
    return f"fixed at the best point: {', '.join(shown)}{more}"


def _field(
    config: Config, subject: Subject, pair: tuple[int, ...], shown: tuple[Window, Window]
) -> Field | None:
    assert subject.best is not None
    # Code is loaded only once for both.
    objective = config.objective.make()
    side = side_of(objective, config.variables.dim)
    x, y = (each.places(side) for each in shown)
    points = np.repeat(np.array(subject.best.x)[:, np.newaxis], side * side, axis=1)
    points[pair[0]], points[pair[1]] = np.tile(x, side), np.repeat(y, side)
    values = scores_at(objective, points).reshape(side, side)
    if np.isnan(values).all():
        return None
    return Field(x, y, values, levels_of(values, subject.direction.sign), "score")


def _known_minima(config: Config, pair: tuple[int, ...]) -> list[Mark]:
    known = minimisers_of(config)
    if known is None or config.variables.dim != len(pair):
        return []
    return [Dots(known[:, pair[0]], known[:, pair[1]], "known", "known minimum")]


def _course(subject: Subject, way: _Way, x: FloatArray, y: FloatArray) -> list[Mark]:
    if not len(way.steps):
        return []
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(finite, x, np.nan), np.where(finite, y, np.nan)
    return [Line(x, y, "path", "", way.steps), Dots(x, y, "path", "", way.steps, newest=True)]


def _ends(subject: Subject, place: Callable[[Point], tuple[float, float]]) -> list[Mark]:
    """Return the start, the end and the best point, which `place` puts into the panel.

    The best point is the last mark, and the end is left out where it is the same.
    """
    best, last = subject.best, subject.last
    assert best is not None
    points = [("start", "start", subject.start)]
    if subject.diverged:
        points.append(("lost", "diverged", last))
    elif last is not None and last.t != best.t:
        points.append(("end", "end", last))
    marks: list[Mark] = []
    for role, label, point in [*points, ("best", "best", best)]:
        if point is not None:
            x, y = np.array(place(point)).reshape(2, 1)
            # What a search found belongs to no step.
            steps = None if subject.path is None else np.array([point.t])
            marks.append(Dots(x, y, role, label, steps))
    return marks


def _curve(subject: Subject, k: int, way: _Way) -> tuple[Panel, list[str]]:
    points = _points(subject, way)
    marks: list[Mark] = []
    notes: list[str] = []
    assert subject.best is not None
    config = subject.config
    if config is not None:
        shown = window(config, k, points[:, k], close=is_close(config, (k,), points))
        x = shown.places(SIDE + 1)
        at = np.repeat(np.array(subject.best.x)[:, np.newaxis], len(x), axis=1)
        at[k] = x
        y = scores_at(config.objective.make(), at)
        marks.append(Line(x, y, "curve", "objective"))
        known = [y]
        marks += [
            Rule(float(end), "x", "bounds", "bounds" if n == 0 else "")
            for n, end in enumerate((config.bounds.low[k], config.bounds.high[k]))
            if np.isfinite(end)
        ]
    else:
        shown = Window(*ends(points[:, k], margin=0.1), "linear")
        known = []
    if len(way.steps):
        x, y = way.x[:, k], way.score
        known.append(y[(shown.low <= x) & (x <= shown.high)])
        marks.append(Dots(x, y, "step", "steps", way.steps))
    if shown.leaves(way.x[:, k]):
        notes.append("the path leaves what is shown")
    if len(subject.names) > 1:
        notes.append(_others(subject, (k,)))
    marks += _ends(subject, lambda point: (point.x[k], point.score))
    if shown.low <= subject.best.x[k] <= shown.high:
        known.append(np.array([subject.best.score]))
    low, high = ends(np.concatenate(known))
    axis = Axis(subject.names[k], shown.low, shown.high, shown.scale)
    return Panel(axis, Axis("score", low, high), tuple(marks)), notes
