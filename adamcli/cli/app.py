"""The application: its options, and its commands, each from a file of its own."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from adamcli.cli.narrow_help import help_of, message_of, usage_of
from adamcli.names import is_path
from adamcli.version import __version__

COMMANDS = ("run", "solve", "sweep", "predict", "plot", "merge", "check", "functions")
"""The commands in the order of the help; each is a function in a module of its name."""


_UsageError: Any = typer.BadParameter.__base__
"""What the library raises for a wrong command line, wherever it has that class from."""


class _Command(TyperCommand):
    """A command that says what is meant by an argument `key=value`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        settings = [arg for arg in args if "=" in arg and is_path(arg.partition("=")[0])]
        try:
            return super().parse_args(ctx, args)
        except _UsageError as error:
            if not settings or "unexpected extra argument" not in error.message:
                raise
            message = f"{error.message}\n  write --set {settings[-1]}"
            raise _UsageError(message, ctx=ctx) from None

    def get_help(self, ctx: Any) -> str:
        return help_of(self, ctx)

    def get_usage(self, ctx: Any) -> str:
        return usage_of(self, ctx)


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
            # The whole first line: of a help text the list would cut it.
            short = (function.__doc__ or "").partition("\n")[0]
            alone.command(name, cls=_Command, short_help=short, context_settings=_HELP)(function)
            self[name] = typer.main.get_command(alone)
        return self[name]


class _Group(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands(dict.fromkeys(COMMANDS))

    def _main_shell_completion(
        self, ctx_args: Any, prog_name: str, complete_var: str | None = None
    ) -> None:
        if any(name.endswith("_COMPLETE") for name in os.environ):
            from adamcli.cli.shells import answer

            found = answer(self, ctx_args, prog_name)
            if found is not None:
                typer.echo(found)
                raise SystemExit(0)
        super()._main_shell_completion(ctx_args, prog_name, complete_var)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if any(arg.endswith("-completion") for arg in args[:1]):
            from adamcli.cli.shells import install

            install()
        if args[:1] == ["help"]:
            args = [*args[1:2], "--help"]
        return super().parse_args(ctx, args)

    def get_help(self, ctx: Any) -> str:
        return help_of(self, ctx)

    def get_usage(self, ctx: Any) -> str:
        return usage_of(self, ctx)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except _UsageError as error:
            message = message_of(error)
            if message == error.format_message():
                raise
            raise _UsageError(message, ctx=error.ctx) from None


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
