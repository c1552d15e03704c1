"""The keys that a config may have."""

from __future__ import annotations

from adamcli.optimizer.hyperparameters import NAMES
from adamcli.optimizer.methods import OPTIONS

KEYS = (
    "objective",
    "gradient",
    "bounds",
    "dim",
    "start",
    "constants",
    "data",
    *NAMES,
    *OPTIONS,
    "n_iter",
    "seed",
    "direction",
    "bounds_mode",
    "expect",
    "sweep",
)
