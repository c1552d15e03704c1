"""Whether to minimise or maximise, with the signs that follow."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray

    Scores = TypeVar("Scores", float, FloatArray)


class Direction(Enum):
    """Whether the objective is minimised or maximised; the value is the word used in configs."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @property
    def sign(self) -> float:
        """The factor that turns the objective and its gradient into what is minimised."""
        return -1.0 if self is Direction.MAXIMIZE else 1.0

    @property
    def improves(self) -> np.ufunc:
        """The comparison that is true of a better score and a worse one."""
        return np.greater if self is Direction.MAXIMIZE else np.less

    def best(self, scores: FloatArray) -> float:
        """Return the best of the scores."""
        return float(scores.max() if self is Direction.MAXIMIZE else scores.min())

    def merit(self, scores: Scores) -> Scores:
        """Return the scores with a sign such that lower is better."""
        return self.sign * scores
