"""`adamcli functions`: the standard test functions that an objective may name."""

from __future__ import annotations

from typing import Annotated

import typer

from adamcli.cli import completion
from adamcli.cli.guard import exit_codes
from adamcli.cli.options import format_option
from adamcli.errors import UsageError
from adamcli.report.formats import FORMATS, FUNCTIONS_FORMATS


def functions(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Show this one.",
            show_default=False,
            autocompletion=completion.functions,
        ),
    ] = None,
    config: Annotated[
        bool, typer.Option("--config", help="Show a config for adamcli run, to save as a file.")
    ] = False,
    form: Annotated[str, format_option(FUNCTIONS_FORMATS, default="table")] = "table",
) -> None:
    """List the standard test functions, or show one of them."""
    with exit_codes():
        from adamcli.config.standard import load, load_all, names
        from adamcli.diagnostics import did_you_mean
        from adamcli.report.function_report import FunctionList, config_text, print_page
        from adamcli.report.sinks import standard_output, write_data

        if name is not None and name not in names():
            hint = did_you_mean(name, names()) or "adamcli functions lists them"
            raise UsageError(f"`{name}` is not one of the test functions\n  {hint}")
        if config and name is None:
            hint = "write, for example, adamcli functions rosenbrock --config"
            raise UsageError(f"--config: expected the name of a function, found none\n  {hint}")
        if config and form != "table":
            raise UsageError("--config: shows YAML\n  leave out --config or --format")
        chosen = FunctionList(load_all() if name is None else [load(name)])
        if form != "table":
            write_data(chosen.text(FORMATS[form]), json=FORMATS[form].json)
        elif name is None:
            chosen.draw(standard_output())
        elif config:
            write_data(config_text(load(name)))
        else:
            print_page(load(name), standard_output())
