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


_ZERO, _ONE = np.zeros(()), np.ones(())


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
        # Views: `shifted[n, k]` is coordinate k after its step n, and `rows[n, k]` the value there.
        shifted = np.einsum("knkr->nkr", points[:, 1:].reshape(dim, steps, dim, runs))
        rows, at, here = values[1:].reshape(steps, dim, runs), values[0], x[:, None, :]
        # Calls on contiguous arrays of one shape, without plain numbers, take a third of the time.
        box = [end[:, None] for end in self._box]
        low, high = (np.repeat(end, runs, axis=1) for end in box)
        moved, shifts, slope = np.empty(rows.shape), np.empty(rows.shape), np.empty(x.shape)
        relative, sign = map(np.array, (SCHEMES[self._scheme], self._sign))
        step = np.empty(x.shape)
        move = _moves(x, step, moved)
        bounded = _forward if steps == 1 else _central
        inner_slope = _inner_slope(at, rows, shifts, slope)
        # Searching bytes for a byte costs a tenth of `ndarray.any`.
        touches = bytearray(2 * moved.size)
        sides = np.frombuffer(touches, dtype=bool).reshape(2, *moved.shape)
        each = list(zip(moved, shifts, *sides, strict=True))

        def run() -> None:
            np.absolute(x, step)
            np.maximum(step, _ONE, out=step)
            np.multiply(step, relative, step)
            move()
            for end, _, below, above in each:
                np.less_equal(end, low, below)
                np.greater_equal(end, high, above)
            inside = 1 not in touches
            if not inside:
                for (end, *_), shift in zip(each, bounded(x, step, *box), strict=True):
                    end[:] = np.clip(x + shift, *box)
            points[:] = here
            shifted[:] = moved
            for call in evaluation:
                call()
            f[:] = at
            for end, shift, *_ in each:
                np.subtract(end, x, shift)
            inner_slope()
            np.multiply(slope if inside else _slope(slope, at, rows, shifts), sign, g)

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


def _moves(x: Array, step: Array, moved: Array) -> Callable[[], object]:
    """Return the call that sets `moved` (steps, dim, runs) to the points away from the bounds.

    They are one step away from zero, or one below and one above.
    """
    first, last = moved[0], moved[-1]

    def forward() -> None:
        # A zero counts as positive, whatever its sign.
        np.add(x, _ZERO, first)
        np.copysign(step, first, step)
        np.add(x, step, first)

    def both_ways() -> None:
        np.subtract(x, step, first)
        np.add(x, step, last)

    return forward if len(moved) == 1 else both_ways


def _forward(x: Array, step: Array, low: Array, high: Array) -> list[FloatArray]:
    """Return one step per coordinate: `step`, or to the side with room."""
    below, above = x - low, high - x
    fits = np.abs(step) <= np.maximum(below, above)
    leaves = (x + step < low) | (x + step > high)
    step = np.where(leaves & fits, -step, step)
    return [np.where(fits, step, np.where(above >= below, above, -below))]


def _central(x: Array, step: Array, low: Array, high: Array) -> list[FloatArray]:
    """Return two steps per coordinate: to both sides, or both to the side with more room."""
    below, above = x - low, high - x
    room = np.minimum(below, above)
    one_sided = np.where(above >= below, np.minimum(step, above / 2), -np.minimum(step, below / 2))
    central = (room >= step) | (np.abs(one_sided) <= room)
    step = np.minimum(step, room)
    return [np.where(central, -step, one_sided), np.where(central, step, 2 * one_sided)]


def _inner_slope(at: Array, rows: Array, shifts: Array, slope: Array) -> Callable[[], object]:
    """Return the call that sets `slope` to the derivative by one step, or by two opposite ones."""
    first, last, a, b = rows[0], rows[-1], shifts[0], shifts[-1]
    width = np.empty(a.shape)

    def forward() -> None:
        np.subtract(first, at, slope)
        np.divide(slope, a, slope)

    def central() -> None:
        np.subtract(last, first, slope)
        np.subtract(b, a, width)
        np.divide(slope, width, slope)

    return forward if len(rows) == 1 else central


def _slope(inner: Array, at: Array, rows: Array, shifts: Array) -> FloatArray:
    """Return the derivative of the parabola (or line) through the values, at the unmoved point.

    `inner` is that of one step, or of two opposite ones.
    """
    slope = inner
    if len(rows) == 2:
        (first, second), (a, b) = rows, shifts
        with np.errstate(all="ignore"):
            one_sided = ((first - at) * (b / a) - (second - at) * (a / b)) / (b - a)
        slope = np.where((a < 0) & (b > 0), inner, one_sided)
    # A coordinate whose bounds coincide cannot move, and has no slope.
    return np.where(shifts[0] == 0, 0.0, slope)
