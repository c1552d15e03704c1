"""Where the runs of a round start: evenly in the box, or near, between and across elites."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.search.designs import DIMENSIONS, sobol

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.search.chance import Chance
    from adamcli.search.elites import Elites
    from adamcli.search.space import Space

STRIDE = 0.05
"""The first step of a run that starts anywhere, in units of the search."""

DECADES = 4.0
"""Jumps from elites are as long as the box, or shorter by up to so many powers of ten."""

FRESH, EXCHANGED, DIFFERED = 0.25, 0.25, 0.25
"""The part of the starts that is drawn from the whole box; and of the other ones, the part that
takes some coordinates from another elite, and the part that adds a difference of two of them."""

BESIDE = 0.01
"""Exchanges and differences are moved by this part of a jump."""


class Starts(NamedTuple):
    """Points `y` (dim, runs), and the first step (runs,) that suits each, in units."""

    y: FloatArray
    stride: FloatArray


def even(space: Space, first: int, count: int, seed: int, chance: Chance) -> Starts:
    """Return starts from the whole box: points of Sobol's sequence from number `first` on.

    Beyond the dimensions of the sequence they are drawn at random.
    """
    if space.dim <= DIMENSIONS:
        shares = sobol(first + count, space.dim, seed)[:, first:]
    else:
        shares = chance.uniform(space.dim, count)
    return Starts(space.between(shares), np.full(count, STRIDE))


def hops(space: Space, elites: Elites, count: int, chance: Chance) -> Starts:
    """Return starts near, between and across elites, of which the better are taken more often."""
    dim, places = space.dim, len(elites)
    one = (places * chance.uniform(count) ** 2).astype(np.int64)
    second, third = chance.below(places, 2, count)
    size = 10.0 ** (-DECADES * chance.uniform(count))
    moves = chance.uniform(dim, count) < chance.uniform(count)
    moves[chance.below(dim, count), np.arange(count)] = True
    kind, factor = chance.uniform(2, count)
    jump = chance.normal(dim, count) * size * space.unit[:, np.newaxis]
    y = elites.y
    exchanged = y[:, second] + BESIDE * jump
    differed = y[:, one] + (0.5 + 0.5 * factor) * (y[:, second] - y[:, third]) + BESIDE * jump
    far = kind < EXCHANGED + DIFFERED
    other = np.where(far, np.where(kind < EXCHANGED, exchanged, differed), y[:, one] + jump)
    moved = space.folded(np.where(moves, other, y[:, one]))
    return Starts(moved, 2 * STRIDE * np.where(far, 0.1, size))


def mixed(space: Space, elites: Elites, fresh: Starts, count: int, chance: Chance) -> Starts:
    """Return the `fresh` starts, and hops for the others of `count` runs."""
    own = hops(space, elites, count - len(fresh.stride), chance)
    return Starts(*(np.concatenate(pair, axis=-1) for pair in zip(fresh, own, strict=True)))
