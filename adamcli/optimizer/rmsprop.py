"""The update of RMSProp (Tieleman and Hinton 2012, lecture 6.5).

v <- beta2 * v + (1 - beta2) * g**2
x <- x - alpha * g / (sqrt(v) + eps)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from numpy import multiply, sqrt

from adamcli.optimizer.adam import average, descend
from adamcli.optimizer.hyperparameters import decays
from adamcli.optimizer.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


class RMSProp(Method):
    """The gradient, divided by the root of the average of its squares."""

    hyperparameters = ("alpha", "beta2", "eps")
    states: ClassVar = {"v": "the average of the squared gradient"}
    watched = 1
    scratch = 1

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return alpha, eps and beta2."""
        return rates.alpha, rates.eps, rates.beta2

    def shown(self, states: FloatArray, rates: Rates) -> dict[str, FloatArray]:
        """Return the root of v."""
        return {"√v": sqrt(states[0])}

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update."""
        (v,), (g, work) = states, samples
        (decay,), (weight,), change = decays((settings.beta2,), x.shape)

        def update(alpha: FloatArray, eps: FloatArray, beta2: FloatArray) -> None:
            if change is not None:
                change(beta2)
            multiply(g, g, work)
            average(v, work, decay, weight, work)
            descend(x, g, v, alpha, eps, work, eps_inside=False)

        return update
