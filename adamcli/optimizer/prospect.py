"""By how much the score of a run may change, as far as its start tells."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np

from adamcli.optimizer.chunks import chunks
from adamcli.optimizer.remedies import reach_of

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.optimizer.loop import Task


def prospect_of(task: Task, slope: FloatArray) -> float:
    """Return by how much a straight line with the `slope` (dim,) at the start changes the score.

    Every coordinate goes as far as all steps can take it, but no further than its bounds are wide.
    """
    reach = np.broadcast_to(reach_of(task, task.n_iter, task.n_iter), slope.shape)
    bounds = task.bounds
    width = bounds.width if bounds.stays_inside else np.broadcast_to(inf, slope.shape)
    change = 0.0
    for some in chunks(len(slope)):
        size = np.abs(slope[some])
        way = reach[some] if task.method.paced else reach[some] * size
        change += float((size * np.minimum(way, width[some])).sum())
    return change
