"""The update of AdaGrad (Duchi, Hazan and Singer 2011, equation 1, with a diagonal matrix).

v <- v + g**2
x <- x - alpha * g / (sqrt(v) + eps)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from numpy import add, multiply, sqrt

from adamcli.optimizer.adam import descend
from adamcli.optimizer.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


class AdaGrad(Method):
    """The gradient, divided by the root of the sum of its squares so far."""

    hyperparameters = ("alpha", "eps")
    states: ClassVar = {"v": "the sum of the squared gradient"}
    watched = 1
    scratch = 1

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return alpha and eps."""
        return rates.alpha, rates.eps

    def shown(self, states: FloatArray, rates: Rates) -> dict[str, FloatArray]:
        """Return the root of v."""
        return {"√v": sqrt(states[0])}

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update."""
        (v,), (g, work) = states, samples

        def update(alpha: FloatArray, eps: FloatArray) -> None:
            multiply(g, g, work)
            add(v, work, v)
            descend(x, g, v, alpha, eps, work, eps_inside=False)

        return update
