"""The application: its options, and its commands, each from a file of its own."""

from __future__ import annotations

from typing import Annotated

import typer

import adamcli
from adamcli.cli.check import check
from adamcli.cli.functions import functions
from adamcli.cli.merge import merge
from adamcli.cli.run import run
from adamcli.cli.sweep import sweep

app = typer.Typer(
    name="adamcli",
    help="Minimise a function with Adam: a YAML file names it, its bounds and the settings.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"adamcli {adamcli.__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Minimise a function with Adam."""


app.command()(run)
app.command()(sweep)
app.command()(merge)
app.command()(check)
app.command()(functions)
