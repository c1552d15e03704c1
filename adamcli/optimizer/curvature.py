"""The parabola through a point: its curvature, and how much lower its minimum is.

With g the gradient and H the matrix of second derivatives, the minimum of the parabola is at
x - H^-1 g, and 1/2 g^T H^-1 g lower (Boyd and Vandenberghe 2004, section 9.5.1: half the squared
Newton decrement). H comes from differences of the gradient. Bounds that are active, and variables
without room, do not move.

All arrays have the points on their last axis, and every operation works element by element, so that
a point has the same bits alone and among others.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import BoolArray, FloatArray
    from adamcli.objective.base import Evaluation, Objective
    from adamcli.optimizer.bounds import Bounds

MOST = 128
"""The most coordinates whose curvature is worth its evaluations, one of the gradient for each."""

AT_ONCE = 270_000
"""Numbers of the points that are evaluated together."""

HUGE = 1_000_000
"""Coordinates of points whose arrays are not kept longer than they are needed."""

FLAT, NEGATIVE = 1e-10, -1e-6
"""Curvature relative to that of the coordinates alone: too small to tell from 0, and below 0."""


class Bound:
    """An objective bound to the arrays of one point `x` (dim, 1), whose `gradient` a call returns.

    To bind arrays that overflow the cache takes as long as some evaluations. Those of `HUGE` points
    are bound anew in each call, as they would take the memory that is left. `nfev` is known after
    the first call.
    """

    def __init__(self, objective: Objective, x: FloatArray) -> None:
        self._objective = objective
        self._kept = self._bound(x.copy()) if x.size < HUGE else None

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the gradient (dim, 1) at `x` (dim, 1)."""
        own, gradient, evaluation = self._kept or self._bound(x)
        if own is not x:
            own[:] = x
        for call in evaluation.calls:
            call()
        self.nfev = evaluation.nfev
        return gradient if own is x else gradient.copy()

    def _bound(self, x: FloatArray) -> tuple[FloatArray, FloatArray, Evaluation]:
        gradient = np.empty_like(x)
        return x, gradient, self._objective.bind(x, np.empty(1), gradient)


class Parabola(NamedTuple):
    """What the parabola through each point says.

    `decrease` (points,) is how much lower its minimum is, and `step` (dim, points) leads there.
    `least` (points,) is the smallest pivot of H, scaled to a diagonal of 1 and -1: if it is
    negative the curvature is, in some direction, and the other two take its size for it. `dips`
    (dim, points) are the negative pivots, unscaled.
    """

    decrease: FloatArray
    step: FloatArray
    least: FloatArray
    dips: FloatArray


