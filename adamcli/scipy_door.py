"""The door for SciPy: `scipy.optimize.minimize(fun, x0, method=adamcli.scipy_method)`.

This is SciPy's protocol for custom minimizers. SciPy is imported when the door is used.
"""

from __future__ import annotations

import warnings
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.diagnostics import did_you_mean
from adamcli.errors import ObjectiveError, UsageError
from adamcli.experiment import minimize
from adamcli.objective.callables import function_objective
from adamcli.optimizer.hyperparameters import NAMES
from adamcli.optimizer.methods import OPTIONS
from adamcli.optimizer.status import Code, Status
from adamcli.results import Result
from adamcli.solving import solve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scipy.optimize import OptimizeResult

    from adamcli.arrays import FloatArray
    from adamcli.optimizer.result import Record
    from adamcli.results import Outcome
    from adamcli.solution import Solution

SHARED = ("method", "gradient", "seed", "bounds_mode")
"""The keys of a config that both solvers use."""

SOLVERS = {
    "adam": (*SHARED, *NAMES, *OPTIONS, "n_iter", "stop"),
    "solve": (*SHARED, "local", "rounds", "starts", "patience", "seconds", "target"),
}
"""The options of each solver."""

GENERAL = ("solver", "maxiter", "tol", "disp")
"""The options that are the door's own."""

ARRIVED = (Code.MINIMUM, Code.NOISY)
"""The verdicts with which there is nothing left to do."""


def scipy_method(
    fun: Callable[..., Any],
    x0: Any,
    args: Any = (),
    jac: Callable[..., Any] | None = None,
    hess: Any = None,
    hessp: Any = None,
    bounds: Any = None,
    constraints: Any = (),
    callback: Callable[..., object] | None = None,
    **options: Any,
) -> OptimizeResult:
    """Minimise for `scipy.optimize.minimize`; return SciPy's result, with our `verdict` in it.

    With the option `alpha` Adam takes steps from `x0`, without it `solve` goes to the minimum; or
    `solver` names one of the two. Options of Adam are keys of a config, such as `beta1` or `stop`.
    Those of solve are the fields of `SolveOptions`; `local` is True unless given, which is a
    descent from `x0` if no `rounds` are given. `maxiter` is `n_iter` or `rounds`. With `tol` Adam
    ends at a gradient below it, which solve does not need. With `disp` the message is printed.

    Without `jac` there are differences, which the option `gradient` names: `2-point` unless given.
    `success` means that a stopping rule held, or that the verdict is a minimum.

    Raises `ValueError` for constraints and for bounds that cannot be, what `fun`, `jac` and
    `callback` raise, and `AdamcliError` for options with wrong values.
    """
    from scipy.optimize import OptimizeWarning

    if not (isinstance(constraints, tuple | list) and not constraints):
        raise ValueError("adamcli.scipy_method: constraints are not supported, only bounds")
    more = args if isinstance(args, tuple) else (args,)
    start, low, high = _box(x0, bounds)
    inside = np.clip(start, low, high)
    chosen, unknown = _chosen(options)
    notes = [f"Unknown solver options: {unknown}"] if unknown else []
    if (inside != start).any():
        notes.append("Initial guess is not within the specified bounds")
    unused = [name for name, given in (("hess", hess), ("hessp", hessp)) if given is not None]
    notes += [f"adamcli.scipy_method does not use {name}" for name in unused]
    for note in notes:
        warnings.warn(note, OptimizeWarning, stacklevel=3)
    function = _Function(fun, more, keeps=callback is not None)
    slope = chosen.own.pop("gradient", "2-point")
    if callable(jac):
        slope = _Function(jac, more, keeps=False)
    problem = _Problem(function, slope, inside, low, high, _Watch(callback))
    found: Result | Solution
    try:
        found = problem.by_adam(chosen) if chosen.solver == "adam" else problem.by_solve(chosen)
        result = problem.result(found)
    except ObjectiveError as error:
        # Code that calls SciPy expects what its own function raised.
        raise error.__cause__ or error from None
    if chosen.disp:
        print(result.message)
    return result


