"""Loading a function from a Python file that a config names. This runs the code in the file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from adamcli.diagnostics import did_you_mean
from adamcli.errors import FileError, ObjectiveError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load_function(path: Path, name: str) -> Callable[..., Any]:
    """Return the function `name` of the file at `path`; its folder is not put on `sys.path`.

    Raises `FileError` if the file cannot be read and `ObjectiveError` if its code fails or it has
    no such function.
    """
    from importlib.util import module_from_spec, spec_from_file_location

    try:
        there = path.is_file()
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from None
    if not there:
        raise FileError(f"{path}: there is no such file")
    spec = spec_from_file_location(f"adamcli_objective_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise FileError(f"{path}: cannot be loaded as Python")
    module = module_from_spec(spec)
    # Dataclasses, among others, look up the module they are defined in.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ObjectiveError(f"{path}: {type(error).__name__}: {error}") from error
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        hint = did_you_mean(name, [n for n, v in vars(module).items() if callable(v)])
        raise ObjectiveError(f"{path}: has no function `{name}`\n  {hint}".rstrip())
    return function
