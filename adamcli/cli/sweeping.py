"""What `adamcli sweep` does with its options: the outputs, the sweep, the exit code."""

from __future__ import annotations

import gc
import sys
from contextlib import nullcontext, redirect_stdout
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from adamcli.cli.guard import all_met, complain, stopping
from adamcli.errors import ExitCode, NoScoreError, UsageError

if TYPE_CHECKING:
    from adamcli.config.expectations import Expectation
    from adamcli.optimizer.loop import Control
    from adamcli.optimizer.result import Status
    from adamcli.report.sinks import FileSink
    from adamcli.report.sweep_outputs import SweepOutputs
    from adamcli.report.sweep_summary import SweepSummary
    from adamcli.sweep.plan import Block
    from adamcli.sweep.rows import Table
    from adamcli.sweep.runner import Sweep
    from adamcli.sweep.store import Store
    from adamcli.sweep.study import Study


class Wishes(NamedTuple):
    """What the command line asks for, beside the plan."""

    form: str | None
    output: tuple[str, ...]
    store: str | None
    save_best: str | None
    plan: str | None
    save_plan: str | None
    top: int
    points: bool
    jobs: int | None
    scheduler: str | None
    shard: str | None
    fail_on: str
    expect: tuple[str, ...]
    allow_python: bool
    quiet: bool


def carry_out(study: Study, wishes: Wishes, *, dry_run: bool) -> ExitCode:
    """Save the plan if that is wanted, and show it or run it; return the exit code."""
    _refuse_clashes(study, wishes)
    if wishes.save_plan is not None:
        _save_plan(wishes.save_plan, study)
    return _show_plan(study, wishes) if dry_run else _sweep(study, wishes)


def _sweep(study: Study, wishes: Wishes) -> ExitCode:
    from adamcli.optimizer.loop import Control
    from adamcli.report.sweep_outputs import select_sweep_outputs
    from adamcli.report.sweep_summary import SweepSummary
    from adamcli.sweep.runner import Sweep, default_jobs
    from adamcli.sweep.scores import Scoreboard
    from adamcli.sweep.setup import sweep_expectations

    if wishes.jobs is not None and wishes.scheduler is not None:
        raise UsageError("-j: a cluster has workers of its own\n  leave out -j or --scheduler")
    expectations = sweep_expectations(study, wishes.expect, whole=wishes.shard is None)
    span = _span(study, wishes.shard)
    table = study.table(wishes.points)
    board = Scoreboard(span, maximize=study.first.maximize, top=wishes.top)
    store = _open_store(wishes.store, study, table, span)
    outputs, best = None, _best_file(study, wishes.save_best)
    control, began = Control(), perf_counter()
    try:
        outputs = select_sweep_outputs(wishes.output, wishes.form, study, table, span)
        # Scores alone are faster; of formulas the best runs are made again for their points.
        keeps = wishes.points and (bool(outputs.rows) or store is not None)
        keeps = keeps or span.size <= 50 * wishes.top
        work = Sweep(
            study,
            span,
            board,
            tuple(outputs.rows),
            store,
            points=keeps or study.runs_code,
            jobs=wishes.jobs or default_jobs(study, span),
            scheduler=wishes.scheduler,
        )
        _make_runs(work, control, wishes)
        summary = SweepSummary(study, board, wishes.top, perf_counter() - began)
        _write(summary, outputs, wishes, control.stop)
        if best is not None:
            _save_best(summary, best, wishes.save_best or "", control.stop)
    except BaseException as error:
        if outputs is not None:
            outputs.discard()
        if best is not None:
            best.discard()
        if isinstance(error, KeyboardInterrupt) and wishes.store is not None:
            complain(f"interrupted; the same command goes on from {wishes.store}")
        raise
    finally:
        if store is not None:
            store.close()
    return _close(summary, expectations, wishes, control.stop)


def _make_runs(work: Sweep, control: Control, wishes: Wishes) -> None:
    """Make all runs, with progress at a terminal, until a signal asks to stop."""
    from adamcli.report.progress import SweepProgress

    progress = SweepProgress(work.board, sys.stderr, shown=not wishes.quiet)
    gc.freeze()
    gc.enable()
    aside = redirect_stdout(sys.stderr) if wishes.allow_python else nullcontext()
    try:
        with stopping(control), aside:
            work.run(control, progress.tick)
    finally:
        progress.close()


def _write(
    summary: SweepSummary, outputs: SweepOutputs, wishes: Wishes, stop: Status | None
) -> None:
    """Finish the files, and show what came out."""
    import json

    from adamcli.report.sinks import standard_output

    text = ""
    if outputs.summaries or wishes.form == "json":
        text = json.dumps(summary.as_json(), indent=2, allow_nan=False) + "\n"
    if stop is None:
        outputs.close(text)
    else:
        outputs.discard()
    if wishes.form == "json":
        standard_output().write(text)
    elif wishes.form == "none":
        from adamcli.report.sweep_table import closing

        standard_output().write(closing(summary))
    elif wishes.form == "table" or (wishes.form is None and not wishes.quiet):
        from adamcli.report.sweep_table import print_table

        print_table(summary, standard_output())


