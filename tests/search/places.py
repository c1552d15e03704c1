"""Searches' parts made ready for tests: evaluators of formulas, and oracles in plain NumPy."""

import numpy as np

from adamcli.optimizer.loop import Control
from adamcli.search.evaluator import Evaluator
from adamcli.search.space import Space
from tests.conftest import config_of

SQUARE = "{x: [-4, 6], y: [-5, 5]}"


def evaluator_of(formula: str, bounds: str = SQUARE, centre=None, **keys: object) -> Evaluator:
    """Return what evaluates a formula in the inner coordinates of its box."""
    config = config_of(formula, bounds, **keys)
    space = Space(config.bounds, None if centre is None else np.array(centre))
    return Evaluator(config.objective.make(), space, config.direction, Control())


def vector(dim: int, low: float = -4.0, high: float = 6.0) -> str:
    """Return the bounds of a vector `x`."""
    return f"{{x: {{low: {low}, high: {high}, shape: {dim}}}}}"


def starts_in(space: Space, count: int, seed: int = 0) -> np.ndarray:
    """Return random points (dim, count) of the box."""
    return space.between(np.random.default_rng(seed).random((space.dim, count)))


def column(*coordinates: float) -> np.ndarray:
    """Return one point (dim, 1)."""
    return np.array(coordinates, dtype=float)[:, np.newaxis]
