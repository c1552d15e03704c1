"""From a config to a result: the objective is made ready, the start is drawn, the loop is run."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config.load import read_keys
from adamcli.errors import UsageError
from adamcli.objective.base import PACKAGES
from adamcli.optimizer.draws import draw_starts
from adamcli.optimizer.hyperparameters import NAMES, check
from adamcli.optimizer.loop import Control, Task, Watch, minimize_batch
from adamcli.optimizer.result import Status
from adamcli.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.config.model import Config
    from adamcli.errors import AdamcliError
    from adamcli.optimizer.result import Record


def run_config(
    config: Config,
    *,
    watch: Watch | None = None,
    control: Control | None = None,
    allow_python: bool = False,
    history: bool = False,
) -> Result:
    """Run the experiment and return its result, whatever its status.

    `watch` is shown every step. `control` can stop the run from a signal handler; without it an
    interrupt ends the run, and is its status. With `history` the result keeps a record of every
    step. A config that names a Python function is code, and is run only with `allow_python`.

    Raises `UsageError` if Python is needed and not allowed, `ObjectiveError` or `FileError` if the
    function cannot be loaded. What goes wrong later is told by the status of the result.
    """
    task = prepare(config, allow_python=allow_python)
    return _run(task, config, watch, control or Control(keeps=True), history=history)[0]


def _run(
    task: Task, config: Config, watch: Watch | None, control: Control, *, history: bool
) -> tuple[Result, AdamcliError | None]:
    """Return the result of a run, and the error it has failed with."""
    records: list[Record] | None = [] if history else None
    if records is not None:
        watch = _keeping(records, watch)
    began = perf_counter()
    batch = minimize_batch(task, start_of(config)[:, None], control, watch)
    return Result(batch, 0, config, perf_counter() - began, records), batch.error


def _keeping(records: list[Record], watch: Watch | None) -> Watch:
    """Return a watch that keeps every record, and shows it to `watch`."""
    if watch is None:
        return Watch(records.append)

    def observe(record: Record) -> None:
        records.append(record)
        watch.observe(record)

    return watch._replace(observe=observe)


def prepare(config: Config, *, allow_python: bool = False) -> Task:
    """Return what the loop needs to know of `config`."""
    require_code_allowed(config, allow_python)
    return Task(
        objective=config.objective.make(),
        bounds=config.bounds,
        method=config.method,
        hyperparameters=config.hyperparameters,
        n_iter=config.n_iter,
        direction=config.direction,
    )


def start_of(config: Config) -> FloatArray:
    """Return the first point (dim,): what the config gives, and the rest drawn from its seed.

    A coordinate is drawn as it would be if none were given.
    """
    return starts_of(config, np.array([config.seed]), {})[:, 0]


def starts_of(config: Config, seeds: IntArray, given: Mapping[int, FloatArray]) -> FloatArray:
    """Return the first points (dim, runs) of runs with these seeds (runs,).

    `given` has the coordinates, by their place, that differ from those the config gives.
    """
    dim, bounds = config.variables.dim, config.bounds
    rest = [k for k in range(dim) if config.start[k] is None and k not in given]
    starts = np.empty((dim, len(seeds)))
    if rest:
        # Coordinates without finite bounds are given; their draw is not used.
        low, high = (np.where(np.isinf(end), 0.0, end) for end in (bounds.low, bounds.high))
        starts[:] = draw_starts(seeds, low, np.maximum(low, high))
    for k, value in enumerate(config.start):
        if value is not None:
            starts[k] = value
    for k, values in given.items():
        starts[k] = values
    return starts


def require_code_allowed(config: Config, allow_python: bool) -> None:
    """Raise `UsageError` if the objective is code of the user's, and code is not allowed."""
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

    `fun` is a formula (`"x**2 + y**2"`) or a function. With `bounds` as a mapping a function is
    called with one argument a variable, as in `objective(x, y)`; with a list of pairs it gets the
    vector. `jac` is a function, a formula for each variable, the name of a difference scheme
    (`2-point`, `3-point`, `complex-step`), or for functions a package that differentiates them
    (`autograd`, `jax`); without it a formula is differentiated exactly, and a function by
    `2-point`. `callback` is called with a `Record` after every step, and may raise `StopIteration`
    to end the run. With `history` the result keeps a `Record` of every step. Ctrl-C ends the run,
    and the result has what was reached. All other `settings` are the keys of a config: `alpha`
    (0.001), `beta1` (0.9), `beta2` (0.999), `eps` (1e-8), `n_iter` (100), `seed` (0), `start`,
    `direction`, `bounds_mode`, `constants`, …; a hyperparameter may also be a function
    `(t, n_iter) -> array`.

    Raises `ConfigError` or `UsageError` for arguments that do not fit, and `ObjectiveError` when
    the function fails, with what was reached by then in its attribute `result`.
    """
    task, config = _task_of_arguments(fun, bounds, jac, settings)
    control = Control(keeps=True)
    watch = Watch(_stoppable(callback, control)) if callback is not None else None
    result, error = _run(task, config, watch, control, history=history)
    if error is not None:
        error.result = result
        raise error
    return result


def _task_of_arguments(
    fun: str | Callable[..., Any], bounds: Any, jac: Any, settings: dict[str, Any]
) -> tuple[Task, Config]:
    """Return the task and the config that the arguments of `minimize` amount to."""
    functions = {key: value for key, value in settings.items() if callable(value)}
    keys = {key: value for key, value in settings.items() if key not in functions}
    for key in functions:
        if key not in NAMES:
            hint = "\n  pass it as jac" if key == "gradient" else ""
            raise UsageError(f"{key}: expected a setting, found a function{hint}")
    if callable(jac) and not callable(fun):
        raise UsageError("jac: a formula takes formulas as gradient, found a function")
    keys |= {"bounds": bounds, "objective": "0" if callable(fun) else fun}
    if jac is not None and not callable(jac) and jac not in PACKAGES:
        keys["gradient"] = jac
    elif callable(fun):
        keys["gradient"] = "2-point"
    config = read_keys(keys, "<minimize>").config()
    config = config._replace(hyperparameters=config.hyperparameters._replace(**functions))
    check(config.hyperparameters)
    task = prepare(config)
    if callable(fun):
        from adamcli.objective.callables import function_objective

        slope = jac if callable(jac) or jac in PACKAGES else config.objective.gradient
        place = (config.variables, config.bounds.box, config.direction.sign)
        task = task._replace(objective=function_objective(fun, slope, *place))
        name = getattr(fun, "__qualname__", repr(fun))
        config = config._replace(given={**config.given, "objective": f"<function {name}>"})
    return task, config


def _stoppable(
    callback: Callable[[Record], object], control: Control
) -> Callable[[Record], object]:
    def observe(record: Record) -> None:
        try:
            callback(record)
        except StopIteration:
            control.stop = Status.INTERRUPTED

    return observe
