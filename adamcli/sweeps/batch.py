"""Runs that share a program: their starts and settings, and their results as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import ObjectiveError
from adamcli.experiment import starts_of
from adamcli.fields import ROW_FIELDS, Kind
from adamcli.objective.formula import FormulaObjective
from adamcli.objective.graph import Split
from adamcli.objective.minibatches import MinibatchObjective
from adamcli.optimizer.hyperparameters import NAMES
from adamcli.optimizer.loop import block_width, minimize_batch
from adamcli.optimizer.status import Status
from adamcli.sweeps.rows import Rows, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adamcli.arrays import Array, FloatArray, IntArray
    from adamcli.config.model import Config
    from adamcli.optimizer.loop import Control, Task


class Batch(NamedTuple):
    """Some runs of one task, and by key the `numbers` (runs,) in which they differ."""

    config: Config
    task: Task
    runs: IntArray
    numbers: dict[str, FloatArray]

    def parts(self) -> Iterator[Batch]:
        """Yield batches that can each go through the core as one array."""
        if not self.config.objective.takes_batches:
            yield from self._singles()
            return
        if self.config.batches is not None and self.config.batches.is_ordered:
            yield from self._in_orders()
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
            for places, objective in compiled(self.task.objective, values):
                yield block._taken(places)._replace(task=self.task._replace(objective=objective))

    def rows(
        self,
        coordinates: Sequence[str],
        measures: Sequence[str] = (),
        *,
        points: bool,
        control: Control | None,
    ) -> Rows:
        """Return the results; their points, if wanted, have one entry per name in `coordinates`.

        They have one array for each of the `measures` of any run.
        """
        config, seeds = self.config, self._seeds
        starts = starts_of(config, seeds, self._varied_starts())
        outcome = minimize_batch(self._task_with_settings(), starts, control, points=points)
        if isinstance(outcome.error, ObjectiveError) and len(self.runs) > 1:
            # A function of whole batches may fail because of a single point.
            singles = self._singles()
            rows = (b.rows(coordinates, measures, points=points, control=control) for b in singles)
            return joined(list(rows))
        names = config.variables.coordinate_names()
        columns: dict[str, Array] = {"index": self.runs, "seed": seeds}
        for field in ROW_FIELDS:
            if field.kind is Kind.MEASURES:
                own = dict(zip(config.measures, field.of(outcome), strict=True))
                nowhere = np.full(len(self.runs), np.nan)
                columns.update({f"{field.name}.{n}": own.get(n, nowhere) for n in measures})
            elif field.kind is not Kind.POINT:
                columns[field.name] = field.of(outcome)
            elif points:
                columns[field.name] = _placed(field.of(outcome), names, coordinates)
        failed = np.flatnonzero(outcome.status == Status.FAILED.code).tolist()
        messages = {
            int(self.runs[k]): outcome.message_of(k, config.n_iter, names, config.stop)
            for k in failed
        }
        return Rows(columns, messages)

    @property
    def _seeds(self) -> IntArray:
        own = self.numbers.get("seed", np.full(len(self.runs), self.config.seed))
        return own.astype(np.int64)

    def _in_orders(self) -> Iterator[Batch]:
        """Yield blocks of runs that take the rows of the data in the order of their own seeds."""
        objective, seeds = self.task.objective, self._seeds
        assert isinstance(objective, MinibatchObjective)
        width = block_width(self.task._replace(objective=objective.seeded(seeds)))
        for first in range(0, len(self.runs), width):
            part = self._taken(np.arange(first, min(first + width, len(self.runs))))
            own = part.task._replace(objective=objective.seeded(part._seeds))
            yield part._replace(task=own)

    def _singles(self) -> Iterator[Batch]:
        return (self._taken(np.array([k])) for k in range(len(self.runs)))

    def _taken(self, places: IntArray) -> Batch:
        numbers = {key: values[places] for key, values in self.numbers.items()}
        return self._replace(runs=self.runs[places], numbers=numbers)

    def _varied_starts(self) -> dict[int, FloatArray]:
        """Return the coordinates of the start that differ between runs, by their place."""
        by_name, inside = self.config.variables.by_name, self.config.bounds.inside
        names = [key.removeprefix("start.") for key in self.numbers if key.startswith("start.")]
        places = {name: by_name[name].offset for name in names}
        return {k: inside(k, self.numbers[f"start.{name}"]) for name, k in places.items()}

    def _task_with_settings(self) -> Task:
        settings: dict[str, Any] = {
            name: values[0] if (values == values[0]).all() else values
            for name in NAMES
            if (values := self.numbers.get(name)) is not None
        }
        hyperparameters = self.task.hyperparameters._replace(**settings)
        return self.task._replace(hyperparameters=hyperparameters)


def compiled(
    objective: FormulaObjective, values: dict[str, FloatArray]
) -> Iterator[tuple[IntArray, FormulaObjective]]:
    """Yield the objective for runs with these `values` (runs,) of its constants.

    One value may lead to another program than the rest, as 2 does in x**k; so there is one
    objective for each kind, with the places of its runs.
    """
    rest: list[IntArray] = [np.arange(len(next(iter(values.values()))))]
    while rest:
        places = rest.pop()
        try:
            found = objective.with_constants({name: v[places] for name, v in values.items()})
        except Split as split:
            rest += [places[~split.mask], places[split.mask]]
        else:
            yield places, found


def _placed(x: FloatArray, names: Sequence[str], coordinates: Sequence[str]) -> FloatArray:
    """Return points over `names` as points over `coordinates`, NaN where there is no value."""
    if names == coordinates:
        return x
    place = {name: k for k, name in enumerate(coordinates)}
    placed = np.full((len(place), x.shape[1]), np.nan)
    placed[[place[name] for name in names]] = x
    return placed
