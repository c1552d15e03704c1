"""`adamcli sweep`: a million variations of a config, as one array."""

from __future__ import annotations

import gc
import sys
from contextlib import nullcontext, redirect_stdout
from enum import Enum
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from adamcli.cli.guard import complain, guarded, stopping
from adamcli.cli.options import AllowPython, ConfigPath, Expect, Overrides, Quiet
from adamcli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from adamcli.config.expectations import Expectation
    from adamcli.optimizer.result import Status
    from adamcli.report.sweep_outputs import SweepOutputs
    from adamcli.report.sweep_summary import SweepSummary
    from adamcli.sweep.plan import Block
    from adamcli.sweep.rows import Table
    from adamcli.sweep.store import Store
    from adamcli.sweep.study import Study


class SweepFormat(str, Enum):
    """What standard output shows."""

    table = "table"
    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    json = "json"
    none = "none"


class Sampler(str, Enum):
    """How values are drawn."""

    sobol = "sobol"
    uniform = "uniform"


class FailOn(str, Enum):
    """Which runs make the exit code 3."""

    failed = "failed"
    diverged = "diverged"
    never = "never"


class Wishes(NamedTuple):
    """What the command line asks for, beside the plan."""

    form: str | None
    output: tuple[str, ...]
    store: str | None
    save_best: str | None
    top: int
    points: bool
    jobs: int | None
    scheduler: str | None
    shard: str | None
    fail_on: str
    expect: tuple[str, ...]
    allow_python: bool
    quiet: bool


def sweep(
    config: ConfigPath,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="KEY=VALUES",
            help="Vary a key: alpha=log(1e-4,1e-1,20), lin(a,b,n), 0.1,0.2 or 0..99. Repeatable.",
        ),
    ] = None,
    overrides: Overrides = None,
    zipped: Annotated[
        bool | None, typer.Option("--zip/--product", help="Pair the axes, or combine them all.")
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples",
            metavar="N",
            min=1,
            help="Draw N values for axes uniform(a,b), loguniform(a,b), choice(...).",
        ),
    ] = None,
    sampler: Annotated[
        Sampler | None, typer.Option("--sampler", help="How they are drawn. [default: sobol]")
    ] = None,
    sample_seed: Annotated[
        int | None,
        typer.Option("--sample-seed", metavar="N", min=0, max=2**32 - 1, help="[default: 0]"),
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option("--plan", metavar="FILE", help="Take the runs from a CSV file, a row each."),
    ] = None,
    save_plan: Annotated[
        str | None, typer.Option("--save-plan", metavar="FILE", help="Write such a file.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan, its size and how long it takes.")
    ] = False,
    form: Annotated[
        SweepFormat | None,
        typer.Option("--format", help="What stdout shows. [default: table]", show_default=False),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write rows: .csv, .tsv, .jsonl, .parquet, .db; or .json. Repeatable.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="FILE.db", help="Keep results here, and go on from them."),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, max=10_000, help="Rows of the table.")
    ] = 10,
    points: Annotated[
        bool, typer.Option("--points/--no-points", help="Write points too, or scores alone.")
    ] = True,
    save_best: Annotated[
        str | None,
        typer.Option("--save-best", metavar="FILE", help="Write the config of the best run."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", metavar="N", min=1, max=1024, help="Worker processes."),
    ] = None,
    shard: Annotated[
        str | None, typer.Option("--shard", metavar="K/N", help="Make part K of N alone.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="tcp://HOST:PORT", help="Use a Dask cluster."),
    ] = None,
    expect: Expect = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="Exit with 3 if any run did.")
    ] = FailOn.failed,
    allow_python: AllowPython = False,
    quiet: Quiet = False,
) -> None:
    """Run every variation of CONFIG, and show which are best."""
    with guarded():
        from adamcli.sweep.setup import PlanWishes, make_study

        wishes = Wishes(
            form.value if form is not None else None,
            tuple(output or ()),
            store,
            save_best,
            top,
            points,
            jobs,
            scheduler,
            shard,
            fail_on.value,
            tuple(expect or ()),
            allow_python,
            quiet,
        )
        planned = PlanWishes(
            tuple(parameters or ()),
            zipped,
            samples,
            sampler.value if sampler is not None else None,
            sample_seed,
            plan,
        )
        study = make_study(config, overrides or [], planned, allow_python=allow_python)
        if save_plan is not None:
            _save_plan(save_plan, study)
        code = _show_plan(study, wishes) if dry_run else _sweep(study, wishes)
    raise typer.Exit(code)


