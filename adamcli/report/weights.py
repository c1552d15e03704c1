"""The best point as a file of arrays, one for each variable, which NumPy reads."""

from __future__ import annotations

from io import BytesIO
from math import isfinite
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np

from adamcli.config.weights import told_of
from adamcli.errors import NoScoreError

if TYPE_CHECKING:
    from adamcli.results import Outcome
    from adamcli.sweeps.result import SweepResult


def weights_file(result: Outcome | SweepResult) -> bytes:
    """Return the variables at the best point as an npz file, each by its name and in its shape.

    With them goes what arrays of the data are made of, so that new rows can be treated alike.
    Of a sweep it is the best run. Raises `NoScoreError` if no score is finite.
    """
    from adamcli.sweeps.result import SweepResult

    best = result.best if isinstance(result, SweepResult) else result
    if best is None or not isfinite(best.best.score):
        raise NoScoreError("there is no finite score")
    variables, buffer = best.config.variables, BytesIO()
    parts = variables.split(np.array(best.best.x))
    arrays = dict(zip(variables.by_name, parts, strict=True)) | told_of(best.config.matrices)
    # By hand, as `numpy.savez` cannot take a variable called `file`.
    with ZipFile(buffer, "w") as archive:
        for name, part in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, part, allow_pickle=False)
    return buffer.getvalue()
