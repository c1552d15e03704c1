"""`adamcli help`: what a command takes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from adamcli.cli import completion


def show_help(
    context: typer.Context,
    command: Annotated[
        str | None,
        typer.Argument(
            metavar="[COMMAND]",
            help="Show what this one takes.",
            show_default=False,
            autocompletion=completion.commands,
        ),
    ] = None,
) -> None:
    """List the commands, or show what one of them takes."""
    whole: Any = context.parent
    if command is None:
        typer.echo(whole.get_help())
        return
    name, found, _ = whole.command.resolve_command(whole, [command])
    with found.make_context(name, [], parent=whole, resilient_parsing=True) as own:
        typer.echo(found.get_help(own))
