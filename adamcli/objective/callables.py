"""Objectives that are Python functions: called point by point or in batches, or differentiated.

Loading a function from a file runs the code in it.
"""

from __future__ import annotations

import sys
import warnings
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.diagnostics import did_you_mean
from adamcli.errors import FileError, ObjectiveError, UsageError, needs_extra
from adamcli.objective.base import PACKAGES, Evaluation, Objective
from adamcli.objective.raised import array_of, failure, reading, said_of, unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from adamcli.arrays import Array, FloatArray
    from adamcli.objective.base import BatchFunction
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
        function = self.load()
        slope = gradient if isinstance(gradient, str) else gradient.load()
        return function_objective(function, slope, variables, box, sign, vectorized=self.vectorized)

    def load(self) -> Callable[..., Any]:
        """Return the function; the folder of its file is not put on `sys.path`.

        Raises `UsageError` if there is no such file and `ObjectiveError` if its code fails or it
        has no such function.
        """
        from importlib.util import module_from_spec, spec_from_file_location

        path = self.path
        wrong = _wrong_with(path)
        if wrong:
            raise UsageError(f"{path}: {wrong}")
        spec = spec_from_file_location(f"adamcli_objective_{path.stem}", path)
        if spec is None or spec.loader is None:
            raise FileError(f"{path}: cannot be loaded as Python")
        module = module_from_spec(spec)
        # Dataclasses, among others, look up the module they are defined in.
        sys.modules[spec.name] = module
        try:
            spec.loader.exec_module(module)
            function: Callable[..., Any] | None = getattr(module, self.name, None)
        except BaseException as error:
            raise ObjectiveError(f"{path}: {said_of(error)}") from error
        if not callable(function):
            hint = did_you_mean(self.name, [n for n, v in vars(module).items() if callable(v)])
            raise UsageError(f"{path}: has no function `{self.name}`\n  {hint}".rstrip())
        return function


