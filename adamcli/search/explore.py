"""The runs of a round: a few steps of the config's method from every start."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.optimizer.hyperparameters import Fading, Hyperparameters
from adamcli.optimizer.loop import minimize_batch
from adamcli.optimizer.stopping import Stop

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray, IntArray
    from adamcli.errors import AdamcliError
    from adamcli.optimizer.loop import Task
    from adamcli.search.evaluator import Evaluator
    from adamcli.search.starts import Starts

EPS = 1e-150
"""What is added to the size of a slope: nothing that could matter beside any slope."""


class Explored(NamedTuple):
    """The best points `y` (dim, runs) of runs, their merits (runs,), and what ended them early."""

    y: FloatArray
    merit: FloatArray
    error: AdamcliError | None


def explored(task: Task, evaluate: Evaluator, starts: Starts, steps: int) -> Explored:
    """Return the best points of runs from all starts.

    The steps fall to 0 on half a cosine. A run that meets a number that is not finite ends; the
    stopping rules of the task do not matter.
    """
    space = evaluate.space
    stride = space.unit[:, np.newaxis] * starts.stride
    if not task.method.paced:
        _, slope = evaluate(starts.y)
        size = np.sqrt(np.add.accumulate((slope * space.unit[:, np.newaxis]) ** 2, axis=0)[-1])
        stride = stride * space.unit[:, np.newaxis] / np.where(size > 0, size, 1.0)
    settings = Hyperparameters(alpha=Fading.of(stride, _half_cosine), eps=EPS)
    batch = minimize_batch(
        task._replace(hyperparameters=settings, n_iter=steps, stop=Stop()),
        evaluate.places(starts.y),
        evaluate.control,
    )
    evaluate.njev += int(batch.njev.sum())
    evaluate.nfev += int(batch.nfev.sum())
    merit = task.direction.merit(batch.best.score)
    y = space.inside(space.bounds.inner_of(batch.best.x))
    good = np.isfinite(merit) & np.isfinite(y).all(axis=0)
    return Explored(y, np.where(good, merit, np.inf), batch.error)


def _half_cosine(t: IntArray, n_iter: int) -> FloatArray:
    found: FloatArray = 0.5 * (1.0 + np.cos(np.pi * (t - 1) / n_iter))
    return found
