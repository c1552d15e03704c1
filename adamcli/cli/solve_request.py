"""What `adamcli solve` does: the search, its outputs, and the exit code."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from adamcli.cli.guard import all_met, computing, write_error
from adamcli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.config.model import Config, ConfigFile
    from adamcli.report.column_files import ColumnFile
    from adamcli.report.prediction_report import PredictionLayout
    from adamcli.report.sinks import FileSink
    from adamcli.solution import Solution
    from adamcli.solving import SolveOptions


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
    plot: bool
    quiet: bool

    def carry_out(self, file: ConfigFile) -> ExitCode:
        """Search, show what was found, and return the exit code."""
        from adamcli.config.checking import checked
        from adamcli.config.expectations import solution_fields
        from adamcli.config.load import expecting

        config = checked(expecting(file, self.expect), solution_fields)
        result = self._run(config)
        self._write_closing(result)
        if self.plot:
            from adamcli.plotting.subjects import of_solution
            from adamcli.report.picture_text import print_below

            print_below([of_solution(result)], sys.stderr)
        if not result.success:
            return result.status.exit_code
        return ExitCode.OK if all_met(config.expect, result.numbers) else ExitCode.EXPECTATION

    def _run(self, config: Config) -> Solution:
        from adamcli.listed import note, saved_in
        from adamcli.optimizer.loop import Control
        from adamcli.report.progress import SearchProgress
        from adamcli.report.sinks import FileSink, close_all, inputs_of, refuse_clashes
        from adamcli.report.solve_outputs import select_solve_outputs
        from adamcli.solving import solve_config, unused_keys

        single = {"--save-best": self.save_best, "--predict": self.rows.file}
        written = {"-o": self.output, **{k: [path] for k, path in single.items() if path}}
        read = {self.rows.at: "the file of new rows"} if self.rows.at is not None else {}
        refuse_clashes(inputs_of(config.name, config.files) | read, **written)
        self._refuse_lacking(config)
        with ExitStack() as undo:
            prediction = Predicting.of(self.rows, config)
            if prediction is not None:
                undo.callback(prediction.output.discard)
            outputs = select_solve_outputs(self.output, config.variables)
            undo.callback(outputs.discard)
            best = FileSink(self.save_best) if self.save_best is not None else None
            if best is not None:
                # What cannot be written is an error before the search.
                _yaml_for(best, config.file)
                undo.callback(best.discard)
            unused = unused_keys(config)
            if unused and not self.quiet:
                _write_note(f"solve does not need {', '.join(unused)}")
            control = Control()
            progress = SearchProgress(config.direction, sys.stderr, shown=not self.quiet)
            with computing(control, allow_python=self.allow_python), progress:
                result = solve_config(
                    config,
                    self.options,
                    observe=progress.observe,
                    control=control,
                    tell=None if self.quiet else _write_note,
                    allow_python=self.allow_python,
                )
            result.saved = saved_in(self.output)
            outputs.write(result)
            files = outputs.files
            if best is not None and _write_best(result, best):
                files.append(best)
            if prediction is not None and prediction.write(result):
                files.append(prediction.output)
            close_all(files)
            undo.pop_all()
        self._show(result)
        missing = note(config.variables, self.form, self.output)
        if missing and not self.quiet:
            _write_note(missing)
        return result

    def _refuse_lacking(self, config: Config) -> None:
        """Raise `UsageError` if standard output cannot hold the rows that are asked for."""
        from adamcli.report.formats import FORMATS
        from adamcli.report.sinks import data_output
        from adamcli.report.solution_report import MinimaLayout

        form = FORMATS.get(self.form or "")
        if form is not None and form.rows is not None:
            data_output([form.rows(MinimaLayout(config.variables)).header()], json=form.json)

    def _show(self, result: Solution) -> None:
        """Show the result on standard output."""
        from adamcli.report.formats import FORMATS
        from adamcli.report.sinks import standard_output, write_data
        from adamcli.report.solution_report import print_solution, solution_text

        if self.form == "table" or (self.form is None and not self.quiet):
            print_solution(result, standard_output())
        elif self.form is not None:
            form = FORMATS[self.form]
            write_data(solution_text(result, form), json=form.json)

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
    """A prediction to be written: its file, and the columns of that.

    `new` has the data of new rows by their names in the formula.
    """

    output: ColumnFile
    layout: PredictionLayout
    new: dict[str, FloatArray] | None = None

    @classmethod
    def of(cls, rows: Rows, config: Config) -> Predicting | None:
        """Return what is to be predicted, if anything.

        Raises `UsageError` if there is no fit, `FileError` if the new rows cannot be read.
        """
        if rows.file is None:
            if rows.at is not None:
                raise UsageError("--at: needs a file to write to\n  add --predict FILE.csv")
            return None
        from adamcli.config.other_rows import new_rows
        from adamcli.experiment import start_of
        from adamcli.fit.prediction import predict
        from adamcli.report.column_files import ColumnFile
        from adamcli.report.formats import PREDICTION_FILES, format_of
        from adamcli.report.prediction_report import PredictionLayout
        from adamcli.solving import NO_FIT

        form = format_of(rows.file, PREDICTION_FILES, "--predict")
        if config.fitted is None:
            raise UsageError(f"--predict: {NO_FIT}")
        new: dict[str, FloatArray] | None = None
        if rows.at is not None:
            found = new_rows(config, rows.at)
            columns, new = found.columns, found.data
            try:
                # What is wrong with the columns is an error before the search.
                predict(config.fitted, start_of(config), config.bounds.box, new)
            except UsageError as error:
                raise UsageError("\n  ".join([str(error), *found.lacks])) from None
        else:
            shapes = config.fitted.columns
            names = [name for name, shape in shapes.items() if len(shape) == 1]
            columns = {name: config.fitted.column(name) for name in names}
        layout = PredictionLayout(columns)
        return cls(ColumnFile(rows.file, form, layout), layout, new)

    def write(self, result: Solution) -> bool:
        """Write what the fit says of the rows, if there is one."""
        if result.success:
            self.output.write(self.layout.values(result.predict(self.new)))
        else:
            self.output.discard()
        return result.success


def _write_note(text: str) -> None:
    write_error(f"note: {text}")


def _write_best(result: Solution, sink: FileSink) -> bool:
    """Write the config with the best minimum as its start, if there is one."""
    from adamcli.solving import with_start

    if not result.minima:
        sink.discard()
        return False
    sink.write(_yaml_for(sink, with_start(result.config, result.best.x)))
    return True


def _yaml_for(sink: FileSink, file: ConfigFile | None) -> str:
    """Return a config as YAML for the file of a sink; raises `UsageError` if it cannot be."""
    from pathlib import Path

    from adamcli.config.write import yaml_of

    assert file is not None
    return yaml_of(file.whole(), file.folder, Path(sink.path).parent)
