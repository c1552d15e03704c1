"""`adamcli functions`: the standard test functions that an objective may name."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from adamcli.cli.guard import guarded
from adamcli.errors import UsageError


class FunctionsFormat(str, Enum):
    """What standard output shows."""

    table = "table"
    json = "json"


def functions(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Show this one.", show_default=False),
    ] = None,
    config: Annotated[
        bool, typer.Option("--config", help="Show a config for adamcli run, to save as a file.")
    ] = False,
    form: Annotated[
        FunctionsFormat, typer.Option("--format", help="What stdout shows.")
    ] = FunctionsFormat.table,
) -> None:
    """List the standard test functions, or show one of them."""
    with guarded():
        from adamcli.config.standard import load, load_all, names
        from adamcli.diagnostics import did_you_mean
        from adamcli.report.function_report import as_json, config_text, page, print_functions
        from adamcli.report.sinks import standard_output

        if name is not None and name not in names():
            hint = did_you_mean(name, names()) or "adamcli functions lists them"
            raise UsageError(f"`{name}` is not one of the test functions\n  {hint}")
        if config and name is None:
            hint = "write, for example, adamcli functions rosenbrock --config"
            raise UsageError(f"--config: expected the name of a function, found none\n  {hint}")
        if config and form is FunctionsFormat.json:
            raise UsageError("--config: shows YAML, not JSON\n  leave out --config or --format")
        stream = standard_output()
        chosen = load_all() if name is None else [load(name)]
        if config:
            stream.write(config_text(chosen[0]))
        elif form is FunctionsFormat.json:
            stream.write(as_json(chosen))
        elif name is None:
            print_functions(chosen, stream)
        else:
            stream.write(page(chosen[0]))
