"""What a fit says about its parameters: their errors, intervals and correlations.

All come from the exact Jacobian J of the residuals at one point. With known errors of the data the
covariance is (J'J)^-1, else it is scaled by rss/dof. Of a fit with k = parameters (and one more if
the scale is estimated) numbers and n points, -2 log L is the sum of squares if the scale is known,
else n log(rss/n), both without terms that depend on the data alone; then

* aic = -2 log L + 2 k
* aicc = aic + 2 k (k + 1)/(n - k - 1)
* bic = -2 log L + k log(n)

(Burnham and Anderson 2002, sections 2.2 and 2.4). Numbers that do not exist are NaN, null in JSON,
and `notes` says why.
"""

from __future__ import annotations

from math import inf, log, nan, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.counted import counted
from adamcli.fit.distributions import LEVEL, chi_squared_tail, half_width
from adamcli.fit.triangles import tree_sum, triangle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adamcli.arrays import BoolArray, FloatArray
    from adamcli.objective.residuals import Residuals

MOST_PARAMETERS = 200
"""With more parameters, as networks have, a fit says nothing about each of them."""

MOST_ENTRIES = 50_000_000
"""The most entries of a Jacobian that errors are computed from."""

_SINGULAR = 1e-13
"""A singular value of the Jacobian with columns of length 1 that counts as 0."""

_EPSILON = 2.0**-52

_ARRIVED = 1e-3
"""The relative offset of Bates and Watts (1981) from which on a point is not the best fit."""


class Estimate(NamedTuple):
    """A value with its standard error, also relative to it, and its interval of 95 %."""

    value: float
    stderr: float
    relative: float
    low: float
    high: float


class Fit(NamedTuple):
    """What is known about a fit at its best point.

    `dof` is points less free parameters. `rss` sums the squares of residuals, with their weights;
    if each row has its own, or sigma is known, it is `chi2` too. `rmse` is sqrt(rss/points) and
    `residual_sd` is sqrt(rss/dof). `p_value` is the probability of a chi2 at least as great, if
    sigma is known. `r_squared` is 1 - rss/tss with the total around the mean of what was measured.
    `scale` is `known` or `estimated`. `parameters` and `derived`, the lines of the formula that are
    numbers, go by name.
    """

    points: int
    dof: int
    scale: str
    parameters: dict[str, Estimate]
    derived: dict[str, Estimate]
    rss: float
    rmse: float
    residual_sd: float
    chi2: float
    reduced_chi2: float
    p_value: float
    r_squared: float
    aic: float
    aicc: float
    bic: float
    correlation: dict[str, dict[str, float]]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        estimates = {
            key: {name: each._asdict() for name, each in getattr(self, key).items()}
            for key in ("parameters", "derived")
        }
        return {**self._asdict(), **estimates, "notes": list(self.notes)}


def example(residuals: Residuals, names: Sequence[str]) -> dict[str, Any]:
    """Return the JSON values of a fit with all numbers that it can have."""
    own = names if len(names) <= MOST_PARAMETERS else ()
    unknown = Estimate(*[nan] * len(Estimate._fields))
    found = Fit(
        points=0,
        dof=0,
        scale="",
        parameters=dict.fromkeys(own, unknown),
        derived=dict.fromkeys(residuals.derived, unknown),
        rss=nan,
        rmse=nan,
        residual_sd=nan,
        chi2=nan,
        reduced_chi2=nan,
        p_value=nan,
        r_squared=nan,
        aic=nan,
        aicc=nan,
        bic=nan,
        correlation={a: {b: nan for b in own if b != a} for a in own},
        notes=(),
    )
    return found.to_dict()


class Covariance(NamedTuple):
    """The errors of free coordinates, in units of the errors of the data.

    The covariance of the coordinates `free` (dim,) is root @ root.T; `root` is (dim, rank) with
    rows of 0 for the others. `unknown` (dim,) marks those that the data do not determine, and
    `tied` lists groups of them that the data cannot tell apart. `offset` is the relative offset of
    Bates and Watts (1981): how far the point is from the best fit, in units of the errors.
    """

    root: FloatArray
    free: BoolArray
    unknown: BoolArray
    tied: tuple[tuple[int, ...], ...]
    offset: float

    @property
    def rank(self) -> int:
        """How many numbers the data determine."""
        return len(self.root.T)


