"""The keys that a config may have."""

from __future__ import annotations

from adamcli.optimizer.hyperparameters import NAMES

KEYS = (
    "objective",
    "gradient",
    "bounds",
    "dim",
    "start",
    "constants",
    "data",
    *NAMES,
    "eps_mode",
    "n_iter",
    "seed",
    "direction",
    "bounds_mode",
    "expect",
    "sweep",
)
