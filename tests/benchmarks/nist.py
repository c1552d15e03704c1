"""NIST's data sets for nonlinear regression, with certified parameters and standard errors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tests.fit.strd import SETS, columns_of

CERTIFIED_DIGITS = 11


class DataSet(NamedTuple):
    """A set: its model, its columns, and for each parameter a start and the error.

    The model is `left` = `right`, both in Python's syntax, with y in the left one.
    """

    name: str
    left: str
    right: str
    columns: dict[str, np.ndarray]
    start: dict[str, float]
    error: dict[str, float]

    @property
    def predictors(self) -> list[str]:
        return [name for name in self.columns if name != "y"]

    @property
    def measured(self) -> np.ndarray:
        """The values of the left side."""
        return np.log(self.columns["y"]) if self.left == "log(y)" else self.columns["y"]

    def digits(self, errors: dict[str, float]) -> float:
        """Return how many digits of the worst of the standard errors are right; 0 if one lacks."""
        wrong = [
            abs(errors.get(name, np.nan) - certified) / certified
            for name, certified in self.error.items()
        ]
        worst = np.nan_to_num(np.max(wrong), nan=1.0)
        return float(-np.log10(np.clip(worst, 10.0**-CERTIFIED_DIGITS, 1.0)))


def data_sets() -> list[DataSet]:
    """Return all sets by name, each with its second start."""
    found = []
    for name, one in sorted(SETS.items()):
        left, _, right = (side.strip() for side in one.model.partition("~"))
        names = [f"b{k + 1}" for k in range(len(one.values))]
        columns = {title: np.array(column) for title, column in columns_of(name).items()}
        numbers = (dict(zip(names, row, strict=True)) for row in (one.starts[1], one.errors))
        found.append(DataSet(name, left, right, columns, *numbers))
    return found


def by_lmfit(one: DataSet) -> dict[str, float]:
    """Return the standard errors that lmfit reports, at its defaults, from the second start."""
    from lmfit.models import ExpressionModel

    model = ExpressionModel(one.right, independent_vars=one.predictors)
    predictors = {name: one.columns[name] for name in one.predictors}
    fitted = model.fit(one.measured, **one.start, **predictors)
    return {name: parameter.stderr or np.nan for name, parameter in fitted.params.items()}


def by_curve_fit(one: DataSet) -> dict[str, float]:
    """Return the standard errors of SciPy's curve_fit, at its defaults, from the second start."""
    from scipy.optimize import curve_fit

    code = compile(one.right, one.name, "eval")
    names = {"exp": np.exp, "cos": np.cos, "sin": np.sin, "arctan": np.arctan, "pi": np.pi}

    def fitted(_: np.ndarray, *values: float) -> np.ndarray:
        return eval(code, {**names, **one.columns, **dict(zip(one.start, values, strict=True))})

    _, covariance = curve_fit(fitted, one.columns["y"], one.measured, list(one.start.values()))
    return dict(zip(one.start, np.sqrt(np.diag(covariance)), strict=True))


def by_adamcli(one: DataSet) -> dict[str, float]:
    """Return the standard errors of `adamcli.solve`, from the second start."""
    import adamcli

    keys = {
        "model": f"{one.left} ~ {one.right}",
        "data": {name: column.tolist() for name, column in one.columns.items()},
        "bounds": {name: [-np.inf, np.inf] for name in one.start},
        "start": one.start,
    }
    result = adamcli.solve(keys, local=True)
    return {name: found.stderr for name, found in result.fit.parameters.items()}


FITTERS = {"adamcli": by_adamcli, "lmfit": by_lmfit, "curve_fit": by_curve_fit}