def covariance_at(
    residuals: Residuals, x: FloatArray, free: BoolArray, r: FloatArray
) -> Covariance:
    """Return the covariance of the `free` coordinates at `x` (dim,) with residuals `r` (rows,)."""
    system = residuals.system(x[:, np.newaxis], r[:, np.newaxis])
    chosen = np.flatnonzero([*free, True])
    factor = triangle(np.where(np.isfinite(system), system, 0.0)[chosen])[0]
    upper, right = factor[:-1, :-1], factor[:-1, -1]
    lengths = np.sqrt(tree_sum(upper * upper))
    scale = np.where(lengths > 0, lengths, 1.0)
    left, values, axes = np.linalg.svd(upper / scale)
    good = values > _SINGULAR * max(1, len(values)) if len(values) else np.zeros(0, dtype=bool)
    along = left.T[good] @ right
    root = np.zeros((len(x), int(good.sum())))
    if good.all():
        # Substitution keeps more digits than singular values do.
        root[free] = np.linalg.inv(upper / scale) / scale[:, np.newaxis]
    else:
        root[free] = (axes[good] / values[good, np.newaxis]).T / scale[:, np.newaxis]
    places = np.flatnonzero(free)
    tied = tuple(tuple(places[np.abs(axis) > 1e-3].tolist()) for axis in axes[~good])
    unknown = np.zeros(len(x), dtype=bool)
    unknown[[k for group in tied for k in group]] = True
    return Covariance(root, free, unknown, tied, _offset(along, abs(factor[-1, -1]), len(r)))


def _offset(along: FloatArray, across: float, rows: int) -> float:
    rank = len(along)
    if not rank or rows <= rank or not across:
        return 0.0
    return float(np.sqrt(tree_sum(along * along) / rank) / (across / sqrt(rows - rank)))


@np.errstate(all="ignore")
def fit_at(
    residuals: Residuals,
    x: FloatArray,
    names: Sequence[str],
    box: tuple[FloatArray, FloatArray] | None = None,
) -> Fit:
    """Return what the fit at the point `x` (dim,) says; `names` are those of the coordinates.

    A coordinate on a bound of the `box` has no error.
    """
    low, high = box or (np.full(len(x), -inf), np.full(len(x), inf))
    r = residuals.values(x[:, np.newaxis])[:, 0].copy()
    rss, points = float(tree_sum(r * r)), residuals.rows
    free = (x > low) & (x < high)
    told = len(x) <= MOST_PARAMETERS and len(x) * points <= MOST_ENTRIES
    covariance = covariance_at(residuals, x, free, r) if told and np.isfinite(rss) else None
    rank = int(free.sum()) if covariance is None else covariance.rank
    dof, known = points - rank, residuals.scale_known
    sd = sqrt(rss / dof) if dof > 0 else nan
    notes = list(_notes(residuals, names, low, high, x, covariance, rss, dof, told=told))
    scale = 1.0 if known else sd
    if not residuals.loss.is_linear:
        scale = nan
    width = half_width(LEVEL, inf if known else dof) if dof > 0 or known else nan
    errors = _errors(covariance, len(x), scale)
    parameters, derived = {}, {}
    if told:
        parameters = _estimates(names, x, errors, width)
        values, slopes = residuals.derived_at(x)
        own = _derived_errors(covariance, slopes, scale)
        derived = _estimates(residuals.derived, values, own, width)
    criteria = _criteria(rss, points, rank, known=known)
    return Fit(
        points=points,
        dof=dof,
        scale="known" if known else "estimated",
        parameters=parameters,
        derived=derived,
        rss=rss,
        rmse=sqrt(rss / points) if rss >= 0 else nan,
        residual_sd=sd,
        chi2=rss if residuals.is_weighted else nan,
        reduced_chi2=rss / dof if residuals.is_weighted and dof > 0 else nan,
        p_value=chi_squared_tail(rss, dof) if known and dof > 0 and np.isfinite(rss) else nan,
        r_squared=_r_squared(residuals, rss),
        aic=criteria[0],
        aicc=criteria[1],
        bic=criteria[2],
        correlation=_correlations(covariance, names, errors),
        notes=tuple(notes),
    )


def _estimates(
    names: Sequence[str], values: FloatArray, errors: FloatArray, width: float
) -> dict[str, Estimate]:
    found = {}
    for name, value, error in zip(names, values.tolist(), errors.tolist(), strict=True):
        relative = error / abs(value) if value else nan
        found[name] = Estimate(value, error, relative, value - width * error, value + width * error)
    return found


