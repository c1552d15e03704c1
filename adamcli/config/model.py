"""A config as it was read, and as it is once every rule has been applied to it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.config.document import Scalar
from adamcli.config.keys import OBJECTIVE_KEYS, with_value
from adamcli.examples import Known
from adamcli.listed import MOST_LISTED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from adamcli.arrays import Coordinates, FloatArray
    from adamcli.config.document import Mapping, Node
    from adamcli.config.expectations import Comparison, Expectation
    from adamcli.config.matrices import Matrix
    from adamcli.config.sweep import SweepSettings
    from adamcli.diagnostics import Problem, Span
    from adamcli.objective.base import Specification
    from adamcli.objective.minibatches import Batches
    from adamcli.objective.residuals import Residuals
    from adamcli.objective.variables import Variable, Variables
    from adamcli.optimizer.bounds import Bounds
    from adamcli.optimizer.hyperparameters import Hyperparameters
    from adamcli.optimizer.method import Method
    from adamcli.optimizer.result import Direction
    from adamcli.optimizer.stopping import Stop


class ConfigFile(NamedTuple):
    """A config that has been read but not checked: its keys, and what was wrong so far.

    `name` is shown in errors; the paths of files are relative to `folder`. `tree` lacks the key
    `sweep`, whose value as written is `section`; `sweep` and `expect` are those keys as read.
    """

    name: str
    tree: Mapping
    folder: Path
    problems: tuple[Problem, ...] = ()
    sweep: SweepSettings | None = None
    expect: tuple[Comparison, ...] = ()
    section: Node | None = None

    def whole(self) -> Mapping:
        """Return all keys, `sweep` included."""
        if self.section is None:
            return self.tree
        return self.tree.with_entry(Scalar("sweep", "sweep", self.section.span, True), self.section)

    def for_method(self, method: Node) -> ConfigFile:
        """Return the config without the keys that a method does not use."""
        from adamcli.config.hyperparameters import unused_keys

        unused = unused_keys(method)
        entries = tuple(entry for entry in self.tree.entries if entry[0].text not in unused)
        return self._replace(tree=self.tree._replace(entries=entries))

    def with_values(self, values: Iterable[tuple[str, Node, Span]]) -> ConfigFile:
        """Return the config with some keys set to other values."""
        tree = self.tree
        for key, node, span in values:
            tree = with_value(tree, key, node, span)
        return self._replace(tree=tree)


class Config(NamedTuple):
    """One experiment.

    `start` has one entry for each coordinate, NaN if it is to be drawn. `given` holds the keys of
    the file as written, and `files` the names of the files that they mention. `file` is the config
    as it was read. `matrices` says which columns arrays of the data are made of. `n_iter` counts
    updates; with `batches` a step of the run, an epoch, consists of several.
    """

    name: str
    objective: Specification
    variables: Variables
    bounds: Bounds
    start: Coordinates
    method_name: str
    method: Method
    hyperparameters: Hyperparameters
    n_iter: int
    seed: int
    direction: Direction
    stop: Stop
    expect: tuple[Expectation, ...]
    given: dict[str, Any]
    files: tuple[str, ...] = ()
    file: ConfigFile | None = None
    matrices: tuple[Matrix, ...] = ()
    batches: Batches | None = None

    @property
    def steps(self) -> int:
        """The number of steps, which are epochs if the run has any."""
        return self.n_iter // self.batches.updates if self.batches is not None else self.n_iter

    @property
    def unit(self) -> str:
        """What a step is."""
        return "epoch" if self.batches is not None and self.batches.epochs is not None else "step"

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of what is measured after each step, besides the score."""
        return self.batches.measures if self.batches is not None else ()

    @property
    def standardized(self) -> tuple[Matrix, ...]:
        """The arrays of the data that were standardised, with what was done to them."""
        return tuple(matrix for matrix in self.matrices if matrix.means is not None)

    @property
    def fitted(self) -> Residuals | None:
        """The residuals that compare the data with a fit; None if the objective is no fit."""
        return fitted_by(self.objective, self.given)

    @property
    def known(self) -> Known:
        """What decides which numbers a result has."""
        done = {each.name: each.to_dict() for each in self.standardized}
        more = {"config": self.resolved(), **({"standardized": done} if done else {})}
        return Known(self.variables, self.fitted, self.measures, more)

    def resolved(self) -> dict[str, Any]:
        """Return every key with its value, defaults included, as JSON values."""
        numbers = self.hyperparameters._asdict()
        settings = {key: numbers[key] for key in self.method.uses() if key in numbers}
        kept = (*OBJECTIVE_KEYS, "constants", "data", "start", "stop", "expect")
        return {
            "gradient": self.objective.gradient,
            **{key: _listed(self.given[key]) for key in kept if key in self.given},
            "bounds": self._ranges(),
            "method": self.method_name,
            **{key: _plain(setting) for key, setting in settings.items()},
            **self.method.chosen,
            **self._length(),
            "seed": self.seed,
            "direction": self.direction.value,
            "bounds_mode": self.bounds.mode,
        }

    def _length(self) -> dict[str, Any]:
        """Return how long the run is, and how it goes through its data."""
        batches, found = self.batches, dict[str, Any]()
        if "metrics" in self.given:
            found["metrics"] = self.given["metrics"]
        if batches is None or batches.epochs is None:
            return {**found, "n_iter": self.n_iter}
        own = {"size": batches.size, "shuffle": batches.shuffle, "validation": batches.held_count}
        return {
            "batches": {"rows": [*batches.rows], **own},
            "epochs": batches.epochs,
            **found,
        }

    def _ranges(self) -> dict[str, Any]:
        bounds = self.bounds
        ends = [bounds.low, bounds.high, *bounds.draws]
        low, high, least, most = (
            {v.name: _end(end, v) for v in self.variables.all} for end in ends
        )
        found: dict[str, Any] = {}
        for v in self.variables.all:
            name, more = v.name, dict[str, Any]()
            if v.shape:
                more["shape"] = list(v.shape)
            if (least[name], most[name]) != (low[name], high[name]):
                more["draw"] = [least[name], most[name]]
            if bounds.logarithmic[v.offset]:
                more["scale"] = "log"
            rule = bounds.initial.rules.get(v.offset) if bounds.initial is not None else None
            if rule is not None:
                more["init"] = rule.text
            pair = [low[name], high[name]]
            if rule is not None and self._is_free(v):
                found[name] = more
            else:
                found[name] = {"low": pair[0], "high": pair[1], **more} if more else pair
        return found

    def _is_free(self, variable: Variable) -> bool:
        """Return whether no coordinate of a variable has a finite bound."""
        own = slice(variable.offset, variable.offset + variable.size)
        return bool((self.bounds.low[own] == -inf).all() and (self.bounds.high[own] == inf).all())


def fitted_by(objective: Specification, given: Iterable[str]) -> Residuals | None:
    """Return the residuals that compare data with a fit, for a config with the `given` keys."""
    residuals = objective.residuals
    is_given = residuals is not None and not {"data", "model"}.isdisjoint(given)
    return residuals if residuals and is_given and residuals.is_fit else None


def _end(end: FloatArray, variable: Variable) -> Any:
    """Return one end of the bounds (dim,) of a variable as a config has it.

    It is a number for each entry, or one for all of a large variable that have the same.
    """
    part = end[variable.offset : variable.offset + variable.size]
    if variable.size > MOST_LISTED and (part == part[0]).all():
        return float(part[0])
    return part.reshape(variable.shape).tolist()


def _listed(value: Any) -> Any:
    """Return a value with the arrays of Python in it as lists."""
    if isinstance(value, dict):
        return {key: _listed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_listed(entry) for entry in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _plain(setting: Any) -> Any:
    """Return a hyperparameter as a config has it; of a function of Python's only its name."""
    if not callable(setting):
        return setting
    return getattr(setting, "plain", None) or repr(setting)
