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
from adamcli.fit.distributions import LEVEL, half_width
from adamcli.fit.levenberg import descend
from adamcli.fit.statistics import covariance_at
from adamcli.fit.triangles import tree_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.objective.residuals import Residuals

ROUNDS = 60
"""The most values at which an end of an interval is looked for."""

_TOLERANCE = 1e-9


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
        raise UsageError(f"profile: {residuals.rows} points are too few for {len(x)} parameters")
    least = float(tree_sum(r * r))
    if not least > 0:
        raise UsageError("profile: the fit is exact, so no other value is worse than by rounding")
    variance = 1.0 if known else least / dof
    places = np.flatnonzero(covariance.free & ~covariance.unknown)
    search = _Search(residuals, x, (low, high), least, variance)
    search.limit = half_width(level, inf if known else dof)
    ends = search.ends(np.repeat(places, 2), covariance.root @ covariance.root.T)
    found = {name: Interval(x[k].item(), nan, nan) for k, name in enumerate(names)}
    for row, k in enumerate(places.tolist()):
        found[names[k]] = Interval(x[k].item(), ends[2 * row].item(), ends[2 * row + 1].item())
    open_ends = [name for name, interval in found.items() if np.isnan(interval[1:]).any()]
    notes = [f"{name}: the data do not bound it, or its bounds do" for name in open_ends]
    if search.better is not None:
        notes.append("a better fit was found on the way; fit again from there")
    return Profile(level, found, tuple(notes), search.better)


class _Search:
    """Looks for all ends at once; the runs are the ends, those below and above in turn."""

    limit: float

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

    def ends(self, places: IntArray, covariance: FloatArray) -> FloatArray:
        """Return the ends (runs,) for the coordinates `places` (runs,), NaN where there is none.

        The root of the rise is nearly linear in the parameter, so secants find where it is `limit`;
        they are kept within the values known to be too near and too far.
        """
        runs = len(places)
        sides = np.tile([-1.0, 1.0], runs // 2)
        bound = np.where(sides < 0, self._box[0][places], self._box[1][places])
        near, near_rise = self._x[places].copy(), np.zeros(runs)
        far, far_rise = np.full(runs, nan), np.full(runs, nan)
        step = sides * self.limit * np.sqrt(self._variance * covariance[places, places])
        tries = np.where(sides < 0, np.maximum(near + step, bound), np.minimum(near + step, bound))
        # Along this line the others are best, if the model is linear.
        along = covariance[:, places] / covariance[places, places]
        starts = self._x[:, np.newaxis] + along * (tries - near)
        found, live = np.full(runs, nan), np.ones(runs, dtype=bool)
        for _ in range(ROUNDS):
            own = np.flatnonzero(live)
            if not own.size:
                break
            rise = self._rise(places[own], tries[own], starts, own)
            miss = rise - self.limit
            done = np.abs(miss) <= _TOLERANCE * self.limit
            found[own[done]] = tries[own[done]]
            short = miss < 0
            # At a bound there is no value further out.
            stuck = short & (tries[own] == bound[own])
            live[own[done | stuck]] = False
            near[own[short]], near_rise[own[short]] = tries[own[short]], rise[short]
            far[own[~short]], far_rise[own[~short]] = tries[own[~short]], rise[~short]
            moved = self._next(near, near_rise, far, far_rise, step)
            moved = np.where(sides < 0, np.maximum(moved, bound), np.minimum(moved, bound))
            starts[:, own] += (along * (moved - tries))[:, own]
            same = moved == tries
            found[live & same] = tries[live & same]
            live &= ~same
            tries = np.where(live, moved, tries)
        return found

    def _next(
        self,
        near: FloatArray,
        near_rise: FloatArray,
        far: FloatArray,
        far_rise: FloatArray,
        step: FloatArray,
    ) -> FloatArray:
        """Return the next values: between those that are too near and too far, or further out."""
        with np.errstate(all="ignore"):
            share = (self.limit - near_rise) / (far_rise - near_rise)
            # A secant that hardly moves an end would do so for ever.
            share = np.where(np.isfinite(far_rise), np.clip(share, 1e-6, 1 - 1e-6), 0.5)
            inside = near + share * (far - near)
            grown = np.where(near_rise > 0, self.limit / near_rise, 2.0)
            further = near + step * np.clip(grown - 1.0, 0.02, 2.0)
        return np.where(np.isnan(far), further, inside)

    def _rise(
        self, places: IntArray, values: FloatArray, starts: FloatArray, own: IntArray
    ) -> FloatArray:
        """Return sqrt((rss - least)/variance) with the coordinates `places` held at `values`.

        `starts` (dim, runs) become the points found.
        """
        low = np.repeat(self._box[0][:, np.newaxis], len(own), axis=1)
        high = np.repeat(self._box[1][:, np.newaxis], len(own), axis=1)
        each = np.arange(len(own))
        low[places, each] = high[places, each] = values
        runs = descend(self._residuals, starts[:, own], low, high)
        if runs.score.min() < self._least * (1.0 - 1e-7):
            self.better = runs.x[:, int(np.argmin(runs.score))]
        starts[:, own] = runs.x
        found: FloatArray = np.sqrt(np.maximum(0.0, runs.score - self._least) / self._variance)
        return found
