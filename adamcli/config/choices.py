"""What can be typed after `--set` and `-p`: the keys of a config, and the words that some have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.config.bounds import SCALES
from adamcli.config.document import Mapping
from adamcli.config.keys import KEYS
from adamcli.config.standard import names
from adamcli.config.sweep import SAMPLERS
from adamcli.objective.base import PACKAGES, SCHEME_NAMES
from adamcli.objective.losses import RHO
from adamcli.optimizer.adam import EPS_MODES
from adamcli.optimizer.bounds import BOUNDS_MODES
from adamcli.optimizer.initial import KINDS
from adamcli.optimizer.methods import METHODS
from adamcli.optimizer.result import Direction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

TRUTH = ("true", "false")

CHOICES: dict[str, Collection[str]] = {
    "objective": names(),
    "method": METHODS,
    "direction": [direction.value for direction in Direction],
    "bounds_mode": BOUNDS_MODES,
    "gradient": ("derived", *SCHEME_NAMES, *PACKAGES),
    "eps_mode": EPS_MODES,
    "loss": RHO,
    "bounds.*.init": [name for name, kind in KINDS.items() if not kind.parameters],
    "bounds.*.scale": SCALES,
    "batches.shuffle": TRUTH,
    "data.*.standardize": TRUTH,
    "sweep.zip": TRUTH,
    "sweep.sampler": SAMPLERS,
}
"""The words of the keys that have fixed ones; `*` stands for any name."""


def words_of(key: str) -> Collection[str]:
    """Return the words that a key may have, none if they are not fixed."""
    first, *inner = key.split(".")
    middle = ["*"] * (len(inner) - 1)
    return CHOICES.get(".".join([first, *middle, *inner[-1:]]), ())


def keys_in(tree: Mapping) -> list[str]:
    """Return all keys, those inside others of a config, and the bounds and start of variables."""
    bounds = tree.get("bounds")
    variables = [key.text for key, _ in bounds.entries] if isinstance(bounds, Mapping) else []
    starts = [f"start.{name}" for name in variables]
    return list(dict.fromkeys((*KEYS, *_inner(tree, ""), *starts)))


def _inner(tree: Mapping, owner: str) -> Iterator[str]:
    """Yield the keys inside those of a mapping."""
    for key, value in tree.entries:
        if isinstance(value, Mapping):
            inside = f"{owner}{key.text}."
            yield from (f"{inside}{inner.text}" for inner, _ in value.entries)
            yield from _inner(value, inside)
