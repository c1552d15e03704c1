"""The objective of a Python function, by what its gradient is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adamcli.objective.base import PACKAGES
from adamcli.objective.callables import (
    BatchObjective,
    BatchValues,
    FunctionObjective,
    FunctionValues,
    by_position,
)
from adamcli.objective.differences import DifferenceObjective

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.objective.base import Objective
    from adamcli.objective.variables import Variables


def function_objective(
    fun: Callable[..., Any],
    gradient: Callable[..., Any] | str,
    variables: Variables,
    box: tuple[FloatArray, FloatArray] | None,
    sign: float,
    *,
    vectorized: bool = False,
) -> Objective:
    """Return the objective of `fun`, which takes one argument a variable.

    `gradient` is such a function too, a scheme of differences, or a package that differentiates.
    With `vectorized` both functions take whole batches.

    Raises `UsageError` if the package is not installed.
    """
    if gradient in PACKAGES:
        from adamcli.objective.autodiff import AutodiffObjective

        return AutodiffObjective(fun, variables, str(gradient), sign)
    point = by_position(fun, variables)
    if callable(gradient):
        kind = BatchObjective if vectorized else FunctionObjective
        return kind(point, by_position(gradient, variables), sign)
    values = BatchValues(point) if vectorized else FunctionValues(point)
    return DifferenceObjective(values, variables.dim, gradient, box, sign)
