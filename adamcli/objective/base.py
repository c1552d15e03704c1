"""What the optimizer and a config need from an objective, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import Array, FloatArray, IntArray
    from adamcli.objective.residuals import Residuals


SCHEME_NAMES = {
    "2-point": "2-point",
    "3-point": "3-point",
    "complex-step": "complex-step",
    "finite-difference": "2-point",
}
"""The names a user may give a gradient by differences, with the scheme each one means."""

EPSILON = 2.0**-52
"""The distance from 1 to the next number."""

PACKAGES = ("autograd", "jax")
"""The packages that differentiate Python functions, and the extras that install them."""


class Specification(NamedTuple):
    """An objective as a config names it: what is known before any user code runs.

    `gradient` is `derived`, `by hand`, a scheme, a package, or the name of a function. `make`
    returns the objective, ready to be bound, and can be pickled, as results are; it raises
    `ObjectiveError` or `FileError` if code cannot be loaded. `code` describes the code that it
    runs, if any; `files` are the names of the files it is in. `takes_batches` says whether one call
    evaluates many runs, and `takes_constants` whether constants may differ between those runs.
    `residuals` is set if the objective is known to be a sum of squares.
    """

    gradient: str
    make: Callable[[], Objective]
    code: str = ""
    files: tuple[str, ...] = ()
    takes_batches: bool = True
    takes_constants: bool = False
    residuals: Residuals | None = None


class Evaluation(NamedTuple):
    """An objective bound to arrays: the `calls`, run in order, fill value and gradient.

    `nfev` is how often this evaluates the function in each run; the gradient counts as one. If a
    step consists of several updates, `passes` are the calls after each of them. `measures`
    (measures, runs) is filled as well; if the first of them `ranks`, it says which point is best.
    """

    calls: Sequence[Callable[[], object]]
    nfev: int = 1
    passes: Sequence[Sequence[Callable[[], object]]] = ()
    measures: FloatArray | None = None
    ranks: bool = False


class Objective(Protocol):
    """A function with a gradient, for a batch of runs.

    `entries` is how many intermediate numbers it stores per run. `values` is the function alone.
    `gradient_error` is the relative error of the gradient from differences, or from rounding.
    `difference` is over what distance real differences are taken, for x near 1; else it is 0.
    `cheap` says whether many runs take little longer than one. `measures` names what is measured
    besides, if anything. A step of a run consists of so many `updates`.
    """

    entries: int
    values: BatchFunction
    gradient_error: float = EPSILON
    difference: float = 0.0
    cheap: bool = False
    measures: tuple[str, ...] = ()
    updates: int = 1

    @property
    def numbers(self) -> int:
        """How many numbers the intermediate arrays have per run, whether they are stored or not."""
        return self.entries

    def bind(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Evaluation:
        """Return the evaluation that reads `x` (dim, runs) and writes `f` (runs,), `g` (dim, runs).

        `g` is the gradient of what is minimised, so that of -f when f is maximised. `f` keeps the
        user's sign.
        """

    def taken(self, runs: IntArray) -> Objective:
        """Return the objective of the given ones of its runs, if constants differ between them."""
        return self

    def whole(self) -> Objective:
        """Return the objective of all data, if this takes a part of them at a time."""
        return self


class BatchFunction(Protocol):
    """A function that can be evaluated at many points at once, as differences need."""

    def bind_values(self, x: Array, f: Array) -> Sequence[Callable[[], object]]:
        """Return the calls that read `x` (dim, points) and write `f` (points,).

        Both are float64, or both complex128 for complex-step differences.
        """
