"""Functions in Python files that a config names. Loading one runs the code in its file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.diagnostics import did_you_mean
from adamcli.errors import FileError, ObjectiveError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adamcli.arrays import FloatArray
    from adamcli.objective.base import Objective
    from adamcli.objective.variables import Variables


class PythonFunction(NamedTuple):
    """The function `name` of the file at `path`; `text` is the reference as written.

    `vectorized` says whether it takes whole batches.
    """

    path: Path
    name: str
    text: str
    vectorized: bool = False

    def objective(
        self,
        gradient: PythonFunction | str,
        variables: Variables,
        box: tuple[FloatArray, FloatArray] | None,
        sign: float,
    ) -> Objective:
        """Return the objective; see `function_objective`. This runs the code in the files."""
        from adamcli.objective.callables import function_objective

        function = self.load()
        slope = gradient if isinstance(gradient, str) else gradient.load()
        return function_objective(function, slope, variables, box, sign, vectorized=self.vectorized)

    def load(self) -> Callable[..., Any]:
        """Return the function; the folder of its file is not put on `sys.path`.

        Raises `FileError` if the file cannot be read and `ObjectiveError` if its code fails or it
        has no such function.
        """
        from importlib.util import module_from_spec, spec_from_file_location

        path = self.path
        try:
            is_file = path.is_file()
        except OSError as error:
            raise FileError(f"{path}: {error.strerror}") from None
        if not is_file:
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
        function: Callable[..., Any] | None = getattr(module, self.name, None)
        if not callable(function):
            hint = did_you_mean(self.name, [n for n, v in vars(module).items() if callable(v)])
            raise ObjectiveError(f"{path}: has no function `{self.name}`\n  {hint}".rstrip())
        return function
