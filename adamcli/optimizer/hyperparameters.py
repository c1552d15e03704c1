"""Adam's hyperparameters: numbers, one number a run, or functions of the step number.

`Schedule` turns them into what the update needs at each step. The values of many steps are computed
at once, so that a step costs nothing but a look-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, Union

import numpy as np

from adamcli.errors import UsageError
from adamcli.optimizer.adam import EPS_MODES, corrections

if TYPE_CHECKING:
    from adamcli.arrays import BoolArray, FloatArray, IntArray


class TimeFunction(Protocol):
    """A hyperparameter that changes: called with the steps `t` (1, 2, …) and `n_iter`."""

    def __call__(self, t: IntArray, n_iter: int) -> FloatArray:
        """Return one value for each step in `t`."""


Setting: TypeAlias = Union[float, "FloatArray", TimeFunction]
"""One number for all; an array of shape (runs,); or a function of the step."""

NAMES = ("alpha", "beta1", "beta2", "eps")


class Hyperparameters(NamedTuple):
    """Adam's hyperparameters; the defaults are the paper's."""

    alpha: Setting = 0.001
    beta1: Setting = 0.9
    beta2: Setting = 0.999
    eps: Setting = 1e-8
    eps_mode: str = "outside"


def expected(name: str) -> str:
    """Return in words which values hyperparameter `name` may have."""
    if name.startswith("beta"):
        return "a number from 0 up to, but not including, 1"
    return "a number, 0 or above"


def allowed(name: str, values: float | FloatArray) -> BoolArray:
    """Return which of `values` hyperparameter `name` may have; NaN is never allowed."""
    v = np.asarray(values, dtype=float)
    good: BoolArray = (v >= 0) & (v < (1.0 if name.startswith("beta") else np.inf))
    return good


def first_bad(name: str, t: IntArray, values: FloatArray) -> tuple[int, float] | None:
    """Return the first of the steps `t` whose value is not allowed, with the value."""
    bad = np.flatnonzero(~allowed(name, values))
    return (int(t[bad[0]]), float(values[bad[0]])) if bad.size else None


def check(hyperparameters: Hyperparameters) -> None:
    """Raise `UsageError` for a number out of range; functions are checked as the steps come."""
    mode = hyperparameters.eps_mode
    if mode not in EPS_MODES:
        raise UsageError(f"eps_mode: expected one of {', '.join(EPS_MODES)}, found {mode!r}")
    for name in NAMES:
        setting = getattr(hyperparameters, name)
        if callable(setting):
            continue
        bad = np.atleast_1d(setting)[~np.atleast_1d(allowed(name, setting))]
        if bad.size:
            raise UsageError(f"{name}: expected {expected(name)}, found {bad[0]}")


class Coefficients(NamedTuple):
    """What the update of one step takes; see `adam.average` and `adam.descend`.

    `decay` and `weight` broadcast to (2, dim, runs), row 0 for m and row 1 for v; the others to
    (dim, runs). `alpha` is there to be reported.
    """

    decay: FloatArray
    weight: FloatArray
    step: FloatArray
    eps: FloatArray
    alpha: FloatArray


class Schedule:
    """The coefficients of every step of a batch.

    Where all runs share them they are computed for up to 256 steps at a time; what differs from run
    to run is computed step by step. beta**t is kept as a running product: the same bits for one run
    and for many, and right as well when beta changes from step to step.
    """

    def __init__(self, settings: Hyperparameters, n_iter: int, dim: int, runs: int) -> None:
        self._settings = settings
        self._n_iter = n_iter
        self._constant = {n: s for n in NAMES if not callable(s := getattr(settings, n))}
        self._per_run = any(np.ndim(setting) for setting in self._constant.values())
        self._length = max(1, min(256, n_iter))
        self._bad_step, self._reason = 0, ""
        self._decay = _decay_array(settings, dim, runs)
        self._weight = 1.0 - self._decay
        self._changing = callable(settings.beta1) or callable(settings.beta2)
        # One array a hyperparameter: of shape (steps,), or (runs,) if it differs between runs.
        self._values: list[FloatArray] = []
        self._powers: list[FloatArray] = [np.ones(()), np.ones(())]
        self._table = np.empty((3, self._length))
        self._rows = [
            Coefficients(self._decay, self._weight, *(part[k, ...] for part in self._table))
            for k in range(0 if self._per_run else self._length)
        ]

    def at(self, t: int) -> Coefficients:
        """Return the coefficients of step `t` = 1, 2, …; steps must be asked for in order.

        The arrays are reused: they hold until a later step is asked for.

        Raises `UsageError` where a function of t leaves the values its hyperparameter may have.
        """
        k = (t - 1) % self._length
        if k == 0:
            self._fill(t)
        if t == self._bad_step:
            raise UsageError(self._reason)
        if self._changing:
            for row in (0, 1):
                if callable(getattr(self._settings, NAMES[row + 1])):
                    self._decay[row] = self._values[row + 1][k]
            np.subtract(1.0, self._decay, self._weight)
        return self._of_runs(k) if self._per_run else self._rows[k]

    def _of_runs(self, k: int) -> Coefficients:
        """Return the coefficients of a step for runs that differ in some hyperparameter."""
        alpha, beta1, beta2, eps = (
            v if np.ndim(self._constant.get(name, 0.0)) else v[k]
            for name, v in zip(NAMES, self._values, strict=True)
        )
        first, second = self._powers[0] * beta1, self._powers[1] * beta2
        self._powers = [first, second]
        step, eps = corrections(alpha, first, second, eps, self._settings.eps_mode)
        return Coefficients(self._decay, self._weight, step, eps, alpha)

    def _fill(self, first: int) -> None:
        t = np.arange(first, min(first + self._length, self._n_iter + 1))
        self._values = [self._at_steps(name, t) for name in NAMES]
        if self._per_run:
            return
        used = slice(0, len(t))
        alpha, beta1, beta2, eps = self._values
        products = np.stack([beta1, beta2])
        for row in (0, 1):
            products[row, 0] *= self._powers[row]
        np.multiply.accumulate(products, axis=1, out=products)
        self._powers = [products[row, -1].copy() for row in (0, 1)]
        step, eps = corrections(alpha, products[0], products[1], eps, self._settings.eps_mode)
        for row, values in enumerate((step, eps, alpha)):
            self._table[row, used] = values

    def _at_steps(self, name: str, t: IntArray) -> FloatArray:
        """Return a hyperparameter at the steps `t`, or in all runs if it differs between them."""
        if name in self._constant:
            setting = np.asarray(self._constant[name], dtype=float)
            return setting if setting.ndim else np.broadcast_to(setting, t.shape)
        values = np.asarray(getattr(self._settings, name)(t, self._n_iter), dtype=float)
        if values.shape != t.shape:
            found = f"an array of shape {values.shape}"
            raise UsageError(f"{name}: expected a value for each of {len(t)} steps, found {found}")
        bad = first_bad(name, t, values)
        if bad is not None and (not self._bad_step or bad[0] < self._bad_step):
            self._bad_step = bad[0]
            self._reason = f"{name} is {bad[1]!r} at t = {bad[0]}, expected {expected(name)}"
        return values


def _decay_array(settings: Hyperparameters, dim: int, runs: int) -> FloatArray:
    """Return beta1 and beta2 (0 where they change) in a shape that broadcasts to (2, dim, runs)."""
    betas = [0.0 if callable(b) else b for b in (settings.beta1, settings.beta2)]
    if dim * runs <= 1024:
        # Arrays of equal shape take NumPy's shortest way; for many runs the memory would cost more.
        return np.stack([np.broadcast_to(np.asarray(b, float), (dim, runs)) for b in betas])
    width = runs if any(np.ndim(b) for b in betas) else 1
    return np.stack([np.broadcast_to(np.asarray(b, float), (1, width)) for b in betas])
