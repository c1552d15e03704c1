"""Adam for the command line and for Python: formulas with exact gradients, runs as one array.

The names below are loaded when they are first used, so that ``import adamcli`` costs nothing.
"""

# While `typing` loads for its own, Ctrl-C would end a command in a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from adamcli.api import sweep as sweep
    from adamcli.article import adam as adam
    from adamcli.config.load import load_config as load_config
    from adamcli.config.load import parse_config as parse_config
    from adamcli.config.model import Config as Config
    from adamcli.diagnostics import ConfigError as ConfigError
    from adamcli.errors import AdamcliError as AdamcliError
    from adamcli.errors import ExitCode as ExitCode
    from adamcli.errors import FileError as FileError
    from adamcli.errors import ObjectiveError as ObjectiveError
    from adamcli.errors import UsageError as UsageError
    from adamcli.evaluation import evaluate as evaluate
    from adamcli.experiment import minimize as minimize
    from adamcli.experiment import run_config as run_config
    from adamcli.optimizer.layers import initialize_adam as initialize_adam
    from adamcli.optimizer.layers import update_parameters_with_adam as update_parameters_with_adam
    from adamcli.optimizer.result import Divergence as Divergence
    from adamcli.optimizer.result import Point as Point
    from adamcli.optimizer.result import Record as Record
    from adamcli.optimizer.status import Status as Status
    from adamcli.plotting import plot as plot
    from adamcli.report.text import line as line
    from adamcli.results import Result as Result
    from adamcli.scipy_door import scipy_method as scipy_method
    from adamcli.solution import Solution as Solution
    from adamcli.solving import SolveOptions as SolveOptions
    from adamcli.solving import solve as solve
    from adamcli.solving import solve_config as solve_config
    from adamcli.sweeps.result import SweepResult as SweepResult
    from adamcli.sweeps.variations import SweepOptions as SweepOptions
    from adamcli.version import __version__ as __version__

_NAMES = {
    "api": ("sweep",),
    "article": ("adam",),
    "config.load": ("load_config", "parse_config"),
    "config.model": ("Config",),
    "diagnostics": ("ConfigError",),
    "errors": ("AdamcliError", "ExitCode", "FileError", "ObjectiveError", "UsageError"),
    "evaluation": ("evaluate",),
    "experiment": ("minimize", "run_config"),
    "optimizer.layers": ("initialize_adam", "update_parameters_with_adam"),
    "optimizer.result": ("Divergence", "Point", "Record"),
    "optimizer.status": ("Status",),
    "plotting": ("plot",),
    "report.text": ("line",),
    "results": ("Result",),
    "scipy_door": ("scipy_method",),
    "solution": ("Solution",),
    "solving": ("SolveOptions", "solve", "solve_config"),
    "sweeps.result": ("SweepResult",),
    "sweeps.variations": ("SweepOptions",),
    "version": ("__version__",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'adamcli' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"adamcli.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
