"""Running a config: preparing the task, drawing the start, taking the steps."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.arrays import each
from adamcli.config.checking import checked
from adamcli.config.load import read_keys
from adamcli.errors import UsageError
from adamcli.objective.base import PACKAGES
from adamcli.optimizer.draws import draw_starts
from adamcli.optimizer.hyperparameters import NAMES, check
from adamcli.optimizer.loop import Control, Task, Watch, minimize_batch
from adamcli.optimizer.status import Status
from adamcli.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.config.model import Config
    from adamcli.errors import AdamcliError
    from adamcli.objective.base import Objective
    from adamcli.optimizer.result import BatchResult, Record
    from adamcli.optimizer.verdict import Verdict


def run_config(
    config: Config,
    *,
    watch: Watch | None = None,
    control: Control | None = None,
    allow_python: bool = False,
    history: bool = False,
) -> Result:
    """Run the experiment and return its result, whatever its status.

    `watch` observes every step. `control` can stop the run from a signal handler; without it Ctrl-C
    ends the run as interrupted. With `history` the result keeps a record of every step. A config
    whose objective is code needs `allow_python`.

    Raises `UsageError` if code is not allowed, `ObjectiveError` or `FileError` if it cannot be
    loaded. Later errors are reported by the status of the result.
    """
    task = prepare(config, allow_python=allow_python)
    return _run(task, config, watch, control or Control(keeps=True), history=history)[0]


def _run(
    task: Task, config: Config, watch: Watch | None, control: Control, *, history: bool
) -> tuple[Result, AdamcliError | None]:
    """Return the result of a run, and the error that made it fail."""
    records: list[Record] = []
    seen = watch or Watch(None)

    def observe(record: Record) -> None:
        records.append(record)
        if seen.observe is not None:
            seen.observe(record)

    if history:
        watch = seen._replace(observe=observe)
    began = perf_counter()
    batch = minimize_batch(task, lambda: start_of(config)[:, np.newaxis], control, watch)
    seconds = perf_counter() - began
    if config.batches is not None and config.batches.updates > 1:
        batch = batch._replace(gradient=_whole_gradient(task, batch.last.x))
    verdict = _judged(task, batch, config)
    found = Result(batch, 0, config, seconds, records if history else None, verdict)
    return found, batch.error


def _judged(task: Task, batch: BatchResult, config: Config) -> Verdict:
    from adamcli.optimizer.verdict import judge

    batches, names = config.batches, config.variables.coordinate_names()
    if batches is None or batches.epochs is None or batch.status_of(0) is Status.DIVERGED:
        whole = task._replace(objective=task.objective.whole())
        return judge(whole, batch, names, code=not task.objective.cheap)
    from adamcli.optimizer.learning import judge_epochs

    return judge_epochs(batch, batches.epochs, config.direction, held=batches.ranks)


def _whole_gradient(task: Task, x: FloatArray) -> FloatArray:
    """Return the gradient (dim, 1) of the user's function of all data at the point `x` (dim, 1)."""
    f, g = np.empty(1), np.empty(x.shape)
    with np.errstate(all="ignore"):
        for call in task.objective.whole().bind(x, f, g).calls:
            call()
    return task.direction.sign * g


def prepare(config: Config, *, allow_python: bool = False) -> Task:
    """Return the task of `config`; raises as `run_config` does."""
    require_code_allowed(config, allow_python)
    objective, settings = _objective_of(config), config.hyperparameters
    place = config.bounds, config.method, settings, config.n_iter, config.direction
    return Task(objective, *place, config.stop)


def _objective_of(config: Config) -> Objective:
    """Return what a run minimises; where it takes batches, they are ordered by the seed."""
    whole = config.objective.make()
    if config.batches is None:
        return whole
    from adamcli.objective.formula import FormulaObjective
    from adamcli.objective.minibatches import MinibatchObjective

    assert isinstance(whole, FormulaObjective)
    return MinibatchObjective(whole, config.batches, np.array([config.seed]))


def start_of(config: Config) -> FloatArray:
    """Return the start (dim,): the given coordinates, and the others drawn from the seed.

    A coordinate is drawn as it would be if none were given.
    """
    return starts_of(config, np.array([config.seed]), {})[:, 0]


def starts_of(config: Config, seeds: IntArray, given: Mapping[int, FloatArray]) -> FloatArray:
    """Return the starts (dim, runs) for `seeds` (runs,).

    `given` holds the coordinates, by their position, in which the runs differ from the config.
    """
    bounds, fixed = config.bounds, np.asarray(config.start)
    drawn = each(np.isnan, fixed)
    if np.count_nonzero(drawn) > sum(bool(drawn[k]) for k in given):
        starts = bounds.drawn(draw_starts(seeds, *bounds.start_ends))
        if not drawn.all():
            np.copyto(starts, fixed[:, np.newaxis], where=~drawn[:, np.newaxis])
    else:
        starts = np.repeat(fixed[:, np.newaxis], len(seeds), axis=1)
    for k, values in given.items():
        starts[k] = values
    return starts


