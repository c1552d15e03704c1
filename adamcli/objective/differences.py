"""Gradients from differences of values: forward, central, and along the imaginary axis.

Step sizes and sides are SciPy's (`scipy.optimize.approx_fprime` and `_numdiff.py`):
sqrt(eps) * max(1, |x|) for forward differences and the complex step, eps**(1/3) for central ones.
The complex step is that of Squire and Trapp (1998). No point ever leaves the bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.objective.base import EPSILON, Evaluation, Objective

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import Array, FloatArray
    from adamcli.objective.base import BatchFunction

SCHEMES = {"2-point": EPSILON**0.5, "3-point": EPSILON ** (1 / 3), "complex-step": EPSILON**0.5}
"""The relative step of each scheme."""

_ERRORS = {"2-point": EPSILON**0.5, "3-point": EPSILON ** (2 / 3), "complex-step": EPSILON}


class DifferenceObjective(Objective):
    """The values of a function, with a gradient from differences.

    `box` holds the bounds (dim,) that no point may cross; None if the function may be called
    anywhere. `sign` is 1 to minimise and -1 to maximise.
    """

    def __init__(
        self,
        values: BatchFunction,
        dim: int,
        scheme: str,
        box: tuple[FloatArray, FloatArray] | None = None,
        sign: float = 1.0,
    ) -> None:
        self.values = values
        self.gradient_error = _ERRORS[scheme]
        self.difference = SCHEMES[scheme] if scheme != "complex-step" else 0.0
        self._dim = dim
        self._scheme = scheme
        self._box = box or (np.full(dim, -np.inf), np.full(dim, np.inf))
        self._sign = sign
        self.entries = (2 * dim + 1) * (dim + 1)

    def bind(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Evaluation:
        """Return the evaluation; all shifted points are evaluated together, as more runs."""
        if self._scheme == "complex-step":
            return Evaluation([self._complex(x, f, g)], 1 + self._dim)
        steps = 1 if self._scheme == "2-point" else 2
        return Evaluation([self._real(x, f, g, steps)], 1 + steps * self._dim)

    def _real(self, x: FloatArray, f: FloatArray, g: FloatArray, steps: int) -> Callable[[], None]:
        dim, runs = x.shape
        points = np.empty((dim, 1 + steps * dim, runs))
        values = np.empty((1 + steps * dim, runs))
        evaluation = self.values.bind_values(points.reshape(dim, -1), values.reshape(-1))
        # Views: `shifted[k, n, k]` is coordinate k after its step n, `rows[n, k]` the value there.
        shifted = points[:, 1:].reshape(dim, steps, dim, runs)
        rows = values[1:].reshape(steps, dim, runs)
        each = np.arange(dim)
        low, high = (end[:, None] for end in self._box)
        shifts = _forward if steps == 1 else _central

        def run() -> None:
            points[:] = x[:, None, :]
            for n, shift in enumerate(shifts(x, low, high)):
                shifted[each, n, each] = np.clip(x + shift, low, high)
            for call in evaluation:
                call()
            f[:] = values[0]
            moved = [shifted[each, n, each] - x for n in range(steps)]
            g[:] = self._sign * _slope(values[0], rows, moved)

        return run

    def _complex(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Callable[[], None]:
        dim, runs = x.shape
        points = np.empty((dim, dim, runs), dtype=complex)
        values = np.empty((dim, runs), dtype=complex)
        at_point = self.values.bind_values(x, f)
        evaluation = self.values.bind_values(points.reshape(dim, -1), values.reshape(-1))
        each = np.arange(dim)

        def run() -> None:
            for call in at_point:
                call()
            step = SCHEMES["complex-step"] * np.maximum(1.0, np.abs(x))
            points[:] = x[:, None, :]
            points[each, each] += 1j * step
            for call in evaluation:
                call()
            g[:] = self._sign * (values.imag / step)

        return run


def _forward(x: Array, low: Array, high: Array) -> list[FloatArray]:
    """Return one step per coordinate: away from zero, or to the side with room."""
    step = SCHEMES["2-point"] * np.where(x >= 0, 1.0, -1.0) * np.maximum(1.0, np.abs(x))
    below, above = x - low, high - x
    fits = np.abs(step) <= np.maximum(below, above)
    leaves = (x + step < low) | (x + step > high)
    step = np.where(leaves & fits, -step, step)
    return [np.where(fits, step, np.where(above >= below, above, -below))]


def _central(x: Array, low: Array, high: Array) -> list[FloatArray]:
    """Return two steps per coordinate: to both sides, or both to the side with more room."""
    step = SCHEMES["3-point"] * np.maximum(1.0, np.abs(x))
    below, above = x - low, high - x
    room = np.minimum(below, above)
    one_sided = np.where(above >= below, np.minimum(step, above / 2), -np.minimum(step, below / 2))
    central = (room >= step) | (np.abs(one_sided) <= room)
    step = np.minimum(step, room)
    return [np.where(central, -step, one_sided), np.where(central, step, 2 * one_sided)]


def _slope(at: Array, rows: Array, moved: list[FloatArray]) -> FloatArray:
    """Return the derivative of the parabola (or line) through the values, at the unmoved point."""
    with np.errstate(all="ignore"):
        if len(rows) == 1:
            slope = (rows[0] - at) / moved[0]
        else:
            (first, second), (a, b) = rows, moved
            central = (second - first) / (b - a)
            one_sided = ((first - at) * (b / a) - (second - at) * (a / b)) / (b - a)
            slope = np.where((a < 0) & (b > 0), central, one_sided)
    # A coordinate whose bounds coincide cannot move, and has no slope.
    return np.where(moved[0] == 0, 0.0, slope)
