"""The axes of scores and of steps, and where scores stand on theirs: one rule for all kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.pictures.scales import ends
from adamcli.pictures.scene import Axis

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray


def score_axis(values: FloatArray, label: str = "score", margin: float = 0.05) -> Axis:
    """Return an axis for scores; those that are not finite do not count.

    It is logarithmic if all scores are positive and the largest is at least twice the smallest.
    Scores of zero do not prevent that if no more than half of them are: `placed` draws them at the
    lower end.
    """
    scale = score_scale(values)
    return Axis(label, *ends(values, scale, margin), scale)


def score_scale(values: FloatArray) -> str:
    """Return the scale of the axis for some scores, log or linear."""
    known = np.asarray(values, dtype=float).ravel()
    known = known[np.isfinite(known)]
    positive = known[known > 0]
    if not positive.size or (known < 0).any() or 2 * positive.size < known.size:
        return "linear"
    return "log" if positive.max() / 2.0 >= positive.min() else "linear"


def placed(axis: Axis, values: FloatArray) -> FloatArray:
    """Return scores as they are drawn: on the axis, at its ends if beyond, NaN if not finite."""
    found: FloatArray = np.where(np.isfinite(values), np.clip(values, axis.low, axis.high), np.nan)
    return found


def zeros_note(axis: Axis, values: FloatArray) -> tuple[str, ...]:
    """Return the note that scores of zero are at the lower end of a logarithmic axis, if so."""
    if axis.scale == "log" and bool((np.asarray(values) == 0).any()):
        return (f"scores of 0 are drawn at the lower end of the {axis.label or 'score'} axis",)
    return ()


def steps_axis(unit: str, first: int, last: int) -> Axis:
    """Return an axis for what is counted, steps or evaluations, from the first to the last."""
    if first == last:
        return Axis(unit, first - 0.5, last + 0.5)
    return Axis(unit, float(first), float(last))
