"""`adamcli sweep`: a million variations of a config, as one array."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from adamcli.cli.guard import guarded
from adamcli.cli.options import AllowPython, ConfigPath, Expect, Overrides, Quiet


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
            max=10_000_000,
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
        from adamcli.cli.sweeping import Wishes, carry_out
        from adamcli.sweeps.setup import PlanWishes, make_study

        wishes = Wishes(
            form.value if form is not None else None,
            tuple(output or ()),
            store,
            save_best,
            plan,
            save_plan,
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
        code = carry_out(study, wishes, dry_run=dry_run)
    raise typer.Exit(code)
