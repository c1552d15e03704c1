"""The table of methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.optimizer.adam import Adam

if TYPE_CHECKING:
    from adamcli.optimizer.method import Method

METHODS: dict[str, type[Method]] = {"adam": Adam}
"""The methods by name; the first is the default."""

OPTIONS = tuple(dict.fromkeys(name for method in METHODS.values() for name in method.options))
"""The keys of all methods besides hyperparameters."""
