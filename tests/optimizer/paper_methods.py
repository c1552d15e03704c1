"""The methods with 50 digits, written from the papers: oracles for ours.

Each is a function of the step t = 1, 2, …, the gradient g, the hyperparameters `s` of that step and
what is kept; it returns what is subtracted from x. Where the methods of PyTorch depart from the
paper, these do too, and say how.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import mpmath
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.optimizer.problems import Problem

DIGITS = 50

Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.object_]]"
"""One number with many digits for each coordinate."""

sqrt = np.frompyfunc(mpmath.sqrt, 1, 1)


class Settings(NamedTuple):
    """The hyperparameters at one step."""

    alpha: Any = 0
    beta1: Any = 0
    beta2: Any = 0
    eps: Any = 0
    weight_decay: Any = 0


@dataclass
class Kept:
    """What is kept between steps: averages and sums, and the products of all rates so far."""

    m: Any = 0
    v: Any = 0
    largest: Any = 0
    beta1_product: Any = 1
    beta2_product: Any = 1
    mu_product: Any = 1


def adam(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Kingma and Ba 2015, Adam: a method for stochastic optimization, algorithm 1."""
    kept.m = s.beta1 * kept.m + (1 - s.beta1) * g
    kept.v = s.beta2 * kept.v + (1 - s.beta2) * g**2
    m_hat = kept.m / (1 - kept.beta1_product)
    v_hat = kept.v / (1 - kept.beta2_product)
    return s.alpha * m_hat / (sqrt(v_hat) + s.eps)


def amsgrad(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Reddi, Kale and Kumar 2018, On the convergence of Adam and beyond, algorithm 2.

    The paper has neither eps nor bias corrections. Here both moments are corrected as in Adam, the
    second after the maximum.
    """
    kept.m = s.beta1 * kept.m + (1 - s.beta1) * g
    kept.v = s.beta2 * kept.v + (1 - s.beta2) * g**2
    kept.largest = np.maximum(kept.largest, kept.v)
    m_hat = kept.m / (1 - kept.beta1_product)
    v_hat = kept.largest / (1 - kept.beta2_product)
    return s.alpha * m_hat / (sqrt(v_hat) + s.eps)


def nadam(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Dozat 2016, Incorporating Nesterov momentum into Adam, algorithm 2.

    mu follows the paper's schedule 1 - 0.96**(t/250)/2, times beta1 in place of 0.99. The paper
    averages the gradient with mu too, here it is beta1.
    """

    def mu(step: int) -> Any:
        return s.beta1 * (1 - mpmath.mpf("0.96") ** (mpmath.mpf(step) / 250) / 2)

    kept.mu_product *= mu(t)
    kept.m = s.beta1 * kept.m + (1 - s.beta1) * g
    kept.v = s.beta2 * kept.v + (1 - s.beta2) * g**2
    from_m = mu(t + 1) * kept.m / (1 - kept.mu_product * mu(t + 1))
    from_g = (1 - mu(t)) * g / (1 - kept.mu_product)
    v_hat = kept.v / (1 - kept.beta2_product)
    return s.alpha * (from_m + from_g) / (sqrt(v_hat) + s.eps)


def radam(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Liu et al. 2020, On the variance of the adaptive learning rate and beyond, algorithm 2.

    The paper rectifies where rho is above 4, and has no eps. Here that is 5, as in the authors'
    code, and eps is added to the root before its bias is corrected.
    """
    kept.v = s.beta2 * kept.v + (1 - s.beta2) * g**2
    kept.m = s.beta1 * kept.m + (1 - s.beta1) * g
    m_hat = kept.m / (1 - kept.beta1_product)
    limit = 2 / (1 - s.beta2) - 1
    rho = limit - 2 * t * kept.beta2_product / (1 - kept.beta2_product)
    if rho <= 5:
        return s.alpha * m_hat
    scale = mpmath.sqrt(1 - kept.beta2_product) / (sqrt(kept.v) + s.eps)
    variance = (rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)
    return s.alpha * mpmath.sqrt(variance) * m_hat * scale


def adamax(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Kingma and Ba 2015, Adam: a method for stochastic optimization, algorithm 2.

    The paper has no eps. Here it is added to the size of each gradient.
    """
    kept.m = s.beta1 * kept.m + (1 - s.beta1) * g
    kept.largest = np.maximum(s.beta2 * kept.largest, abs(g) + s.eps)
    return s.alpha / (1 - kept.beta1_product) * kept.m / kept.largest


def sgd(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Robbins and Monro 1951, A stochastic approximation method, with the gradient as it is."""
    return s.alpha * g


def momentum(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Polyak 1964, Some methods of speeding up the convergence of iteration methods, equation 9.

    The paper adds beta times the last change of x. Here the sum of gradients is kept without alpha,
    which is the same while alpha is constant.
    """
    kept.m = s.beta1 * kept.m + g
    return s.alpha * kept.m


def nesterov(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Sutskever et al. 2013, On the importance of initialization and momentum, equations 3 and 4.

    Here x is the point at which they take the gradient, theta + mu * v. The velocity is kept
    without alpha, as for momentum.
    """
    kept.m = s.beta1 * kept.m + g
    return s.alpha * (g + s.beta1 * kept.m)


def adagrad(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Duchi, Hazan and Singer 2011, Adaptive subgradient methods, figure 1, diagonal.

    The paper's delta is eps.
    """
    kept.v = kept.v + g**2
    return s.alpha * g / (sqrt(kept.v) + s.eps)


def rmsprop(t: int, g: Numbers, s: Settings, kept: Kept) -> Numbers:
    """Tieleman and Hinton 2012, Neural networks for machine learning, lecture 6.5.

    The lecture has no eps. Here it is added to the root.
    """
    kept.v = s.beta2 * kept.v + (1 - s.beta2) * g**2
    return s.alpha * g / (sqrt(kept.v) + s.eps)


PAPERS: dict[str, Callable[[int, Numbers, Settings, Kept], Numbers]] = {
    "adam": adam,
    "amsgrad": amsgrad,
    "nadam": nadam,
    "radam": radam,
    "adamax": adamax,
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
}


def paper_path(
    method: str,
    problem: Problem,
    n_iter: int,
    settings: Mapping[str, float | Callable[[Any], Any]],
) -> list[list[float]]:
    """Return x after every step, with hyperparameters that are numbers or functions of t.

    Weights decay as in Loshchilov and Hutter 2019, Decoupled weight decay regularization, algorithm
    2, line 12, by alpha * weight_decay: in the decay our alpha is their eta.
    """
    kept, path = Kept(), []
    with mpmath.workdps(DIGITS):
        x = np.array([mpmath.mpf(value) for value in problem.start.values()], dtype=object)
        for t in range(1, n_iter + 1):
            s = Settings(**{name: _at(setting, t) for name, setting in settings.items()})
            kept.beta1_product *= s.beta1
            kept.beta2_product *= s.beta2
            g = np.array(problem.gradient(*x), dtype=object)
            x = x - s.alpha * s.weight_decay * x - PAPERS[method](t, g, s, kept)
            path.append([float(value) for value in x])
    return path


def _at(setting: float | Callable[[Any], Any], t: int) -> Any:
    return setting(mpmath.mpf(t)) if callable(setting) else mpmath.mpf(setting)