def _close(
    summary: SweepSummary,
    expectations: list[Expectation],
    wishes: Wishes,
    stop: Status | None,
) -> ExitCode:
    """Write what goes to standard error, and return the exit code."""
    counts, messages = summary.counts(), summary.board.messages
    at_a_terminal = sys.stderr is not None and sys.stderr.isatty()
    if not wishes.quiet and (at_a_terminal or counts["finished"] < summary.board.span.size):
        complain(summary.counts_text())
    for run in sorted(messages)[:3]:
        complain(f"run {run} failed: {messages[run]}")
    if stop is not None:
        if wishes.store is not None:
            complain(f"{stop.value}; the same command goes on from {wishes.store}")
        elif not wishes.quiet:
            complain(f"{stop.value}; with --store FILE.db what was done is kept")
        return stop.exit_code
    met = all_met(expectations, summary.fields)
    failing = {"failed": ("failed",), "diverged": ("failed", "diverged"), "never": ()}
    if any(counts[status] for status in failing[wishes.fail_on]):
        return ExitCode.FAILED
    return ExitCode.OK if met else ExitCode.EXPECTATION


def _open_store(path: str | None, study: Study, table: Table, span: Block) -> Store | None:
    if path is None:
        return None
    from adamcli.sweep.store import Store

    store = Store.open(path, study, table, span)
    for note in store.notes:
        complain(note)
    return store


def _span(study: Study, shard: str | None) -> Block:
    from adamcli.sweep.plan import Block, shard_of

    whole = Block(0, study.plan.size)
    if shard is None:
        return whole
    number, slash, count = shard.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise UsageError(f"--shard: expected a part such as 3/8, found {shard!r}")
    return shard_of(whole, int(number), int(count))


def _refuse_clashes(study: Study, wishes: Wishes) -> None:
    from adamcli.report.sinks import inputs_of, refuse_clashes

    named = {
        "-o": wishes.output,
        "--store": (wishes.store,),
        "--save-best": (wishes.save_best,),
        "--save-plan": (wishes.save_plan,),
    }
    kept = {k: [path for path in v if path] for k, v in named.items()}
    if any(kept.values()):
        read = inputs_of(study.file.name, study.files)
        refuse_clashes(read | ({wishes.plan: "the plan"} if wishes.plan else {}), **kept)


def _best_yaml(study: Study, run: int, path: str) -> str:
    from pathlib import Path

    return study.yaml(run, Path(path).resolve().parent)


def _best_file(study: Study, path: str | None) -> FileSink | None:
    """Return the file for the best config, opened before any work is done."""
    if path is None:
        return None
    from adamcli.report.sinks import FileSink

    _best_yaml(study, 0, path)
    return FileSink(path)


def _save_best(summary: SweepSummary, sink: FileSink, path: str, stop: Status | None) -> None:
    """Write the config of the best run; raises `NoScoreError` if there is none."""
    if summary.leaders is None or stop is not None:
        sink.discard()
        if stop is None:
            raise NoScoreError(f"--save-best {path}: no run has a finite score")
        return
    sink.write(_best_yaml(summary.study, int(summary.leaders.runs[0]), path))
    sink.close()


def _save_plan(path: str, study: Study) -> None:
    from adamcli.report.sinks import FileSink, StreamSink, standard_output
    from adamcli.report.sweep_rows import plan_text

    sink = StreamSink(standard_output()) if path == "-" else FileSink(path)
    try:
        for text in plan_text(study.plan, "\t" if path.lower().endswith(".tsv") else ","):
            sink.write(text)
    except BaseException:
        sink.discard()
        raise
    sink.close()


def _show_plan(study: Study, wishes: Wishes) -> ExitCode:
    from adamcli.report.sinks import standard_output
    from adamcli.report.sweep_table import print_plan
    from adamcli.sweep.runner import default_jobs

    span = _span(study, wishes.shard)
    jobs = wishes.jobs or default_jobs(study, span)
    seconds = study.seconds(span.size) / jobs
    facts = [
        (
            "runs",
            f"{study.plan.size:,}" + (f", {span.size:,} in this part" if wishes.shard else ""),
        ),
        ("programs", f"{study.programs.count:,}"),
        ("workers", f"{jobs}"),
        ("time", f"about {seconds:.2g} s"),
    ]
    if not wishes.quiet:
        print_plan(study.plan, facts, standard_output())
    return ExitCode.OK
