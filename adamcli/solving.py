"""Solving a config: a search for the optimum itself, which needs no hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from math import isnan
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.keys import BATCH_KEYS
from adamcli.config.overrides import apply_overrides
from adamcli.config.write import flow
from adamcli.diagnostics import Problems
from adamcli.errors import UsageError
from adamcli.experiment import prepare, start_of, task_of_arguments
from adamcli.optimizer.hyperparameters import NAMES
from adamcli.optimizer.loop import Control
from adamcli.optimizer.remedies import rounded_up
from adamcli.optimizer.status import Code
from adamcli.optimizer.verdict import Verdict
from adamcli.search.evaluator import Evaluator
from adamcli.search.rounds import Options, Search, evaluations_of, usual_starts
from adamcli.search.space import Space
from adamcli.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import FloatArray
    from adamcli.config.model import Config, ConfigFile
    from adamcli.objective.base import Objective
    from adamcli.optimizer.loop import Task
    from adamcli.search.rounds import Progress

UNUSED = (*NAMES, "n_iter", *BATCH_KEYS, "stop")
"""Keys of a config that solving does not need."""

NO_FIT = (
    "expected a fit, but the objective is no least squares of data\n"
    "  write, for example, model: y ~ a*exp(-b*t), and data: file.csv"
)
"""What is wrong where a fit is needed and there is none."""

HUGE = 1e150
"""A box as wide as this cannot be searched."""


class SolveOptions(NamedTuple):
    """How a config is solved; see `Options` for those of the search.

    A search that is `local` goes from and around the start of the config, and not through the box.
    An objective that is code is evaluated by so many processes, its `jobs`.
    A fit gets intervals from a `bootstrap` of so many fits, whose data are resampled in one of the
    `WAYS`, and from likelihood profiles with `profile`.
    """

    starts: int | None = None
    rounds: int = 12
    patience: int = 3
    seconds: float | None = None
    target: float | None = None
    local: bool = False
    jobs: int = 1
    bootstrap: int = 0
    resample: str = "residuals"
    profile: bool = False


def solve_config(
    config: Config,
    options: SolveOptions | None = None,
    *,
    observe: Callable[[Progress], object] | None = None,
    control: Control | None = None,
    tell: Callable[[str], object] | None = None,
    allow_python: bool = False,
) -> Solution:
    """Search for the optimum of a config and return what was found, whatever its status.

    `alpha`, `beta1`, `beta2`, `eps` and `n_iter` are not needed and have no effect; `method`,
    `bounds_mode`, `direction` and `seed` have. `observe` is called after every round. `control` can
    end the search from a signal handler; without it Ctrl-C ends it as interrupted. `tell` gets,
    before the search, how many evaluations it takes if they are not cheap.

    Raises `UsageError` if the bounds are infinite or huge and the search is not local, or if the
    objective is code and that is not allowed; `ObjectiveError` or `FileError` if that cannot be
    loaded. Later errors are reported by the status of the result.
    """
    task = prepare(config, allow_python=allow_python)
    options, control = options or SolveOptions(), control or Control(keeps=True)
    if tell is not None and (cost := cost_of(task.objective, config, options)):
        tell(cost)
    return _solve(task, config, options, observe, control)


def solve(
    fun: str | Callable[..., Any] | Mapping[str, Any] | None = None,
    bounds: Mapping[str, Any] | Sequence[Any] | None = None,
    *,
    jac: Callable[..., Any] | Mapping[str, str] | Sequence[str] | str | None = None,
    callback: Callable[[Progress], object] | None = None,
    **settings: Any,
) -> Solution:
    """Search for the global minimum, or the best fit, and return what was found.

    `fun`, a formula or a function, `bounds` and `jac` are those of `minimize`. `fun` may also be
    the name of a test function, a mapping of the keys of a config, or absent where the settings
    have a `model`. `callback` is called in every round. `settings` are the fields of
    `SolveOptions`, such as `local` or `target`, and keys of a config, such as `seed`, `start`,
    `data` or `direction`.

    Raises `ConfigError` or `UsageError` for wrong arguments, and `ObjectiveError` if the function
    fails; its attribute `result` is what had been found.
    """
    if isinstance(fun, Mapping):
        settings, fun = {**fun, **settings}, None
    own = {name: settings.pop(name) for name in SolveOptions._fields if name in settings}
    task, config = task_of_arguments(fun, bounds, jac, settings, "<solve>")
    result = _solve(task, config, SolveOptions(**own), callback, Control(keeps=True))
    if result.error is not None:
        result.error.result = result
        raise result.error
    return result


def _solve(
    task: Task,
    config: Config,
    options: SolveOptions,
    observe: Callable[[Progress], object] | None,
    control: Control,
) -> Solution:
    task = task._replace(objective=task.objective.whole())
    if options.jobs == 1 or task.objective.cheap:
        return _searched(task, config, options, observe, control)
    from adamcli.objective.shared import SharedObjective

    with closing(SharedObjective(config.objective.make, options.jobs)) as shared:
        return _searched(task._replace(objective=shared), config, options, observe, control)


def _searched(
    task: Task,
    config: Config,
    options: SolveOptions,
    observe: Callable[[Progress], object] | None,
    control: Control,
) -> Solution:
    began = perf_counter()
    for name in ("target", "seconds"):
        if (given := getattr(options, name)) is not None and isnan(given):
            raise UsageError(f"{name}: expected a number, found nan")
    if config.fitted is None and (options.bootstrap or options.profile):
        which = "bootstrap" if options.bootstrap else "profile"
        raise UsageError(f"{which}: {NO_FIT}")
    own = _start(config, local=options.local)
    space = Space(config.bounds, own if options.local else None)
    if not options.local:
        _refuse_endless(config, space)
    evaluate = Evaluator(task.objective, space, config.direction, control)
    start = None if own is None else space.bounds.inner_of(own[:, np.newaxis])[:, 0]
    direction, target = config.direction, options.target
    limits = Options(
        options.starts,
        options.rounds,
        options.patience,
        options.seconds,
        None if target is None else direction.merit(target),
    )
    way = None
    if config.fitted is not None:
        from adamcli.fit.searching import Marquardt

        way = Marquardt(config.fitted, config.seed)
    search = Search(task, evaluate, limits, config.seed, start, local=options.local, way=way)
    found = search.run(observe)
    if found.ended in ("stopped", "failed"):
        reason = "the search ended before it could be judged"
        verdicts = [Verdict(Code.UNKNOWN, reason)] * len(found.elites)
    else:
        verdicts = search.verdicts(config.variables.coordinate_names())
    result = Solution(config, evaluate, found, verdicts, perf_counter() - began, search.error)
    if result.success:
        _study(result, options)
    return result


def _study(result: Solution, options: SolveOptions) -> None:
    """Add to a fit the intervals that were asked for."""
    fitted, names = result.config.fitted, result.config.variables.coordinate_names()
    if fitted is None or not (options.bootstrap or options.profile):
        return
    place = fitted, np.array(result.best.x), names, result.config.bounds.box
    if options.bootstrap:
        from adamcli.fit.bootstrap import bootstrap

        count, seed, way = options.bootstrap, result.config.seed, options.resample
        result.bootstrap = bootstrap(*place, count=count, seed=seed, way=way)
    if options.profile:
        from adamcli.fit.profile import profile

        result.profile = profile(*place)


def _start(config: Config, *, local: bool) -> FloatArray | None:
    """Return the start (dim,) of the config, if it is given or needed."""
    given = not np.isnan(config.start).all()
    return start_of(config) if given or local else None


def _refuse_endless(config: Config, space: Space) -> None:
    """Raise `UsageError` if the box cannot be searched."""
    width = space.last - space.first
    low, high = config.bounds.draws
    endless = ~(np.isfinite(low) & np.isfinite(high) & (width < HUGE))
    if endless.any():
        name = config.variables.coordinate_names()[int(np.flatnonzero(endless)[0])]
        initial = config.bounds.initial
        ruled = initial is not None and bool(endless[initial.places].any())
        hint = "init draws starts alone: give it low and high" if ruled else "give it bounds"
        raise UsageError(
            f"{config.name}: `{name}` has no finite box to search\n"
            f"  {hint}, or search around a start: --local"
        )


def unused_keys(config: Config) -> list[str]:
    """Return the keys that the config gives and solving does not use."""
    return [key for key in UNUSED if key in config.given]


def with_start(config: Config, x: Sequence[float]) -> ConfigFile:
    """Return the config that starts at the point `x` (dim,)."""
    assert config.file is not None
    start = f"start={flow(config.variables.unpack(x))}"
    tree = apply_overrides(config.file.tree, [start], Problems())
    return config.file._replace(tree=tree)


def cost_of(objective: Objective, config: Config, options: SolveOptions) -> str:
    """Return how many evaluations solving takes, as a sentence; nothing if they are cheap."""
    if objective.cheap:
        return ""
    dim = config.variables.dim
    starts = options.starts or usual_starts(dim)
    each = objective.bind(np.ones((dim, 1)), np.empty(1), np.empty((dim, 1))).nfev
    least = evaluations_of(dim, starts, options.patience + 1) * each
    most = evaluations_of(dim, starts, options.rounds + 1) * each
    per = f", {each} for each gradient" if each > 1 else ""
    ends = dict.fromkeys(f"{rounded_up(count):,}" for count in (min(least, most), most))
    return (
        f"about {' to '.join(ends)} evaluations of the objective{per}; "
        "fewer with smaller --starts or --rounds"
    )
