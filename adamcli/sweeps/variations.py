"""A config that is varied: runs that share a program go through the core together."""

from __future__ import annotations

from functools import cached_property, partial
from itertools import chain
from math import nan
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.checking import MAX_SEED, checked, with_expectations
from adamcli.config.document import Mapping
from adamcli.config.keys import BATCH_KEYS, OBJECTIVE_KEYS
from adamcli.config.sweep import SweepSettings, combined, meant_as_axes, read_parameters, read_plan
from adamcli.diagnostics import ConfigError
from adamcli.errors import UsageError
from adamcli.examples import Known
from adamcli.experiment import prepare, require_code_allowed, starts_of
from adamcli.files import decoded, read_bytes
from adamcli.objective.formula import FormulaObjective
from adamcli.optimizer.hyperparameters import NAMES, allowed
from adamcli.optimizer.loop import BLOCK_ENTRIES, Control, block_width, minimize_batch
from adamcli.pipes import current_pipes
from adamcli.sweeps.batch import Batch, compiled
from adamcli.sweeps.plan import Partition, make_plan
from adamcli.sweeps.rows import RowLayout, Rows, in_order
from adamcli.sweeps.scores import Setting, is_grouped, is_repeat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.config.axis_values import Axis
    from adamcli.config.expectations import Expectation
    from adamcli.config.model import Config, ConfigFile
    from adamcli.objective.variables import CoordinateNames, Variable
    from adamcli.optimizer.loop import Task
    from adamcli.sweeps.plan import Plan, PlannedAxis


KEPT_PROGRAMS = 1024
"""The most programs that are kept for reuse; the least recently used go first."""

MOST_CHECKED = 256
"""The most programs compiled before the first run; errors in others appear when they run."""

MOST_SHAPES = 10_000
"""The most programs whose variables may differ: all their names become columns."""

TIMED_SECONDS = 0.05
"""The least time that a program is timed for an estimate."""


_MEASURED = ("batches", "batches.validation")
"""The keys besides `metrics` that decide what is measured."""


class SweepOptions(NamedTuple):
    """How runs are varied, computed and kept; None where the config or the machine decides.

    `parameters` are axes as `-p` takes them, and `plan` is a file of runs. `zip`, `samples`,
    `sampler` and `sample_seed` say how axes are combined and drawn. `shard`, such as `3/8`, is the
    part of the runs to compute, by `jobs` processes or on the cluster of a `scheduler`. A `store`
    keeps what is done. Without `points` only scores are kept. `top` is how many of the best runs
    and settings are reported.
    """

    parameters: tuple[str, ...] = ()
    zip: bool | None = None
    samples: int | None = None
    sampler: str | None = None
    sample_seed: int | None = None
    plan: str | None = None
    shard: str | None = None
    jobs: int | None = None
    scheduler: str | None = None
    store: str | None = None
    points: bool = True
    top: int = 10
    allow_python: bool = False


