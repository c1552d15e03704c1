"""The scores of a run over its steps, the best so far, and the norm of the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.pictures.kinds.known import minimum_of
from adamcli.pictures.scene import Line, Panel, Picture
from adamcli.pictures.scores import placed, score_axis, steps_axis, zeros_note
from adamcli.pictures.style import SERIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.pictures.scene import Axis, Mark
    from adamcli.pictures.subject import Subject, Wish


ROUNDING = 1e-12
"""By so much a score may be below the known minimum that it reaches, in parts of it."""


def lacks(subject: Subject, wish: Wish) -> str:
    """Return why there are no scores to draw; nothing if there are some."""
    if subject.course is None or not len(subject.course.t):
        return "needs the steps of a run"
    if not np.isfinite(subject.course.low).any():
        return "needs a step with a finite score"
    return ""


def suits(subject: Subject) -> bool:
    """Return that scores can be looked at however many variables there are."""
    return True


class _Curve(NamedTuple):
    """The scores of a subject, the best of them so far and the norms of gradients, at steps `t`.

    Those of `validation`, if there are any, decide which is best.
    """

    name: str
    t: IntArray
    scores: FloatArray
    best: FloatArray
    norm: FloatArray
    validation: FloatArray


def draw(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture; several subjects share its panels."""
    floor, label = _floor(subjects)
    names = _names(subjects)
    curves = [_curve_of(*each, floor) for each in zip(subjects, names, strict=True)]
    shown = ([each.scores, each.best, each.validation] for each in curves)
    heights = np.concatenate([scores for each in shown for scores in each])
    norms = np.concatenate([each.norm for each in curves])
    course = subjects[0].course
    assert course is not None
    first, last = (choose(int(each.t[k]) for each in curves) for choose, k in ((min, 0), (max, -1)))
    across, up = steps_axis(course.unit, first, last), score_axis(heights, label)
    panels = [Panel(across, up, tuple(_scores(curves, up)))]
    notes = list(zeros_note(up, heights))
    if np.isfinite(norms).any():
        beside = score_axis(norms, "norm of the gradient")
        panels.append(Panel(across, beside, tuple(_norms(curves, beside))))
    title = subjects[0].title if len(subjects) == 1 else f"the best so far of {len(subjects)} runs"
    return Picture("score", title, (tuple(panels),), notes=tuple(notes))


def _names(subjects: Sequence[Subject]) -> list[str]:
    """Return what tells the subjects apart: their names, or the keys in which configs differ."""
    names = [subject.name for subject in subjects]
    if len(set(names)) == len(names):
        return names
    configs = [s.config.resolved() if s.config is not None else {} for s in subjects]
    keys = dict.fromkeys(key for config in configs for key in config)
    differ = [k for k in keys if len({repr(config.get(k)) for config in configs}) > 1]
    texts = [", ".join(f"{k}={c[k]}" for k in differ if k in c) for c in configs]
    if len(set(texts)) == len(texts):
        return texts
    return [f"{name} ({k})" for k, name in enumerate(names, start=1)]


def _floor(subjects: Sequence[Subject]) -> tuple[float, str]:
    """Return what scores are measured from, and what the axis says.

    That is the known minimum, if it is one for these scores; they are never below it.
    """
    known = {minimum_of(s.config) if s.config is not None else None for s in subjects}
    minimum = known.pop()
    if known or minimum is None or minimum == 0.0:
        return 0.0, "score"
    for subject in subjects:
        assert subject.course is not None
        if np.nanmin(subject.course.low, initial=np.inf) < minimum - ROUNDING * abs(minimum):
            return 0.0, "score"
    return minimum, "score above the known minimum"


def _curve_of(subject: Subject, name: str, floor: float) -> _Curve:
    """Return the curve of a subject.

    Where a step stands for several, both ends of their scores are drawn, one above the other, so
    that no peak is lost.
    """
    course, sign = subject.course, subject.direction.sign
    assert course is not None
    ends = np.stack([course.low, course.high], axis=1)
    single = np.array_equal(course.low, course.high, equal_nan=True)
    scores = ends[:, 0] if single else ends.reshape(-1)
    t = course.t if single else np.repeat(course.t, 2)
    start = subject.start.score if subject.start is not None else np.nan
    first = sign * start if np.isfinite(start) else np.inf
    merits = sign * (course.low if sign > 0 else course.high)
    held = np.isfinite(course.validation).any()
    if held:
        merits, first = sign * course.validation, np.inf
    best = np.minimum.accumulate(np.fmin(merits, first)) if len(merits) else merits
    best = np.where(np.isfinite(best), sign * best, np.nan)
    norm, validation = (
        each if single else np.repeat(each, 2) for each in (course.norm, course.validation)
    )
    return _Curve(
        name,
        t,
        _above(scores, floor),
        _above(best if single else np.repeat(best, 2), floor),
        np.where(np.isfinite(norm), norm, np.nan),
        _above(validation, floor),
    )


def _above(scores: FloatArray, floor: float) -> FloatArray:
    return np.maximum(scores - floor, 0.0) if floor else scores


def _scores(curves: Sequence[_Curve], up: Axis) -> list[Mark]:
    if len(curves) == 1:
        (each,) = curves
        if np.isfinite(each.validation).any():
            held = _line(each, placed(up, each.validation), "bright", "validation")
            return [_line(each, placed(up, each.scores), "deep", "score"), held]
        best = _line(each, placed(up, each.best), "deep", "best so far")
        # A search tells its best scores only.
        same = np.array_equal(each.scores, each.best, equal_nan=True)
        return [best] if same else [_line(each, placed(up, each.scores), "pale", "score"), best]
    roles = _series(curves)
    return [
        _line(each, placed(up, each.best), role, each.name)
        for role, each in zip(roles, curves, strict=True)
    ]


def _norms(curves: Sequence[_Curve], up: Axis) -> list[Mark]:
    roles = ["bright"] if len(curves) == 1 else _series(curves)
    return [
        _line(each, placed(up, each.norm), role) for role, each in zip(roles, curves, strict=True)
    ]


def _line(curve: _Curve, y: FloatArray, role: str, label: str = "") -> Line:
    return Line(curve.t.astype(float), y, role, label, curve.t)


def _series(curves: Sequence[_Curve]) -> list[str]:
    return [f"series{k % SERIES}" for k in range(len(curves))]
