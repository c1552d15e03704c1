"""`adamcli solve`: the optimum itself, from a formula and a box."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, NamedTuple

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
from adamcli.errors import ExitCode
from adamcli.report.formats import SOLVE_FILES, SOLVE_FORMATS

if TYPE_CHECKING:
    from adamcli.config.expectations import Expectation
    from adamcli.config.model import Config, ConfigFile
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
        int, typer.Option(metavar="N", min=1, max=1_000_000, help="Runs in each round.")
    ] = 256,
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
            SolveOptions(starts, rounds, patience, seconds, target, local),
            form,
            tuple(output or ()),
            save_best,
            tuple(expect or ()),
            allow_python,
            summary,
            quiet,
        )
        code = request.carry_out(source.open())
    raise typer.Exit(code)


class SolveRequest(NamedTuple):
    """A search and its outputs, as the command line asks for them."""

    options: SolveOptions
    form: str | None
    output: tuple[str, ...]
    save_best: str | None
    expect: tuple[str, ...]
    allow_python: bool
    summary: bool
    quiet: bool

    def carry_out(self, file: ConfigFile) -> ExitCode:
        """Search, show what was found, and return the exit code."""
        from adamcli.config.load import checked

        config = checked(file)
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

        single = {"--save-best": [self.save_best]} if self.save_best is not None else {}
        refuse_clashes(inputs_of(config.name, config.files), **{"-o": self.output, **single})
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
