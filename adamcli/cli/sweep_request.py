"""What `adamcli sweep` does: its outputs, the sweep, and the exit code."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from adamcli.cli.guard import all_met, computing, ended_as, write_error
from adamcli.counted import counted
from adamcli.errors import ExitCode, NoScoreError, UsageError
from adamcli.fields import COUNTED
from adamcli.files import resolved
from adamcli.optimizer.loop import Control
from adamcli.report.sinks import (
    FileSink,
    data_output,
    inputs_of,
    refuse_clashes,
    standard_output,
    write_data,
)
from adamcli.signals import undoing
from adamcli.sweeps.job import SweepJob
from adamcli.sweeps.scores import has_repeats
from adamcli.sweeps.variations import sweep_expectations, vary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.config.expectations import Expectation
    from adamcli.config.model import ConfigFile
    from adamcli.report.sweep_outputs import SweepOutputs
    from adamcli.sweeps.result import SweepResult
    from adamcli.sweeps.variations import SweepOptions, Variations

_BEST, _SETTING = "--save-best", "--save-setting"

FAILING = {"failed": ("failed",), "diverged": ("failed", "diverged"), "never": ()}
"""The statuses of runs that count as errors, by the value of `--fail-on`."""


class SweepRequest(NamedTuple):
    """A sweep and its outputs, as the command line asks for them."""

    options: SweepOptions
    form: str | None
    output: tuple[str, ...]
    save_best: str | None
    save_setting: str | None
    save_plan: str | None
    dry_run: bool
    fail_on: str
    expect: tuple[str, ...]
    quiet: bool

    def carry_out(self, config: ConfigFile) -> ExitCode:
        """Save, show or run the plan; return the exit code."""
        from adamcli.config.load import expecting

        # What the config expects of all runs does not hold for a part of them.
        whole = config if self.options.shard is None else config._replace(expect=())
        variations = vary(expecting(whole, self.expect), self.options)
        expectations = sweep_expectations(variations)
        self._refuse_clashes(variations)
        if self.save_plan is not None:
            _save_plan(self.save_plan, variations)
        if self.dry_run:
            return self._show_plan(variations)
        return self._close(self._run(variations), expectations)

    def _run(self, variations: Variations) -> SweepResult:
        from adamcli.report.sweep_outputs import select_sweep_outputs

        with SweepJob(variations, self.options) as job, ExitStack() as undo:
            for note in job.notes:
                write_error(note)
            outputs = select_sweep_outputs(self.output, self.form, job)
            undo.callback(outputs.discard)
            saved = self._saved(variations)
            for sink in saved.values():
                undo.callback(sink.discard)
            told = undoing(self._tell_of_signal)
            undo.callback(told)
            result = self._compute(job, outputs)
            outputs.end(result, *self._written(saved, result))
            told()
            for path in outputs.empty:
                write_error(f"{path}: was not written, as no score is finite")
            self._show(result)
            undo.pop_all()
        if saved and result.board.leaders is None and result.stop is None:
            wanted = ", ".join(f"{option} {sink.path}" for option, sink in saved.items())
            raise NoScoreError(f"{wanted}: no run has a finite score")
        return result

    def _compute(self, job: SweepJob, outputs: SweepOutputs) -> SweepResult:
        from adamcli.report.progress import SweepProgress

        control = Control()
        # Within `computing`, so that what a Python objective prints makes room for it.
        with (
            computing(control, allow_python=self.options.allow_python),
            SweepProgress(job.board, control, sys.stderr, shown=not self._scrolls),
        ):
            return job.run(outputs.rows, control)

    @property
    def _scrolls(self) -> bool:
        """Whether there is no room for progress: rows appear on the terminal, or it is `quiet`."""
        from adamcli.report.formats import ROW_FORMATS

        return self.quiet or (self.form in ROW_FORMATS and standard_output().isatty())

    def _show(self, result: SweepResult) -> None:
        """Show the result on standard output, unless its rows were shown there."""
        from adamcli.report.formats import FORMATS
        from adamcli.report.sweep_table import print_sweep

        if self.form == "table" or (self.form is None and not self.quiet):
            print_sweep(result, standard_output())
        elif self.form is not None and FORMATS[self.form].result is not None:
            form = FORMATS[self.form]
            write_data(form.text(result), json=form.json)

    def _close(self, result: SweepResult, expectations: Sequence[Expectation]) -> ExitCode:
        """Report on standard error how the sweep ended, and return the exit code."""
        from adamcli.report.sweep_table import counts_text

        counts, messages, stop = result.counts, result.board.messages, result.stop
        at_a_terminal = sys.stderr is not None and sys.stderr.isatty()
        good = sum(counts[status.value] for status in COUNTED if status.success)
        if not self.quiet and (at_a_terminal or good < result.board.span.size):
            write_error(counts_text(result))
        for run in sorted(messages)[:3]:
            write_error(f"run {run} failed: {messages[run]}")
        if stop is not None:
            done = f"{result.board.done:,} of {counted(result.board.span.size, 'run')}"
            if self.output and result.board.done:
                write_error(f"{', '.join(self.output)}: {done}")
            if self.options.store is not None or not self.quiet:
                write_error(f"{stop.value} after {done}; {self._how_to_resume()}")
            return stop.exit_code
        met = all_met(expectations, result.numbers)
        if any(counts[status] for status in FAILING[self.fail_on]):
            return ExitCode.FAILED
        return ExitCode.OK if met else ExitCode.EXPECTATION

    def _tell_of_signal(self) -> None:
        """Say what a signal has ended at once."""
        if self.options.store is not None or not self.quiet:
            write_error(f"{ended_as().value} at once; {self._how_to_resume()}")

    def _how_to_resume(self) -> str:
        if self.options.store is None:
            return "use --store FILE.db to keep what is done"
        return f"the same command resumes from {self.options.store}"

    def _refuse_clashes(self, variations: Variations) -> None:
        single = {"--store": self.options.store, **self._configs}
        single["--save-plan"] = self.save_plan
        written = {"-o": self.output, **{k: [path] for k, path in single.items() if path}}
        if any(written.values()):
            read, plan = inputs_of(variations.file.name, variations.files), self.options.plan
            refuse_clashes(read | ({plan: "the plan"} if plan else {}), **written)
        _refuse_rows(self.options.store)

    def _saved(self, variations: Variations) -> dict[str, FileSink]:
        """Return the files for configs that the sweep finds, by their options."""
        wanted = {option: path for option, path in self._configs.items() if path is not None}
        if _SETTING in wanted and not has_repeats(variations.plan):
            reason = "each setting has one run, so the best run has the best setting"
            raise UsageError(f"{_SETTING}: {reason}\n  use {_BEST}")
        for path in wanted.values():
            # What cannot be written is an error before any run.
            variations.yaml(0, resolved(path).parent)
        return {option: FileSink(path) for option, path in wanted.items()}

    def _written(self, saved: dict[str, FileSink], result: SweepResult) -> list[FileSink]:
        """Write the configs of the best run and of the setting with the best mean, if any."""
        leaders = result.board.leaders
        if leaders is None:
            for sink in saved.values():
                sink.discard()
            return []
        for option, sink in saved.items():
            best = option == _BEST
            # Where nothing but seeds and starts is varied, all runs have one setting.
            setting = result.settings[0].example if result.settings else 0
            run = int(leaders.runs[0]) if best else setting
            sink.write(result.variations.yaml(run, resolved(sink.path).parent, repeat=best))
        return list(saved.values())

    @property
    def _configs(self) -> dict[str, str | None]:
        return {_BEST: self.save_best, _SETTING: self.save_setting}

    def _show_plan(self, variations: Variations) -> ExitCode:
        from adamcli.report.durations import about
        from adamcli.report.sweep_table import print_plan

        with SweepJob(variations, self.options._replace(store=None)) as job:
            runs, jobs = job.span.size, job.jobs
        part = f", {runs:,} in this part" if self.options.shard else ""
        facts = [
            ("runs", f"{variations.plan.size:,}{part}"),
            ("programs", f"{variations.programs.count:,}"),
            ("workers", f"{jobs}"),
            ("time", f"about {about(variations.seconds(runs) / jobs)}"),
        ]
        if not self.quiet:
            print_plan(variations.plan, facts, standard_output())
        return ExitCode.OK


def _refuse_rows(store: str | None) -> None:
    """Raise `UsageError` for a store with the name of a file of rows, or of another output."""
    from adamcli.report.formats import FORMATS

    others = {end for form in FORMATS.values() if not form.store for end in form.extensions}
    end = PurePath(store or "").suffix.lower()
    if end in others:
        reason = f"a store is an SQLite file, such as sweep.db, found {end}"
        raise UsageError(f"--store {store}: {reason}\n  use -o {store} for the rows")


def _save_plan(path: str, variations: Variations) -> None:
    from adamcli.report.sweep_table import plan_text

    sink = data_output(variations.plan.words()) if path == "-" else FileSink(path)
    try:
        for text in plan_text(variations.plan, "\t" if path.lower().endswith(".tsv") else ","):
            sink.write(text)
    except BaseException:
        sink.discard()
        raise
    sink.close()
