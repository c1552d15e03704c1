"""How well a point fits data."""

from __future__ import annotations

from math import nan, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.fit.triangles import tree_sum

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.objective.residuals import Residuals


class Fit(NamedTuple):
    """The residual sum of squares, its root mean square, and R² (NaN without observations).

    R² is 1 - RSS/TSS with the total sum of squares around the mean of the observations.
    """

    points: int
    rss: float
    rmse: float
    r_squared: float


def fit_at(residuals: Residuals, x: FloatArray) -> Fit:
    """Return the quality of the fit at the point `x` (dim,)."""
    r = residuals.values(x[:, np.newaxis])[:, 0]
    rss = float(tree_sum(r * r))
    rmse = sqrt(rss / residuals.rows) if rss >= 0 else nan
    return Fit(residuals.rows, rss, rmse, _r_squared(residuals, rss))


def _r_squared(residuals: Residuals, rss: float) -> float:
    data = residuals.data
    if data is None:
        return nan
    weight = data.factor * data.factor
    mean = tree_sum(weight * data.values) / tree_sum(weight)
    total = float(tree_sum(weight * (data.values - mean) ** 2))
    return 1.0 - rss / total if total > 0 else nan
