"""What a fit says of its data or of new rows, as rows: the columns, what is fitted, the bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.fields import Column, Kind, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adamcli.arrays import FloatArray
    from adamcli.fit.prediction import Prediction

COLUMNS = (
    *("observed", "fitted", "residual"),
    *("confidence_low", "confidence_high", "prediction_low", "prediction_high"),
)
"""The columns of a prediction."""


class PredictionLayout(Layout):
    """The columns of a prediction; those of the data named like one of them get a prefix."""

    def __init__(self, data: Mapping[str, FloatArray]) -> None:
        self._data = data
        names = [f"data.{name}" if name in COLUMNS else name for name in data]
        self.columns = [Column(name, (name,), Kind.REAL) for name in (*names, *COLUMNS)]

    def values(self, found: Prediction) -> list[FloatArray]:
        """Return the values of each column."""
        return [*self._data.values(), *(getattr(found, name) for name in COLUMNS)]
