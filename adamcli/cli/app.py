"""The application: its options, and its commands, each from a file of its own."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from adamcli.version import __version__

COMMANDS = ("run", "solve", "sweep", "predict", "plot", "merge", "check", "functions")
"""The commands in the order of the help; each is a function in a module of its name."""


class _Commands(dict[str, Any]):
    """The commands by name, each made when it is needed.

    Making all of them takes as long as loading a config.
    """

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            return default
        if self[name] is None:
            function = getattr(import_module(f"adamcli.cli.{name}"), name)
            alone = typer.Typer(
                add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
            )
            alone.command(name, context_settings=_HELP)(function)
            self[name] = typer.main.get_command(alone)
        return self[name]


class _Group(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands(dict.fromkeys(COMMANDS))


_HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="adamcli",
    cls=_Group,
    help="Minimise functions and fit data: by Adam, step by step, or to the optimum itself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=_HELP,
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"adamcli {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Minimise functions and fit data."""
