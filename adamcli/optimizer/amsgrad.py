"""The update of AMSGrad (Reddi, Kale and Kumar 2018, algorithm 2), with Adam's bias corrections.

    m <- beta1 * m + (1 - beta1) * g
    v <- beta2 * v + (1 - beta2) * g**2
    u <- max(u, v)
    x <- x - alpha * mhat / (sqrt(uhat) + eps)   with mhat = m / (1 - beta1**t)
                                                 and  uhat = u / (1 - beta2**t)

The paper corrects no bias; PyTorch and most users do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from numpy import maximum, multiply

from adamcli.optimizer.adam import Adam, average, descend, mhat, root_vhat
from adamcli.optimizer.hyperparameters import decays

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


class AMSGrad(Adam):
    """Adam, divided by the largest average of the squared gradient so far."""

    states: ClassVar = {**Adam.states, "u": "the largest v so far"}

    def shown(self, states: FloatArray, rates: Rates) -> dict[str, FloatArray]:
        """Return mhat and the root of uhat."""
        m, _, u = states
        return {"m̂": mhat(m, rates), "√û": root_vhat(u, rates)}

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update; one call averages both moments."""
        (m, v, u), (g, squares, work), pair = states, samples, samples[:2]
        moments = states[:2]
        decay, weight, change = decays((settings.beta1, settings.beta2), x.shape)
        eps_inside = self.chosen["eps_mode"] == "inside"

        def update(step: FloatArray, eps: FloatArray, beta1: FloatArray, beta2: FloatArray) -> None:
            if change is not None:
                change(beta1, beta2)
            multiply(g, g, squares)
            average(moments, pair, decay, weight, pair)
            maximum(u, v, out=u)
            descend(x, m, u, step, eps, work, eps_inside)

        return update
