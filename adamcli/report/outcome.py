"""A run's result with what it came from: what JSON, summaries and expectations are made of."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.provenance import provenance

if TYPE_CHECKING:
    from adamcli.config.model import Config
    from adamcli.objective.residuals import Fit
    from adamcli.optimizer.result import Point, Result


class Outcome(NamedTuple):
    """A result, the config it belongs to, and the seconds from the first evaluation to the last."""

    config: Config
    result: Result
    seconds: float

    def active_bounds(self) -> dict[str, str]:
        """Return the coordinates whose last point stands on a bound and is pushed against it."""
        import numpy as np

        gradient = np.array(self.result.gradient) * self.config.direction.sign
        low, high = self.config.bounds.active(np.array(self.result.last.x), gradient)
        names = self.config.variables.coordinate_names()
        ends = {**dict.fromkeys(low, "lower"), **dict.fromkeys(high, "upper")}
        return {names[k]: ends[k] for k in sorted(ends)}

    def fit(self) -> Fit | None:
        """Return how well the best point fits the data, where the objective sums squares of it."""
        residuals = self.config.objective.residuals
        if residuals is None or "data" not in self.config.given:
            return None
        found: Fit = residuals.fit(self.result.best.x)
        return found

    def fields(self) -> dict[str, float]:
        """Return every field an expectation may name."""
        result, names = self.result, self.config.variables.coordinate_names()
        fields = {
            "success": float(result.success),
            "nit": float(result.nit),
            "nfev": float(result.nfev),
            "njev": float(result.njev),
            "seconds": self.seconds,
        }
        for label in ("start", "best", "last"):
            point: Point = getattr(result, label)
            fields[f"{label}.t"], fields[f"{label}.score"] = float(point.t), point.score
            for k, (name, value) in enumerate(zip(names, point.x, strict=True)):
                fields[f"{label}.x[{k}]"] = fields[f"{label}.x.{name}"] = value
        return fields

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON can hold it; what is not finite is None."""
        result, unpack = self.result, self.config.variables.unpack
        gradient, fit = unpack(result.gradient), self.fit()
        found: dict[str, Any] = finite(
            {
                "status": result.status.value,
                "success": result.success,
                "message": result.message,
                "nit": result.nit,
                "nfev": result.nfev,
                "njev": result.njev,
                "seconds": round(self.seconds, 6),
                **{
                    label: self._point(getattr(result, label))
                    for label in ("start", "best", "last")
                },
                "gradient": gradient,
                "active_bounds": self.active_bounds(),
                "divergence": self._divergence(),
                "fit": fit._asdict() if fit is not None else None,
                **provenance(self.config),
            }
        )
        return found

    def _point(self, point: Point) -> dict[str, Any]:
        return {"t": point.t, "x": self.config.variables.unpack(point.x), "score": point.score}

    def _divergence(self) -> dict[str, Any] | None:
        found = self.result.divergence
        if found is None:
            return None
        names = self.config.variables.coordinate_names()
        return {
            "t": found.t,
            "quantity": found.quantity,
            "coordinate": None if found.coordinate is None else names[found.coordinate],
            "value": repr(found.value),
            "x": self.config.variables.unpack(found.x),
        }


def finite(value: Any) -> Any:
    """Return `value` with every float that is not finite replaced by None, all the way down."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value
