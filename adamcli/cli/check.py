"""`adamcli check`: everything short of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from adamcli.cli.guard import exit_codes
from adamcli.cli.options import (
    AllowPython,
    ConfigPath,
    Overrides,
    Quiet,
    StopRules,
    format_option,
)
from adamcli.errors import ExitCode
from adamcli.report.formats import CHECK_FORMATS


def check(
    config: ConfigPath,
    overrides: Overrides = None,
    stop: StopRules = None,
    form: Annotated[str, format_option(CHECK_FORMATS, default="text")] = "text",
    allow_python: AllowPython = False,
    quiet: Quiet = False,
) -> None:
    """Check CONFIG without running it: its errors, shapes, gradient, values and cost."""
    with exit_codes():
        from adamcli.config.load import checked, open_config
        from adamcli.inspection import inspect_config
        from adamcli.report.check_report import CheckReport
        from adamcli.report.formats import FORMATS
        from adamcli.report.sinks import standard_output

        file = open_config(config, overrides or [], stop or [])
        loaded = checked(file)
        if file.sweep is not None:
            from adamcli.sweeps.variations import SweepOptions, sweep_expectations, vary

            variations = vary(file, SweepOptions(allow_python=allow_python))
            sweep_expectations(variations, (), whole=True)
        found = inspect_config(loaded, allow_python=allow_python)
        if form != "text" or not quiet:
            standard_output().write(FORMATS[form].text(CheckReport(found, loaded)))
        code = ExitCode.OK if found.passed else ExitCode.FAILED
    raise typer.Exit(code)
