"""Errors of a fit by the bootstrap: many fits of resampled data, as one batch.

Of the two ways (Davison and Hinkley 1997, section 6.2), `residuals` adds resampled residuals,
centred unless the loss is robust, and scaled by sqrt(points/dof), to what is fitted; it suits data
whose errors are all alike, or known. `pairs` resamples whole rows; it suits errors that differ in
ways that are not known.
"""

from __future__ import annotations

from math import inf, nan, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import UsageError
from adamcli.fit.distributions import LEVEL
from adamcli.fit.levenberg import descend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.objective.losses import Loss
    from adamcli.objective.residuals import Residuals

WAYS = ("residuals", "pairs")
"""How data are resampled."""

_MOST_ENTRIES = 4_000_000
"""The most numbers of resampled data at a time."""


class Spread(NamedTuple):
    """How an estimate varies: its value, the deviation and bias of the fits, their interval."""

    value: float
    stderr: float
    bias: float
    low: float
    high: float


class Bootstrap(NamedTuple):
    """The spread of each parameter over so many `fits`; `failed` is how many more did not end.

    The intervals are between percentiles and hold with probability `level`. `points` (dim, fits)
    are the fits themselves.
    """

    way: str
    level: float
    fits: int
    failed: int
    parameters: dict[str, Spread]
    points: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the points as JSON values."""
        parameters = {name: spread._asdict() for name, spread in self.parameters.items()}
        found = {**self._asdict(), "parameters": parameters}
        del found["points"]
        return found


def example(names: Sequence[str]) -> dict[str, Any]:
    """Return the JSON values of a bootstrap with all numbers that it can have."""
    unknown = dict.fromkeys(names, Spread(nan, nan, nan, nan, nan))
    return Bootstrap("", nan, 0, 0, unknown, np.empty(0)).to_dict()


def bootstrap(
    residuals: Residuals,
    x: FloatArray,
    names: Sequence[str],
    box: tuple[FloatArray, FloatArray] | None = None,
    *,
    count: int = 1000,
    seed: int = 0,
    way: str = "residuals",
    level: float = LEVEL,
) -> Bootstrap:
    """Return the spread of `count` fits from the fit `x` (dim,), whose coordinates have `names`.

    A fit has the same bits however many there are. Raises `UsageError` for another `way`.
    """
    if way not in WAYS:
        raise UsageError(f"bootstrap: expected one of {', '.join(WAYS)}, found {way}")
    if way == "pairs" and not residuals.loss.is_linear:
        raise UsageError(f"bootstrap: rows are resampled for least squares, not {residuals.loss!r}")
    low, high = box or (np.full(len(x), -inf), np.full(len(x), inf))
    free = int(((x > low) & (x < high)).sum())
    parts = []
    width = max(1, _MOST_ENTRIES // residuals.rows)
    for first in range(0, count, width):
        runs = range(first, min(first + width, count))
        problem = _resampled(residuals, x, free, way, seed, runs)
        found = descend(problem, np.repeat(x[:, np.newaxis], len(runs), axis=1), low, high)
        parts.append(found.x[:, found.converged])
    points = np.concatenate(parts, axis=1)
    spreads = {name: _spread(x[k].item(), points[k], level) for k, name in enumerate(names)}
    return Bootstrap(way, level, points.shape[1], count - points.shape[1], spreads, points)


def _spread(value: float, found: FloatArray, level: float) -> Spread:
    if len(found) < 2:
        return Spread(value, nan, nan, nan, nan)
    low, high = np.quantile(found, [0.5 - 0.5 * level, 0.5 + 0.5 * level]).tolist()
    return Spread(value, float(np.std(found, ddof=1)), float(found.mean()) - value, low, high)


class Resampled:
    """Residuals of data that differ between the runs; see `levenberg.Problem`.

    `shift` (rows, runs) is added to the residuals, which are then multiplied by `weight`.
    """

    def __init__(
        self,
        residuals: Residuals,
        shift: FloatArray | None = None,
        weight: FloatArray | None = None,
    ) -> None:
        self._residuals, self._shift, self._weight = residuals, shift, weight
        self.loss: Loss = residuals.loss

    @property
    def dim(self) -> int:
        """The number of coordinates."""
        return self._residuals.dim

    @property
    def rows(self) -> int:
        """The number of residuals."""
        return self._residuals.rows

    @property
    def entries(self) -> int:
        """How many numbers an evaluation takes per run."""
        return self._residuals.entries

    def values(self, x: FloatArray, runs: IntArray) -> FloatArray:
        """Return the residuals (rows, runs)."""
        found = self._residuals.values(x)
        if self._shift is not None:
            found = found + self._shift[:, runs]
        return found if self._weight is None else found * self._weight[:, runs]

    def system(self, x: FloatArray, residuals: FloatArray, runs: IntArray) -> FloatArray:
        """Return the Jacobian and then the residuals, (dim + 1, rows, runs)."""
        found = self._residuals.system(x, residuals)
        if self._weight is not None:
            found[:-1] *= self._weight[:, runs]
        return found


def _resampled(
    residuals: Residuals, x: FloatArray, free: int, way: str, seed: int, runs: range
) -> Resampled:
    rows = residuals.rows
    # Each run has a generator of its own, so that it does not matter which ones go together.
    drawn = np.stack(
        [np.random.default_rng([seed, run]).integers(0, rows, rows) for run in runs], axis=1
    )
    if way == "pairs":
        counts = np.stack([np.bincount(own, minlength=rows) for own in drawn.T], axis=1)
        return Resampled(residuals, weight=np.sqrt(counts))
    r = residuals.values(x[:, np.newaxis])[:, 0].copy()
    # A robust fit has its own centre, from which the mean of outliers leads away.
    centre = r.mean() if residuals.loss.is_linear else 0.0
    spare = (r - centre) * sqrt(rows / max(1, rows - free))
    return Resampled(residuals, shift=spare[drawn] - r[:, np.newaxis])