class Variations:
    """All runs of a plan over a config.

    Runs share a program if they differ only in numbers: hyperparameters, the seed, coordinates of
    the start, constants. Each value of any other key needs its own program.
    """

    def __init__(self, file: ConfigFile, plan: Plan, *, allow_python: bool = False) -> None:
        self.file, self.plan, self.allow_python = file, plan, allow_python
        self._pipes = current_pipes()
        # By program; the last one is the most recently used.
        self._groups: dict[int, tuple[Config, Task]] = {}

    def __reduce__(self) -> tuple[Callable[..., Variations], tuple[ConfigFile, Plan]]:
        # Programs are compiled again where they are needed.
        return partial(Variations, allow_python=self.allow_python), (self.file, self.plan)

    def config(self, run: int) -> Config:
        """Return the config of one run; alone it gives the same bits. Raises `ConfigError`."""
        return self.first if run == 0 else self._config(self._places(run))

    def yaml(self, run: int, folder: Path, *, repeat: bool = True) -> str:
        """Return the config of one run as YAML, for a file in `folder`.

        Without `repeat` seed and start are those of the file, not of the run.
        """
        from adamcli.config.write import yaml_of

        return yaml_of(self._file(self._places(run), repeat=repeat).tree, self.file.folder, folder)

    def compute(
        self, runs: IntArray, *, points: bool = True, control: Control | None = None
    ) -> Rows:
        """Return the results of `runs`, in their order; without `points` only their scores."""
        codes = self.programs.classes(runs)
        order = np.argsort(codes, kind="stable")
        cuts = np.flatnonzero(np.diff(codes[order])) + 1
        parts = [
            part.rows(self.coordinates, self.measures, points=points, control=control)
            for some in np.split(runs[order], cuts)
            for part in self._batch(some).parts()
        ]
        return in_order(parts, runs)

    def layout(self, *, points: bool = True) -> RowLayout:
        """Return the columns of the results."""
        variables = self.first.variables if len(self._survey[0]) == 1 else None
        return RowLayout(self.plan, self.coordinates, variables, self.measures, points=points)

    def example(self) -> dict[str, Any]:
        """Return what the JSON of the sweep has besides its counts, with examples of runs."""
        layout, plan = self.layout(), self.plan
        varied = {axis.key: axis.example for axis in plan.axes if not is_repeat(axis.key)}
        groups = [Setting(varied, 0, 0, nan, nan, nan, nan, nan, nan)._asdict()]
        return {
            "plan": {"runs": plan.size, "first": 0, "end": plan.size},
            "top": [layout.nested([column.example for column in layout.columns])],
            "groups": groups if is_grouped(plan) else [],
            "config": self.first.resolved(),
        }

    def check(self) -> None:
        """Check the values of the runs, as far as possible without running them.

        Raises `ConfigError`, or `UsageError` if code is needed and not allowed.
        """
        for run in self.programs.examples(MOST_CHECKED):
            config = self.config(run)
            require_code_allowed(config, self.allow_python)
            if any("seconds" in rule.needs for rule in config.stop.rules):
                reason = "would end the same run elsewhere at another step"
                raise UsageError(f"{config.name}: stop: in a sweep, `seconds` {reason}")
            self._check_numbers(run, config)

    def guess(self, runs: int) -> float:
        """Return the least seconds that `runs` of them take, by their numbers and steps alone."""
        n_iter = next((a.values.numbers for a in self.plan.axes if a.key == "n_iter"), None)
        steps = self.first.n_iter if n_iter is None else float(n_iter.mean())
        # A step costs roughly 1e-9 s for each number of a run.
        return runs * steps * (BLOCK_ENTRIES // self.width) * 1e-9

    def seconds(self, runs: int, programs: int = 8) -> float:
        """Return roughly how long `runs` of them take on one core.

        A few steps of so many `programs` are timed.
        """
        examples, cost = self.programs.examples(programs), 0.0
        for run in examples:
            config, task = self._group(run)
            few = max(1, min(self.width, runs // self.programs.count))
            starts = np.repeat(starts_of(config, np.array([0]), {}), few, axis=1)
            cost += config.n_iter * _step_seconds(task, starts) / few
        return runs * cost / len(examples)

    @cached_property
    def first(self) -> Config:
        """The config of the first run."""
        return self._config(self._places(0))

    @cached_property
    def programs(self) -> Partition:
        """The runs, classed by the program they need."""
        return Partition(axis for axis in self.plan.axes if axis.key not in self._numbers)

    @cached_property
    def runs_code(self) -> bool:
        """Whether the objective of any run is the user's code."""
        if not any(axis.root == "objective" for axis in self.plan.axes):
            return bool(self.first.objective.code)
        return any(self.config(run).objective.code for run in self.programs.examples(MOST_CHECKED))

    @cached_property
    def coordinates(self) -> Sequence[str]:
        """The names of all coordinates of any run."""
        kinds = self._survey[0]
        return kinds[0] if len(kinds) == 1 else list(dict.fromkeys(chain.from_iterable(kinds)))

    @cached_property
    def measures(self) -> list[str]:
        """The names of all that any run measures besides its scores."""
        axes = (axis for axis in self.plan.axes if axis.root == "metrics" or axis.key in _MEASURED)
        configs = map(self.config, Partition(axes).all_examples())
        return list(dict.fromkeys(chain.from_iterable(c.measures for c in configs)))

    @property
    def files(self) -> list[str]:
        """The names of all files in the config of any run."""
        return self._survey[1]

    @property
    def width(self) -> int:
        """How many runs of the first program fill a block of the core; 1 for the user's code."""
        return 1 if self.runs_code else block_width(self._group(0)[1])

    @cached_property
    def _survey(self) -> tuple[list[CoordinateNames], list[str]]:
        """The names of the coordinates, for each kind of run, and the names of all files."""
        roots = (*OBJECTIVE_KEYS, "bounds", "dim", "constants", "data")
        axes = (axis for axis in self.plan.axes if axis.root in roots)
        partition = Partition(axis for axis in axes if axis.key not in self._numbers)
        if partition.count > MOST_SHAPES:
            raise UsageError(f"more than {MOST_SHAPES:,} combinations of objectives and bounds")
        kinds: dict[tuple[Variable, ...], CoordinateNames] = {}
        files: dict[str, None] = {}
        for config in map(self.config, partition.all_examples()):
            variables = config.variables
            kinds.setdefault(tuple(variables.all), variables.coordinate_names())
            files.update(dict.fromkeys(config.files))
        return list(kinds.values()), list(files)

    @cached_property
    def _numbers(self) -> dict[str, PlannedAxis]:
        """The axes whose values are numbers that runs of one program may differ in, by key."""
        scalars = {f"start.{v.name}" for v in self.first.variables.all if not v.shape}
        constants = {a.key for a in self.plan.axes if a.root == "constants"}
        keys = {*NAMES, "seed", *scalars, *(constants if self._takes_constants() else ())}
        axes = (axis for axis in self.plan.axes if axis.values.numbers is not None)
        return {axis.key: axis for axis in axes if axis.key in keys}

    def _takes_constants(self) -> bool:
        """Return whether the objective of every run takes constants that differ between runs."""
        axes = self.plan.axes
        return (
            self.first.objective.takes_constants
            and not any(axis.root in OBJECTIVE_KEYS for axis in axes)
            and not any(callable(setting) for setting in self.first.hyperparameters)
            and not any(axis.key in NAMES and axis.values.numbers is None for axis in axes)
        )

    def _places(self, run: int) -> list[int]:
        return [axis.place(run) for axis in self.plan.axes]

    def _config(self, places: list[int]) -> Config:
        with self._pipes.kept():
            # What is expected is expected of the sweep.
            return checked(self._file(places)._replace(expect=()))

    def _file(self, places: list[int], *, repeat: bool = True) -> ConfigFile:
        axes = zip(self.plan.axes, places, strict=True)
        taken = ((axis, i) for axis, i in axes if repeat or not is_repeat(axis.key))
        values = [(axis.key, axis.values.node(i), axis.span) for axis, i in taken]
        methods = [node for key, node, _ in values if key == "method"]
        # Where methods are compared, each takes those of the config's keys that it uses.
        own = self.file.for_method(methods[0]) if methods else self.file
        return own.with_values(values)

    def _check_numbers(self, run: int, config: Config) -> None:
        for axis in self._numbers.values():
            assert axis.values.numbers is not None
            if axis.root == "constants":
                # Where a constant is a length, not every number will do.
                some = {axis.key.partition(".")[2]: axis.values.numbers[:MOST_CHECKED]}
                objective = config.objective.make()
                assert isinstance(objective, FormulaObjective)
                list(compiled(objective, some))
                continue
            bad = np.flatnonzero(~_fits(axis.key, axis.values.numbers, config))
            if bad.size:
                # This raises the error that such a value causes in a config.
                self._config([int(bad[0]) if a is axis else a.place(run) for a in self.plan.axes])

    def _group(self, run: int) -> tuple[Config, Task]:
        """Return the config and the task of the runs that share a program with this one."""
        code = int(self.programs.classes(np.array([run]))[0])
        group = self._groups.pop(code, None)
        if group is None:
            config = self.config(run)
            self._check_numbers(run, config)
            group = config, prepare(config, allow_python=self.allow_python)
            if len(self._groups) >= KEPT_PROGRAMS:
                del self._groups[next(iter(self._groups))]
        self._groups[code] = group
        return group

    def _batch(self, runs: IntArray) -> Batch:
        numbers = {}
        for key, axis in self._numbers.items():
            assert axis.values.numbers is not None
            numbers[key] = axis.values.numbers[axis.places(runs)]
        return Batch(*self._group(int(runs[0])), runs, numbers)


def vary(file: ConfigFile, options: SweepOptions, axes: Sequence[Axis] = ()) -> Variations:
    """Return the checked variations of a config; `axes` are varied in addition to the options'.

    Raises `ConfigError`, `UsageError` or `FileError` for anything that does not fit.
    """
    try:
        return _varied(file, options, axes)
    except ConfigError as error:
        from adamcli.config.expectations import sweep_fields

        whole = not any(_completes(key) for key in _varied_keys(file, options, axes))
        raise with_expectations(error, file, sweep_fields, whole=whole) from None


_COMPLETING = (
    *OBJECTIVE_KEYS,
    *BATCH_KEYS,
    *("bounds", "dim", "constants", "data", "start", "method", "n_iter"),
)
"""The keys without whose value other keys can seem wrong."""


def _completes(key: str) -> bool:
    """Return whether a config may be incomplete without an axis of this key."""
    return "." in key or key in _COMPLETING


def _varied_keys(file: ConfigFile, options: SweepOptions, axes: Sequence[Axis]) -> list[str]:
    """Return the keys of all axes, be they right or wrong; those of a file of runs are one."""
    written = (text.partition("=")[0].strip() for text in options.parameters)
    section = file.section.entries if isinstance(file.section, Mapping) else ()
    plan = [] if options.plan is None else ["."]
    return [*written, *(axis.key for axis in axes), *(key.text for key, _ in section), *plan]


def _varied(file: ConfigFile, options: SweepOptions, axes: Sequence[Axis]) -> Variations:
    if file.problems:
        # This raises them together with all others.
        checked(file._replace(expect=()))
    settings = file.sweep or SweepSettings()
    own = (*read_parameters(options.parameters), *axes)
    given = {key: getattr(options, key) for key in ("samples", "sampler", "sample_seed")}
    given["zipped"] = options.zip
    settings = settings._replace(**{k: v for k, v in given.items() if v is not None})
    if options.plan is None:
        settings = settings._replace(axes=combined(settings.axes, own))
    else:
        # A file of runs replaces the axes of the config.
        table = read_plan(decoded(read_bytes(options.plan), options.plan), options.plan)
        combined((), (*table, *own))
        settings = settings._replace(axes=own, table=table)
    varies = settings.axes or settings.table
    plan = make_plan(settings, () if varies else meant_as_axes(file.tree))
    variations = Variations(file, plan, allow_python=options.allow_python)
    variations.check()
    return variations


def sweep_expectations(variations: Variations) -> list[Expectation]:
    """Return what is expected of the best run, the counts and all else that JSON has of a sweep.

    Raises `ConfigError` for a name that a sweep does not have.
    """
    if not variations.file.expect:
        return []
    from adamcli.config.expectations import over_fields, sweep_fields

    more = variations.example()
    known = Known(variations.first.variables, measures=variations.measures, more=more)
    return over_fields(variations.file.expect, sweep_fields(known))


def _fits(key: str, numbers: FloatArray, config: Config) -> BoolArray:
    """Return which of `numbers` a config accepts for the key."""
    if key in NAMES:
        return allowed(key, numbers)
    if key == "seed":
        good: BoolArray = (numbers >= 0) & (numbers <= MAX_SEED) & (numbers % 1 == 0)
        return good
    k = config.variables.by_name[key.partition(".")[2]].offset
    return config.bounds.allows(k, numbers)


def _step_seconds(task: Task, starts: FloatArray) -> float:
    steps = least = task.objective.updates
    seconds = 0.0
    while seconds < TIMED_SECONDS and steps < 4096 * least:
        steps *= 4
        began = perf_counter()
        minimize_batch(task._replace(n_iter=steps), starts, points=False)
        seconds = perf_counter() - began
    return seconds / steps