class _Chosen(NamedTuple):
    """The solver, its options, and those for both: a tolerance, and whether to print."""

    solver: str
    own: dict[str, Any]
    tol: float | None
    disp: bool


def _chosen(options: Mapping[str, Any]) -> tuple[_Chosen, str]:
    """Return what the options choose, and a text about those that are unknown."""
    solver = options.get("solver") or ("adam" if "alpha" in options else "solve")
    if solver not in SOLVERS:
        raise UsageError(f"solver: expected one of {', '.join(SOLVERS)}, found {solver!r}")
    known = SOLVERS[solver]
    own = {name: value for name, value in options.items() if name in known}
    if options.get("maxiter") is not None:
        own.setdefault("n_iter" if solver == "adam" else "rounds", options["maxiter"])
    others = [name for name in options if name not in known and name not in GENERAL]
    texts = [f"{name} ({_advice(name, solver)})" for name in others]
    return _Chosen(solver, own, options.get("tol"), bool(options.get("disp"))), ", ".join(texts)


def _advice(name: str, solver: str) -> str:
    """Return what to do about an option that the solver does not have."""
    for other, names in SOLVERS.items():
        if name in names:
            return f"it goes with solver={other!r}"
    known = (*SOLVERS[solver], *GENERAL)
    return did_you_mean(name, known) or f"known: {', '.join(known)}"


def _box(x0: Any, bounds: Any) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the start and the ends of the box, (dim,) each; `bounds` are as SciPy takes them."""
    start = np.atleast_1d(np.asarray(x0, dtype=float))
    if start.ndim != 1 or not start.size:
        raise ValueError("'x0' must have one dimension, and one entry at least")
    if bounds is None:
        return start, np.full_like(start, -np.inf), np.full_like(start, np.inf)
    if hasattr(bounds, "lb"):
        ends = [bounds.lb, bounds.ub]
    else:
        pairs = [tuple(pair) for pair in bounds]
        if len(pairs) != len(start) or any(len(pair) != 2 for pair in pairs):
            raise ValueError(
                f"expected {len(start)} pairs of bounds, as x0 has {len(start)} entries"
            )
        ends = [
            [-np.inf if low is None else low for low, _ in pairs],
            [np.inf if high is None else high for _, high in pairs],
        ]
    low, high = (np.broadcast_to(np.asarray(end, dtype=float), start.shape) for end in ends)
    if not (low <= high).all():
        k = int(np.flatnonzero(~(low <= high))[0])
        raise ValueError(f"the bounds of x[{k}] are {low[k]} and {high[k]}: none is between them")
    return start, low, high


class _Problem(NamedTuple):
    """What is minimised, from where and in which box; `slope` is the gradient, or how to get it."""

    fun: _Function
    slope: _Function | str
    start: FloatArray
    low: FloatArray
    high: FloatArray
    watch: _Watch

    def _keys(self) -> dict[str, Any]:
        ends = {"low": self.low.tolist(), "high": self.high.tolist()}
        bounds = {"x": {**ends, "shape": len(self.start)}}
        return {"bounds": bounds, "start": {"x": self.start.tolist()}, "jac": self.slope}

    def by_adam(self, chosen: _Chosen) -> Result:
        """Return where Adam's steps lead."""
        own = dict(chosen.own)
        if chosen.tol is not None:
            given = own.get("stop", [])
            rules = given if isinstance(given, list | tuple) else [given]
            own["stop"] = [*rules, f"gradient < {float(chosen.tol)!r}"]
        callback = self.watch.step if self.watch.callback is not None else None
        return minimize(self.fun, callback=callback, **self._keys(), **own)

    def by_solve(self, chosen: _Chosen) -> Solution:
        """Return what the search for the minimum finds."""
        own = {"local": True, **chosen.own}
        if own["local"]:
            own.setdefault("rounds", 0)
        told = None if self.watch.callback is None else lambda _: self.watch.round(self.fun)
        return solve(self.fun, callback=told, **self._keys(), **own)

    def result(self, found: Result | Solution) -> OptimizeResult:
        """Return what was found in SciPy's words, with the gradient at the point itself."""
        from scipy.optimize import OptimizeResult

        stopped = self.watch.stopped
        if found.status is Status.INTERRUPTED and not stopped:
            # Ctrl-C has to reach the program that called SciPy.
            raise KeyboardInterrupt
        x = np.array(found.x)
        gradient = self._gradient(found, x)
        verdict = found.verdict
        if isinstance(found, Result):
            nit, ruled = found.nit, found.converged
        else:
            # A round that the callback ended counts too.
            nit, ruled = found.rounds + stopped, False
        success = found.success and (ruled or verdict.code in ARRIVED)
        status, message = (0 if success else 1), f"{found.message}; {verdict}"
        if stopped:
            status, message = 99, "`callback` raised `StopIteration`."
        elif not found.success:
            status = 2
        return OptimizeResult(
            x=x,
            fun=found.fun,
            jac=gradient,
            nit=nit,
            nfev=self.fun.calls,
            njev=self.slope.calls if isinstance(self.slope, _Function) else found.njev + 1,
            success=success,
            status=status,
            message=message,
            verdict=verdict,
        )

    def _gradient(self, found: Outcome, x: FloatArray) -> FloatArray:
        """Return the gradient at `x` (dim,)."""
        variables, box = found.config.variables, found.config.bounds.box
        slope = self.slope if callable(self.slope) else found.config.objective.gradient
        objective = function_objective(self.fun, slope, variables, box, 1.0)
        f, g = np.empty(1), np.empty((len(x), 1))
        with np.errstate(all="ignore"):
            for call in objective.bind(x[:, np.newaxis].copy(), f, g).calls:
                call()
        return g[:, 0]


