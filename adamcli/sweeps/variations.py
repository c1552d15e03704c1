"""A config that is varied: runs that share a program go through the core together."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.load import MAX_SEED
from adamcli.errors import UsageError
from adamcli.experiment import prepare, require_code_allowed, starts_of
from adamcli.objective.formula import FormulaObjective
from adamcli.optimizer.hyperparameters import NAMES, allowed
from adamcli.optimizer.loop import Control, block_width, minimize_batch
from adamcli.sweeps.batch import Batch, compiled
from adamcli.sweeps.layout import RowLayout
from adamcli.sweeps.partition import Partition
from adamcli.sweeps.rows import Rows, in_order

if TYPE_CHECKING:
    from pathlib import Path

    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.config.document import Node
    from adamcli.config.load import ConfigFile
    from adamcli.config.model import Config
    from adamcli.diagnostics import Span
    from adamcli.optimizer.loop import Task
    from adamcli.sweeps.plan import Plan, PlannedAxis


KEPT_PROGRAMS = 1024
"""Programs that are kept ready; of more, those used last."""

MOST_CHECKED = 256
"""So many programs are made before the first run; errors in others come when they are met."""

MOST_SHAPES = 10_000
"""So many programs may differ in their variables: all their names are columns of the results."""


TIMED_PROGRAMS = 8
"""Programs that are timed for an estimate."""

TIMED_SECONDS = 0.05


DECIDING = ("objective", "gradient", "bounds", "dim", "constants", "data")
"""The keys that decide which variables there are, and which files are read."""


class _Survey(NamedTuple):
    """The names of the coordinates, one tuple for each kind of run, and the names of all files."""

    names: list[tuple[str, ...]]
    files: list[str]


class Prepared(NamedTuple):
    """The runs that share a program: the config of one of them, and what the loop has to know."""

    config: Config
    task: Task


class Variations:
    """All runs of a plan over a config.

    Numbers for a hyperparameter, the seed, a coordinate of the start or a constant go through one
    program, one a run. All other keys need a program for each of their values.
    """

    def __init__(self, file: ConfigFile, plan: Plan, *, allow_python: bool = False) -> None:
        self.file = file
        self.plan = plan
        self.allow_python = allow_python
        self._groups: OrderedDict[int, Prepared] = OrderedDict()

    def __getstate__(self) -> dict[str, object]:
        # Programs are made anew where they are needed.
        return {"file": self.file, "plan": self.plan, "allow_python": self.allow_python}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state, _groups=OrderedDict())

    def config(self, run: int) -> Config:
        """Return the config of one run; by itself it gives the bits that it has in the sweep.

        Raises `ConfigError` if its values do not fit.
        """
        return self.first if run == 0 else self._config(self._places(run))

    def yaml(self, run: int, folder: Path) -> str:
        """Return the config of one run as YAML, for a file in `folder`."""
        from adamcli.config.write import yaml_of

        tree = self.file.with_values(self._assignments(self._places(run)))
        return yaml_of(tree, self.file.folder, folder)

    def compute(
        self, runs: IntArray, *, points: bool = True, control: Control | None = None
    ) -> Rows:
        """Return what becomes of `runs`, in their order; without `points` only their scores."""
        codes = self.programs.of(runs)
        order = np.argsort(codes, kind="stable")
        cuts = np.flatnonzero(np.diff(codes[order])) + 1
        parts = [
            part.rows(self.coordinates, points=points, control=control)
            for some in np.split(runs[order], cuts)
            for part in self._batch(some).parts()
        ]
        return in_order(parts, runs)

    def layout(self, *, points: bool = True) -> RowLayout:
        """Return the columns of the results."""
        variables = self.first.variables if self.shares_variables else None
        return RowLayout(self.plan, self.coordinates, variables, points=points)

    def check(self) -> None:
        """Raise what runs would raise because of their values, as far as that is known before.

        Raises `ConfigError`, or `UsageError` where code is needed and not allowed.
        """
        for run in self.programs.examples(MOST_CHECKED):
            config = self.config(run)
            require_code_allowed(config, self.allow_python)
            self._check_numbers(run, config)

    def seconds(self, runs: int) -> float:
        """Return about how long `runs` of them take on one core, from a few steps of some."""
        examples = self.programs.examples(TIMED_PROGRAMS)
        cost = 0.0
        for run in examples:
            group = self._group(run)
            few = max(1, min(self.width, runs // self.programs.count))
            starts = np.repeat(starts_of(group.config, np.array([0]), {}), few, axis=1)
            cost += group.config.n_iter * _step_seconds(group.task, starts) / few
        return runs * cost / len(examples)

    @cached_property
    def first(self) -> Config:
        """The config of the first run."""
        return self._config(self._places(0))

    @cached_property
    def programs(self) -> Partition:
        """The programs that the runs need."""
        numbers = self._numbers
        return Partition([c for c in self.plan.axes if c.key not in numbers])

    @cached_property
    def runs_code(self) -> bool:
        """Whether the objective of some run is code of the user's."""
        if not any(c.key.split(".")[0] == "objective" for c in self.plan.axes):
            return bool(self.first.objective.code)
        configs = map(self.config, self.programs.examples(MOST_CHECKED))
        return any(config.objective.code for config in configs)

    @cached_property
    def coordinates(self) -> list[str]:
        """The names of all coordinates that any run has."""
        return list(dict.fromkeys(name for names in self._survey.names for name in names))

    @property
    def files(self) -> list[str]:
        """The names of the files that the config of any run names."""
        return self._survey.files

    @property
    def shares_variables(self) -> bool:
        """Whether all runs have the same variables."""
        return len(self._survey.names) == 1

    @cached_property
    def _survey(self) -> _Survey:
        """What the configs of all runs name, from one for each combination of deciding keys."""
        numbers = self._numbers
        columns = [c for c in self.plan.axes if c.key.split(".")[0] in DECIDING]
        partition = Partition([c for c in columns if c.key not in numbers])
        if partition.count > MOST_SHAPES:
            raise UsageError(f"more than {MOST_SHAPES:,} combinations of objectives and bounds")
        names: dict[tuple[str, ...], None] = {}
        files: dict[str, None] = {}
        for config in map(self.config, partition.all_examples()):
            names[tuple(config.variables.coordinate_names())] = None
            files.update(dict.fromkeys(config.files))
        return _Survey(list(names), list(files))

    @property
    def width(self) -> int:
        """How many runs of the first program fill a block of the core; 1 for code of the user's."""
        if self.runs_code:
            return 1
        task = self._group(0).task
        return block_width(task)

    @cached_property
    def _numbers(self) -> dict[str, PlannedAxis]:
        """The columns whose values go through one program, one a run."""
        scalars = {f"start.{v.name}" for v in self.first.variables.all if not v.shape}
        keys = {*NAMES, "seed", *scalars}
        numbers = [c for c in self.plan.axes if c.values.numbers is not None]
        constants = self._takes_constants()
        return {
            c.key: c
            for c in numbers
            if c.key in keys or (constants and c.key.startswith("constants."))
        }

    def _takes_constants(self) -> bool:
        """Return whether the objective of every run takes constants that differ between runs."""
        varied = {c.key.split(".")[0] for c in self.plan.axes}
        others = [c.key for c in self.plan.axes if c.values.numbers is None]
        formulas = any(callable(s) for s in self.first.hyperparameters)
        return (
            self.first.objective.takes_constants
            and not varied & {"objective", "gradient"}
            and not formulas
            and not set(others) & set(NAMES)
        )

    def _places(self, run: int) -> list[int]:
        """Return which value of each column a run has."""
        return [column.place(run) for column in self.plan.axes]

    def _config(self, places: list[int]) -> Config:
        """Return the config with each column's value at one of `places`."""
        return self.file.config(self._assignments(places))

    def _assignments(self, places: list[int]) -> list[tuple[str, Node, Span]]:
        return [
            (column.key, column.values.node(i), column.span)
            for column, i in zip(self.plan.axes, places, strict=True)
        ]

    def _check_numbers(self, run: int, config: Config) -> None:
        for column in self._numbers.values():
            assert column.values.numbers is not None
            if column.key.startswith("constants."):
                # Where a constant is a length, not every number will do.
                some = {column.key.partition(".")[2]: column.values.numbers[:MOST_CHECKED]}
                objective = config.objective.make()
                assert isinstance(objective, FormulaObjective)
                list(compiled(objective, some))
                continue
            bad = np.flatnonzero(~_fits(column.key, column.values.numbers, config))
            if bad.size:
                # Whatever is said of such a value in a config is said of it here.
                others = [int(bad[0]) if c is column else c.place(run) for c in self.plan.axes]
                self._config(others)

    def _group(self, run: int) -> Prepared:
        """Return the group of a run."""
        code = int(self.programs.of(np.array([run]))[0])
        group = self._groups.get(code)
        if group is None:
            config = self.config(run)
            self._check_numbers(run, config)
            group = Prepared(config, prepare(config, allow_python=self.allow_python))
            self._groups[code] = group
            if len(self._groups) > KEPT_PROGRAMS:
                self._groups.popitem(last=False)
        else:
            self._groups.move_to_end(code)
        return group

    def _batch(self, runs: IntArray) -> Batch:
        """Return runs that share a program with the numbers in which they differ."""
        group, numbers = self._group(int(runs[0])), {}
        for key, column in self._numbers.items():
            assert column.values.numbers is not None
            numbers[key] = column.values.numbers[column.places(runs)]
        return Batch(group.config, group.task, runs, numbers)


def _fits(key: str, numbers: FloatArray, config: Config) -> BoolArray:
    """Return which of `numbers` the key may have, as the loading of a config has it."""
    if key in NAMES:
        return allowed(key, numbers)
    if key == "seed":
        good: BoolArray = (numbers >= 0) & (numbers <= MAX_SEED) & (numbers % 1 == 0)
        return good
    k = config.variables.by_name[key.partition(".")[2]].offset
    return config.bounds.allows(k, numbers)


def _step_seconds(task: Task, starts: FloatArray) -> float:
    """Return about how long a step of these runs takes."""
    steps, seconds = 1, 0.0
    while seconds < TIMED_SECONDS and steps < 4096:
        steps *= 4
        began = perf_counter()
        minimize_batch(task._replace(n_iter=steps), starts, points=False)
        seconds = perf_counter() - began
    return seconds / steps
