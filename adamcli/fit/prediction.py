"""What a fit says about its data and about new rows: fitted values with their bands."""

from __future__ import annotations

from math import inf, nan, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import UsageError
from adamcli.fit.distributions import LEVEL, half_width
from adamcli.fit.statistics import covariance_at
from adamcli.fit.triangles import tree_sum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adamcli.arrays import FloatArray
    from adamcli.fit.statistics import Covariance
    from adamcli.objective.residuals import Residuals


class Prediction(NamedTuple):
    """A row for each row of data: what was measured (NaN if unknown), what is fitted, the bands.

    Where the fit is right, the true value lies within the confidence band with probability `level`,
    a new measurement within the prediction band. Each array has the shape (rows,).
    """

    level: float
    observed: FloatArray
    fitted: FloatArray
    residual: FloatArray
    confidence_low: FloatArray
    confidence_high: FloatArray
    prediction_low: FloatArray
    prediction_high: FloatArray

    def to_dict(self) -> dict[str, Any]:
        """Return the columns as lists, by name."""
        return {name: np.asarray(column).tolist() for name, column in self._asdict().items()}


def predict(
    residuals: Residuals,
    x: FloatArray,
    box: tuple[FloatArray, FloatArray] | None = None,
    at: Mapping[str, FloatArray] | None = None,
    level: float = LEVEL,
) -> Prediction:
    """Return the prediction of the fit at the point `x` (dim,) for its data, or for new rows.

    `at` has the columns of new rows by name; others of its columns are ignored. Coordinates on a
    bound of the `box` count as known. The residual is what was measured less what is fitted. A band
    is NaN where errors do not exist, as with a robust loss.

    Raises `UsageError` if a column is missing, or the fit has no data to compare with.
    """
    low, high = box or (np.full(len(x), -inf), np.full(len(x), inf))
    r = residuals.values(x[:, np.newaxis])[:, 0].copy()
    covariance = covariance_at(residuals, x, (x > low) & (x < high), r)
    dof, known = residuals.rows - covariance.rank, residuals.scale_known
    scale = 1.0 if known else sqrt(float(tree_sum(r * r)) / dof) if dof > 0 else nan
    if not residuals.loss.is_linear:
        scale = nan
    width = half_width(level, inf if known else dof) if known or dof > 0 else nan
    rows = _rows_of(residuals, x) if at is None else _new_rows(residuals, x, at)
    error = _errors(covariance, rows.slopes, scale)
    own = np.sqrt(error * error + (scale * rows.noise) ** 2)
    return Prediction(
        level,
        rows.observed,
        rows.fitted,
        rows.observed - rows.fitted,
        rows.fitted - width * error,
        rows.fitted + width * error,
        rows.fitted - width * own,
        rows.fitted + width * own,
    )


class _Rows(NamedTuple):
    """Of each row: what was measured, what is fitted, its derivatives, its error in units of all.

    `slopes` has the shape (dim, rows), the others (rows,).
    """

    observed: FloatArray
    fitted: FloatArray
    slopes: FloatArray
    noise: FloatArray

    def first(self, rows: int) -> _Rows:
        """Return so many of the rows."""
        return _Rows(*(values[..., :rows] for values in self))


def _varied(number: float, shape: tuple[int, ...]) -> FloatArray:
    """Return entries, multiples of `number`, that differ from row to row."""
    steps = 1.0 + np.arange(shape[0]) / shape[0]
    return np.broadcast_to(number * steps.reshape(-1, *(1,) * (len(shape) - 1)), shape)


def _rows_of(residuals: Residuals, x: FloatArray) -> _Rows:
    data = residuals.data
    if data is None:
        hint = "write it as `model: y ~ formula`"
        raise UsageError(f"the objective does not compare a column with a formula\n  {hint}")
    point = x[:, np.newaxis]
    r = residuals.values(point).copy()
    system = residuals.system(point, r)[..., 0]
    program = residuals.fitted_program()
    fitted = data.values - r[:, 0] / data.factor
    if program is not None:
        fitted = np.broadcast_to(program.value(point)[..., 0], residuals.shape).reshape(-1)
    return _Rows(data.values, fitted, -system[:-1] / data.factor, 1.0 / np.abs(data.factor))


def _new_rows(residuals: Residuals, x: FloatArray, at: Mapping[str, FloatArray]) -> _Rows:
    """Return the rows for new columns; what only measurements need may be missing."""
    given = {name: np.asarray(at[name], dtype=float) for name in residuals.columns if name in at}
    if not given or len({len(column) for column in given.values()}) > 1:
        names = ", ".join(residuals.columns)
        raise UsageError(f"expected new rows with columns of one length, among {names}")
    rows = len(next(iter(given.values())))
    missing = [name for name in residuals.columns if name not in at]
    # What does not change with a missing column does not need it. Where all of its entries are the
    # same, such as in a single row, a scale that is made of them may be 0.
    more = {name: np.concatenate([column, column[:1]]) for name, column in given.items()}
    tries = []
    for number in (1.0, 2.0):
        filled = {
            name: _varied(number, (rows + 1, *residuals.columns[name][1:])) for name in missing
        }
        tries.append(_rows_of(residuals.with_columns({**more, **filled}), x))
    one, other = (each.first(rows) for each in tries)
    if not np.allclose(one.fitted, other.fitted, rtol=1e-9, atol=1e-12, equal_nan=True):
        raise UsageError(
            f"the new rows lack a column that the fit needs, one of {', '.join(missing)}"
        )
    same = {
        name: np.where(getattr(one, name) == getattr(other, name), getattr(one, name), nan)
        for name in ("observed", "noise")
    }
    return one._replace(**same)


def _errors(covariance: Covariance, slopes: FloatArray, scale: float) -> FloatArray:
    """Return the standard error of what is fitted in each row."""
    along = slopes.T @ covariance.root
    errors = scale * np.sqrt((along * along).sum(axis=1))
    return np.where((slopes[covariance.unknown] != 0).any(axis=0), nan, errors)
