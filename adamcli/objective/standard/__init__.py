"""Standard test functions for optimisation: a YAML file each, whose name is the function's.

The collections are S. Surjanovic and D. Bingham, Virtual Library of Simulation Experiments (2013);
and M. Jamil and X.-S. Yang, A literature survey of benchmark functions for global optimization
problems (2013, arXiv:1308.4008). Where a formula or a minimum of theirs is misprinted, what stands
here has been mended and computed anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
"""Where the files are. There is no other list of the functions."""

CATEGORIES = ("bowl", "plate", "valley", "ridge", "many minima", "other")
"""The shapes of functions, as Surjanovic and Bingham tell them apart."""


class StandardFunction(NamedTuple):
    """A function whose minimum over a box is known.

    `formula` is in the formula language, of a vector `x` of `dim` coordinates. Where `any_dim`, `x`
    may have any length from `min_dim` on, and `dim` is a customary one; a file says so by giving
    `min_dim`. `domain` is one pair [low, high] for all coordinates, or one for each.

    `minimum` is the lowest value in the domain, a formula of the dimension d. `minimisers` are the
    points where it is taken, all that are known; or a formula that gives coordinate i, from 1 to d,
    of one of them. Numbers in both are those of the formula as it stands, right to the last digits
    of a float64 even where the source has others.

    `smooth` tells that the gradient exists and vanishes at the minimisers. They lie inside the
    domain, or on its border where the function would be as low without one.

    `config` holds the keys, with their values as text, in which a config of the function differs
    from the usual one of `adamcli functions`. It leads Adam to within 0.001 of the minimum, with
    the first seed that does; or else `note` says where it leads.
    """

    name: str
    title: str
    category: str
    formula: str
    domain: tuple[tuple[float, float], ...]
    dim: int
    any_dim: bool
    minimum: str
    minimisers: tuple[tuple[float, ...], ...] | str
    smooth: bool
    source: str
    min_dim: int = 1
    config: tuple[tuple[str, str], ...] = ()
    note: str = ""
