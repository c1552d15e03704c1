"""What the optimizer asks of an objective, whatever stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import Array, FloatArray
    from adamcli.objective.residuals import Residuals


SCHEME_NAMES = {
    "2-point": "2-point",
    "3-point": "3-point",
    "complex-step": "complex-step",
    "finite-difference": "2-point",
}
"""What a user may write for a gradient by differences, and the scheme it means."""

PACKAGES = ("autograd", "jax")
"""The packages that differentiate Python functions, and the extras that install them."""


class Evaluation(NamedTuple):
    """An objective bound to arrays: the `calls`, made in order, fill value and gradient.

    `nfev` and `njev` are how often this evaluates the function and its gradient, for each run.
    """

    calls: Sequence[Callable[[], object]]
    nfev: int
    njev: int


class Objective(Protocol):
    """A function with a gradient, for a batch of runs.

    `entries` is how many intermediate numbers it keeps for each run. `values` is the function
    alone. `residuals` is there where the function is known to be a sum of squares.
    """

    entries: int
    values: BatchFunction
    residuals: Residuals | None

    def bind(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Evaluation:
        """Return the evaluation that reads `x` (dim, runs) and writes `f` (runs,), `g` (dim, runs).

        `g` points uphill of what is minimised: it is the gradient of -f when f is maximised. `f`
        keeps the user's sign.
        """


class BatchFunction(Protocol):
    """A function that can be evaluated at many points at once; differences are taken of it."""

    residuals: Residuals | None

    def bind_values(self, x: Array, f: Array) -> Sequence[Callable[[], object]]:
        """Return the calls that read `x` (dim, points) and write `f` (points,).

        Both are float64, or both complex128 for complex-step differences.
        """
