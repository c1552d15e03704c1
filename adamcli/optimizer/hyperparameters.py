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
    from adamcli.optimizer.method import Method

TimeFunction: TypeAlias = "Callable[[IntArray, int], FloatArray]"
"""Called with steps `t` (1, 2, …) and `n_iter`, it returns one value per step, an array (steps,),
or one for each coordinate as well, an array (dim, steps)."""

Setting: TypeAlias = "float | FloatArray | TimeFunction"
"""One number for all runs, an array (runs,) or (dim, runs), or a function of the step."""


class Fading(np.ndarray[Any, np.dtype[np.float64]]):
    """Numbers (runs,) or (dim, runs) that are multiplied by a `factor` of the step."""

    factor: TimeFunction

    @classmethod
    def of(cls, first: FloatArray, factor: TimeFunction) -> Fading:
        """Return the numbers `first` with their factor."""
        found = first.view(cls)
        found.factor = factor
        return found

    def __array_finalize__(self, source: Any) -> None:
        self.factor = getattr(source, "factor", _constant)

    def at(self, t: IntArray, n_iter: int) -> FloatArray:
        """Return the numbers at the step `t` (1,)."""
        return np.asarray(self) * self.factor(t, n_iter)


def _constant(t: IntArray, n_iter: int) -> FloatArray:
    return np.ones(len(t))


class Row(NamedTuple):
    """What a step needs: alpha, to be reported, what x shrinks by, and the method's coefficients.

    Each is () or (runs,), or (dim, 1) or (dim, runs) where it differs between coordinates. `shrink`
    is None without weight decay.
    """

    alpha: FloatArray
    shrink: FloatArray | None
    coefficients: tuple[Any, ...]


class Hyperparameters(NamedTuple):
    """The hyperparameters of all methods, with the defaults of the Adam paper.

    `weight_decay` is decoupled from the gradient (Loshchilov and Hutter 2019, algorithm 2): before
    each step x is multiplied by 1 - alpha * weight_decay.
    """

    alpha: Setting = 0.001
    beta1: Setting = 0.9
    beta2: Setting = 0.999
    eps: Setting = 1e-8
    weight_decay: Setting = 0.0


NAMES = Hyperparameters._fields


def is_rate(name: str) -> bool:
    """Return whether a hyperparameter is the decay rate of an average, the same everywhere in x."""
    return name.startswith("beta")


def expected(name: str) -> str:
    """Return a description of the values allowed for hyperparameter `name`."""
    return (
        "a number from 0 up to, but not including, 1" if is_rate(name) else "a number, 0 or above"
    )


def allowed(name: str, values: float | FloatArray) -> BoolArray:
    """Return whether each of `values` is allowed for hyperparameter `name`; NaN never is."""
    v = np.asarray(values, dtype=float)
    good: BoolArray = (v >= 0) & (v < (1.0 if is_rate(name) else np.inf))
    return good


def first_bad(name: str, t: IntArray, values: FloatArray) -> tuple[int, float] | None:
    """Return the first of the steps `t` with a value that is not allowed, and that value.

    `values` is (steps,) or (dim, steps).
    """
    good = allowed(name, values)
    if good.all():
        return None
    k = int(np.flatnonzero(~good.reshape(-1, len(t)).all(axis=0))[0])
    return int(t[k]), float(values[..., k][~good[..., k]].flat[0])


def check(hyperparameters: Hyperparameters) -> None:
    """Raise `UsageError` for a number out of range; functions are checked step by step."""
    for name, setting in hyperparameters._asdict().items():
        if not callable(setting):
            bad = np.atleast_1d(setting)[~np.atleast_1d(allowed(name, setting))]
            if bad.size:
                raise UsageError(f"{name}: expected {expected(name)}, found {bad[0]}")


def taken(settings: Hyperparameters, runs: IntArray | slice) -> Hyperparameters:
    """Return the hyperparameters of some runs."""
    each: dict[str, Any] = settings._asdict()
    return Hyperparameters(**{n: v[..., runs] if is_per_run(v) else v for n, v in each.items()})


def is_per_run(setting: Setting) -> bool:
    """Return whether a hyperparameter has a number of its own for each run."""
    return not callable(setting) and np.ndim(setting) > 0


def size_of(setting: Setting, n_iter: int) -> int:
    """Return how many coordinates a hyperparameter has values for; 1 if they all share one."""
    if not callable(setting) or n_iter < 1:
        return 1
    return max(1, np.size(setting(np.array([1]), n_iter)))


class Rates(NamedTuple):
    """The hyperparameters at steps `t`, and the products of the decay rates of all steps so far.

    Arrays are (steps,) if all runs share them, or (dim, steps) if coordinates differ; otherwise
    they hold one step, in the shapes of a `Row`.
    """

    t: Any
    alpha: Any
    beta1: Any
    beta2: Any
    eps: Any
    weight_decay: Any
    beta1_product: Any
    beta2_product: Any


