"""Runs that share a program: their starts and settings, and their results as rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import ObjectiveError
from adamcli.experiment import starts_of
from adamcli.objective.formula import FormulaObjective
from adamcli.objective.graph import Split
from adamcli.optimizer.hyperparameters import NAMES
from adamcli.optimizer.loop import block_width, minimize_batch
from adamcli.optimizer.result import Status
from adamcli.sweeps.rows import Rows, joined, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.config.model import Config
    from adamcli.optimizer.loop import Control, Task


class Batch(NamedTuple):
    """Some runs of one task, and the `numbers` (runs,) by key in which they differ."""

    config: Config
    task: Task
    runs: IntArray
    numbers: dict[str, FloatArray]

    def parts(self) -> Iterator[Batch]:
        """Yield batches that can each go through the core as one array."""
        if not self.config.objective.takes_batches:
            yield from self._singles()
            return
        constants = {k for k in self.numbers if k.startswith("constants.")}
        if not constants:
            yield self
            return
        assert isinstance(self.task.objective, FormulaObjective)
        width = block_width(self.task)
        for first in range(0, len(self.runs), width):
            block = self._taken(np.arange(first, min(first + width, len(self.runs))))
            values = {key.partition(".")[2]: block.numbers[key] for key in constants}
            for places, compiled_objective in compiled(self.task.objective, values):
                task = self.task._replace(objective=compiled_objective)
                yield block._taken(places)._replace(task=task)

    def rows(self, coordinates: Sequence[str], *, points: bool, control: Control | None) -> Rows:
        """Return the results, with a place for each of `coordinates` in their points."""
        config, numbers = self.config, self.numbers
        seeds = numbers.get("seed", np.full(len(self.runs), config.seed)).astype(np.int64)
        starts = starts_of(config, seeds, self._given())
        settings: dict[str, Any] = {
            name: values[0] if (values == values[0]).all() else values
            for name in NAMES
            if (values := numbers.get(name)) is not None
        }
        hyperparameters = self.task.hyperparameters._replace(**settings)
        task = self.task._replace(hyperparameters=hyperparameters)
        outcome = minimize_batch(task, starts, control, points=points)
        if isinstance(outcome.error, ObjectiveError) and len(self.runs) > 1:
            # One point may be what a function of whole batches fails at.
            singles = self._singles()
            return joined([b.rows(coordinates, points=points, control=control) for b in singles])
        failed = np.flatnonzero(outcome.status == Status.FAILED.code).tolist()
        names = config.variables.coordinate_names()
        messages = {int(self.runs[k]): outcome.message_of(k, config.n_iter, names) for k in failed}
        place = partial(_placed, config=config, coordinates=coordinates) if points else None
        return rows_of(self.runs, seeds, outcome, messages, place)

    def _singles(self) -> Iterator[Batch]:
        return (self._taken(np.array([k])) for k in range(len(self.runs)))

    def _taken(self, places: IntArray) -> Batch:
        numbers = {key: values[places] for key, values in self.numbers.items()}
        return self._replace(runs=self.runs[places], numbers=numbers)

    def _given(self) -> dict[int, FloatArray]:
        """Return the coordinates of the start that differ from run to run, by their place."""
        given, config = {}, self.config
        for key, values in self.numbers.items():
            root, _, name = key.partition(".")
            if root == "start":
                k = config.variables.by_name[name].offset
                given[k] = config.bounds.inside(k, values)
        return given


def compiled(
    objective: FormulaObjective, values: dict[str, FloatArray]
) -> Iterator[tuple[IntArray, FormulaObjective]]:
    """Yield the objective for runs with these `values` (runs,) of its constants.

    A value may lead to another program than the others do, as 2 does in x**k; so there is an
    objective for each kind, with the places of the runs that it is for.
    """
    rest: list[IntArray] = [np.arange(len(next(iter(values.values()))))]
    while rest:
        places = rest.pop()
        try:
            made = objective.with_constants({name: v[places] for name, v in values.items()})
        except Split as split:
            rest += [places[~split.mask], places[split.mask]]
        else:
            yield places, made


def _placed(x: FloatArray, config: Config, coordinates: Sequence[str]) -> FloatArray:
    """Return points with a row for each of `coordinates`, NaN where a run has none of that name."""
    own = config.variables.coordinate_names()
    if own == coordinates:
        return x
    place = {name: k for k, name in enumerate(coordinates)}
    placed = np.full((len(place), x.shape[1]), np.nan)
    placed[[place[name] for name in own]] = x
    return placed
