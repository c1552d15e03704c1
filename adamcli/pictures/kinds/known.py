"""What is known of the minimum of a test function, in the terms of a config that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.optimizer.result import Direction

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.config.model import Config
    from adamcli.objective.standard import StandardFunction


def minimum_of(config: Config) -> float | None:
    """Return the lowest score of the test function that is minimised; None if it is none."""
    function = _function(config)
    return None if function is None else _value(function.minimum, {"d": config.variables.dim})


def minimisers_of(config: Config) -> FloatArray | None:
    """Return the points (n, dim) at which that score is taken, as far as they are known."""
    function = _function(config)
    if function is None:
        return None
    found, dim = function.minimisers, config.variables.dim
    if isinstance(found, str):
        return np.array([[_value(found, {"i": k + 1, "d": dim}) for k in range(dim)]])
    points = np.array(found)
    return points if points.shape[1] == dim else None


def _function(config: Config) -> StandardFunction | None:
    from adamcli.config.standard import load, names

    name = config.given.get("objective")
    if config.direction is not Direction.MINIMIZE or name not in names():
        return None
    return load(name)


def _value(formula: str, constants: dict[str, int]) -> float:
    """Return the value of a formula that has no variables."""
    from adamcli.config.checking import checked
    from adamcli.config.load import read_keys

    config = checked(
        read_keys(
            {"objective": formula, "constants": constants, "bounds": {"_": [0, 1]}}, "<known>"
        )
    )
    f = np.empty(1)
    for call in config.objective.make().values.bind_values(np.zeros((1, 1)), f):
        call()
    return float(f[0])