def _wrong_with(path: Path) -> str:
    """Return why there is no file at a path; empty if there is one."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "there is no such file"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if S_ISDIR(mode):
        return "is a folder, expected a file of Python"
    return "" if S_ISREG(mode) else "is no file, but a pipe or a device"


def function_objective(
    fun: Callable[..., Any],
    gradient: Callable[..., Any] | str,
    variables: Variables,
    box: tuple[FloatArray, FloatArray] | None,
    sign: float,
    *,
    vectorized: bool = False,
) -> Objective:
    """Return the objective of `fun`, which takes one argument per variable.

    `gradient` is such a function too, a scheme of differences, or a package that differentiates.
    With `vectorized` both functions take whole batches.

    Raises `UsageError` if the package is not installed.
    """
    if gradient in PACKAGES:
        return AutodiffObjective(fun, variables, str(gradient), sign)
    point = _by_position(fun, variables)
    if callable(gradient):
        kind = BatchObjective if vectorized else FunctionObjective
        return kind(point, _by_position(gradient, variables), sign)
    from adamcli.objective.differences import DifferenceObjective

    values = BatchValues(point) if vectorized else FunctionValues(point)
    return DifferenceObjective(values, variables.dim, gradient, box, sign)


def _by_position(fun: Callable[..., Any], variables: Variables) -> Callable[[Array], Any]:
    """Return a function of the flat point that calls `fun(x, y, …)`, one argument per variable.

    Scalars are passed as floats and arrays in their shape, as the article's `objective(x, y)` is
    called. For a batch of points (dim, runs), the last axis of every argument is the runs.
    """
    shapes = [variable.shape for variable in variables.all]
    if len(shapes) == 1 and len(shapes[0]) == 1:
        return fun
    numbers = not any(shapes)

    def call(x: Array) -> Any:
        if numbers and x.ndim == 1:
            return fun(*x.tolist())
        return fun(*(part.item() if part.shape == () else part for part in variables.split(x)))

    return call


class FunctionValues:
    """A Python function of the flat point (dim,), evaluated point by point."""

    def __init__(self, fun: Callable[[Array], Any]) -> None:
        self._fun = fun

    def bind_values(self, x: Array, f: Array) -> Sequence[Callable[[], object]]:
        """Return the evaluation of every column of `x`; each call gets a copy of its point."""
        complex_allowed = np.iscomplexobj(f)
        plain = _COMPLEX if complex_allowed else _REAL
        fun, columns = _guarded(self._fun) if complex_allowed else self._fun, list(enumerate(x.T))

        def run() -> None:
            for k, column in columns:
                # Called without a function in between, which would cost as much as a cheap `fun`.
                point = column.copy()
                try:
                    found = fun(point)
                except BaseException as error:
                    raise failure(error, point, "objective") from error
                f[k] = found if type(found) in plain else _number(found, complex_allowed)

        return [run]


_REAL, _COMPLEX = frozenset((float, np.float64)), frozenset((complex, np.complex128))
"""The types of most results, which need no further look."""


def _number(found: Any, complex_allowed: bool) -> Array:
    result = array_of(found, "objective")
    if complex_allowed and result.dtype.kind != "c":
        raise ObjectiveError(
            "the objective returned a real number for a complex point, so the complex step "
            "cannot differentiate it"
        )
    numeric = "biufc" if complex_allowed else "biuf"
    if result.size != 1 or result.dtype.kind not in numeric:
        raise unexpected("objective", result, "one number")
    return result.reshape(())


class BatchValues(FunctionValues):
    """A Python function of whole batches, with the runs on the last axis.

    A number becomes an array of shape (runs,), an array of shape (3, 2) one of shape (3, 2, runs);
    the function returns an array of shape (runs,).
    """

    def bind_values(self, x: Array, f: Array) -> Sequence[Callable[[], object]]:
        """Return the evaluation of all columns of `x` in one call."""
        fun = _guarded(self._fun) if np.iscomplexobj(f) else self._fun

        def run() -> None:
            found = array_of(_call(fun, x.copy(), "objective"), "objective")
            if np.iscomplexobj(f) and found.dtype.kind != "c":
                raise ObjectiveError("the objective returned real numbers for complex points")
            # A single number for several runs would be a sum or mean over them.
            if found.shape != f.shape and (found.shape or f.size > 1):
                raise unexpected("objective", found, f"an array of shape {f.shape}")
            with reading("objective"):
                f[:] = found

        return [run]


class FunctionObjective(Objective):
    """A Python function with a Python gradient; both take the flat point (dim,).

    `sign` is 1 to minimise and -1 to maximise.
    """

    entries = 0
    _values: type[FunctionValues] = FunctionValues

    def __init__(
        self, fun: Callable[[Array], Any], jac: Callable[[Array], Any], sign: float = 1.0
    ) -> None:
        self.values: BatchFunction = self._values(fun)
        self._jac = jac
        self._sign = sign

    def bind(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Evaluation:
        """Return the evaluation of function, then gradient, of all columns of `x`."""
        calls = [*self.values.bind_values(x, f), self._bind_gradients(x, g)]
        if self._sign != 1.0:
            calls.append(lambda: np.multiply(g, self._sign, g))
        return Evaluation(calls)

    def _bind_gradients(self, x: FloatArray, g: FloatArray) -> Callable[[], object]:
        """Return the call that sets `g` to the gradients at all columns of `x`."""
        jac, pairs = self._jac, list(zip(x.T, g.T, strict=True))

        def run() -> None:
            for column, slope in pairs:
                point = column.copy()
                try:
                    found = jac(point)
                except BaseException as error:
                    raise failure(error, point, "gradient") from error
                slope[:] = _slope_of(found, len(slope))

        return run


def _slope_of(found: Any, dim: int) -> Any:
    """Return a gradient as something with `dim` real numbers; raises `ObjectiveError`."""
    kind = type(found)
    # What most functions return needs no further look.
    if kind is np.ndarray and found.dtype.char == "d" and found.shape == (dim,):
        return found
    listed = kind is list or kind is tuple
    if listed and len(found) == dim and _REAL.issuperset(map(type, found)):
        return found
    with reading("gradient"):
        listed = isinstance(found, list | tuple)
        parts = _ravel(found) if listed else array_of(found, "gradient")
    if parts.size != dim or parts.dtype.kind not in "biuf":
        raise unexpected("gradient", parts, f"{dim} numbers")
    return parts.reshape(-1).astype(float)


class BatchObjective(FunctionObjective):
    """A Python function with a Python gradient, both of whole batches; see `BatchValues`.

    The gradient has the shape (dim, runs), or is a sequence with one array per variable.
    """

    _values = BatchValues

    def _bind_gradients(self, x: FloatArray, g: FloatArray) -> Callable[[], object]:
        def run() -> None:
            g[:] = self._gradients(x)

        return run

    def _gradients(self, x: FloatArray) -> FloatArray:
        """Return the gradients of all runs, an array like `x`."""
        found = _call(self._jac, x.copy(), "gradient")
        with reading("gradient"):
            rows = [np.asarray(part, dtype=float).reshape(-1, x.shape[1]) for part in found]
            stacked: FloatArray = np.concatenate(rows)
        if stacked.shape != x.shape:
            raise unexpected("gradient", stacked, f"one of shape {x.shape}")
        return stacked


class AutodiffObjective(Objective):
    """A Python function that `package` differentiates, called for one run at a time.

    The function must use the package's own NumPy: `autograd.numpy` or `jax.numpy`.

    Raises `UsageError` if the package is not installed.
    """

    entries = 0

    def __init__(
        self, fun: Callable[..., Any], variables: Variables, package: str, sign: float = 1.0
    ) -> None:
        # Unlike `_by_position`, this leaves what the package traces as it is.
        self._value_and_gradient = _transformed(lambda x: fun(*variables.split(x)), package)
        self._sign = sign
        self.values: BatchFunction = FunctionValues(_by_position(fun, variables))

    def bind(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Evaluation:
        """Return the evaluation of value and gradient, which the package computes together."""

        def run() -> None:
            for column in range(x.shape[1]):
                point = x[:, column].copy()
                value, slope = _call(self._value_and_gradient, point, "objective")
                with reading("objective"):
                    if np.size(value) != 1:
                        raise unexpected("objective", np.asarray(value), "one number")
                    f[column] = np.asarray(value, dtype=float).reshape(())
                    g[:, column] = self._sign * np.asarray(slope, dtype=float)

        return Evaluation([run])


def _transformed(fun: Callable[[Array], Any], package: str) -> Callable[[Array], Any]:
    from importlib import import_module

    try:
        module: Any = import_module(package)
    except ImportError:
        raise needs_extra("gradient", package, package) from None
    transformed: Callable[[Array], Any] = module.value_and_grad(fun)
    if package == "jax":
        module.config.update("jax_enable_x64", True)
        transformed = module.jit(transformed)
    return transformed


def _call(fun: Callable[[Array], Any], point: Array, name: str) -> Any:
    """Return `fun(point)`; what it raises becomes an `ObjectiveError`."""
    try:
        return fun(point)
    except BaseException as error:
        raise failure(error, point, name) from error


def _guarded(fun: Callable[[Array], Any]) -> Callable[[Array], Any]:
    """Return `fun` for complex points: it may not discard their imaginary part.

    Otherwise a complex-step derivative would be 0.
    """

    def call(point: Array) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            return fun(point)

    return call


def _ravel(parts: Sequence[Any]) -> Array:
    flat = [array_of(part, "gradient").reshape(-1) for part in parts]
    return np.concatenate(flat) if flat else np.empty(0)
