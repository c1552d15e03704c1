"""`adamcli solve`: the optimum itself, from a formula and a box."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from adamcli.cli.guard import all_met, computing, exit_codes, write_error
from adamcli.cli.options import (
    AllowPython,
    Bounds,
    ConfigPath,
    Data,
    Dim,
    Expect,
    Model,
    Objective,
    Overrides,
    PrintConfig,
    Quiet,
    Summary,
    format_option,
    output_option,
)
from adamcli.cli.source import ConfigSource
from adamcli.errors import ExitCode, UsageError
from adamcli.report.formats import SOLVE_FILES, SOLVE_FORMATS

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.config.expectations import Expectation
    from adamcli.config.model import Config, ConfigFile
    from adamcli.report.formats import Format
    from adamcli.report.sinks import FileSink
    from adamcli.solution import Solution
    from adamcli.solving import SolveOptions


def solve(
    config: ConfigPath = None,
    objective: Objective = None,
    model: Model = None,
    data: Data = None,
    bounds: Bounds = None,
    dim: Dim = None,
    overrides: Overrides = None,
    local: Annotated[
        bool, typer.Option("--local", help="Search from and around the start, not the whole box.")
    ] = False,
    starts: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=1_000_000, help="Runs in each round. [default: 256]"),
    ] = None,
    rounds: Annotated[
        int,
        typer.Option(metavar="N", min=0, max=1_000_000, help="At most N rounds after the first."),
    ] = 12,
    patience: Annotated[
        int, typer.Option(metavar="N", min=1, max=1_000_000, help="End when N rounds gain nothing.")
    ] = 3,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", min=0.0, help="End after the round at S seconds.")
    ] = None,
    target: Annotated[
        float | None, typer.Option(metavar="SCORE", help="End when a score is as good.")
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", metavar="N", min=1, max=1024, help="Processes for Python objectives."
        ),
    ] = 1,
    bootstrap: Annotated[
        int, typer.Option(metavar="N", min=0, max=10_000_000, help="Fit N resampled data sets.")
    ] = 0,
    resample: Annotated[
        Literal["residuals", "pairs"],
        typer.Option(help="What a bootstrap draws: residuals, or whole rows.", show_default=True),
    ] = "residuals",
    profile: Annotated[
        bool, typer.Option("--profile", help="Find intervals by likelihood profiles.")
    ] = False,
    predict: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write data, fitted values and bands (.csv, .parquet)."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="FILE", help="Predict the rows of this file.")
    ] = None,
    form: Annotated[str | None, format_option(SOLVE_FORMATS, default="table")] = None,
    output: Annotated[list[str] | None, output_option(SOLVE_FILES)] = None,
    save_best: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the config with the best point as its start."),
    ] = None,
    print_config: PrintConfig = False,
    expect: Expect = None,
    allow_python: AllowPython = False,
    summary: Summary = False,
    quiet: Quiet = False,
) -> None:
    """Find the global minimum of CONFIG, or the best fit, without any tuning."""
    with exit_codes():
        from adamcli.solving import SolveOptions

        source = ConfigSource(
            config, objective, model, data, bounds, dim, overrides, None, print_config
        )
        request = SolveRequest(
            SolveOptions(
                starts,
                rounds,
                patience,
                seconds,
                target,
                local,
                jobs,
                bootstrap,
                resample,
                profile,
            ),
            form,
            tuple(output or ()),
            save_best,
            Rows(predict, at),
            tuple(expect or ()),
            allow_python,
            summary,
            quiet,
        )
        code = request.carry_out(source.open())
    raise typer.Exit(code)


class Rows(NamedTuple):
    """What is predicted: where it goes, and the file of the new rows, if not those of the data."""

    file: str | None
    at: str | None


class SolveRequest(NamedTuple):
    """A search and its outputs, as the command line asks for them."""

    options: SolveOptions
    form: str | None
    output: tuple[str, ...]
    save_best: str | None
    rows: Rows
    expect: tuple[str, ...]
    allow_python: bool
    summary: bool
    quiet: bool

    def carry_out(self, file: ConfigFile) -> ExitCode:
        """Search, show what was found, and return the exit code."""
        from adamcli.config.load import checked

        # What is expected may name what only a solution has.
        config = checked(file._replace(expect=()))
        expectations = self._expectations(config, file)
        result = self._run(config)
        self._write_closing(result)
        if not result.success:
            return result.status.exit_code
        return ExitCode.OK if all_met(expectations, result.numbers) else ExitCode.EXPECTATION

    def _expectations(self, config: Config, file: ConfigFile) -> list[Expectation]:
        if not (file.expect or self.expect):
            return []
        from adamcli.config.expectations import over_fields, parse_expectations, solution_fields

        comparisons = [*file.expect, *parse_expectations(self.expect)]
        return over_fields(comparisons, solution_fields(config.variables, config.fitted))

    def _run(self, config: Config) -> Solution:
        from adamcli.optimizer.loop import Control
        from adamcli.report.progress import SearchProgress
        from adamcli.report.sinks import FileSink, inputs_of, refuse_clashes
        from adamcli.report.solve_outputs import select_solve_outputs
        from adamcli.solving import cost_of, solve_config, unused_keys

        single = {"--save-best": self.save_best, "--predict": self.rows.file}
        written = {"-o": self.output, **{k: [path] for k, path in single.items() if path}}
        read = {self.rows.at: "the file of new rows"} if self.rows.at is not None else {}
        refuse_clashes(inputs_of(config.name, config.files) | read, **written)
        prediction = Predicting.of(self.rows, config)
        with ExitStack() as undo:
            outputs = select_solve_outputs(self.output, config.variables)
            undo.callback(outputs.discard)
            best = FileSink(self.save_best) if self.save_best is not None else None
            if best is not None:
                undo.callback(best.discard)
            unused = unused_keys(config)
            if unused and not self.quiet:
                write_error(f"note: solve does not need {', '.join(unused)}")
            control = Control()
            progress = SearchProgress(config.direction, sys.stderr, shown=not self.quiet)
            with computing(control, allow_python=self.allow_python):
                cost = cost_of(config, self.options, allow_python=self.allow_python)
                if cost and not self.quiet:
                    write_error(f"note: {cost}")
                with progress:
                    result = solve_config(
                        config,
                        self.options,
                        observe=progress.observe,
                        control=control,
                        allow_python=self.allow_python,
                    )
            outputs.end(result)
            self._show(result)
            if best is not None:
                _write_best(result, best)
            if prediction is not None and result.success:
                prediction.write(result)
            undo.pop_all()
        return result

    def _show(self, result: Solution) -> None:
        """Show the result on standard output."""
        from adamcli.report.formats import FORMATS
        from adamcli.report.sinks import standard_output
        from adamcli.report.solution_report import print_solution, solution_text

        if self.form == "table" or (self.form is None and not self.quiet):
            print_solution(result, standard_output())
        elif self.form is not None:
            standard_output().write(solution_text(result, FORMATS[self.form]))

    def _write_closing(self, result: Solution) -> None:
        """Write to standard error what the user should know of the search."""
        at_terminal = sys.stderr is not None and sys.stderr.isatty()
        if self.summary or (at_terminal and not self.quiet):
            from adamcli.report.solution_report import print_solution_summary

            print_solution_summary(result, sys.stderr)
        elif not result.success:
            write_error(f"{result.status.value}: {result.message}")
        elif result.verdict.is_doubtful and not self.quiet:
            write_error(str(result.verdict))


class Predicting(NamedTuple):
    """A prediction to be written: its file and format, and the columns of its rows."""

    path: str
    form: Format
    data: dict[str, FloatArray]
    is_new: bool

    @classmethod
    def of(cls, rows: Rows, config: Config) -> Predicting | None:
        """Return what is to be predicted, if anything.

        Raises `UsageError` if there is no fit, `FileError` if the new rows cannot be read.
        """
        if rows.file is None:
            if rows.at is not None:
                raise UsageError("--at: needs a file to write to\n  add --predict FILE.csv")
            return None
        from adamcli.config.data import read_columns
        from adamcli.experiment import start_of
        from adamcli.fit.prediction import predict
        from adamcli.report.formats import PREDICTION_FILES, format_of
        from adamcli.solving import NO_FIT

        form = format_of(rows.file, PREDICTION_FILES, "--predict")
        if config.fitted is None:
            raise UsageError(f"--predict: {NO_FIT}")
        if rows.at is not None:
            new = read_columns(rows.at)
            # What is wrong with the columns is an error before the search.
            predict(config.fitted, start_of(config), config.bounds.box, new)
            return cls(rows.file, form, new, True)
        shapes = config.fitted.columns
        own = {
            name: config.fitted.column(name) for name, shape in shapes.items() if len(shape) == 1
        }
        return cls(rows.file, form, own, False)

    def write(self, result: Solution) -> None:
        """Write what the fit says of the rows."""
        from adamcli.report.prediction_report import write_prediction

        found = result.predict(self.data if self.is_new else None)
        write_prediction(self.path, self.form, self.data, found)


def _write_best(result: Solution, sink: FileSink) -> None:
    from pathlib import Path

    from adamcli.config.write import yaml_of
    from adamcli.solving import with_start

    if not result.minima:
        sink.discard()
        return
    file = with_start(result.config, result.best.x)
    sink.write(yaml_of(file.whole(), file.folder, Path(sink.path).parent))
    sink.close()
