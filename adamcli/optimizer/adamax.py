"""The update of AdaMax (Kingma and Ba 2015, algorithm 2), with eps where PyTorch adds it.

m <- beta1 * m + (1 - beta1) * g
u <- max(beta2 * u, |g| + eps)
x <- x - alpha / (1 - beta1**t) * m / u
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from numpy import absolute, add, divide, maximum, multiply, subtract

from adamcli.optimizer.adam import average, mhat
from adamcli.optimizer.hyperparameters import decays
from adamcli.optimizer.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


class AdaMax(Method):
    """Adam with the largest recent gradient in place of the average of squares."""

    hyperparameters = ("alpha", "beta1", "beta2", "eps")
    states: ClassVar = {
        "m": "the average of the gradient",
        "u": "the largest recent gradient",
    }
    scratch = 1

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return the step size, eps, beta2 and beta1."""
        step = rates.alpha / (1.0 - rates.beta1_product)
        return step, rates.eps, rates.beta2, rates.beta1

    def shown(self, states: FloatArray, rates: Rates) -> dict[str, FloatArray]:
        """Return mhat and u."""
        m, u = states
        return {"m̂": mhat(m, rates), "u": u}

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update."""
        (m, u), (g, work) = states, samples
        (decay,), (weight,), change = decays((settings.beta1,), x.shape)

        def update(step: FloatArray, eps: FloatArray, beta2: FloatArray, beta1: FloatArray) -> None:
            if change is not None:
                change(beta1)
            average(m, g, decay, weight, work)
            absolute(g, work)
            add(work, eps, work)
            multiply(u, beta2, u)
            maximum(u, work, out=u)
            divide(m, u, work)
            multiply(work, step, work)
            subtract(x, work, x)

        return update
