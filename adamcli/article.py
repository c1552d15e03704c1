"""The article's `adam`, for scripts that call it and expect its numbers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.objective.callables import FunctionObjective
from adamcli.optimizer.adam import Adam
from adamcli.optimizer.bounds import StartBounds
from adamcli.optimizer.hyperparameters import Hyperparameters, check
from adamcli.optimizer.loop import Task, Watch, minimize_batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from adamcli.optimizer.result import Record


def adam(
    objective: Callable[..., Any],
    derivative: Callable[..., Any],
    bounds: ArrayLike,
    n_iter: int,
    alpha: float,
    beta1: float,
    beta2: float,
    eps: float = 1e-8,
    *,
    callback: Callable[[Record], object] | None = None,
) -> list[Any]:
    """Return `[x, score]` after `n_iter` steps of Adam, as the article's function does.

    `objective(x, y, …)` returns a number and `derivative(x, y, …)` one for each argument. NumPy's
    global generator, as after `numpy.random.seed(1)`, draws the start from `bounds` (dim, 2), which
    steps may leave. `x` (dim,) and `score` are those of the last step. `callback` gets a `Record`
    after every step: `callback=lambda r: print(adamcli.line(r))` prints what the article prints. It
    may raise `StopIteration` to end the run.

    Errors of `objective` and `derivative` are passed on. A run that diverges ends early with a
    `RuntimeWarning`. Raises `UsageError` for a hyperparameter out of range.
    """
    limits = np.asarray(bounds, dtype=float)
    low, high = limits[:, 0], limits[:, 1]
    start = low + np.random.rand(len(limits)) * (high - low)
    settings = Hyperparameters(alpha, beta1, beta2, eps)
    check(settings)
    function = FunctionObjective(lambda x: objective(*x), lambda x: derivative(*x))
    task = Task(function, StartBounds(low, high), Adam(), settings, n_iter)
    watch = Watch(callback) if callback is not None else None
    outcome = minimize_batch(task, start[:, None], watch=watch)
    if outcome.error is not None:
        raise outcome.error.__cause__ or outcome.error
    for found in outcome.divergences.values():
        message = f"adam diverged at t = {found.t}: {found.quantity} is {found.value}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
    return [outcome.last.x[:, 0], float(outcome.last.score[0])]