def _sweep(study: Study, wishes: Wishes) -> ExitCode:
    from adamcli.optimizer.loop import Control
    from adamcli.report.progress import SweepProgress
    from adamcli.report.sweep_outputs import refuse_clashes, select_sweep_outputs
    from adamcli.report.sweep_summary import SweepSummary
    from adamcli.sweep.runner import Sweep, default_jobs
    from adamcli.sweep.scores import Scoreboard
    from adamcli.sweep.setup import sweep_expectations

    if wishes.jobs is not None and wishes.scheduler is not None:
        raise UsageError("-j: a cluster has workers of its own\n  leave out -j or --scheduler")
    expectations = sweep_expectations(study, wishes.expect, whole=wishes.shard is None)
    span = _span(study, wishes.shard)
    named = {"-o": wishes.output, "--store": (wishes.store,), "--save-best": (wishes.save_best,)}
    refuse_clashes(study.file.name, **{k: [p for p in v if p] for k, v in named.items()})
    if wishes.save_best is not None:
        _best_yaml(study, 0, wishes.save_best)
    table = study.table(wishes.points)
    board = Scoreboard(span, maximize=study.first.maximize, top=wishes.top)
    store = _open_store(wishes.store, study, table, span)
    outputs = None
    control, began = Control(), perf_counter()
    try:
        outputs = select_sweep_outputs(wishes.output, wishes.form, study, table, span)
        # Scores alone are faster; of formulas the best runs are made again for their points.
        keeps = wishes.points and (outputs.wants_rows or store is not None)
        work = Sweep(
            study,
            span,
            board,
            tuple(output for output in outputs.all),
            store,
            points=keeps or study.is_python,
            jobs=wishes.jobs or default_jobs(study, span),
            scheduler=wishes.scheduler,
        )
        progress = SweepProgress(board, sys.stderr, shown=not wishes.quiet)
        gc.freeze()
        gc.enable()
        aside = redirect_stdout(sys.stderr) if wishes.allow_python else nullcontext()
        try:
            with stopping(control), aside:
                work.run(control, progress.tick)
        finally:
            progress.close()
        summary = SweepSummary(study, board, wishes.top, perf_counter() - began)
        _write(summary, outputs, wishes, control.stop)
    except BaseException as error:
        if outputs is not None:
            outputs.discard()
        if isinstance(error, KeyboardInterrupt) and wishes.store is not None:
            complain(f"interrupted; the same command goes on from {wishes.store}")
        raise
    finally:
        if store is not None:
            store.close()
    return _close(summary, expectations, wishes, control.stop)


def _write(
    summary: SweepSummary, outputs: SweepOutputs, wishes: Wishes, stop: Status | None
) -> None:
    """Finish the files, and show what came out."""
    import json

    from adamcli.report.sinks import standard_output

    text = ""
    if outputs.wants_summary or wishes.form == "json":
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
    """Save the best run, write what goes to standard error, and return the exit code."""
    from adamcli.optimizer.result import Status

    counts, messages = summary.counts(), summary.board.messages
    at_a_terminal = sys.stderr is not None and sys.stderr.isatty()
    if not wishes.quiet and (at_a_terminal or counts["finished"] < summary.board.span.size):
        complain(summary.counts_text())
    for run in sorted(messages)[:3]:
        complain(f"run {run} failed: {messages[run]}")
    if stop is not None:
        if wishes.store is not None:
            complain(f"{stop.value}; the same command goes on from {wishes.store}")
        return ExitCode.INTERRUPTED if stop is Status.INTERRUPTED else ExitCode.TERMINATED
    if wishes.save_best is not None:
        _save_best(summary, wishes.save_best)
    unmet = [miss for one in expectations for miss in one.shortfalls(summary.fields())]
    for miss in unmet:
        complain(str(miss))
    failing = {"failed": ("failed",), "diverged": ("failed", "diverged"), "never": ()}
    if any(counts[status] for status in failing[wishes.fail_on]):
        return ExitCode.FAILED
    return ExitCode.EXPECTATION if unmet else ExitCode.OK


def _open_store(path: str | None, study: Study, table: Table, span: Block) -> Store | None:
    if path is None:
        return None
    from adamcli.sweep.store import Store

    store = Store.open(path, study, table, span)
    for note in store.notes:
        complain(note)
    return store


def _span(study: Study, shard: str | None) -> Block:
    from adamcli.sweep.plan import Block
    from adamcli.sweep.runner import shard_of

    whole = Block(0, study.plan.size)
    if shard is None:
        return whole
    number, slash, count = shard.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise UsageError(f"--shard: expected a part such as 3/8, found {shard!r}")
    return shard_of(whole, int(number), int(count))


def _best_yaml(study: Study, run: int, path: str) -> str:
    from pathlib import Path

    return study.yaml(run, Path(path).resolve().parent)


def _save_best(summary: SweepSummary, path: str) -> None:
    from adamcli.report.sinks import FileSink

    if summary.leaders is None:
        complain(f"--save-best {path}: no run has a finite score, so nothing was written")
        return
    run = int(summary.leaders.runs[0])
    sink = FileSink(path)
    sink.write(_best_yaml(summary.study, run, path))
    sink.close()


def _save_plan(path: str, study: Study) -> None:
    from adamcli.report.sinks import FileSink
    from adamcli.report.sweep_rows import plan_text

    sink = FileSink(path)
    try:
        for text in plan_text(study.plan):
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