def predicted_decrease(
    objective: Objective, bounds: Bounds, x: FloatArray, gradient: FloatArray
) -> FloatArray:
    """Return how much lower the minimum near each of the points `x` (dim, points) is."""
    dim, points = x.shape
    width = max(1, AT_ONCE // (dim * (dim + objective.entries)))
    found = np.empty(points)
    for first in range(0, points, width):
        some = np.arange(first, min(first + width, points))
        part = parabola(objective.taken(some), bounds, x[:, some], gradient[:, some])
        found[some] = np.where(part.least >= NEGATIVE, part.decrease, np.inf)
    return found


def parabola(
    objective: Objective,
    bounds: Bounds,
    x: FloatArray,
    gradient: FloatArray,
    steps: FloatArray | None = None,
    pushed: BoolArray | None = None,
    bound: Bound | None = None,
) -> Parabola:
    """Return the parabola through the points `x` (dim, points), which have this `gradient`.

    The gradient, of what is minimised, is evaluated once more for each coordinate: after one of the
    `steps`, or after those that suit a smooth function. Coordinates that are `pushed` against
    bounds, those at an active bound unless given, do not move. `bound` is the objective of a single
    run.
    """
    smallest = sqrt(objective.gradient_error) * sizes(bounds, x)
    steps = smallest if steps is None else np.where(steps == 0, smallest, steps)
    steps = inside(bounds, x, steps)
    if pushed is None:
        pushed = np.logical_or(*bounds.active(x, gradient))
    moves = ~pushed & (bounds.low < bounds.high)[:, np.newaxis]
    hessian = _hessian(objective, x, gradient, steps, bound)
    # A coordinate that does not move has a row of its own, and no slope.
    hessian = np.where(moves[:, np.newaxis] & moves, hessian, np.eye(len(x))[:, :, np.newaxis])
    diagonal = np.abs(np.einsum("kkp->kp", hessian))
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    matrix = hessian / (scale[:, np.newaxis] * scale)
    slope = np.where(moves, gradient, 0.0) / scale
    # One point without an axis of its own takes half the time.
    single = (..., 0) if slope.shape[1] == 1 else ...
    decrease, step, pivots = _solved(matrix[single], slope[single])
    step, pivots = step.reshape(slope.shape), pivots.reshape(slope.shape)
    decrease = decrease.reshape(-1)
    decrease = np.where(np.isfinite(decrease), decrease, np.inf)
    dips = np.minimum(pivots, 0.0) * scale * scale
    return Parabola(decrease, step / scale, np.minimum.reduce(pivots), dips)


def extremes(
    objective: Objective,
    bounds: Bounds,
    gradient: FloatArray,
    bound: Bound,
    x: FloatArray,
    most: int,
) -> tuple[float, float]:
    """Return about the least and the greatest curvature at the point `x` (dim, 1).

    They are those of the space that H spans from one direction in `most` evaluations (Lanczos 1950;
    Golub and Van Loan 2013, section 10.1), in coordinates of like size. Coordinates without room on
    both sides stay. The first direction has parts in all of them.
    """
    size = sizes(bounds, x)
    step = sqrt(objective.gradient_error * len(x)) * size
    moves = (x - step >= bounds.low[:, np.newaxis]) & (x + step <= bounds.high[:, np.newaxis])
    places = np.arange(len(x), dtype=float)[:, np.newaxis]
    vector = np.where(moves, 1.0 + 0.5 * np.cos(places * places), 0.0)
    basis: list[FloatArray] = []
    products: list[FloatArray] = []
    least = 0.0
    while len(basis) < most and (length := float(np.linalg.norm(vector))) > least:
        basis.append(vector / length)
        slopes = bound(x + step * basis[-1]) - gradient
        vector = np.where(moves, size * slopes / step * size, 0.0)
        products.append(vector)
        # What rounding leaves of a direction that is not new is none.
        least = max(least, FLAT * float(np.linalg.norm(vector)))
        for other in basis:
            vector = vector - np.sum(other * vector) * other
    if not basis:
        return 0.0, 0.0
    space = np.concatenate(basis, axis=1)
    projected = space.T @ np.concatenate(products, axis=1)
    values = np.linalg.eigvalsh(0.5 * (projected + projected.T))
    return float(values[0]), float(values[-1])


def _hessian(
    objective: Objective,
    x: FloatArray,
    gradient: FloatArray,
    steps: FloatArray,
    bound: Bound | None,
) -> FloatArray:
    """Return the second derivatives (dim, dim, points), made symmetric."""
    dim, points = x.shape
    shifted = np.repeat(x[:, np.newaxis], dim, axis=1)
    each = np.arange(dim)
    shifted[each, each] += steps
    taken = shifted[each, each] - x
    flat = shifted.reshape(dim, -1)
    if points == 1 and dim * (dim + objective.entries) > AT_ONCE:
        # What overflows the cache together is faster one by one.
        bound = bound or Bound(objective, x)
        slopes = np.concatenate([bound(flat[:, k : k + 1]) for k in range(dim)], axis=1)
    else:
        slopes, wide = np.empty_like(flat), objective.taken(np.tile(np.arange(points), dim))
        for call in wide.bind(flat, np.empty(dim * points), slopes).calls:
            call()
    slopes = slopes.reshape(shifted.shape)
    rows = (slopes - gradient[:, np.newaxis]) / np.where(taken == 0, 1.0, taken)
    found: FloatArray = 0.5 * (rows + rows.transpose(1, 0, 2))
    return found


def sizes(bounds: Bounds, x: FloatArray) -> FloatArray:
    """Return the sizes of the coordinates of `x` (dim, points): at least 1/1000 of their range."""
    width = (bounds.high - bounds.low)[:, np.newaxis]
    return np.maximum(np.abs(x), np.where(np.isfinite(width), 1e-3 * width, 1e-3))


def inside(bounds: Bounds, x: FloatArray, steps: FloatArray) -> FloatArray:
    """Return `steps` from the points `x`, turned round or shortened where they leave the box."""
    if bounds.box is None:
        return steps
    low, high = (end[:, np.newaxis] for end in bounds.box)
    leaves = (x + steps > high) | (x + steps < low)
    room = np.maximum(high - x, x - low)
    to_room = np.where(high - x >= x - low, 1.0, -1.0)
    return np.where(leaves, to_room * np.minimum(np.abs(steps), room), steps)


def _solved(matrix: FloatArray, slope: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return 1/2 s^T M^-1 s, the step -M^-1 s and the pivots of M, by elimination.

    Negative pivots count as positive ones, which leads away from a saddle.
    """
    dim = len(slope)
    # The slope is one more column.
    rows = np.concatenate([matrix, slope[:, np.newaxis]], axis=1)
    inverses = np.empty_like(slope)
    for k in range(dim):
        inverses[k] = inverse = 1.0 / np.maximum(np.abs(rows[k, k]), FLAT)
        rest = rows[k + 1 :, k + 1 :]
        rest -= (rows[k + 1 :, k] * inverse)[:, np.newaxis] * rows[k, k + 1 :]
    slope, pivots = rows[:, dim], np.einsum("kk...->k...", rows[:, :dim])
    step, factors = -slope * inverses, rows[:, :dim] * inverses[:, np.newaxis]
    for k in reversed(range(1, dim)):
        step[:k] -= factors[:k, k] * step[k]
    # Unlike a sum, this adds in the same order whatever the shape.
    decrease = np.add.accumulate(0.5 * slope * slope * inverses)[-1]
    return decrease, step, pivots
