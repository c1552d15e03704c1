"""The application: its options, and its commands, each from a file of its own."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from adamcli.cli.narrow_help import help_of, message_of, usage_of
from adamcli.cli.words import read_texts
from adamcli.version import __version__

COMMANDS = {
    "run": "run",
    "solve": "solve",
    "sweep": "sweep",
    "predict": "predict",
    "plot": "plot",
    "merge": "merge",
    "check": "check",
    "functions": "functions",
    "help": "show_help",
}
"""The commands in the order of the help, each with its function in the module of its name."""


_UsageError: Any = typer.BadParameter.__base__
"""What the library raises for a wrong command line, wherever it has that class from."""


class _Command(TyperCommand):
    """A command that says what is meant by `alpha=3` and `--alpha 3`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = list(args)
        try:
            rest = super().parse_args(ctx, args)
        except _UsageError as error:
            message = self._answered(ctx, error, given)
            if message is None:
                raise
            raise _UsageError(message, ctx=ctx) from None
        read_texts(ctx.params)
        if not ctx.resilient_parsing:
            self._refuse_settings(ctx, given)
            for parameter in self.params:
                _refuse_empty_names(parameter, ctx)
        return rest

    def _answered(self, ctx: Any, error: Any, args: list[str]) -> str | None:
        """Return an error with what to write instead; None if there is nothing to add."""
        from adamcli.cli.settings import as_options, setting_of

        hint = ""
        if hasattr(error, "possibilities"):
            # What is near are other options, which the error has.
            hint = as_options([setting_of(error.option_name, args)], self._taken(), near=False)
        elif "unexpected extra argument" in error.message:
            hint = as_options(self._settings(ctx, args), self._taken())
        return f"{error.message}\n  write {hint}" if hint else None

    def _refuse_settings(self, ctx: Any, args: list[str]) -> None:
        """Raise an error for settings in the place of files that do not exist."""
        from adamcli.cli.settings import as_options

        settings = [word for word in self._settings(ctx, args) if not os.path.lexists(word)]
        hint = as_options(settings, self._taken()) if settings else ""
        if hint:
            raise _UsageError(f"there is no file {settings[0]}\n  write {hint}", ctx=ctx)

    def _settings(self, ctx: Any, args: list[str]) -> list[str]:
        """Return the arguments `key=value` among those that belong to no option."""
        from adamcli.cli.settings import is_setting

        if not any(map(is_setting, args)):
            return []
        values, rest, _ = self.make_parser(ctx).parse_args(list(args))
        for param in self.params:
            found = values.get(param.name or "") if param.param_type_name == "argument" else None
            rest += [found] if isinstance(found, str) else found or ()
        return [word for word in args if word in rest and is_setting(word)]

    def _taken(self) -> set[str]:
        """Return the options that the command takes."""
        return {name for param in self.params for name in param.opts}

    def get_help(self, ctx: Any) -> str:
        return help_of(self, ctx)

    def get_usage(self, ctx: Any) -> str:
        return usage_of(self, ctx)


def _refuse_empty_names(parameter: Any, ctx: Any) -> None:
    """Raise the error of a file whose name is an empty text, as of a variable that is not set."""
    called = str(parameter.metavar or "")
    given = ctx.params.get(parameter.name)
    if "" in (given if isinstance(given, list | tuple) else [given]) and any(
        word in called for word in ("FILE", "CONFIG", "SOURCE", "STORE")
    ):
        option = parameter.opts[0] if parameter.opts[0].startswith("-") else called.strip("[].")
        raise _UsageError(f"{option}: expected the name of a file, found nothing", ctx=ctx)


class _Commands(dict[str, Any]):
    """The commands by name, each made when it is needed.

    Making all of them takes as long as loading a config.
    """

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            return default
        if self[name] is None:
            function = getattr(import_module(f"adamcli.cli.{name}"), COMMANDS[name])
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
