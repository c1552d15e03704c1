"""The table of methods."""

from adamcli.optimizer.adam import Adam
from adamcli.optimizer.method import Method

METHODS: dict[str, type[Method]] = {"adam": Adam}
"""The methods by name; the first is the default."""

OPTIONS = tuple(dict.fromkeys(name for method in METHODS.values() for name in method.options))
"""The keys of all methods besides hyperparameters."""
