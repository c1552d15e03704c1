"""The best places of a search that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray, IntArray
    from adamcli.search.space import Space

APART = 1e-4
"""Places closer than this part of the box are the same."""

MOST = 16
"""How many places are kept."""


class Elites:
    """The places kept so far, best first: `y` (dim, places) and their merit (places,).

    `hits` (places,) counts the descents that have ended there.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self.y, self.merit = np.empty((space.dim, 0)), np.empty(0)
        self.hits = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.merit)

    @property
    def best(self) -> float:
        """The lowest merit; infinity if there is none."""
        return float(self.merit[0]) if len(self) else np.inf

    def merge(self, y: FloatArray, merit: FloatArray, hits: IntArray | None = None) -> None:
        """Take the ends `y` (dim, runs) of descents; those that ended nowhere are left out."""
        hits = np.ones(len(merit), dtype=np.int64) if hits is None else hits
        y, merit = np.concatenate([self.y, y], axis=1), np.concatenate([self.merit, merit])
        self._keep(y, merit, np.concatenate([self.hits, hits]))

    def keep(self, most: int) -> None:
        """Keep the best places, at most `most`."""
        self.y, self.merit, self.hits = self.y[:, :most], self.merit[:most], self.hits[:most]

    def first(self, place: int) -> None:
        """Put one of the places first."""
        order = np.argsort(np.arange(len(self)) != place, kind="stable")
        self.y, self.merit, self.hits = self.y[:, order], self.merit[order], self.hits[order]

    def replace(self, y: FloatArray, merit: FloatArray) -> None:
        """Put other points in the places of these; some may then be the same."""
        self._keep(y, merit, self.hits)

    def _keep(self, y: FloatArray, merit: FloatArray, hits: IntArray) -> None:
        places, nearest = distinct(self._space, y, merit, MOST)
        known = nearest >= 0
        counts = np.bincount(nearest[known], weights=hits[known], minlength=len(places))
        self.y, self.merit = y[:, places].copy(), merit[places].copy()
        self.hits = counts.astype(np.int64)


def distinct(
    space: Space, y: FloatArray, merit: FloatArray, most: int
) -> tuple[IntArray, IntArray]:
    """Return the best of the points `y` (dim, points) that differ, at most `most`, best first.

    The second array (points,) says to which of them each point belongs, or -1.
    """
    order = np.argsort(merit, kind="stable")
    order = order[np.isfinite(merit[order])]
    left, chosen = np.ones(len(order), dtype=bool), list[int]()
    nearest = np.full(len(merit), -1)
    ordered = y[:, order]
    while left.any() and len(chosen) < most:
        k = int(left.argmax())
        near = left & (space.distance(ordered, ordered[:, k : k + 1]) <= APART)
        nearest[order[near]] = len(chosen)
        chosen.append(int(order[k]))
        left &= ~near
    return np.array(chosen, dtype=np.int64), nearest
