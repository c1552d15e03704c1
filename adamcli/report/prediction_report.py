"""What a fit says of its data or of new rows, as rows: the columns, what is fitted, the bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adamcli.fields import Column, Kind, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adamcli.arrays import FloatArray
    from adamcli.fit.prediction import Prediction
    from adamcli.report.formats import Format

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

    def values(self, found: Prediction) -> list[list[float]]:
        """Return the values of each column."""
        own = (getattr(found, name) for name in COLUMNS)
        return [array.tolist() for array in (*self._data.values(), *own)]


def write_prediction(
    path: str, form: Format, data: Mapping[str, FloatArray], found: Prediction
) -> None:
    """Write a prediction to the file at `path`, with the columns of the data, each of its rows."""
    from adamcli.report.sinks import FileSink, refuse_special

    layout = PredictionLayout(data)
    columns = layout.values(found)
    if form.file is not None:
        refuse_special(path)
        file: Any = form.file(path, layout)
        file.add(columns)
        file.close()
        return
    assert form.rows is not None
    rows, sink = form.rows(layout), FileSink(path)
    sink.write(rows.header() + rows.lines([*map(rows.encoding.numbers, columns)]))
    sink.close()
