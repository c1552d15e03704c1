"""`adamcli solve`: the optimum itself, from a formula and a box."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

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
    Plot,
    PrintConfig,
    Quiet,
    Summary,
    format_option,
    output_option,
)
from adamcli.cli.source import ConfigSource
from adamcli.report.formats import SOLVE_FILES, SOLVE_FORMATS


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
        float | None,
        typer.Option(metavar="S", min=0.0, help="End with the round that reaches S seconds."),
    ] = None,
    target: Annotated[
        float | None, typer.Option(metavar="SCORE", help="End when a score is as good as SCORE.")
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
    plot: Plot = False,
    quiet: Quiet = False,
) -> None:
    """Find the global minimum of CONFIG, or the best fit, without any tuning."""
    with exit_codes():
        from adamcli.cli.solve_request import Rows, SolveRequest
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
            plot,
            quiet,
        )
        code = request.carry_out(source.open())
    raise typer.Exit(code)
