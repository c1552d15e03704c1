"""`adamcli check`: everything short of running."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from adamcli.cli.guard import guarded
from adamcli.cli.options import AllowPython, ConfigPath, Overrides, Quiet
from adamcli.errors import ExitCode


class CheckFormat(str, Enum):
    """What standard output shows."""

    text = "text"
    json = "json"


def check(
    config: ConfigPath,
    overrides: Overrides = None,
    form: Annotated[
        CheckFormat, typer.Option("--format", help="What stdout shows.")
    ] = CheckFormat.text,
    allow_python: AllowPython = False,
    quiet: Quiet = False,
) -> None:
    """Check CONFIG without running it: its errors, shapes, gradient, values and cost."""
    with guarded():
        from adamcli.config.load import open_config
        from adamcli.inspection import inspect_config
        from adamcli.report.check_report import check_json, check_text
        from adamcli.report.sinks import standard_output

        file = open_config(config, overrides or [])
        loaded = file.config()
        if "sweep" in loaded.given:
            from adamcli.sweeps.setup import PlanWishes, study_of

            study_of(file, PlanWishes(), allow_python=allow_python)
        found = inspect_config(loaded, allow_python=allow_python)
        if form is CheckFormat.json:
            standard_output().write(check_json(found, loaded))
        elif not quiet:
            standard_output().write(check_text(found))
        code = ExitCode.OK if found.passed else ExitCode.FAILED
    raise typer.Exit(code)
