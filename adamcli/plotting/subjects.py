"""What pictures are drawn of, from results, and from configs, which are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.counted import counted
from adamcli.diagnostics import did_you_mean
from adamcli.errors import UsageError
from adamcli.experiment import run_config
from adamcli.optimizer.loop import Control, Watch
from adamcli.optimizer.result import Point, Record
from adamcli.optimizer.status import Status
from adamcli.pictures.course import Course, Recorder
from adamcli.pictures.inside import Replay
from adamcli.pictures.kinds import wished_kind
from adamcli.pictures.subject import Subject
from adamcli.sweeps.tables import table_of

if TYPE_CHECKING:
    from adamcli.config.model import Config
    from adamcli.pictures.subject import Wish
    from adamcli.results import Result
    from adamcli.solution import Solution
    from adamcli.sweeps.result import SweepResult

MOST = 6
"""Coordinates whose inside is shown unless some are named."""

LONGEST = 60
"""Characters of a formula that stands in a title."""


def of_result(result: Result, course: Course | None = None) -> Subject:
    """Return what is known of a run; `course` has its steps, unless the result has them."""
    if course is None and result.history is not None:
        course = Course.of(result.history, result.config.unit)
    diverged = result.status is Status.DIVERGED
    return of_config(result.config)._replace(
        about=f"{_steps(result)}, diverged" if diverged else _steps(result),
        course=course,
        diverged=diverged,
        start=result.start,
        best=result.best if np.isfinite(result.best.score) else None,
        last=result.last,
        outcome=result,
    )


def _steps(result: Result) -> str:
    text = f"{counted(result.nit, 'step')} of {result.config.method_name}"
    epochs = counted(result.last.t + 1, "epoch")
    return text if result.config.unit == "step" else f"{text}, {epochs}"


def of_solution(result: Solution) -> Subject:
    """Return what is known of a search."""
    found = of_config(result.config)._replace(outcome=result)
    if not result.minima:
        return found
    best, *rest = result.minima
    return found._replace(
        about=f"solved in {counted(result.rounds, 'round')}",
        best=Point(result.rounds, best.x, best.score),
        places=tuple(minimum.x for minimum in rest),
        course=_course_of(result),
    )


def _course_of(result: Solution) -> Course:
    """Return the best scores after each round, over the evaluations so far, without points."""
    merit = result.config.direction.merit
    records = [Record(each.nfev, (), merit(each.best)) for each in result.progress]
    return Course.of(records, "evaluation")


def of_sweep(result: SweepResult) -> Subject:
    """Return what is known of a sweep."""
    config = result.variations.first
    return Subject(
        name_of(config),
        direction=config.direction,
        config=config,
        table=table_of(result.board, result.variations.plan),
        outcome=result,
    )


def of_config(config: Config) -> Subject:
    """Return what is known of a config that was not run."""
    names = tuple(config.variables.coordinate_names())
    return Subject(name_of(config), direction=config.direction, names=names, config=config)


def name_of(config: Config) -> str:
    """Return what a config is called in a picture: its file, or else its formula."""
    if not config.name.startswith("<"):
        return config.name
    text = str(config.given.get("model") or config.given.get("objective") or config.name)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def needs_of(config: Config, wish: Wish) -> tuple[str, ...]:
    """Return the parts of a subject that the wished picture needs; see `Kind.needs`."""
    kind = wished_kind(wish)
    if kind is not None:
        return kind.needs
    return ("minimum",) if config.fitted is not None else ("course",)


def computed(
    config: Config, wish: Wish, *, allow_python: bool = False, control: Control | None = None
) -> Subject:
    """Return what is known of a config once it has been solved or run, as the wish needs.

    Raises what `solve_config` and `run_config` raise.
    """
    needs = needs_of(config, wish)
    if "minimum" in needs:
        if config.fitted is None:
            # There is no need to search in order to say so.
            return of_config(config)
        from adamcli.solving import solve_config

        return of_solution(solve_config(config, allow_python=allow_python, control=control))
    if "inside" in needs and config.unit == "epoch":
        reason = "a step of this run is an epoch, which consists of several updates"
        raise UsageError(f"state: {reason}\n  draw score or path, or remove `batches`")
    recorder = Recorder()
    watch = Watch(recorder.add, ("gradient_norm",))
    replay = Replay(config, _coordinates(config, wish)) if "inside" in needs else None
    if replay is not None:
        watch = replay.watching(watch)
    result = run_config(config, watch=watch, control=control, allow_python=allow_python)
    found = of_result(result, recorder.course(config.unit))
    return found if replay is None else found._replace(inside=replay.inside())


def _coordinates(config: Config, wish: Wish) -> list[int]:
    """Return the coordinates that the wish names: an array's name stands for all of its entries."""
    variables, names = config.variables, config.variables.coordinate_names()
    chosen: list[int] = []
    for name in wish.variables:
        if name in variables.by_name:
            variable = variables.by_name[name]
            chosen += range(variable.offset, variable.offset + variable.size)
        elif name in names:
            chosen.append(names.index(name))
        else:
            raise UsageError(f"state: `{name}` is not a variable\n  {did_you_mean(name, names)}")
    if len(set(chosen)) > MOST:
        raise UsageError(f"state: expected at most {MOST} coordinates, found {len(set(chosen))}")
    return list(dict.fromkeys(chosen)) or list(range(min(MOST, len(names))))