class _Function:
    """A function of a point and of further arguments: counts its `calls`.

    With `keeps` it remembers the point `x` of the `lowest` value.
    """

    def __init__(self, fun: Callable[..., Any], more: tuple[Any, ...], *, keeps: bool) -> None:
        self._fun, self._more, self._keeps = fun, more, keeps
        self.calls = 0
        self.x, self.lowest = np.empty(0), np.inf

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        value = self._fun(x, *self._more)
        # A package that differentiates calls it with arrays of its own, a complex step with others.
        if self._keeps and type(x) is np.ndarray and x.dtype == float and value < self.lowest:
            self.x, self.lowest = x.copy(), value
        return value


class _Watch:
    """Calls the callback as SciPy does; `stopped` says whether it ended the run.

    A callback with the one parameter `intermediate_result` gets a result, any other the point. One
    that SciPy has wrapped takes a result and does that itself.
    """

    def __init__(self, callback: Callable[..., object] | None) -> None:
        self.callback = callback
        self.stopped = False
        self._wrapped = hasattr(callback, "stop_iteration")
        self._named = callback is not None and _takes_result(callback)

    def step(self, record: Record) -> None:
        """Tell of a step of Adam's."""
        self._tell(np.array(record.x), record.score)

    def round(self, fun: _Function) -> None:
        """Tell of a part of a round of a search, by the lowest point so far."""
        try:
            self._tell(fun.x.copy(), float(np.asarray(fun.lowest).item()))
        except StopIteration:
            # This ends a search, which keeps what it has found.
            raise KeyboardInterrupt from None

    def _tell(self, x: FloatArray, score: float) -> None:
        from scipy.optimize import OptimizeResult

        assert self.callback is not None
        try:
            if self._wrapped:
                self.callback(OptimizeResult(x=x, fun=score))
            elif self._named:
                self.callback(intermediate_result=OptimizeResult(x=x, fun=score))
            else:
                self.callback(x)
        except StopIteration:
            self.stopped = True
            raise


def _takes_result(callback: Callable[..., object]) -> bool:
    try:
        return list(signature(callback).parameters) == ["intermediate_result"]
    except (TypeError, ValueError):
        return False
