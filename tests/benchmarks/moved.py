"""The standard test functions moved, so that no optimum is a round number or central in its box.

Nobody can solve these by guessing the origin, the centre or a round number.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.checking import checked
from adamcli.config.load import read_keys
from adamcli.config.standard import load_all

if TYPE_CHECKING:
    from adamcli.config.model import Config
    from adamcli.objective.standard import StandardFunction

CUT = 0.3
"""The largest part of the width that is cut off at a side of the box."""

LEFT = 0.1
"""The least part of the way from a border to the nearest minimiser that is left of it."""

CENTRAL = 0.01
"""The part of the width around the centre of the box in which no minimiser lies."""

BITS = 32
"""The binary places of a shift: enough to look irrational, few enough to add without error."""


class Problem(NamedTuple):
    """A moved test function: its name, the keys of its config, and the lowest value in its box.

    `minimisers` are points where it is taken, all that are known, of shape (points, dim).
    """

    name: str
    dim: int
    keys: dict[str, Any]
    minimum: float
    minimisers: np.ndarray

    def config(self) -> Config:
        """Return the checked config."""
        return checked(read_keys(self.keys, self.name))

    def scores(self, points: np.ndarray) -> np.ndarray:
        """Return the scores of points, of shape (points, dim), infinite outside the box."""
        config = self.config()
        low, high = config.bounds.box
        x, f = points.T.copy(), np.empty(len(points))
        with np.errstate(all="ignore"):
            for call in config.objective.make().bind_values(x, f):
                call()
        inside = ((low <= points) & (points <= high)).all(axis=1)
        return np.where(inside, f, np.inf)

    def is_solved(self, score: float, tolerance: float) -> bool:
        """Return whether `score` is as low as the minimum, but for `tolerance` times max(1, |it|).

        NaN is not.
        """
        return score - self.minimum <= tolerance * max(1.0, abs(self.minimum))


def problems(dim: int | None, seed: int = 0) -> list[Problem]:
    """Return the functions of `dim` variables, moved; None: those of a dimension of their own.

    Functions of any dimension are taken at `dim`. Those of two variables, and no other number, are
    among the problems of dim 2, and not among those of their own dimension.
    """
    if dim is None:
        of_own = (one for one in load_all() if not one.any_dim and one.dim != 2)
        return [moved(one, one.dim, seed) for one in of_own]
    return [
        moved(one, dim, seed)
        for one in load_all()
        if (dim >= one.min_dim if one.any_dim else one.dim == dim == 2)
    ]


def moved(function: StandardFunction, dim: int, seed: int = 0) -> Problem:
    """Return a standard function with x = position - shift, in a smaller box around its minimisers.

    Each coordinate has a shift of its own, of a quarter to the whole width of the domain, up or
    down. The box follows it, and loses up to `CUT` of its width at each side, but neither a known
    minimiser nor the last `LEFT` of the way to it: one on the border of the domain stays on it.
    """
    random = np.random.default_rng([seed, dim, *function.name.encode()])
    low, high = np.broadcast_to(np.array(function.domain).T[:, :, None], (2, dim, 1))[:, :, 0]
    points = known_minimisers(function, dim)
    shift = (high - low) * random.uniform(0.25, 1.0, dim) * random.choice([-1.0, 1.0], dim)
    shift = np.round(shift * 2.0**BITS) / 2.0**BITS
    low, high = _cut(low, high, points, random)
    low, high = low + shift, high + shift
    keys = {
        "objective": f"x = position - shift\n{function.formula}",
        "bounds": {"position": {"low": low.tolist(), "high": high.tolist(), "shape": dim}},
        "constants": {"shift": shift.tolist()},
    }
    minimum = _values(function.minimum, dim, np.zeros(1))[0]
    return Problem(function.name, dim, keys, float(minimum), points + shift)


def _cut(
    low: np.ndarray, high: np.ndarray, points: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a smaller box with all points in it, and none near its centre in any coordinate."""
    most = [
        np.minimum(CUT * (high - low), (1 - LEFT) * way)
        for way in (points.min(axis=0) - low, high - points.max(axis=0))
    ]
    new = np.array([low, high])
    redraw = np.full(len(low), True)
    while redraw.any():
        drawn = low + random.random(len(low)) * most[0], high - random.random(len(low)) * most[1]
        new[:, redraw] = np.array(drawn)[:, redraw]
        off_centre = abs(points - new.mean(axis=0)) / (new[1] - new[0])
        redraw = off_centre.min(axis=0) < CENTRAL
    return new[0], new[1]


def known_minimisers(function: StandardFunction, dim: int) -> np.ndarray:
    """Return all known minimisers of a function that has not been moved, of shape (points, dim)."""
    if isinstance(function.minimisers, str):
        return _values(function.minimisers, dim, np.arange(1.0, dim + 1))[None]
    return np.array(function.minimisers)


def _values(formula: str, dim: int, i: np.ndarray) -> np.ndarray:
    """Return the values of a formula of the dimension d and of i, one for each i."""
    d = np.full(len(i), float(dim))
    x, f, g = np.array([d, i]), np.empty(len(i)), np.empty((2, len(i)))
    for call in _formula(formula).bind(x, f, g).calls:
        call()
    return f


@cache
def _formula(formula: str) -> Any:
    keys = {"objective": formula, "bounds": {"d": [0, 99], "i": [0, 99]}}
    return checked(read_keys(keys, formula)).objective.make()
