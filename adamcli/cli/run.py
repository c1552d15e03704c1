"""`adamcli run`: minimise, and show every step."""

from __future__ import annotations

import sys
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from adamcli.cli.guard import all_met, computing, exit_codes, write_error
from adamcli.cli.options import (
    AllowPython,
    ConfigPath,
    Every,
    Expect,
    Fields,
    Overrides,
    Quiet,
    format_option,
    output_option,
)
from adamcli.errors import ExitCode
from adamcli.report.formats import RUN_FILES, RUN_FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.config.expectations import Expectation
    from adamcli.report.run_outputs import Choice
    from adamcli.results import Result


def run(
    config: ConfigPath,
    overrides: Overrides = None,
    form: Annotated[str | None, format_option(RUN_FORMATS, default="table")] = None,
    output: Annotated[list[str] | None, output_option(RUN_FILES)] = None,
    every: Every = "1",
    fields: Fields = "",
    expect: Expect = None,
    allow_python: AllowPython = False,
    quiet: Quiet = False,
) -> None:
    """Minimise the objective of CONFIG with Adam, and show every step."""
    with exit_codes():
        from adamcli.report.run_outputs import Choice

        names = tuple(name.strip() for name in fields.split(",") if name.strip())
        choice = Choice(form, tuple(output or ()), names, every, quiet)
        code = _run(config, overrides or [], expect or [], choice, allow_python)
    raise typer.Exit(code)


def _run(
    path: str, overrides: list[str], expect: list[str], choice: Choice, allow_python: bool
) -> ExitCode:
    from adamcli.config.load import load_config
    from adamcli.experiment import require_code_allowed, run_config
    from adamcli.optimizer.loop import Control, Watch
    from adamcli.report.run_outputs import select_outputs

    config = load_config(path, overrides)
    require_code_allowed(config, allow_python)
    expectations = list(config.expect)
    if expect:
        from adamcli.config.expectations import over_fields, parse_expectations, result_fields

        expectations += over_fields(parse_expectations(expect), result_fields(config.variables))
    outputs = select_outputs(choice, config)
    control = Control()
    watch = Watch(outputs.observe, choice.fields) if outputs.wants_records() else None
    try:
        outputs.begin()
        with computing(control, allow_python=allow_python):
            result = run_config(config, watch=watch, control=control, allow_python=allow_python)
        outputs.end(result)
    except BaseException:
        outputs.discard()
        raise
    return _close(result, expectations, choice.quiet)


def _close(result: Result, expectations: Sequence[Expectation], quiet: bool) -> ExitCode:
    """Write what goes to standard error, and return the exit code."""
    from adamcli.report.text import point_text

    if not quiet and sys.stderr is not None and sys.stderr.isatty():
        from adamcli.report.summary import print_summary

        print_summary(result, sys.stderr)
    elif not result.success:
        write_error(f"{result.status.value}: {result.message}")
        if isfinite(result.best.score):
            write_error(f"best so far: {point_text(result.best, most=1000)}")
    if not result.success:
        return result.status.exit_code
    return ExitCode.OK if all_met(expectations, result.numbers) else ExitCode.EXPECTATION
