"""`adamcli check`: everything short of a run, and what alpha and n_iter to run with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adamcli.cli.guard import exit_codes, write_error
from adamcli.cli.options import (
    AllowPython,
    Bounds,
    ConfigPath,
    Data,
    Dim,
    Model,
    Objective,
    Overrides,
    PrintConfig,
    Quiet,
    StopRules,
    format_option,
)
from adamcli.cli.source import ConfigSource
from adamcli.errors import ExitCode, UsageError
from adamcli.report.formats import CHECK_FORMATS

if TYPE_CHECKING:
    from adamcli.config.model import Config
    from adamcli.proposal import Proposal


def check(
    config: ConfigPath = None,
    objective: Objective = None,
    model: Model = None,
    data: Data = None,
    bounds: Bounds = None,
    dim: Dim = None,
    overrides: Overrides = None,
    stop: StopRules = None,
    print_config: PrintConfig = False,
    form: Annotated[str, format_option(CHECK_FORMATS, default="text")] = "text",
    no_probe: Annotated[
        bool, typer.Option("--no-probe", help="Try no step sizes, and propose nothing.")
    ] = False,
    write: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the config with the best of them.")
    ] = None,
    allow_python: AllowPython = False,
    quiet: Quiet = False,
) -> None:
    """Check CONFIG without running it, and propose alpha and n_iter."""
    with exit_codes():
        from pathlib import Path

        from adamcli.config.checking import checked
        from adamcli.config.write import yaml_of
        from adamcli.inspection import inspect_config
        from adamcli.proposal import propose
        from adamcli.report.check_report import CheckReport
        from adamcli.report.formats import FORMATS
        from adamcli.report.sinks import inputs_of, refuse_clashes, write_data, write_lines

        if write is not None and no_probe:
            raise UsageError("--write: writes what a probe finds\n  remove --no-probe")
        source = ConfigSource(
            config, objective, model, data, bounds, dim, overrides, stop, print_config
        )
        file = source.open()
        # What a sweep is expected to do is checked with its runs.
        loaded = checked(file if file.sweep is None else file._replace(expect=()))
        if write is not None:
            refuse_clashes(inputs_of(file.name, loaded.files), **{"--write": (write,)})
            # What cannot be written is an error before the probe.
            yaml_of(file.tree, file.folder, Path(write).parent)
        if file.sweep is not None:
            from adamcli.sweeps.variations import SweepOptions, sweep_expectations, vary

            variations = vary(file, SweepOptions(allow_python=allow_python))
            sweep_expectations(variations)
        found = inspect_config(loaded, allow_python=allow_python)
        proposal = None
        # A probe cannot judge the noisy steps of minibatches.
        if found.passed and not no_probe and loaded.unit == "step":
            proposal = propose(loaded, found.step_seconds, allow_python=allow_python)
        if form != "text" or not quiet:
            chosen = FORMATS[form]
            text = chosen.text(CheckReport(found, loaded, proposal))
            if chosen.is_data:
                write_data(text, json=chosen.json)
            else:
                write_lines(text)
        if write is not None:
            _write(write, loaded, proposal)
        code = ExitCode.OK if found.passed else ExitCode.FAILED
    raise typer.Exit(code)


def _write(path: str, config: Config, proposal: Proposal | None) -> None:
    """Write the config with the proposed settings to `path`."""
    from pathlib import Path

    from adamcli.config.write import yaml_of
    from adamcli.proposal import with_settings
    from adamcli.report.check_report import proposal_text
    from adamcli.report.sinks import FileSink

    if proposal is None:
        write_error(f"{path}: was not written, as there is nothing to propose")
        return
    assert config.file is not None
    file = with_settings(config.file, proposal.best.alpha, proposal.best.n_iter)
    sink = FileSink(path)
    sink.write(f"# adamcli check: {proposal_text(proposal)}\n")
    sink.write(yaml_of(file.tree, file.folder, Path(path).parent))
    sink.close()
