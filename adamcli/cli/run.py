"""`adamcli run`: minimise, and show every step."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from math import isfinite
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from adamcli.cli.guard import all_met, computing, exit_codes, write_error
from adamcli.cli.options import (
    AllowPython,
    Bounds,
    ConfigPath,
    Data,
    Dim,
    Every,
    Expect,
    Fields,
    Model,
    Objective,
    Overrides,
    Plot,
    PrintConfig,
    Quiet,
    ScoreFormat,
    StopRules,
    Summary,
    format_option,
    output_option,
)
from adamcli.cli.source import ConfigSource
from adamcli.errors import ExitCode, UsageError
from adamcli.report.formats import RUN_FILES, RUN_FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from adamcli.config.expectations import Expectation
    from adamcli.config.model import Config
    from adamcli.optimizer.loop import Control
    from adamcli.report.picture_files import Recording
    from adamcli.report.run_outputs import Choice
    from adamcli.results import Result


def run(
    config: ConfigPath = None,
    objective: Objective = None,
    model: Model = None,
    data: Data = None,
    bounds: Bounds = None,
    dim: Dim = None,
    overrides: Overrides = None,
    form: Annotated[str | None, format_option(RUN_FORMATS, default="table")] = None,
    output: Annotated[list[str] | None, output_option(RUN_FILES)] = None,
    every: Every = None,
    fields: Fields = "",
    score_format: ScoreFormat = None,
    stop: StopRules = None,
    print_config: PrintConfig = False,
    expect: Expect = None,
    allow_python: AllowPython = False,
    summary: Summary = False,
    plot: Plot = False,
    quiet: Quiet = False,
) -> None:
    """Minimise the objective of CONFIG with Adam, and show every step."""
    with exit_codes():
        from adamcli.report.run_outputs import Choice

        names = tuple(name.strip() for name in fields.split(",") if name.strip())
        choice = Choice(form, tuple(output or ()), names, every, quiet, plot, score_format)
        source = ConfigSource(
            config, objective, model, data, bounds, dim, overrides, stop, print_config
        )
        ran = _run(source, choice, expect or [], allow_python)
        _write_closing(ran.result, summary=summary, quiet=quiet)
        if ran.recording is not None:
            from adamcli.report.picture_text import print_below

            print_below([ran.recording.subject(ran.result)], sys.stderr)
        code = _code_of(ran.result, ran.expectations)
    raise typer.Exit(code)


class Ran(NamedTuple):
    """A run that is over, what was expected of it, and its course if that is to be drawn."""

    result: Result
    expectations: Sequence[Expectation]
    recording: Recording | None


def _run(source: ConfigSource, choice: Choice, expect: Sequence[str], allow_python: bool) -> Ran:
    from adamcli.config.checking import checked
    from adamcli.config.load import expecting
    from adamcli.experiment import require_code_allowed, run_config
    from adamcli.listed import note, saved_in
    from adamcli.optimizer.loop import Control
    from adamcli.report.run_outputs import select_outputs

    config = checked(expecting(source.open(), expect))
    require_code_allowed(config, allow_python)
    _refuse_several_alphas(config, choice)
    outputs = select_outputs(choice, config)
    control = Control()
    watch = outputs.watch(choice.fields)
    shown = not choice.quiet and not outputs.scrolls
    try:
        outputs.begin()
        # Within `computing`, so that what a Python objective prints makes room for itself.
        with (
            computing(control, allow_python=allow_python),
            _progress(control, config) if shown else nullcontext(),
        ):
            result = run_config(config, watch=watch, control=control, allow_python=allow_python)
        result.saved = saved_in(choice.files)
        outputs.end(result)
    except BaseException:
        outputs.discard()
        raise
    missing = note(config.variables, choice.form, choice.files)
    if missing and not choice.quiet:
        write_error(f"note: {missing}")
    for path in outputs.empty:
        write_error(f"{path}: was not written, as no score is finite")
    return Ran(result, config.expect, outputs.recording)


def _progress(control: Control, config: Config) -> AbstractContextManager[None]:
    """Return what shows the run at a terminal; without one nothing more is imported."""
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from adamcli.report.progress import RunProgress

    return RunProgress(control, config.steps, sys.stderr, unit=config.unit, shown=True)


def _refuse_several_alphas(config: Config, choice: Choice) -> None:
    """Raise `UsageError` if the column `alpha` is wanted where a step has more than one."""
    from adamcli.optimizer.hyperparameters import size_of

    if "alpha" in choice.fields and size_of(config.hyperparameters.alpha, config.n_iter) > 1:
        message = (
            "--fields alpha: here alpha differs between variables, so a step has no single one"
        )
        raise UsageError(f"{message}\n  remove alpha from --fields")


def _write_closing(result: Result, *, summary: bool, quiet: bool) -> None:
    """Write to standard error what the user should know of the run."""
    from adamcli.report.text import point_text

    at_terminal = sys.stderr is not None and sys.stderr.isatty()
    if summary or (at_terminal and not quiet):
        from adamcli.report.summary import print_summary

        print_summary(result, sys.stderr)
        return
    if not result.success:
        write_error(f"{result.status.value}: {result.message}")
        if isfinite(result.best.score):
            write_error(f"best so far: {point_text(result.best, most=1000)}")
    elif result.verdict.is_doubtful and not quiet:
        write_error(str(result.verdict))


def _code_of(result: Result, expectations: Sequence[Expectation]) -> ExitCode:
    if not result.success:
        return result.status.exit_code
    return ExitCode.OK if all_met(expectations, result.numbers) else ExitCode.EXPECTATION
