"""The function that does what `adamcli sweep` does, with results as arrays."""

from __future__ import annotations

import sys
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from adamcli.config.load import open_config, read_keys
from adamcli.config.model import Config
from adamcli.config.sweep import read_values
from adamcli.diagnostics import did_you_mean
from adamcli.errors import UsageError
from adamcli.optimizer.loop import Control
from adamcli.pipes import Pipes
from adamcli.report.progress import SweepProgress
from adamcli.sweeps.job import KeptRows, SweepJob
from adamcli.sweeps.variations import SweepOptions, vary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adamcli.config.model import ConfigFile
    from adamcli.sweeps.result import SweepResult


def sweep(
    config: str | PathLike[str] | Config | Mapping[str, Any],
    axes: Mapping[str, Any] | None = None,
    *,
    progress: bool = False,
    **options: Any,
) -> SweepResult:
    """Run every variation of a config as one array and return the results.

    `config` is the path of a file, a loaded config, or a mapping of its keys. `axes` maps keys to
    values: a list, a range, an array, or a text as for `-p`, such as `"log(1e-4, 1e-1, 20)"`. Every
    run has the same bits as with `adamcli run` and `adamcli sweep`.

    `options` are the fields of `SweepOptions`, such as `samples`, `store` or `jobs`. With
    `progress` a terminal shows how far the sweep is. Ctrl-C ends it; the result then holds the runs
    done, and its `stop` is set.

    Raises `ConfigError`, `UsageError` or `FileError` for arguments that are wrong.
    """
    for name in options:
        if name not in SweepOptions._fields:
            hint = did_you_mean(name, SweepOptions._fields)
            raise UsageError(f"sweep: unknown option `{name}`\n  {hint}".rstrip())
    chosen = SweepOptions(**options)
    with (
        Pipes().kept(),
        SweepJob(vary(_file_of(config), chosen, read_values(axes or {})), chosen) as job,
    ):
        control = Control(keeps=True)
        with SweepProgress(job.board, control, sys.stderr, shown=progress):
            return job.run((KeptRows(),), control)


def _file_of(config: str | PathLike[str] | Config | Mapping[str, Any]) -> ConfigFile:
    if isinstance(config, Config):
        assert config.file is not None
        return config.file
    if isinstance(config, str | PathLike):
        return open_config(fspath(config))
    return read_keys(config, "<sweep>")