def _errors(covariance: Covariance | None, count: int, scale: float) -> FloatArray:
    """Return the standard error of each coordinate (dim,), NaN where it has none."""
    if covariance is None:
        return np.full(count, nan)
    root = covariance.root
    errors = scale * np.sqrt(tree_sum((root * root).T))
    return np.where(covariance.free & ~covariance.unknown, errors, nan)


def _derived_errors(covariance: Covariance | None, slopes: FloatArray, scale: float) -> FloatArray:
    """Return the standard errors of numbers with the gradients `slopes` (lines, dim).

    By the delta method: the error along a gradient is that of its linear form.
    """
    if covariance is None or not len(slopes):
        return np.full(len(slopes), nan)
    along = slopes @ covariance.root
    errors = scale * np.sqrt((along * along).sum(axis=1))
    return np.where((slopes[:, covariance.unknown] != 0).any(axis=1), nan, errors)


def _correlations(
    covariance: Covariance | None, names: Sequence[str], errors: FloatArray
) -> dict[str, dict[str, float]]:
    if covariance is None:
        return {}
    known = np.flatnonzero(np.isfinite(errors)).tolist()
    root = covariance.root
    lengths = np.sqrt(tree_sum((root * root).T)) if len(root) else root
    found: dict[str, dict[str, float]] = {names[i]: {} for i in known}
    for i in known:
        for j in known:
            if i != j and lengths[i] * lengths[j] > 0:
                product = float(tree_sum(root[i] * root[j]) / (lengths[i] * lengths[j]))
                found[names[i]][names[j]] = min(1.0, max(-1.0, product))
    return found


def _criteria(rss: float, points: int, rank: int, *, known: bool) -> tuple[float, float, float]:
    """Return AIC, AICc and BIC."""
    if not rss > 0:
        return nan, nan, nan
    k = rank if known else rank + 1
    deviance = rss if known else points * log(rss / points)
    aic, left = deviance + 2 * k, points - k - 1
    return aic, aic + 2 * k * (k + 1) / left if left > 0 else nan, deviance + k * log(points)


def _r_squared(residuals: Residuals, rss: float) -> float:
    data = residuals.data
    if data is None:
        return nan
    weight = data.factor * data.factor
    mean = tree_sum(weight * data.values) / tree_sum(weight)
    total = float(tree_sum(weight * (data.values - mean) ** 2))
    return 1.0 - rss / total if total > 0 else nan


def _notes(
    residuals: Residuals,
    names: Sequence[str],
    low: FloatArray,
    high: FloatArray,
    x: FloatArray,
    covariance: Covariance | None,
    rss: float,
    dof: int,
    *,
    told: bool,
) -> Iterator[str]:
    """Yield why some numbers are missing, or not to be believed."""
    for k in np.flatnonzero((x <= low) | (x >= high)).tolist():
        fixed = low[k] == high[k]
        where = "is fixed by its bounds" if fixed else f"is on its bound {x[k].item():.10g}"
        yield f"{names[k]} {where}, so it has no error"
    if covariance is None:
        many = f"the fit has {counted(len(x), 'parameter')} and {counted(residuals.rows, 'point')}"
        yield f"no errors: {'a residual is not finite' if told else many}"
        return
    for group in covariance.tied:
        listed = " and ".join(names[k] for k in group)
        why = "are not told apart by the data" if len(group) > 1 else "does not change the fit"
        yield f"no error: {listed} {why}"
    if dof <= 0:
        yield f"no errors: {too_few(residuals.rows, covariance.rank)}"
    if not residuals.loss.is_linear:
        yield f"no errors: they hold for least squares, not for the loss {residuals.loss!r}"
    elif covariance.offset > _least_offset(residuals, rss):
        offset = f"relative offset {covariance.offset:.3g}, expected at most {_ARRIVED:g}"
        yield f"not yet the best fit: {offset}"


def too_few(points: int, parameters: int) -> str:
    """Return that so many points do not determine so many parameters and their scatter."""
    verb = "is" if points == 1 else "are"
    return f"{counted(points, 'point')} {verb} too few for {counted(parameters, 'parameter')}"


def _least_offset(residuals: Residuals, rss: float) -> float:
    """Return the offset below which a point counts as the best fit, also among rounding errors."""
    data = residuals.data
    if data is None or not rss > 0:
        return _ARRIVED
    size = float(tree_sum((data.values * data.factor) ** 2))
    return max(_ARRIVED, 8 * _EPSILON * sqrt(size / rss))
