"""What to try after a run that did not arrive: another alpha, another n_iter, another eps.

Numbers are rounded to one digit, as they are estimates.
"""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING

import numpy as np

from adamcli.optimizer.status import Status

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.optimizer.loop import Task
    from adamcli.optimizer.result import BatchResult

ELSEWHERE = "start elsewhere: set another start or seed"

MOST_STEPS = 10**9
"""More steps than that are no advice."""

FEWEST_STEPS = 10
"""Fewer steps than that do not come to rest, whatever their length."""

SAMPLES = 200
"""At how many steps, twice, alpha is looked at to sum it up."""

FALLING = "(1 - t/n_iter)"


def reach_of(task: Task, nit: int, n_iter: int) -> FloatArray:
    """Return the sum of alpha over `nit` of `n_iter` steps, () or (dim,)."""
    alpha = task.hyperparameters.alpha
    if not callable(alpha):
        return np.asarray(nit * float(alpha))
    if not nit:
        return np.zeros(())
    # A schedule that falls fast needs every early step, one that falls late the others.
    sampled = np.append(np.geomspace(1, nit, SAMPLES), np.linspace(1, nit, SAMPLES))
    t = np.unique(sampled.astype(np.int64))
    values = alpha(t, n_iter)
    between = 0.5 * (values[..., 1:] + values[..., :-1]) * np.diff(t)
    return np.asarray(between.sum(axis=-1) + 0.5 * (values[..., 0] + values[..., -1]))


def go_further(task: Task, batch: BatchResult, ratio: float) -> str:
    """Return how to let the steps go `ratio` times as far, or how to begin if there were none."""
    alpha, nit = task.hyperparameters.alpha, int(batch.nit[0])
    if not nit:
        return "set an n_iter above 0"
    if not callable(alpha) and alpha == 0:
        return "set an alpha above 0"
    options = []
    # Steps that grow with the slope may be as long already as the curvature allows.
    if task.method.paced and nit >= FEWEST_STEPS:
        if callable(alpha):
            options.append(f"{one_digit(ratio)} times the alpha")
        else:
            options.append(f"alpha: {one_digit(ratio * float(alpha))}")
    return "try " + ", or ".join([*options, *_longer(task, batch, ratio)] or ["a larger alpha"])


def _longer(task: Task, batch: BatchResult, ratio: float) -> list[str]:
    status, nit = batch.status_of(0), int(batch.nit[0])
    if status is Status.CONVERGED:
        rule = batch.rule_of(0, task.stop)
        return [f"a stricter rule than `{rule.text}`"] if rule is not None else []
    if status is not Status.FINISHED:
        return ["a run that is not stopped"]
    if ratio * nit > MOST_STEPS:
        return []
    n_iter = rounded_up(ratio * nit)
    # More steps help little if alpha has fallen by then.
    far = reach_of(task, n_iter, n_iter) >= 0.5 * ratio * reach_of(task, nit, task.n_iter)
    return [f"n_iter: {n_iter}"] if far.all() else []


def settle(task: Task, least: float) -> str:
    """Return how to come to rest: with an alpha that falls, or a tenth of it but no less."""
    alpha = task.hyperparameters.alpha
    if callable(alpha):
        return "try a tenth of the alpha, or one that falls faster"
    smaller = one_digit(max(0.1 * float(alpha), min(least, 0.5 * float(alpha))))
    return f"try alpha: {float(alpha):g}*{FALLING}, or alpha: {smaller}"


def begin_gently(task: Task, batch: BatchResult, most: float) -> str:
    """Return how to take steps that do not pass over the minimum: at most `most` long."""
    alpha = task.hyperparameters.alpha
    if callable(alpha):
        return "try a tenth of the alpha"
    few = int(batch.nit[0]) < FEWEST_STEPS
    return f"try alpha: {one_digit(min(0.1 * float(alpha), most))}" + " with n_iter: 100" * few


def one_digit(value: float) -> str:
    """Return a positive number rounded to one digit."""
    return f"{float(f'{value:.0e}'):g}"


def rounded_up(value: float) -> int:
    """Return a number of steps rounded up to one digit."""
    if value <= 10:
        return max(1, ceil(value))
    unit = 10 ** floor(log10(value))
    return int(ceil(value / unit) * unit)
