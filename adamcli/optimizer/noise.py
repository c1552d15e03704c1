"""How much noise a function has, from a few values along a line.

The differences of order k of a smooth function fall with the distance of its points to the power k;
those of its noise do not (Hamming 1973, chapter 6; More and Wild 2011, "Estimating computational
noise", algorithm ECnoise).
"""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from adamcli.optimizer.curvature import inside, sizes

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.optimizer.loop import Task

POINTS = 6

DISTANCE = 1e-6
"""Distance of the points, as a part of the coordinates: so small that functions are smooth over it,
and so large that values rounded to a few digits are not all the same."""

EVALUATIONS = POINTS
"""How often the function is evaluated."""

LEAST = 2.0**-40
"""Noise below this part of the values is rounding."""


def noise_of(task: Task, x: FloatArray, merit: float) -> float:
    """Return the standard deviation of the noise at `x` (dim,), where `merit` was found; 0 if none.

    A function of the step number, or of chance, is told by another value at the same point.
    """
    column = x[:, np.newaxis]
    step = inside(task.bounds, column, DISTANCE * sizes(task.bounds, column))
    points = column + step * np.arange(POINTS)
    if task.bounds.box is not None:
        points = np.clip(points, *(end[:, np.newaxis] for end in task.bounds.box))
    values = np.empty(POINTS)
    for call in task.objective.values.bind_values(points, values):
        call()
    values = task.direction.merit(values)
    again, rounding = abs(float(values[0]) - merit), LEAST * abs(merit)
    noise = again if again > rounding else _noise(values)
    return noise if noise > rounding else 0.0


def _noise(values: FloatArray) -> float:
    """Return the noise of `values`, or 0 if their differences are those of a smooth function."""
    sizes, alternates = [], []
    differences = values
    for order in range(1, len(values) - 1):
        differences = np.diff(differences)
        scale = factorial(order) ** 2 / factorial(2 * order)
        sizes.append(float(np.sqrt(scale * np.mean(differences**2))))
        alternates.append(bool((differences > 0).any() and (differences < 0).any()))
    for first in range(len(sizes) - 2):
        three = sizes[first : first + 3]
        if max(three) <= 4 * min(three) and all(alternates[first : first + 3]):
            return three[0]
    return 0.0
