"""Where rising functions of one number reach a limit, for many functions at once.

Secants between a value that is too near and one that is too far, with the weights of Illinois
(Dowell and Jarratt 1971); before one is too far, steps further out.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray, IntArray

_TOLERANCE = 1e-9
"""How near to the limit a function must come, relative to it."""

_ROUNDING = 1e-3
"""How near it must come where its own rounding lets no value be nearer."""


class Brackets:
    """The state of all functions; every array has the shape (runs,).

    `near` is where a function is 0, and `step` leads from there to where it would be `limit` if it
    were linear; no value is further out than its `bound`. `tries` are the values to evaluate next,
    `live` tells which functions still look, and `found` has the results, NaN where there is none.
    """

    def __init__(self, near: FloatArray, step: FloatArray, bound: FloatArray, limit: float) -> None:
        runs = len(near)
        self.limit = limit
        self.near, self._near_value = near.copy(), np.zeros(runs)
        self._far, self._far_value = np.full(runs, nan), np.full(runs, nan)
        self._was_short = np.full(runs, -1)
        self._step, self._bound = step, bound
        self.live, self.found = np.ones(runs, dtype=bool), np.full(runs, nan)
        self.tries = self._within(near + step)

    def update(self, values: FloatArray) -> None:
        """Take the values of the functions at `tries`, where they are live, and choose the next."""
        own, tries = np.flatnonzero(self.live), self.tries
        value = values[own]
        done = np.abs(value - self.limit) <= _TOLERANCE * self.limit
        self.found[own[done]] = tries[own[done]]
        short = value < self.limit
        # At a bound there is no value further out.
        stuck = short & (tries[own] == self._bound[own])
        self.live[own[done | stuck]] = False
        self._halve(own[(self._was_short[own] == short) & ~np.isnan(self._far[own])])
        self._was_short[own] = short
        self.near[own[short]], self._near_value[own[short]] = tries[own[short]], value[short]
        self._far[own[~short]], self._far_value[own[~short]] = tries[own[~short]], value[~short]
        moved = self._within(self._next())
        # Between such values lies rounding, or a function that jumps over the limit.
        over = self.live & (moved == tries)
        near = over[own] & (np.abs(value - self.limit) <= _ROUNDING * self.limit)
        self.found[own[near]] = tries[own[near]]
        self.live &= ~over
        self.tries = np.where(self.live, moved, tries)

    def _halve(self, runs: IntArray) -> None:
        """Count the ends that stay half, or secants would creep towards the others."""
        short = self._was_short[runs] == 1
        weight = 0.5 * (self.limit + np.where(short, self._far_value[runs], self._near_value[runs]))
        self._far_value[runs] = np.where(short, weight, self._far_value[runs])
        self._near_value[runs] = np.where(short, self._near_value[runs], weight)

    def _next(self) -> FloatArray:
        with np.errstate(all="ignore"):
            share = (self.limit - self._near_value) / (self._far_value - self._near_value)
            # A secant that hardly moves an end would do so for ever.
            share = np.where(np.isfinite(self._far_value), np.clip(share, 1e-6, 1 - 1e-6), 0.5)
            inside = self.near + share * (self._far - self.near)
            grown = np.where(self._near_value > 0, self.limit / self._near_value - 1.0, 1.0)
            further = self.near + self._step * np.clip(grown, 0.02, 2.0)
        return np.where(np.isnan(self._far), further, inside)

    def _within(self, values: FloatArray) -> FloatArray:
        ahead = (values - self._bound) * np.sign(self._step) > 0
        return np.where(ahead, self._bound, values)
