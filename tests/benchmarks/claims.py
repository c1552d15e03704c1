"""Wrong claims: what is called a minimum, with a lower point nearby that other searches find."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.measure import Target
from tests.benchmarks.solvers import Task

if TYPE_CHECKING:
    from tests.benchmarks.moved import Problem

CLAIM = "minimum"
"""The verdict that is checked."""

NEARBY = 1e-3
"""How far from the place lower points are looked for, as a part of the width of the box."""

SLACK = 1e-9
"""How much lower a point has to be, as a part of max(1, |score|); and above all rounding."""

SCALES = 10.0 ** -np.arange(8)
"""Random points are drawn in boxes of these parts of the neighbourhood."""

DRAWS = 500
"""Random points at each scale."""

ULPS = 4
"""Places so many floats apart have scores that differ by rounding."""

BUDGET = 60.0
"""CPU seconds of a search."""


def wrong_claims(claimed: list[tuple[Problem, float, np.ndarray, str]]) -> tuple[Target, list[str]]:
    """Return the target, and a line for each wrong claim of problems, scores, places and verdicts.

    Only claims of a minimum count. What is not a number, or outside the box, is wrong as well.
    """
    claims = [(problem, score, x) for problem, score, x, verdict in claimed if verdict == CLAIM]
    wrong = []
    for problem, score, x in claims:
        lower = lowest_nearby(problem, x) if np.isfinite(score) else problem.minimum
        if not (np.isfinite(score) and score - lower <= allowed(problem, score, x)):
            what = f"{problem.name}, d = {problem.dim}"
            wrong.append(f"{what}: {score:.12g}, near it {lower:.12g}")
    return Target(
        f"wrong claims among {len(claims)} minima", str(len(wrong)), "0", not wrong
    ), wrong


def allowed(problem: Problem, score: float, x: np.ndarray) -> float:
    """Return how much lower a point may be: the slack, and the rounding of the score around x."""
    steps = np.random.default_rng(1).integers(-ULPS, ULPS + 1, (64, problem.dim))
    values = problem.scores(x + steps * np.spacing(abs(x)))
    rounding = np.ptp(np.append(values[np.isfinite(values)], score))
    return SLACK * max(1.0, abs(score)) + float(rounding)


def lowest_nearby(problem: Problem, x: np.ndarray) -> float:
    """Return the lowest score that is found in the part of the box around `x`, or known there."""
    task = Task(problem, BUDGET, 0)
    reach = NEARBY * (task.high - task.low)
    task.low, task.high = np.maximum(task.low, x - reach), np.minimum(task.high, x + reach)
    near = np.all((task.low <= problem.minimisers) & (problem.minimisers <= task.high), axis=1)
    points = np.concatenate([problem.minimisers[near], _drawn(task, x)])
    values = np.where(np.isnan(values := problem.scores(points)), np.inf, values)
    order = np.argsort(values, kind="stable")
    starts = np.concatenate([x[None], points[order[:3]]])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        _descend(task, starts)
    return min(float(values[order[0]]), task.best.score)


def _drawn(task: Task, x: np.ndarray) -> np.ndarray:
    """Return random points around `x` at all scales; half of them move one coordinate alone."""
    random, dim = np.random.default_rng(0), len(x)
    half = (task.high - task.low) / 2
    moves = [scale * half * random.uniform(-1, 1, (DRAWS, dim)) for scale in SCALES]
    for move in moves:
        alone = np.arange(dim) == random.integers(0, dim, (DRAWS // 2, 1))
        move[: DRAWS // 2] *= alone
    return np.clip(x + np.concatenate(moves), task.low, task.high)


def _descend(task: Task, starts: np.ndarray) -> None:
    """Search from the starts and over the whole neighbourhood; the task keeps what is found."""
    from scipy.optimize import differential_evolution, minimize

    box = list(zip(task.low.tolist(), task.high.tolist(), strict=True))
    for start in starts:
        minimize(task.value_and_gradient, start, jac=True, method="L-BFGS-B", bounds=box)
        for scale in (0.5, 1e-3):
            simplex = start + np.vstack([np.zeros(task.dim), np.diag(scale * (task.high - start))])
            options = {"initial_simplex": simplex, "maxfev": 200 * task.dim}
            minimize(task.value, start, method="Nelder-Mead", bounds=box, options=options)
    differential_evolution(task.value, box, maxiter=20, popsize=5, rng=0, polish=False)
