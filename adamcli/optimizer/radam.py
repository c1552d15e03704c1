"""The update of RAdam (Liu et al. 2020, algorithm 2).

    m <- beta1 * m + (1 - beta1) * g
    v <- beta2 * v + (1 - beta2) * g**2
    x <- x - alpha * mhat * r * sqrt(1 - beta2**t) / (sqrt(v) + eps)   if rho > 5
    x <- x - alpha * mhat                                              otherwise
         with mhat = m / (1 - beta1**t)
         and  rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t), rho_inf = 2 / (1 - beta2) - 1
         and  r**2 = (rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)

The paper says rho > 4; its own code, and PyTorch, say 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy import add, divide, multiply, sqrt, subtract

from adamcli.optimizer.adam import Adam, average, mhat, root_vhat
from adamcli.optimizer.hyperparameters import decays
from adamcli.optimizer.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


class RAdam(Method):
    """Adam that follows the average of the gradient until that of its square is known."""

    hyperparameters = ("alpha", "beta1", "beta2", "eps")
    states: ClassVar = Adam.states
    watched = 1
    scratch = 2
    # The first steps are alpha times the gradient.
    paced = False

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return the step size, the factor of sqrt(v) and what is added to it, the decay rates."""
        product = rates.beta2_product
        most = 2.0 / (1.0 - rates.beta2) - 1.0
        rho = most - 2.0 * rates.t * product / (1.0 - product)
        known = rho > 5.0
        square = (rho - 4.0) * (rho - 2.0) * most / ((most - 4.0) * (most - 2.0) * rho)
        step = rates.alpha / (1.0 - rates.beta1_product)
        step = step * np.where(known, sqrt(square * (1.0 - product)), 1.0)
        eps = np.where(known, rates.eps, 1.0)
        return step, np.where(known, 1.0, 0.0), eps, rates.beta1, rates.beta2

    def shown(self, states: FloatArray, rates: Rates) -> dict[str, FloatArray]:
        """Return both moments with their bias corrected, the second as its root."""
        return {"m̂": mhat(states[0], rates), "√v̂": root_vhat(states[1], rates)}

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update; one call averages both moments."""
        (m, v), (g, squares, work), pair = states, samples, samples[:2]
        decay, weight, change = decays((settings.beta1, settings.beta2), x.shape)

        def update(
            step: FloatArray,
            factor: FloatArray,
            eps: FloatArray,
            beta1: FloatArray,
            beta2: FloatArray,
        ) -> None:
            if change is not None:
                change(beta1, beta2)
            multiply(g, g, squares)
            average(states, pair, decay, weight, pair)
            sqrt(v, work)
            multiply(work, factor, work)
            add(work, eps, work)
            divide(m, work, work)
            multiply(work, step, work)
            subtract(x, work, x)

        return update
