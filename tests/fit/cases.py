"""Fits that several tests use."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from adamcli.config.load import parse_config
from adamcli.fit.levenberg import Descent, descend
from adamcli.fit.starts import starts_around

X = np.array([0.0, 1, 2, 3, 4, 5, 6, 7])
Y = np.array([1.1, 2.9, 5.2, 6.8, 9.1, 10.7, 13.4, 14.9])
SIGMA = np.array([0.1, 0.2, 0.1, 0.3, 0.1, 0.2, 0.4, 0.2])
DATA = f"data: {{x: {X.tolist()}, y: {Y.tolist()}, s: {SIGMA.tolist()}}}\n"
LINE = "model: y ~ a*x + c\nbounds: {a: [-9, 9], c: [-9, 9]}\n" + DATA


class StartFit(NamedTuple):
    """A fit from a start: the best point `x` (dim,), its score, and all runs; `best` is its run."""

    x: np.ndarray
    score: float
    best: int
    runs: Descent


def fit_from(residuals, start, low, high, *, seed=0) -> StartFit:
    """Return the best fit from `start` and around it; of equally good ones the first wins."""
    tried, damping = starts_around(start, low, high, seed)
    runs = descend(residuals, tried, low, high, damping=damping)
    # Scores are equal to 1e-7, and to the rounding of the data.
    data = residuals.data
    size = 0.0 if data is None else ((data.values * data.factor) ** 2).sum()
    rounding = 4.0 * np.finfo(float).eps * np.sqrt(size)
    ties = (np.sqrt(runs.score.min()) * (1.0 + 5e-8) + rounding) ** 2
    best = int(np.argmax(runs.score <= ties))
    return StartFit(runs.x[:, best], float(runs.score[best]), best, runs)


class Case:
    """A config with its residuals and its best fit from the middle of its box."""

    def __init__(self, text: str) -> None:
        self.config = parse_config(text)
        self.residuals = self.config.fitted
        self.box = self.config.bounds.low, self.config.bounds.high
        self.names = self.config.variables.coordinate_names()
        middle = np.array([0.5 * (a + b) for a, b in zip(*self.box, strict=True)])
        self.x = fit_from(self.residuals, middle, *self.box).x


@lru_cache
def case(text: str) -> Case:
    return Case(text)


def design(weight=1.0):
    """Return the design matrix of LINE, its rows multiplied by `weight`."""
    return np.stack([X, np.ones_like(X)], axis=1) * np.reshape(weight, (-1, 1))