def require_code_allowed(config: Config, allow_python: bool) -> None:
    """Raise `UsageError` if the objective is code and that is not allowed."""
    if config.objective.code and not allow_python:
        raise UsageError(
            f"{config.name}: the objective is {config.objective.code}\n"
            "  if you trust it, add --allow-python or set ADAMCLI_ALLOW_PYTHON=1"
        )


def minimize(
    fun: str | Callable[..., Any],
    bounds: Mapping[str, Any] | Sequence[Any],
    *,
    jac: Callable[..., Any] | Mapping[str, str] | Sequence[str] | str | None = None,
    callback: Callable[[Record], object] | None = None,
    history: bool = False,
    **settings: Any,
) -> Result:
    """Minimise a formula or a Python function with Adam and return the result.

    `fun` is a formula (`"x**2 + y**2"`) or a function. If `bounds` is a mapping, a function is
    called with one argument per variable, as in `objective(x, y)`; if a list of pairs, with the
    vector. `jac` is a function, a formula for each variable, the name of a difference scheme
    (`2-point`, `3-point`, `complex-step`), or for functions a package that differentiates them
    (`autograd`, `jax`). By default a formula is differentiated exactly, a function by `2-point`.
    `callback` is called with a `Record` after every step, and may raise `StopIteration` to end the
    run. With `history` the result keeps these records. Ctrl-C ends the run, and the result holds
    what it had reached. All other `settings` are keys of a config: `alpha` (0.001), `beta1` (0.9),
    `beta2` (0.999), `eps` (1e-8), `n_iter` (100), `seed` (0), `start`, `direction`, `bounds_mode`,
    `constants`, …; a hyperparameter may also be a function `(t, n_iter) -> array`.

    Raises `ConfigError` or `UsageError` for wrong arguments, and `ObjectiveError` if the function
    fails; its attribute `result` is what the run had reached.
    """
    task, config = task_of_arguments(fun, bounds, jac, settings, "<minimize>")
    watch = Watch(callback) if callback is not None else None
    result, error = _run(task, config, watch, Control(keeps=True), history=history)
    if error is not None:
        error.result = result
        raise error
    return result


def task_of_arguments(
    fun: str | Callable[..., Any] | None,
    bounds: Any,
    jac: Any,
    settings: dict[str, Any],
    name: str,
) -> tuple[Task, Config]:
    """Return the task and the config of a call like `minimize`; `name` is shown in errors.

    Without `fun` or `bounds` the settings say what is minimised, or within what.
    """
    functions = {key: value for key, value in settings.items() if callable(value)}
    keys = {key: value for key, value in settings.items() if key not in functions}
    for key in functions:
        if key not in NAMES:
            hint = "\n  pass it as jac" if key == "gradient" else ""
            raise UsageError(f"{key}: expected a setting, found a function{hint}")
    if callable(jac) and not callable(fun):
        raise UsageError("jac: expected formulas, as fun is a formula, found a function")
    if bounds is not None:
        keys["bounds"] = bounds
    if fun is not None:
        keys["objective"] = "0" if callable(fun) else fun
    if jac is not None and not callable(jac) and jac not in PACKAGES:
        keys["gradient"] = jac
    elif callable(fun):
        keys["gradient"] = "2-point"
    config = checked(read_keys(keys, name))
    config = config._replace(hyperparameters=config.hyperparameters._replace(**functions))
    check(config.hyperparameters)
    task = prepare(config)
    if callable(fun):
        from adamcli.objective.callables import function_objective

        if config.batches is not None:
            raise UsageError(f"{name}: batches and metrics need a formula, found a function")
        slope = jac if callable(jac) or jac in PACKAGES else config.objective.gradient
        place = (config.variables, config.bounds.box, config.direction.sign)
        made = function_objective(fun, slope, *place)
        called = getattr(fun, "__qualname__", repr(fun))
        task = task._replace(objective=made)
        config = config._replace(
            objective=config.objective._replace(make=_Made(made)),
            given={**config.given, "objective": f"<function {called}>"},
        )
    return task, config


class _Made:
    """Returns the objective of a call, a function; a copy from a pickle has lost it."""

    def __init__(self, objective: Objective | None = None) -> None:
        self._objective = objective

    def __call__(self) -> Objective:
        if self._objective is None:
            raise UsageError("a result that was pickled has lost the function it is of")
        return self._objective

    def __reduce__(self) -> tuple[type[_Made], tuple[()]]:
        # Most functions cannot be pickled, but what was found with them can.
        return _Made, ()
