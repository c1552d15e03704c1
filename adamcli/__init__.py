"""Adam for the command line and for Python: formulas with exact gradients, runs as one array.

The names below are loaded when they are first used, so that ``import adamcli`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adamcli.api import sweep
    from adamcli.article import adam
    from adamcli.config.load import load_config, parse_config
    from adamcli.config.model import Config
    from adamcli.diagnostics import ConfigError
    from adamcli.errors import (
        AdamcliError,
        ExitCode,
        FileError,
        ObjectiveError,
        UsageError,
    )
    from adamcli.experiment import minimize, run_config
    from adamcli.optimizer.layers import initialize_adam, update_parameters_with_adam
    from adamcli.optimizer.result import Divergence, Point, Record, Status
    from adamcli.report.text import line
    from adamcli.results import Result
    from adamcli.sweeps.result import SweepResult
    from adamcli.sweeps.variations import SweepOptions

__version__ = "0.1.0"

_HOME = {
    "AdamcliError": "errors",
    "Config": "config.model",
    "ConfigError": "diagnostics",
    "Divergence": "optimizer.result",
    "ExitCode": "errors",
    "FileError": "errors",
    "ObjectiveError": "errors",
    "Point": "optimizer.result",
    "Record": "optimizer.result",
    "Result": "results",
    "Status": "optimizer.result",
    "SweepOptions": "sweeps.variations",
    "SweepResult": "sweeps.result",
    "UsageError": "errors",
    "adam": "article",
    "initialize_adam": "optimizer.layers",
    "line": "report.text",
    "load_config": "config.load",
    "minimize": "experiment",
    "parse_config": "config.load",
    "run_config": "experiment",
    "sweep": "api",
    "update_parameters_with_adam": "optimizer.layers",
}

__all__ = [
    "AdamcliError",
    "Config",
    "ConfigError",
    "Divergence",
    "ExitCode",
    "FileError",
    "ObjectiveError",
    "Point",
    "Record",
    "Result",
    "Status",
    "SweepOptions",
    "SweepResult",
    "UsageError",
    "__version__",
    "adam",
    "initialize_adam",
    "line",
    "load_config",
    "minimize",
    "parse_config",
    "run_config",
    "sweep",
    "update_parameters_with_adam",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'adamcli' has no attribute {name!r}")
    value = getattr(import_module(f"adamcli.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
