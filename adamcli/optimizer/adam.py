"""The update of Adam (Kingma and Ba 2015, algorithm 1), in place and without temporaries.

    m <- beta1 * m + (1 - beta1) * g             average of the gradient
    v <- beta2 * v + (1 - beta2) * g**2          average of the squared gradient
    x <- x - alpha * mhat / (sqrt(vhat) + eps)   with mhat = m / (1 - beta1**t)
                                                 and  vhat = v / (1 - beta2**t)

`average` computes the first two lines, one at a time or both stacked. `descend` computes the third
in the order of the paper's section 2: `corrections` folds the bias corrections into the step size
and eps, which saves two of seven passes over the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from numpy import add, divide, multiply, sqrt, subtract

from adamcli.optimizer.hyperparameters import decays
from adamcli.optimizer.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import Array, FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters, Rates


EPS_MODES = ("outside", "inside", "hat")
"""Where eps is added: sqrt(vhat) + eps (the article's code), sqrt(vhat + eps) (the article's
formula), or sqrt(v) + eps with v corrected in the step size (the paper's epsilon-hat)."""


class Adam(Method):
    """Adam, with a choice of where eps is added."""

    hyperparameters = ("alpha", "beta1", "beta2", "eps")
    options: ClassVar = {"eps_mode": EPS_MODES}
    states: ClassVar = {
        "m": "the average of the gradient",
        "v": "the average of the squared gradient",
    }
    # m is finite whenever the gradients are, but a square may overflow.
    watched = 1
    scratch = 2

    def coefficients(self, rates: Rates) -> tuple[Any, ...]:
        """Return the step size and eps for `descend`, then the decay rates."""
        powers = rates.beta1_product, rates.beta2_product
        step, eps = corrections(rates.alpha, *powers, rates.eps, self.chosen["eps_mode"])
        return step, eps, rates.beta1, rates.beta2

    def shown(self, states: FloatArray, rates: Rates) -> dict[str, FloatArray]:
        """Return both moments with their bias corrected, the second as its root."""
        return {"m̂": mhat(states[0], rates), "√v̂": root_vhat(states[1], rates)}

    def bind(
        self, x: FloatArray, states: FloatArray, samples: FloatArray, settings: Hyperparameters
    ) -> Callable[..., None]:
        """Return the update; one call averages both moments."""
        (m, v), (g, squares, work), pair = states, samples, samples[:2]
        decay, weight, change = decays((settings.beta1, settings.beta2), x.shape)
        eps_inside = self.chosen["eps_mode"] == "inside"

        def update(step: FloatArray, eps: FloatArray, beta1: FloatArray, beta2: FloatArray) -> None:
            if change is not None:
                change(beta1, beta2)
            multiply(g, g, squares)
            average(states, pair, decay, weight, pair)
            descend(x, m, v, step, eps, work, eps_inside)

        return update


def average(moment: Array, sample: Array, decay: Array, weight: Array, work: Array) -> None:
    """Set `moment` to decay * moment + weight * sample, where `weight` is 1 - decay.

    `work` has the shape of `moment` and is overwritten; it may be `sample`.
    """
    multiply(sample, weight, work)
    multiply(moment, decay, moment)
    add(moment, work, moment)


def descend(
    x: Array, m: Array, v: Array, step: Array, eps: Array, work: Array, eps_inside: bool
) -> None:
    """Set `x` to x - step * m / (sqrt(v) + eps), with sqrt(v + eps) if `eps_inside`.

    `work` has the shape of `x` and is overwritten.
    """
    denominator(v, eps, work, eps_inside)
    divide(m, work, work)
    multiply(work, step, work)
    subtract(x, work, x)


def mhat(m: FloatArray, rates: Rates) -> FloatArray:
    """Return the first moment with its bias corrected."""
    found: FloatArray = m / (1.0 - rates.beta1_product)
    return found


def root_vhat(v: FloatArray, rates: Rates) -> FloatArray:
    """Return the root of the second moment, its bias corrected."""
    found: FloatArray = sqrt(v / (1.0 - rates.beta2_product))
    return found


def denominator(v: Array, eps: Array, out: Array, eps_inside: bool) -> None:
    """Set `out` to sqrt(v) + eps, or to sqrt(v + eps) if `eps_inside`."""
    if eps_inside:
        add(v, eps, out)
        sqrt(out, out)
    else:
        sqrt(v, out)
        add(out, eps, out)


def corrections(
    alpha: Any, beta1_power: Any, beta2_power: Any, eps: Any, eps_mode: str
) -> tuple[Any, Any]:
    """Return the step size and the eps with which `descend` corrects the bias of the moments.

    `beta1_power` and `beta2_power` are beta1**t and beta2**t, or the products of all decay rates so
    far where these change with t. Takes floats and arrays.
    """
    rest = 1.0 - beta2_power
    root = sqrt(rest)
    factor = {"outside": root, "inside": rest, "hat": 1.0}[eps_mode]
    return alpha * root / (1.0 - beta1_power), eps * factor
