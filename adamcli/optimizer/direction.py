"""Which way an objective is to go, and the signs that come of it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray

    Scores = TypeVar("Scores", float, FloatArray)


class Direction(Enum):
    """Whether the objective is minimised or maximised; the value is the word of the config."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @classmethod
    def from_flag(cls, maximize: bool) -> Direction:
        """Return the direction of a flag."""
        return cls.MAXIMIZE if maximize else cls.MINIMIZE

    @property
    def sign(self) -> float:
        """The factor that makes of the objective, or its gradient, that of what is minimised."""
        return -1.0 if self is Direction.MAXIMIZE else 1.0

    @property
    def improves(self) -> np.ufunc:
        """The comparison that holds between a better score and a worse one."""
        return np.greater if self is Direction.MAXIMIZE else np.less

    def best(self, scores: FloatArray) -> float:
        """Return the best of some scores."""
        return float(scores.max() if self is Direction.MAXIMIZE else scores.min())

    def merit(self, scores: Scores) -> Scores:
        """Return how good scores are; lower is better."""
        return self.sign * scores