class Schedule:
    """The rows of all steps of a batch, whose coefficients the method computes from the rates.

    They are computed for many steps at a time if all runs share them, otherwise step by step. The
    products of the decay rates are kept as running products, which have the same bits for one run
    and for many and hold for a beta that changes with t.
    """

    def __init__(
        self, settings: Hyperparameters, n_iter: int, method: Method, dim: int = 1
    ) -> None:
        self._settings, self._n_iter, self._method = settings, n_iter, method
        self._dim = dim
        self._per_run = [is_per_run(value) for value in settings]
        self._products: tuple[Any, Any] = (np.ones(()), np.ones(()))
        decay = settings.weight_decay
        self._shrinks = callable(decay) or bool(np.any(decay))
        self._bad: dict[int, str] = {}
        self._stages: list[FloatArray] = []
        self._rows: list[Row] = []
        self._length = 1
        most = max(size_of(setting, n_iter) for setting in settings)
        self._length = max(1, min(256, n_iter, 65_536 // most))

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows of steps 1, 2, …, each valid until the next.

        Raises `UsageError` at a step where a function of t returns a value that is not allowed.
        """
        for first in range(1, self._n_iter + 1, self._length):
            t = np.arange(first, min(first + self._length, self._n_iter + 1))
            values = [self._at_steps(name, t) for name in NAMES]
            rows = self._each_step(t, values) if any(self._per_run) else self._shared(t, values)
            good = min(self._bad, default=first + len(t)) - first
            yield from islice(rows, good)
            if self._bad:
                raise UsageError(self._bad[first + good])

    def rates_at(self, t: int) -> Rates:
        """Return the rates of step `t`, whose row was yielded last; all runs must share them.

        Each is () or, where coordinates differ, (dim,).
        """
        k = t - int(self._latest.t[0])
        return Rates(*(values[..., k] for values in self._latest))

    def keep(self, runs: IntArray) -> None:
        """Go on with the given ones of the runs."""
        self._settings = taken(self._settings, runs)
        first, second = (p[runs] if np.ndim(p) else p for p in self._products)
        self._products = (first, second)

    def _each_step(self, t: IntArray, values: list[FloatArray]) -> Iterator[Row]:
        """Yield the rows of steps `t` for runs that differ in a hyperparameter."""
        for k in range(len(t)):
            now: dict[str, Any] = {
                name: self._own(name, t[k : k + 1])
                if per_run
                else (v[k] if v.ndim == 1 else v[:, k, np.newaxis])
                for name, v, per_run in zip(NAMES, values, self._per_run, strict=True)
            }
            rates = self._method.decay_rates(t[k], now["beta1"], now["beta2"])
            first, second = (p * rate for p, rate in zip(self._products, rates, strict=True))
            self._products = (first, second)
            yield self._row(Rates(t[k], **now, beta1_product=first, beta2_product=second))

    def _own(self, name: str, t: IntArray) -> FloatArray:
        """Return a hyperparameter in which the runs differ, at the step `t` (1,)."""
        setting: FloatArray = getattr(self._settings, name)
        return setting.at(t, self._n_iter) if isinstance(setting, Fading) else setting

    def _shared(self, t: IntArray, values: list[FloatArray]) -> list[Row]:
        """Return the rows of steps `t`, followed by stale ones if there are fewer than usual."""
        products = np.stack(self._method.decay_rates(t, *values[1:3]))
        products[:, 0] *= self._products
        np.multiply.accumulate(products, axis=1, out=products)
        self._products = (products[0, -1], products[1, -1])
        named: dict[str, Any] = dict(zip(NAMES, values, strict=True))
        ends = {"beta1_product": products[0], "beta2_product": products[1]}
        self._latest = Rates(t, **named, **ends)
        found = self._row(self._latest)
        parts = [found.alpha, found.shrink, *found.coefficients]
        filled = [part for part in parts if part is not None]
        if not self._rows:
            # The views of a table that is filled again and again save a third of a small step.
            self._stages = [np.empty((*np.shape(part)[:-1], self._length)) for part in filled]
            views = [[_at(stage, k) for stage in self._stages] for k in range(self._length)]
            for alpha, *rest in views:
                shrink = rest.pop(0) if self._shrinks else None
                self._rows.append(Row(alpha, shrink, tuple(rest)))
        for stage, part in zip(self._stages, filled, strict=True):
            stage[..., : len(t)] = part
        return self._rows

    def _row(self, rates: Rates) -> Row:
        shrink = 1.0 - rates.alpha * rates.weight_decay if self._shrinks else None
        return Row(rates.alpha, shrink, self._method.coefficients(rates))

    def _at_steps(self, name: str, t: IntArray) -> FloatArray:
        """Return a hyperparameter at steps `t`, or in all runs if they differ in it."""
        setting = getattr(self._settings, name)
        if not callable(setting):
            constant = np.asarray(setting, dtype=float)
            return constant if constant.ndim else np.broadcast_to(constant, t.shape)
        values = np.asarray(setting(t, self._n_iter), dtype=float)
        if values.shape != t.shape and (is_rate(name) or values.shape != (self._dim, *t.shape)):
            found = f"found an array of shape {values.shape}"
            each = "" if is_rate(name) else f", or an array {(self._dim, len(t))}"
            raise UsageError(f"{name}: expected a value for each of {len(t)} steps{each}, {found}")
        bad = first_bad(name, t, values)
        if bad is not None:
            reason = f"{name} is {bad[1]!r} at t = {bad[0]}, expected {expected(name)}"
            self._bad.setdefault(bad[0], reason)
        return values


def _at(stage: FloatArray, k: int) -> FloatArray:
    """Return the view of step `k`, () or (dim, 1)."""
    return stage[k, ...] if stage.ndim == 1 else stage[:, k : k + 1]


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
