"""`adamcli plot`: a picture of a config, a result, rows or a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from adamcli.cli import completion
from adamcli.cli.guard import computing, exit_codes, write_error
from adamcli.cli.options import (
    AllowPython,
    Bounds,
    Data,
    Dim,
    Model,
    Objective,
    Overrides,
    Quiet,
    StopRules,
    output_option,
)
from adamcli.cli.source import ConfigSource
from adamcli.errors import AdamcliError, ExitCode, UsageError
from adamcli.report.formats import PLOT_FILES

if TYPE_CHECKING:
    from adamcli.optimizer.loop import Control
    from adamcli.pictures.scene import Picture
    from adamcli.pictures.subject import Subject, Wish


_WRITES = "Do not draw here, but write"


def plot(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]...",
            help="A config, which is run; a result (.json), rows (.csv, .jsonl) or a store (.db).",
            show_default=False,
            autocompletion=completion.sources,
        ),
    ] = None,
    objective: Objective = None,
    model: Model = None,
    data: Data = None,
    bounds: Bounds = None,
    dim: Dim = None,
    overrides: Overrides = None,
    stop: StopRules = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="path, score, state, fit; heatmap, parallel, slices, importance, repeats. "
            "[default: what fits]",
            autocompletion=completion.kinds,
        ),
    ] = None,
    x: Annotated[
        str | None, typer.Option("--x", metavar="NAME", help="What to show from left to right.")
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", metavar="NAME", help="What to show from bottom to top.")
    ] = None,
    variables: Annotated[
        str,
        typer.Option("--vars", metavar="NAMES", help="The variables of state (comma-separated)."),
    ] = "",
    output: Annotated[list[str] | None, output_option(PLOT_FILES, _WRITES)] = None,
    allow_python: AllowPython = False,
    quiet: Quiet = False,
) -> None:
    """Draw a config, a result, rows or a store, here or into a file."""
    with exit_codes():
        from adamcli.pictures.subject import Wish

        names = tuple(name.strip() for name in variables.split(",") if name.strip())
        config = ConfigSource(None, objective, model, data, bounds, dim, overrides, stop, False)
        request = PlotRequest(
            tuple(sources or ()),
            config,
            Wish(kind, x, y, names),
            tuple(output or ()),
            allow_python,
            quiet,
        )
        code = request.carry_out()
    raise typer.Exit(code)


class PlotRequest(NamedTuple):
    """A picture and its outputs, as the command line asks for them."""

    sources: tuple[str, ...]
    config: ConfigSource
    wish: Wish
    output: tuple[str, ...]
    allow_python: bool
    quiet: bool

    def carry_out(self) -> ExitCode:
        """Compute what the picture needs, draw it, and return the exit code."""
        from contextlib import ExitStack

        from adamcli.optimizer.loop import Control
        from adamcli.pictures.kinds import picture_of, wished_kind
        from adamcli.report.formats import format_of
        from adamcli.report.picture_files import drawn
        from adamcli.report.sinks import FileSink, close_all, refuse_clashes

        # What cannot be drawn of anything is an error before any work.
        wished_kind(self.wish)
        if self.sources.count("-") > 1:
            raise UsageError("-: standard input can be read only once")
        formats = [format_of(path, PLOT_FILES) for path in self.output]
        refuse_clashes(dict.fromkeys(self.sources, "a source"), **{"-o": self.output})
        control = Control()
        with ExitStack() as undo:
            files = []
            for path in self.output:
                files.append(FileSink(path))
                undo.callback(files[-1].discard)
            with computing(control, allow_python=self.allow_python):
                subjects = self._subjects(control)
            try:
                picture = picture_of(subjects, self.wish)
                for file, form in zip(files, formats, strict=True):
                    file.write(drawn(form.name, picture, subjects[0]))
                if not files:
                    _show(picture)
            except AdamcliError as error:
                if control.stop is None:
                    raise
                write_error(f"{control.stop.value}: {error}")
                return control.stop.exit_code
            close_all(files)
            undo.pop_all()
        if control.stop is not None:
            if not self.quiet:
                write_error(f"{control.stop.value}: the picture shows what was reached")
            return control.stop.exit_code
        return ExitCode.OK

    def _opened(self) -> list[object]:
        """Return the sources: paths of data, and configs with what the options say."""
        from adamcli.plotting.sources import is_data

        if not self.sources:
            if not self.config.says_what():
                raise UsageError(_EXPECTED)
            return [self.config.open()]
        return [
            self._data(path) if is_data(path) else self.config._replace(config=path).open()
            for path in self.sources
        ]

    def _data(self, path: str) -> str:
        """Return the path of a source that is no config; raises `UsageError` for options of one."""
        given = [option for option, value in zip(_KEYS, self.config[1:8], strict=True) if value]
        if given:
            raise UsageError(f"{given[0]}: changes a config, but {path} is a result\n  remove it")
        return path

    def _subjects(self, control: Control) -> list[Subject]:
        """Return what is known of the sources, as far as the user waited."""
        from adamcli.plotting.sources import subject_of

        found = []
        for source in self._opened():
            allow = self.allow_python
            found.append(subject_of(source, self.wish, allow_python=allow, control=control))
            if control.stop is not None:
                break
        return found


def _show(picture: Picture) -> None:
    from adamcli.report.picture_text import print_picture
    from adamcli.report.sinks import standard_output

    print_picture(picture, standard_output())


_EXPECTED = """\
expected SOURCE, a config, a result (.json), rows (.csv, .jsonl) or a store (.db), or else a formula
  write, for example, result.json, or -e 'x**2 + y**2' -b x=-1,1 -b y=-1,1"""

_KEYS = ("-e", "--model", "--data", "-b", "--dim", "--set", "--stop")
"""The options that write keys of a config, in the order of `ConfigSource`."""
