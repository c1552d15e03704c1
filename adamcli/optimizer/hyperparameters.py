"""Hyperparameters, and the schedule of what a method needs of them at each step."""

from __future__ import annotations

from itertools import islice
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from adamcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.arrays import BoolArray, FloatArray, IntArray

TimeFunction: TypeAlias = "Callable[[IntArray, int], FloatArray]"
"""Called with steps `t` (1, 2, …) and `n_iter`, it returns one value per step."""

Setting: TypeAlias = "float | FloatArray | TimeFunction"
"""One number for all runs, an array (runs,), or a function of the step."""

Row: TypeAlias = "tuple[FloatArray, tuple[Any, ...]]"
"""The alpha of a step, to be reported, and its coefficients."""


class Hyperparameters(NamedTuple):
    """The hyperparameters of all methods, with the defaults of the Adam paper."""

    alpha: Setting = 0.001
    beta1: Setting = 0.9
    beta2: Setting = 0.999
    eps: Setting = 1e-8


NAMES = Hyperparameters._fields


def expected(name: str) -> str:
    """Return a description of the values allowed for hyperparameter `name`."""
    if name.startswith("beta"):
        return "a number from 0 up to, but not including, 1"
    return "a number, 0 or above"


def allowed(name: str, values: float | FloatArray) -> BoolArray:
    """Return whether each of `values` is allowed for hyperparameter `name`; NaN never is."""
    v = np.asarray(values, dtype=float)
    good: BoolArray = (v >= 0) & (v < (1.0 if name.startswith("beta") else np.inf))
    return good


def first_bad(name: str, t: IntArray, values: FloatArray) -> tuple[int, float] | None:
    """Return the first of the steps `t` whose value is not allowed, and that value."""
    bad = np.flatnonzero(~allowed(name, values))
    return (int(t[bad[0]]), float(values[bad[0]])) if bad.size else None


def check(hyperparameters: Hyperparameters) -> None:
    """Raise `UsageError` for a number out of range; functions are checked step by step."""
    for name, setting in hyperparameters._asdict().items():
        if not callable(setting):
            bad = np.atleast_1d(setting)[~np.atleast_1d(allowed(name, setting))]
            if bad.size:
                raise UsageError(f"{name}: expected {expected(name)}, found {bad[0]}")


class Rates(NamedTuple):
    """The hyperparameters at steps `t`, and the products of the betas of all steps so far.

    Arrays are (steps,) if all runs share them; otherwise they hold one step, as () or (runs,).
    """

    t: Any
    alpha: Any
    beta1: Any
    beta2: Any
    eps: Any
    beta1_product: Any
    beta2_product: Any


class Schedule:
    """The coefficients of every step of a batch, which a method computes from the rates.

    They are computed for up to 256 steps at a time if all runs share them, otherwise step by step.
    beta**t is kept as a running product, which has the same bits for one run and for many and holds
    for a beta that changes with t.
    """

    def __init__(
        self,
        settings: Hyperparameters,
        n_iter: int,
        coefficients: Callable[[Rates], tuple[Any, ...]],
    ) -> None:
        self._settings, self._n_iter, self._coefficients = settings, n_iter, coefficients
        self._per_run = [not callable(value) and np.ndim(value) > 0 for value in settings]
        self._length = max(1, min(256, n_iter))
        self._bad: dict[int, str] = {}
        self._table = np.empty((0, 0))
        self._rows: list[Row] = []

    def __iter__(self) -> Iterator[Row]:
        """Yield alpha and the coefficients of steps 1, 2, …, each valid until the next.

        Raises `UsageError` at a step where a function of t returns a value that is not allowed.
        """
        self._products: tuple[Any, Any] = (np.ones(()), np.ones(()))
        for first in range(1, self._n_iter + 1, self._length):
            t = np.arange(first, min(first + self._length, self._n_iter + 1))
            values = [self._at_steps(*pair, t) for pair in self._settings._asdict().items()]
            rows = self._each_step(t, values) if any(self._per_run) else self._shared(t, values)
            good = min(self._bad, default=first + len(t)) - first
            yield from islice(rows, good)
            if self._bad:
                raise UsageError(self._bad[first + good])

    def _each_step(self, t: IntArray, values: list[FloatArray]) -> Iterator[Row]:
        """Yield the rows of steps `t` for runs that differ in a hyperparameter."""
        for k in range(len(t)):
            alpha, beta1, beta2, eps = (
                v if per_run else v[k] for v, per_run in zip(values, self._per_run, strict=True)
            )
            self._products = (self._products[0] * beta1, self._products[1] * beta2)
            rates = Rates(t[k], alpha, beta1, beta2, eps, *self._products)
            yield alpha, self._coefficients(rates)

    def _shared(self, t: IntArray, values: list[FloatArray]) -> list[Row]:
        """Return the rows of steps `t`, followed by stale ones if there are fewer than usual."""
        alpha, beta1, beta2, eps = values
        products = np.stack([beta1, beta2])
        products[:, 0] *= self._products
        np.multiply.accumulate(products, axis=1, out=products)
        self._products = (products[0, -1], products[1, -1])
        found = self._coefficients(Rates(t, alpha, beta1, beta2, eps, *products))
        if not self._rows:
            self._table = np.empty((1 + len(found), self._length))
            views = [[part[k, ...] for part in self._table] for k in range(self._length)]
            self._rows = [(alpha, tuple(rest)) for alpha, *rest in views]
        for part, column in zip(self._table, (alpha, *found), strict=True):
            part[: len(t)] = column
        return self._rows

    def _at_steps(self, name: str, setting: Setting, t: IntArray) -> FloatArray:
        """Return a hyperparameter at steps `t`, or in all runs if they differ in it."""
        if not callable(setting):
            constant = np.asarray(setting, dtype=float)
            return constant if constant.ndim else np.broadcast_to(constant, t.shape)
        values = np.asarray(setting(t, self._n_iter), dtype=float)
        if values.shape != t.shape:
            found = f"an array of shape {values.shape}"
            raise UsageError(f"{name}: expected a value for each of {len(t)} steps, found {found}")
        bad = first_bad(name, t, values)
        if bad is not None:
            reason = f"{name} is {bad[1]!r} at t = {bad[0]}, expected {expected(name)}"
            self._bad.setdefault(bad[0], reason)
        return values


def decays(
    betas: Sequence[Setting], shape: tuple[int, ...]
) -> tuple[FloatArray, FloatArray, Callable[..., None] | None]:
    """Return the rates of stacked averages of arrays of `shape` (dim, runs), and 1 minus those.

    Both have one row per average, and broadcast. The third is the call that sets them to the rates
    of a step, or None if they are constant.
    """
    constant = [0.0 if callable(beta) else beta for beta in betas]
    if prod(shape) > 1024:
        # NumPy is fastest on equal shapes; for many runs the memory would cost more than that.
        shape = (1, shape[1] if any(np.ndim(beta) for beta in constant) else 1)
    rates = np.stack([np.broadcast_to(np.asarray(beta, float), shape) for beta in constant])
    rest = 1.0 - rates
    changing = [k for k, beta in enumerate(betas) if callable(beta)]

    def change(*new: FloatArray) -> None:
        for k in changing:
            rates[k] = new[k]
        np.subtract(1.0, rates, rest)

    return rates, rest, change if changing else None
