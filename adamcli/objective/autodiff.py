"""Exact gradients of Python functions by the optional packages autograd and JAX."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.errors import ObjectiveError, UsageError
from adamcli.objective.base import Evaluation
from adamcli.objective.callables import FunctionValues, by_position, call_user_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import Array, FloatArray
    from adamcli.objective.base import BatchFunction
    from adamcli.objective.residuals import Residuals
    from adamcli.objective.variables import Variables


class AutodiffObjective:
    """A Python function that is differentiated by `package`; it is called for one run at a time.

    The function has to use the package's own NumPy: `autograd.numpy` or `jax.numpy`.

    Raises `UsageError` if the package is not installed.
    """

    entries = 0
    residuals: Residuals | None = None

    def __init__(
        self, fun: Callable[..., Any], variables: Variables, package: str, sign: float = 1.0
    ) -> None:
        # Unlike `by_position`, this leaves what the package traces as it is.
        self._value_and_gradient = _transformed(lambda x: fun(*variables.split(x)), package)
        self._sign = sign
        self.values: BatchFunction = FunctionValues(by_position(fun, variables))

    def bind(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Evaluation:
        """Return the evaluation of value and gradient, which the package computes together."""

        def run() -> None:
            for column in range(x.shape[1]):
                point = x[:, column].copy()
                value, slope = call_user_code(self._value_and_gradient, point, "objective")
                if np.size(value) != 1:
                    raise ObjectiveError(
                        f"the objective returned an array of shape {np.shape(value)}, "
                        "expected one number"
                    )
                f[column] = np.asarray(value, dtype=float).reshape(())
                g[:, column] = self._sign * np.asarray(slope, dtype=float)

        return Evaluation([run], 1, 1)


def _transformed(fun: Callable[[Array], Any], package: str) -> Callable[[Array], Any]:
    try:
        module = import_module(package)
    except ImportError:
        raise UsageError(
            f"gradient: {package} needs the package {package}, which is not installed\n"
            f"  pip install 'adamcli[{package}]'"
        ) from None
    transformed: Callable[[Array], Any]
    if package == "jax":
        module.config.update("jax_enable_x64", True)
        transformed = module.jit(module.value_and_grad(fun))
    else:
        transformed = module.value_and_grad(fun)
    return transformed
