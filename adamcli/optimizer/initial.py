"""Rules that draw the start of a variable without bounds: normal(s), uniform(a, b), glorot, he.

Every coordinate takes one uniform number of the seed's stream, whatever its rule. A rule turns it
into the start.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adamcli.arrays import FloatArray


class Rule(NamedTuple):
    """How each entry of a variable is drawn, with `text` as a config has it.

    It is drawn uniformly from `low` to `high`; if there is a `deviation`, normally around 0.
    """

    text: str
    low: float
    high: float
    deviation: float = 0.0


class Kind(NamedTuple):
    """What makes a rule: `make(shape, *numbers)` of as many numbers as it has `parameters`."""

    make: Callable[..., tuple[float, ...]]
    parameters: tuple[str, ...] = ()
    needs_shape: bool = False


def _glorot(shape: tuple[int, ...]) -> tuple[float, ...]:
    """Return the ends of Glorot and Bengio (2010), equation 16."""
    fan_in, fan_out = fans(shape)
    end = sqrt(6.0 / (fan_in + fan_out))
    return -end, end


def _he(shape: tuple[int, ...]) -> tuple[float, ...]:
    """Return the ends and the deviation of He et al. (2015), equation 10."""
    return 0.0, 1.0, sqrt(2.0 / fans(shape)[0])


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many numbers go into and out of a layer `x @ w`, for a `w` of that shape.

    Axes before the last two count for both, as those of a convolution.
    """
    if len(shape) == 1:
        return shape[0], 1
    each = prod(shape[:-2])
    return each * shape[-2], each * shape[-1]


KINDS: dict[str, Kind] = {
    "zeros": Kind(lambda shape: (0.0, 0.0)),
    "ones": Kind(lambda shape: (1.0, 1.0)),
    "normal": Kind(lambda shape, s: (0.0, 1.0, s), ("s",)),
    "uniform": Kind(lambda shape, a, b: (a, b), ("a", "b")),
    "glorot": Kind(_glorot, needs_shape=True),
    "he": Kind(_he, needs_shape=True),
}
"""The rules by name."""


class Initial:
    """The `rules` of some variables, by the place of their first coordinate, with their sizes.

    `places` are the coordinates that have one.
    """

    def __init__(self, rules: Mapping[int, tuple[Rule, int]]) -> None:
        self.rules = {place: rule for place, (rule, _) in rules.items()}
        spans = [np.arange(place, place + size) for place, (_, size) in rules.items()]
        self.places = np.concatenate(spans)
        sizes = [size for _, size in rules.values()]
        low, high, deviations = np.array([rule[1:] for rule in self.rules.values()]).T
        self._low, self._high = np.repeat(low, sizes), np.repeat(high, sizes)
        each = np.repeat(deviations, sizes)
        self._normal = self.places[each > 0]
        self._deviations = each[each > 0, np.newaxis]

    def ends(self, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the ends (dim,) between which numbers are drawn, given those of bounds."""
        low, high = low.copy(), high.copy()
        low[self.places], high[self.places] = self._low, self._high
        return low, high

    def drawn(self, numbers: FloatArray) -> FloatArray:
        """Return the starts (dim, runs) for drawn numbers; those without a rule stay the same."""
        if not self._normal.size:
            return numbers
        starts = numbers.copy()
        starts[self._normal] = self._deviations * normal_quantile(numbers[self._normal])
        return starts

    def within(self, starts: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
        """Return the starts (dim, runs), those with a rule moved into the box (dim,)."""
        starts, k = starts.copy(), self.places
        starts[k] = np.clip(starts[k], low[k, np.newaxis], high[k, np.newaxis])
        return starts


def normal_quantile(u: FloatArray) -> FloatArray:
    """Return where the standard normal distribution reaches each u, 0 <= u < 1: Wichura's AS 241.

    Its relative error is below 1e-15 (Applied Statistics 37, 1988, PPND16). `u` counts steps of
    2**-53; 0 is taken for half of one, so the result lies between -8.3 and 8.3.
    """
    u = np.asarray(u, dtype=float)
    q = u - 0.5
    central = np.abs(q) <= 0.425
    found = np.empty(u.shape)
    r = 0.180625 - q[central] * q[central]
    found[central] = q[central] * _ratio(r, _CENTRAL)
    outer = ~central
    tail = np.minimum(u[outer], 1.0 - u[outer])
    r = np.sqrt(-np.log(np.maximum(tail, 2.0**-54)))
    size = np.where(r <= 5.0, _ratio(r - 1.6, _MIDDLE), _ratio(r - 5.0, _FAR))
    found[outer] = np.copysign(size, q[outer])
    return found


def _ratio(x: FloatArray, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> FloatArray:
    above, below = np.zeros_like(x), np.zeros_like(x)
    for a, b in zip(*coefficients, strict=True):
        above, below = above * x + a, below * x + b
    return above / below


# The numerators and denominators of AS 241, from the highest power down.
_CENTRAL = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852854561,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
_MIDDLE = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
_FAR = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)
