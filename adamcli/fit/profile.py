"""Intervals of parameters by likelihood profile: where the best fit with one value held is too bad.

As a parameter is held at other values and the others are fitted anew, the sum of squares rises. The
interval ends where (rss - least)/variance is the square of Student's t (of the normal if the scale
is known), as in Bates and Watts (1988, section 6.1.2) and lmfit's `conf_interval`. Where the model
is linear these are the intervals of the standard errors.
"""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import UsageError
from adamcli.fit.brackets import Brackets
from adamcli.fit.distributions import LEVEL, half_width
from adamcli.fit.levenberg import descend
from adamcli.fit.statistics import covariance_at, too_few
from adamcli.fit.triangles import tree_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.objective.residuals import Residuals

ROUNDS = 60
"""The most values at which an end of an interval is looked for."""


class Interval(NamedTuple):
    """A value with the ends of its interval; an end is NaN if the sum of squares stays too low."""

    value: float
    low: float
    high: float


class Profile(NamedTuple):
    """The interval of each parameter, which holds with probability `level`; `notes` say what fails.

    `better` is a point with a lower sum of squares, if one was met on the way.
    """

    level: float
    parameters: dict[str, Interval]
    notes: tuple[str, ...]
    better: FloatArray | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        parameters = {name: interval._asdict() for name, interval in self.parameters.items()}
        better = None if self.better is None else self.better.tolist()
        return {**self._asdict(), "parameters": parameters, "better": better}


def example(names: Sequence[str]) -> dict[str, Any]:
    """Return the JSON values of a profile with all numbers that it can have."""
    unknown = dict.fromkeys(names, Interval(nan, nan, nan))
    return Profile(nan, unknown, (), np.zeros(len(names))).to_dict()


def profile(
    residuals: Residuals,
    x: FloatArray,
    names: Sequence[str],
    box: tuple[FloatArray, FloatArray] | None = None,
    *,
    level: float = LEVEL,
) -> Profile:
    """Return the profile intervals of the fit at the point `x` (dim,), in the `box`.

    Raises `UsageError` for a robust loss, too few points, or residuals that are all 0.
    """
    if not residuals.loss.is_linear:
        raise UsageError(f"profile: intervals hold for least squares, not for {residuals.loss!r}")
    low, high = box or (np.full(len(x), -inf), np.full(len(x), inf))
    r = residuals.values(x[:, np.newaxis])[:, 0].copy()
    covariance = covariance_at(residuals, x, (x > low) & (x < high), r)
    dof, known = residuals.rows - covariance.rank, residuals.scale_known
    if dof <= 0 and not known:
        raise UsageError(f"profile: {too_few(residuals.rows, len(x))}")
    least = float(tree_sum(r * r))
    if not least > 0:
        raise UsageError("profile: the fit is exact, so no other value is worse than by rounding")
    variance = 1.0 if known else least / dof
    places = np.flatnonzero(covariance.free & ~covariance.unknown)
    search = _Search(residuals, x, (low, high), least, variance)
    limit = half_width(level, inf if known else dof)
    below, above = search.ends(places, covariance.root @ covariance.root.T, limit)
    found = {name: Interval(x[k].item(), nan, nan) for k, name in enumerate(names)}
    for row, k in enumerate(places.tolist()):
        found[names[k]] = Interval(x[k].item(), below[row].item(), above[row].item())
    open_ends = [name for name, interval in found.items() if np.isnan(interval[1:]).any()]
    notes = [f"{name}: the data do not bound it, or its bounds do" for name in open_ends]
    if search.better is not None:
        notes.append("a better fit was found on the way; fit again from there")
    return Profile(level, found, tuple(notes), search.better)


class _Search:
    """Refits with one coordinate held; the `least` sum of squares is at `x`."""

    def __init__(
        self,
        residuals: Residuals,
        x: FloatArray,
        box: tuple[FloatArray, FloatArray],
        least: float,
        variance: float,
    ) -> None:
        self._residuals, self._x, self._box = residuals, x, box
        self._least, self._variance = least, variance
        self.better: FloatArray | None = None

    def ends(self, places: IntArray, covariance: FloatArray, limit: float) -> FloatArray:
        """Return the ends (2, runs), below and above, of the coordinates `places` (runs,).

        They are where the root of the rise is `limit`, which is nearly linear in the coordinate.
        """
        both, sides = np.tile(places, 2), np.repeat([-1.0, 1.0], len(places))
        bound = np.where(sides < 0, self._box[0][both], self._box[1][both])
        step = sides * limit * np.sqrt(self._variance * covariance[both, both])
        brackets = Brackets(self._x[both], step, bound, limit)
        # Along this line the others are best, if the model is linear.
        along = covariance[:, both] / covariance[both, both]
        nearest = np.repeat(self._x[:, np.newaxis], len(both), axis=1)
        rise = np.zeros(len(both))
        for _ in range(ROUNDS):
            own = np.flatnonzero(brackets.live)
            if not own.size:
                break
            tries = brackets.tries[own]
            ahead = nearest[:, own] + along[:, own] * (tries - brackets.near[own])
            points, rise[own] = self._refitted(both[own], tries, ahead, nearest[:, own])
            is_near = rise[own] < limit
            nearest[:, own[is_near]] = points[:, is_near]
            brackets.update(rise)
        return brackets.found.reshape(2, -1)

    def _refitted(
        self, places: IntArray, values: FloatArray, *starts: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the best fits (dim, runs) with the coordinates `places` held at `values`.

        And sqrt((rss - least)/variance) there (runs,). Each fit is the better one of those from
        all `starts` (dim, runs).
        """
        runs, each = len(places), np.arange(len(places))
        low, high = (np.repeat(end[:, np.newaxis], runs, axis=1) for end in self._box)
        low[places, each] = high[places, each] = values
        count = len(starts)
        ends = [np.tile(end, count) for end in (low, high)]
        found = descend(self._residuals, np.concatenate(starts, axis=1), *ends)
        best = np.argmin(found.score.reshape(count, runs), axis=0) * runs + each
        points, score = found.x[:, best], found.score[best]
        if score.min() < self._least * (1.0 - 1e-7):
            self.better = points[:, int(np.argmin(score))]
        return points, np.sqrt(np.maximum(0.0, score - self._least) / self._variance)
