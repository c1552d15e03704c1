"""The update of NAdam (Dozat 2016, algorithm 2), with the momentum schedule of its section 5.

mu(t) = beta1 * (1 - 0.96**(0.004 * t) / 2)
m <- beta1 * m + (1 - beta1) * g
v <- beta2 * v + (1 - beta2) * g**2
x <- x - alpha * mbar / (sqrt(vhat) + eps)
with mbar = mu(t+1) * m / (1 - prod(mu(1..t+1))) + (1 - mu(t)) * g / (1 - prod(mu(1..t)))
and  vhat = v / (1 - beta2**t)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import add, divide, multiply, subtract

from adamcli.optimizer.adam import Adam, average, corrections, denominator, root_vhat
from adamcli.optimizer.hyperparameters import decays

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


class Nadam(Adam):
    """Adam with Nesterov's momentum."""

    scratch = 3

    def decay_rates(self, t: Any, beta1: Any, beta2: Any) -> tuple[Any, Any]:
        """Return mu(t) and beta2."""
        return _momentum(t, beta1), beta2

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return the factors of m and g, eps, and the decay rates."""
        root, eps = corrections(1.0, 0.0, rates.beta2_product, rates.eps, self.chosen["eps_mode"])
        now, coming = (_momentum(t, rates.beta1) for t in (rates.t, rates.t + 1))
        product, step = rates.beta1_product, rates.alpha * root
        of_m = step * coming / (1.0 - product * coming)
        of_g = step * (1.0 - now) / (1.0 - product)
        return of_m, of_g, eps, rates.beta1, rates.beta2

    def shown(self, states: FloatArray, rates: Rates) -> dict[str, FloatArray]:
        """Return m, which a step mixes with the gradient, and the root of vhat."""
        m, v = states
        return {"m": m, "√v̂": root_vhat(v, rates)}

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update; one call averages both moments."""
        (m, v), (g, squares, work, slope), pair = states, samples, samples[:2]
        decay, weight, change = decays((settings.beta1, settings.beta2), x.shape)
        eps_inside = self.chosen["eps_mode"] == "inside"

        def update(
            of_m: FloatArray,
            of_g: FloatArray,
            eps: FloatArray,
            beta1: FloatArray,
            beta2: FloatArray,
        ) -> None:
            if change is not None:
                change(beta1, beta2)
            multiply(g, of_g, slope)
            multiply(g, g, squares)
            average(states, pair, decay, weight, pair)
            denominator(v, eps, work, eps_inside)
            multiply(m, of_m, squares)
            add(slope, squares, slope)
            divide(slope, work, slope)
            subtract(x, slope, x)

        return update


def _momentum(t: Any, beta1: Any) -> Any:
    # Python's power has the same bits for one step and for many; NumPy does not promise it.
    powers = [0.96 ** (0.004 * k) for k in np.ravel(t).tolist()]
    return beta1 * (1.0 - 0.5 * np.reshape(powers, np.shape(t)))
