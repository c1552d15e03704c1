"""How a search knows that a place is a minimum.

A smooth function has one where the parabola through the place is nowhere lower. At a kink slopes do
not fade; there no direction may lead down all the slopes around the place.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from adamcli.errors import ObjectiveError
from adamcli.optimizer.curvature import NEGATIVE, parabola
from adamcli.optimizer.status import Code
from adamcli.optimizer.verdict import Verdict
from adamcli.search.hull import ROUNDING, shortest
from adamcli.search.nearby import REACH, lowest_nearby

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray
    from adamcli.search.chance import Chance
    from adamcli.search.evaluator import Evaluator

MOST = 100
"""Coordinates up to which the parabola, and the slopes around a kink, are worth computing."""

AROUND = (1e-8, 1e-6)
"""How far from a kink slopes are taken, in units of the search."""

SLOPES = 6
"""How many slopes are taken for each coordinate."""

NEAR, FURTHER = 1e-7, 16.0
"""At this distance, and so many times as far, slopes tell kinks: where f is smooth they change in
proportion, at a kink they do not."""


def certified(
    evaluate: Evaluator,
    y: FloatArray,
    merit: float,
    tolerance: float,
    chance: Chance,
    names: Sequence[str],
) -> Verdict:
    """Return the verdict on the place `y` (dim,) with a merit; what is left below `tolerance` is 0.

    `names` are those of the coordinates.
    """
    before = evaluate.njev, evaluate.nfev
    try:
        with np.errstate(all="ignore"):
            found = _Certificate(evaluate, y, merit, tolerance, chance, names).verdict()
    except ObjectiveError as error:
        return Verdict(Code.UNKNOWN, f"after the search, {error}")
    njev, nfev = evaluate.njev - before[0], evaluate.nfev - before[1]
    return found._replace(nfev=nfev, njev=njev)


class _Certificate:
    def __init__(
        self,
        evaluate: Evaluator,
        y: FloatArray,
        merit: float,
        tolerance: float,
        chance: Chance,
        names: Sequence[str],
    ) -> None:
        self._evaluate, self._y, self._merit = evaluate, y, merit
        self._tolerance, self._chance, self._names = tolerance, chance, names
        space = evaluate.space
        self._x = evaluate.places(y[:, np.newaxis])
        self._slope = evaluate(y[:, np.newaxis])[1][:, 0] * space.unit
        low = (y <= space.low) & (self._slope > 0)
        high = (y >= space.high) & (self._slope < 0)
        self._pushed = low | high
        pushed = np.flatnonzero(self._pushed).tolist()
        self._active = {names[k]: "lower" if low[k] else "upper" for k in pushed}
        self._free = np.where(self._pushed, 0.0, self._slope)
        self._decrease: float | None = None

    def verdict(self) -> Verdict:
        """Return the first verdict that fits."""
        _, nearby = lowest_nearby(self._evaluate, self._y, self._chance)
        if nearby < self._merit - self._tolerance:
            reason = f"a point nearby is {self._merit - nearby:.1g} lower"
            return self._found(Code.DESCENDING, reason)
        return self._smooth() or self._kinked()

    def _smooth(self) -> Verdict | None:
        if len(self._y) > MOST:
            return self._steepest()
        if self._has_kink():
            return None
        x, evaluate = self._x, self._evaluate
        gradient = np.empty_like(x)
        bound = evaluate.objective.bind(x, np.empty(1), gradient)
        for call in bound.calls:
            call()
        pushed = self._pushed[:, np.newaxis]
        found = parabola(evaluate.objective, evaluate.space.bounds, x, gradient, pushed=pushed)
        evaluate.njev += 1 + len(x)
        evaluate.nfev += (1 + len(x)) * bound.nfev
        decrease, least = float(found.decrease[0]), float(found.least[0])
        if not decrease <= self._tolerance:
            return None
        self._decrease = decrease
        if least < NEGATIVE and self._falls(found.dips[:, 0]):
            return self._found(Code.SADDLE, "the slope is 0, but the score falls to some sides")
        return self._minimum(f"the minimum near here is at most {decrease:.1g} lower")

    def _has_kink(self) -> bool:
        """Return whether the slope along some coordinate changes as it does at a kink."""
        space, dim = self._evaluate.space, len(self._y)
        inward = np.where(self._y + NEAR * FURTHER * space.unit <= space.high, 1.0, -1.0)
        shift = NEAR * np.concatenate([np.diag(inward), FURTHER * np.diag(inward)], axis=1)
        points = space.inside(self._y[:, np.newaxis] + shift * space.unit[:, np.newaxis])
        slopes = self._evaluate(points)[1] * space.unit[:, np.newaxis]
        changes = slopes.reshape(dim, 2, dim) - self._slope[:, np.newaxis, np.newaxis]
        near, further = np.abs(np.einsum("knk->nk", changes))
        kinks = ~((further >= 0.25 * FURTHER * near) | self._pushed)
        return bool(kinks.any())

    def _falls(self, dips: FloatArray) -> bool:
        """Return whether the curvature makes the score fall by more than the tolerance nearby."""
        fall = -0.5 * dips * (REACH * self._evaluate.space.unit) ** 2
        return bool((fall > self._tolerance).any())

    def _steepest(self) -> Verdict | None:
        """Return `minimum` if even the steepest way down brings nothing within reach."""
        decrease = REACH * float(np.linalg.norm(self._free))
        if not decrease <= self._tolerance:
            return None
        self._decrease = decrease
        return self._minimum(f"the steepest way down from here gains at most {decrease:.1g}")

    def _kinked(self) -> Verdict:
        left = self._hull()
        if left is not None and left <= self._tolerance:
            return self._minimum("the slopes around this kink lead nowhere down")
        norm = float(np.linalg.norm(self._free))
        left = min(left, REACH * norm) if left is not None else REACH * norm
        reason = f"the score still falls here, by {left:.1g} within a thousandth of the box"
        return self._found(Code.DESCENDING, reason)

    def _hull(self) -> float | None:
        """Return how much lower the steepest way down all slopes around leads within reach."""
        space, dim = self._evaluate.space, len(self._y)
        if dim > MOST:
            return None
        # Where many kinks meet, few directions miss the slopes that make up for each other.
        ways = self._chance.normal(dim, SLOPES * (dim + 2))
        most = 0.0
        for radius in AROUND:
            points = space.folded(
                self._y[:, np.newaxis] + radius * ways * space.unit[:, np.newaxis]
            )
            slopes = self._evaluate(points)[1] * space.unit[:, np.newaxis]
            slopes = np.where(self._pushed[:, np.newaxis], 0.0, slopes)
            known = slopes[:, np.isfinite(slopes).all(axis=0)]
            if not known.size:
                return None
            # Beside very steep slopes rounding hides gentle ones.
            hidden = ROUNDING * float(np.abs(known).max())
            most = max(most, REACH * (float(np.linalg.norm(shortest(known))) + hidden))
        return most

    def _minimum(self, reason: str) -> Verdict:
        return self._found(Code.MINIMUM, reason)

    def _found(self, code: Code, message: str) -> Verdict:
        gradient = self._free / self._evaluate.space.unit
        return Verdict(
            code,
            message,
            gradient_norm=float(np.linalg.norm(gradient)),
            active_bounds=MappingProxyType(self._active),
            predicted_decrease=self._decrease,
            tolerance=self._tolerance,
        )
