"""The best places of a search that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.search.descent import Descended
    from adamcli.search.space import Space

APART = 1e-4
"""Places closer than this part of the box are the same."""

MOST = 16
"""How many places are kept."""


class Elites:
    """The places kept so far, best first: `y` (dim, places) and their merit (places,).

    `hits` (places,) counts the descents that led there, and `settled` (places,) says whether one of
    them found nothing lower nearby.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self.y, self.merit = np.empty((space.dim, 0)), np.empty(0)
        self.hits, self.settled = np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)

    def __len__(self) -> int:
        return len(self.merit)

    @property
    def best(self) -> float:
        """The lowest merit; infinity if there is none."""
        return float(self.merit[0]) if len(self) else np.inf

    def unknown(self, y: FloatArray) -> BoolArray:
        """Return which of the points `y` (dim, points) are not at settled places.

        The others are counted as hits.
        """
        if not len(self):
            return np.ones(y.shape[1], dtype=bool)
        away = self._space.distance(y[:, np.newaxis], self.y[:, :, np.newaxis])
        near = (away <= APART) & self.settled[:, np.newaxis]
        known = np.asarray(near.any(axis=0))
        self.hits += np.bincount(near.argmax(axis=0)[known], minlength=len(self))
        unknown: BoolArray = ~known
        return unknown

    def merge(self, ends: Descended, hits: int = 1) -> None:
        """Take the ends of descents, `hits` for each; those that ended nowhere are left out."""
        counts = np.full(len(ends.merit), hits)
        self._keep(
            np.concatenate([self.y, ends.y], axis=1),
            np.concatenate([self.merit, ends.merit]),
            np.concatenate([self.hits, counts]),
            np.concatenate([self.settled, ends.settled]),
        )

    def keep(self, most: int) -> None:
        """Keep the best places, at most `most`."""
        self._take(np.arange(min(most, len(self))))

    def first(self, place: int) -> None:
        """Put one of the places first."""
        self._take(np.argsort(np.arange(len(self)) != place, kind="stable"))

    def replace(self, ends: Descended) -> None:
        """Put the ends of descents from these places in their stead; some may be the same."""
        self._keep(ends.y, ends.merit, self.hits, ends.settled)

    def _take(self, places: IntArray) -> None:
        self.y, self.merit = self.y[:, places], self.merit[places]
        self.hits, self.settled = self.hits[places], self.settled[places]

    def _keep(self, y: FloatArray, merit: FloatArray, hits: IntArray, settled: BoolArray) -> None:
        places, nearest = distinct(self._space, y, merit, MOST)
        known = nearest >= 0
        counts = np.bincount(nearest[known], weights=hits[known], minlength=len(places))
        self.y, self.merit = y[:, places].copy(), merit[places].copy()
        self.hits, self.settled = counts.astype(np.int64), settled[places]


def distinct(
    space: Space, y: FloatArray, merit: FloatArray, most: int, apart: float = APART
) -> tuple[IntArray, IntArray]:
    """Return the best of the points `y` (dim, points) that differ, at most `most`, best first.

    They are more than `apart` from each other, in units.
    The second array (points,) says to which of them each point belongs, or -1.
    """
    order = np.argsort(merit, kind="stable")
    order = order[np.isfinite(merit[order])]
    left, chosen = np.ones(len(order), dtype=bool), list[int]()
    nearest = np.full(len(merit), -1)
    ordered = y[:, order]
    while left.any() and len(chosen) < most:
        k = int(left.argmax())
        near = left & (space.distance(ordered, ordered[:, k : k + 1]) <= apart)
        nearest[order[near]] = len(chosen)
        chosen.append(int(order[k]))
        left &= ~near
    return np.array(chosen, dtype=np.int64), nearest
