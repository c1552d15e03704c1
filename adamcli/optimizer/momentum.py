"""The updates of gradient descent, plain and with momentum.

    sgd        x <- x - alpha * g
    momentum   m <- beta1 * m + g,  x <- x - alpha * m                  (Polyak 1964, equation 9)
    nesterov   m <- beta1 * m + g,  x <- x - alpha * (g + beta1 * m)    (Nesterov 1983, in the form
                                                of Sutskever et al. 2013, equations 3 and 4)

As in PyTorch, momentum adds up gradients instead of averaging them, so that steps grow to
alpha / (1 - beta1) times the gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from numpy import add, multiply, subtract

from adamcli.optimizer.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


class GradientDescent(Method):
    """Steps of alpha times the gradient."""

    hyperparameters = ("alpha",)
    paced = False

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return alpha."""
        return (rates.alpha,)

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update."""
        (g,) = samples

        def update(alpha: FloatArray) -> None:
            multiply(g, alpha, g)
            subtract(x, g, x)

        return update


class Momentum(Method):
    """The heavy ball: steps along a decaying sum of the gradients."""

    hyperparameters = ("alpha", "beta1")
    states: ClassVar = {"m": "the sum of the gradient"}
    watched = 1
    paced = False

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return alpha and beta1."""
        return rates.alpha, rates.beta1

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update."""
        (m,), (g,) = states, samples

        def update(alpha: FloatArray, beta1: FloatArray) -> None:
            multiply(m, beta1, m)
            add(m, g, m)
            multiply(m, alpha, g)
            subtract(x, g, x)

        return update


class Nesterov(Momentum):
    """Momentum that looks ahead: the gradient counts as if the step along m had been taken."""

    scratch = 1

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update."""
        (m,), (g, work) = states, samples

        def update(alpha: FloatArray, beta1: FloatArray) -> None:
            multiply(m, beta1, m)
            add(m, g, m)
            multiply(m, beta1, work)
            add(work, g, work)
            multiply(work, alpha, work)
            subtract(x, work, x)

        return update
