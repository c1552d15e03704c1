"""How a search knows that a place is a minimum.

A smooth function has one where the parabola through the place is nowhere lower. At a kink slopes do
not fade; there no direction may lead down all the slopes around the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.errors import ObjectiveError
from adamcli.optimizer.curvature import NEGATIVE, Bound, extremes, parabola
from adamcli.optimizer.status import Code
from adamcli.optimizer.verdict import Verdict
from adamcli.search.hull import shortest
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

CONJUGATE, KINKS = 60, 8
"""The most steps of conjugate gradients for more coordinates, and the ways along which kinks are
looked for."""

SEARCH_ON = "try more rounds or starts, or another seed"

HIDDEN = 2e-15
"""Slopes below this part of the steepest are rounding errors."""

FADES = 0.03
"""A slope that falls to this part of itself as the distance falls to a hundredth fades."""

DOWN = 1e-3
"""The part of the steepest slope from which on a way leads down all slopes."""

SPANNED, SEEN = 40, 1e-6
"""Evaluations for the extremes of the curvature, and the part of the greatest beyond which it is
seen to be negative."""

TINY = 1e-300

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
        self._norm = float(np.linalg.norm(self._free))
        self._decrease: float | None = None
        self._words = evaluate.direction.words

    def verdict(self) -> Verdict:
        """Return the first verdict that fits."""
        _, nearby = lowest_nearby(self._evaluate, self._y, self._merit, self._chance)
        if nearby < self._merit - self._tolerance:
            left = self._merit - nearby
            return self._falling(f"a point nearby is {left:.1g} {self._words.lower}", left)
        return self._smooth() or self._kinked()

    def _smooth(self) -> Verdict | None:
        if len(self._y) > MOST:
            return self._conjugate()
        if self._has_kink(np.diag(np.ones(len(self._y)))):
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
        falls = float(found.least[0]) < NEGATIVE and self._falls(found.dips[:, 0])
        return self._low(float(found.decrease[0]), falls=falls)

    def _low(self, decrease: float, *, falls: bool) -> Verdict | None:
        """Return what a predicted decrease says, if that is small."""
        if not decrease <= self._tolerance:
            return None
        self._decrease = decrease
        if falls:
            reason = f"the slope is 0, but the score {self._words.falls} to some sides"
            return self._found(Code.SADDLE, reason)._replace(remedy=SEARCH_ON)
        words = self._words
        text = f"the {words.minimum} near here is at most {decrease:.1g} {words.lower}"
        return self._found(Code.MINIMUM, text)

    def _conjugate(self) -> Verdict | None:
        """Return the verdict of conjugate gradients, which need no whole Hessian.

        Each step adds to the predicted decrease (Hestenes and Stiefel 1952); they end when a step
        adds little.
        """
        ways = self._chance.normal(len(self._y), KINKS)
        if self._has_kink(ways / np.linalg.norm(ways, axis=0)):
            return None
        residual, decrease = -self._free, 0.0
        way = residual
        for _ in range(CONJUGATE):
            size = float(np.linalg.norm(way))
            curved = self._curvature(way / size) if size > 0 else way
            bend = float(np.sum(way / max(size, TINY) * curved))
            if size == 0:
                return self._low(decrease, falls=self._bends_down())
            if bend <= 0:
                return self._low(decrease, falls=-0.5 * bend * REACH * REACH > self._tolerance)
            square = float(np.sum(residual * residual))
            step = square / (bend * size * size)
            more = 0.5 * step * square
            decrease += more
            if more <= 0.01 * decrease:
                return self._low(decrease, falls=self._bends_down())
            residual = residual - step * size * curved
            way = residual + float(np.sum(residual * residual)) / square * way
        return None

    def _bends_down(self) -> bool:
        """Return whether the curvature is negative in some direction, as far as is seen."""
        evaluate, x = self._evaluate, self._x
        bound = Bound(evaluate.objective, x)
        place = evaluate.objective, evaluate.space.bounds, bound(x), bound, x
        least, greatest = extremes(*place, SPANNED)
        evaluate.njev += 1 + SPANNED
        evaluate.nfev += (1 + SPANNED) * bound.nfev
        return least < -SEEN * max(greatest, -least)

    def _curvature(self, way: FloatArray) -> FloatArray:
        """Return the change of the slope along a `way` (dim,) of length 1, but for what is held."""
        unit = self._evaluate.space.unit
        there = self._evaluate.space.inside((self._y + NEAR * way * unit)[:, np.newaxis])
        slope = self._evaluate(there)[1][:, 0] * unit
        return np.where(self._pushed, 0.0, (slope - self._slope) / NEAR)

    def _has_kink(self, ways: FloatArray) -> bool:
        """Return whether slopes along some of the `ways` (dim, n) change as they do at a kink."""
        space = self._evaluate.space
        ways = np.where(self._pushed[:, np.newaxis], 0.0, ways)
        # Where a step would leave the box, the one to the other side is taken.
        reach = self._y + NEAR * FURTHER * np.abs(ways).max(axis=1) * space.unit
        ways = np.where((reach <= space.high)[:, np.newaxis], ways, -np.abs(ways))
        shift = NEAR * np.concatenate([ways, FURTHER * ways], axis=1) * space.unit[:, np.newaxis]
        points = space.inside(self._y[:, np.newaxis] + shift)
        slopes = self._evaluate(points)[1] * space.unit[:, np.newaxis]
        changes = (slopes - self._slope[:, np.newaxis]).reshape(len(ways), 2, -1)
        near, further = np.abs(np.einsum("dnk,dk->nk", changes, ways))
        held = ~(ways != 0).any(axis=0)
        return bool((~((further >= 0.25 * FURTHER * near) | held)).any())

    def _falls(self, dips: FloatArray) -> bool:
        """Return whether the curvature makes the score fall by more than the tolerance nearby."""
        fall = -0.5 * dips * (REACH * self._evaluate.space.unit) ** 2
        return bool((fall > self._tolerance).any())

    def _kinked(self) -> Verdict:
        if len(self._y) > MOST:
            reason = "the slope jumps here, which is not followed among so many coordinates"
            return self._found(Code.UNKNOWN, reason)
        left = self._hull()
        if left is not None and left <= self._tolerance:
            reason = f"the slopes around this kink lead nowhere {self._words.down}"
            return self._found(Code.MINIMUM, reason)
        if not left:
            reason = f"the slopes around lead further {self._words.down}"
            return self._falling(reason, REACH * self._norm)
        part = f"by {left:.1g} within a thousandth of the box"
        reason = f"the score still {self._words.falls} here, {part}"
        return self._falling(reason, left)

    def _hull(self) -> float | None:
        """Return how much lower the steepest way down all slopes around leads within reach."""
        space, dim = self._evaluate.space, len(self._y)
        # Where many kinks meet, few directions miss the slopes that make up for each other.
        ways = self._chance.normal(dim, SLOPES * (dim + 2))
        rests, hidden = [], 0.0
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
            hidden = max(hidden, HIDDEN * float(np.linalg.norm(known, axis=0).max()))
            rests.append(float(np.linalg.norm(shortest(known))))
        near, far = rests
        # A slope that fades with the distance is that of a smooth part, which is soon at its end.
        left = far * AROUND[-1] if near <= FADES * far else REACH * max(rests)
        if near > FADES * far and max(rests) > DOWN * hidden / HIDDEN:
            return left if left > self._tolerance else None
        return left + REACH * hidden

    def _falling(self, reason: str, left: float) -> Verdict:
        return self._found(Code.DESCENDING, reason)._replace(remedy=SEARCH_ON, left=left)

    def _found(self, code: Code, message: str) -> Verdict:
        gradient = self._free / self._evaluate.space.unit
        return Verdict(
            code,
            message,
            gradient_norm=float(np.linalg.norm(gradient)),
            active_bounds=dict(self._active),
            predicted_decrease=self._decrease,
            tolerance=self._tolerance,
            direction=self._evaluate.direction,
        )
