"""The checked config: what a file says once every rule has been applied to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.optimizer.result import Direction

if TYPE_CHECKING:
    from adamcli.config.expectations import Expectation
    from adamcli.config.load import ConfigFile
    from adamcli.objective.base import Specification
    from adamcli.objective.variables import Variables
    from adamcli.optimizer.bounds import Bounds
    from adamcli.optimizer.hyperparameters import Hyperparameters
    from adamcli.optimizer.method import Method


class Config(NamedTuple):
    """One experiment.

    `start` has one entry for each coordinate, None if it is to be drawn. `given` holds the keys of
    the file as written, and `files` the names of the files that they mention. `file` is the config
    as it was read.
    """

    name: str
    objective: Specification
    variables: Variables
    bounds: Bounds
    start: tuple[float | None, ...]
    method: Method
    hyperparameters: Hyperparameters
    n_iter: int
    seed: int
    direction: Direction
    expect: tuple[Expectation, ...]
    given: dict[str, Any]
    files: tuple[str, ...] = ()
    file: ConfigFile | None = None

    @property
    def maximize(self) -> bool:
        """Whether the objective is maximised."""
        return self.direction is Direction.MAXIMIZE

    def resolved(self) -> dict[str, Any]:
        """Return every key with its value, defaults included, as JSON values."""
        settings = self.hyperparameters._asdict()
        kept = ("objective", "gradient", "constants", "data", "start", "expect")
        return {
            "gradient": self.objective.gradient,
            **{key: self.given[key] for key in kept if key in self.given},
            "bounds": self._ranges(),
            **{key: repr(s) if callable(s) else s for key, s in settings.items()},
            **self.method.chosen,
            "n_iter": self.n_iter,
            "seed": self.seed,
            "direction": self.direction.value,
            "bounds_mode": self.bounds.mode,
        }

    def _ranges(self) -> dict[str, Any]:
        low = self.variables.unpack(self.bounds.low.tolist())
        high = self.variables.unpack(self.bounds.high.tolist())
        return {
            v.name: {"low": low[v.name], "high": high[v.name], "shape": list(v.shape)}
            if v.shape
            else [low[v.name], high[v.name]]
            for v in self.variables.all
        }
