"""`adamcli sweep`: a million variations of a config, as one array."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from adamcli.cli import completion
from adamcli.cli.guard import exit_codes
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
    StopRules,
    format_option,
    output_option,
)
from adamcli.cli.source import ConfigSource
from adamcli.report.formats import SWEEP_FILES, SWEEP_FORMATS


def sweep(
    config: ConfigPath = None,
    objective: Objective = None,
    model: Model = None,
    data: Data = None,
    bounds: Bounds = None,
    dim: Dim = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="KEY=VALUES",
            help="Vary a key: alpha=log(1e-4,1e-1,20), lin(a,b,n), 0.1,0.2 or 0..99. Repeatable.",
            autocompletion=completion.axes,
        ),
    ] = None,
    overrides: Overrides = None,
    zipped: Annotated[
        bool | None, typer.Option("--zip/--product", help="Pair the axes, or combine them all.")
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=10_000_000,
            help="Draw N values for axes uniform(a,b), loguniform(a,b), choice(...).",
        ),
    ] = None,
    sampler: Annotated[
        Literal["sobol", "uniform"] | None,
        typer.Option(help="How they are drawn. [default: sobol]"),
    ] = None,
    sample_seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=2**32 - 1, help="[default: 0]")
    ] = None,
    plan: Annotated[
        str | None, typer.Option(metavar="FILE", help="Read the runs from a CSV file, one per row.")
    ] = None,
    save_plan: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the runs to such a file.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan, its size and how long it takes.")
    ] = False,
    form: Annotated[str | None, format_option(SWEEP_FORMATS, default="table")] = None,
    output: Annotated[list[str] | None, output_option(SWEEP_FILES)] = None,
    store: Annotated[
        str | None, typer.Option(metavar="FILE.db", help="Keep results here, and resume from them.")
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=1, max=10_000, help="Rows of the table.")
    ] = 10,
    points: Annotated[
        bool, typer.Option("--points/--no-points", help="Write points too, or only scores.")
    ] = True,
    save_best: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the config of the best run.")
    ] = None,
    save_setting: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the config of the setting with the best mean."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", metavar="N", min=1, max=1024, help="Worker processes."),
    ] = None,
    shard: Annotated[str | None, typer.Option(metavar="K/N", help="Run only part K of N.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="Use a Dask cluster.")
    ] = None,
    stop: StopRules = None,
    print_config: PrintConfig = False,
    expect: Expect = None,
    fail_on: Annotated[
        Literal["failed", "diverged", "never"],
        typer.Option(help="Which runs make the exit code 3."),
    ] = "failed",
    allow_python: AllowPython = False,
    quiet: Quiet = False,
) -> None:
    """Run every variation of CONFIG and show the best."""
    with exit_codes():
        from adamcli.cli.sweep_request import SweepRequest
        from adamcli.sweeps.variations import SweepOptions

        options = SweepOptions(
            parameters=tuple(parameters or ()),
            zip=zipped,
            samples=samples,
            sampler=sampler,
            sample_seed=sample_seed,
            plan=plan,
            shard=shard,
            jobs=jobs,
            scheduler=scheduler,
            store=store,
            points=points,
            top=top,
            allow_python=allow_python,
        )
        request = SweepRequest(
            options=options,
            form=form,
            output=tuple(output or ()),
            save_best=save_best,
            save_setting=save_setting,
            save_plan=save_plan,
            dry_run=dry_run,
            fail_on=fail_on,
            expect=tuple(expect or ()),
            quiet=quiet,
        )
        source = ConfigSource(
            config, objective, model, data, bounds, dim, overrides, stop, print_config
        )
        code = request.carry_out(source.open())
    raise typer.Exit(code)
