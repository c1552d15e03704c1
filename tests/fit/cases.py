"""Fits that several tests use."""

from functools import lru_cache

import numpy as np

from adamcli.config.load import parse_config
from adamcli.fit.starts import fit_from

X = np.array([0.0, 1, 2, 3, 4, 5, 6, 7])
Y = np.array([1.1, 2.9, 5.2, 6.8, 9.1, 10.7, 13.4, 14.9])
SIGMA = np.array([0.1, 0.2, 0.1, 0.3, 0.1, 0.2, 0.4, 0.2])
DATA = f"data: {{x: {X.tolist()}, y: {Y.tolist()}, s: {SIGMA.tolist()}}}\n"
LINE = "model: y ~ a*x + c\nbounds: {a: [-9, 9], c: [-9, 9]}\n" + DATA


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
