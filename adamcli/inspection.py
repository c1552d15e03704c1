"""What can be found out without a run: whether gradient and values are right, and the cost."""

from __future__ import annotations

from functools import partial
from math import inf, isfinite, nan
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.headers import header_of
from adamcli.errors import ObjectiveError
from adamcli.experiment import prepare, start_of
from adamcli.names import normal, words_of
from adamcli.objective.formula import FormulaObjective
from adamcli.optimizer.draws import legacy_rand
from adamcli.optimizer.hyperparameters import NAMES
from adamcli.optimizer.loop import minimize_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adamcli.arrays import Array, FloatArray, IntArray
    from adamcli.config.model import Config
    from adamcli.objective.base import BatchFunction
    from adamcli.optimizer.bounds import Bounds
    from adamcli.optimizer.loop import Task

    _Reference = Callable[[FloatArray, IntArray], FloatArray]

POINTS = 8
"""Points at which the gradient is compared: the start and seeded ones."""

SAMPLES = 256
"""Points at which a formula is checked for values that are not finite."""

MOST_COORDINATES = 64
"""The most coordinates to compare; from more, a seeded sample is drawn."""

TOLERANCE = {"derived": 1e-8, "by hand": 1e-6}
"""The largest relative error of a gradient; that of all others is 1e-4."""

TIMED_SECONDS = 0.2
"""Steps are timed for about this long."""


class GradientError(NamedTuple):
    """The worst derivative: its place, its value in the gradient, and the value for comparison."""

    coordinate: str
    x: tuple[float, ...]
    gradient: float
    reference: float
    relative_error: float


class Inspection(NamedTuple):
    """Everything found; `failure` is the message of an objective that could not be evaluated.

    `not_finite` of the `samples` points have a value or gradient that is not finite; `example` is
    one of them. At all the others the derivatives of the `ignored` variables are 0. Nothing uses
    the `unused` lines, constants and entries of `data`. `step_seconds` is the time of one step
    without output.
    """

    dim: int
    n_iter: int
    method: str = ""
    worst: GradientError | None = None
    tolerance: float = inf
    start_is_finite: bool = False
    not_finite: int = 0
    samples: int = 0
    example: tuple[float, ...] | None = None
    ignored: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    step_seconds: float = inf
    failure: str = ""

    @property
    def passed(self) -> bool:
        """Whether the objective can be run: it works, and its gradient is right."""
        wrong = self.worst is not None and not self.worst.relative_error <= self.tolerance
        return not self.failure and self.start_is_finite and not wrong


def inspect_config(config: Config, *, allow_python: bool = False) -> Inspection:
    """Return what can be found out about `config` without running it.

    Raises `UsageError` if the objective is code and code is not allowed.
    """
    task = prepare(config, allow_python=allow_python)
    try:
        with np.errstate(all="ignore"):
            return _inspect(config, task)
    except ObjectiveError as error:
        return Inspection(config.variables.dim, config.n_iter, failure=str(error))


def _inspect(config: Config, task: Task) -> Inspection:
    whole, start = task.objective.whole(), start_of(config)
    values = whole.values
    is_formula = isinstance(values, FormulaObjective)
    points = _points(config, start, SAMPLES if is_formula else POINTS)
    value, gradient = np.empty(points.shape[1]), np.empty(points.shape)
    for call in whole.bind(points.copy(), value, gradient).calls:
        call()
    finite = np.isfinite(value) & np.isfinite(gradient).all(axis=0)
    bad = np.flatnonzero(~finite)
    usable = np.flatnonzero(finite)[:POINTS]
    moves = (gradient[:, finite] != 0).any(axis=1)
    slopes = config.direction.sign * gradient[:, usable]
    reference: _Reference = partial(_extrapolated, values, config.bounds)
    if is_formula:
        reference = partial(_complex_step, values)
    return Inspection(
        dim=config.variables.dim,
        n_iter=config.n_iter,
        method="complex step" if is_formula else "extrapolated differences",
        worst=_worst(config, reference, points[:, usable], slopes),
        tolerance=TOLERANCE.get(config.objective.gradient, 1e-4),
        start_is_finite=bool(finite[0]),
        not_finite=len(bad),
        samples=points.shape[1],
        example=tuple(points[:, bad[0]].tolist()) if len(bad) else None,
        ignored=tuple(
            v.name for v in config.variables.all if not moves[v.offset : v.offset + v.size].any()
        ),
        unused=_unused(config, values),
        step_seconds=_seconds_per_step(task, start),
    )


def _unused(config: Config, values: object) -> tuple[str, ...]:
    """Return the lines, constants and entries of `data` that no formula needs."""
    others = [value for key, value in config.given.items() if key in ("metrics", *NAMES)]
    needed = {word for text in _texts_in(others) for word in words_of(text)}
    names: list[str] = []
    if isinstance(values, FormulaObjective):
        needed, names = values.needed(needed), [*values.lines]
    constants, data = (config.given.get(key) for key in ("constants", "data"))
    if isinstance(constants, dict):
        names += map(normal, constants)
    if isinstance(data, dict):
        # A file as a whole may well have more columns than are used.
        names += header_of(data).titles
    return tuple(name for name in names if name not in needed)


def _texts_in(value: Any) -> Iterator[str]:
    """Yield all texts in nested values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts_in([*value.values()])
    elif isinstance(value, list):
        for each in value:
            yield from _texts_in(each)


def _points(config: Config, start: FloatArray, count: int) -> FloatArray:
    """Return the start and seeded points inside the bounds, an array (dim, count)."""
    low, high = config.bounds.low, config.bounds.high
    low = np.where(np.isfinite(low), low, np.minimum(start, high) - 1.0)
    high = np.where(np.isfinite(high), high, np.maximum(start, low) + 1.0)
    drawn = np.array(legacy_rand(config.seed, len(start) * (count - 1)))
    inside = low[:, None] + drawn.reshape(len(start), -1) * (high - low)[:, None]
    return np.column_stack([start, inside])


def _worst(
    config: Config, reference: _Reference, points: FloatArray, gradient: FloatArray
) -> GradientError | None:
    """Return where `gradient` (dim, points) is worst; None if it cannot be compared anywhere."""
    order = np.argsort(legacy_rand(config.seed, len(points)))
    chosen = np.sort(order[:MOST_COORDINATES])
    names, worst = config.variables.coordinate_names(), None
    for point, found in zip(points.T, gradient.T, strict=True):
        expected = reference(point, chosen)
        scale = max(float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0)), 1e-300)
        for k, wanted in zip(chosen.tolist(), expected.tolist(), strict=True):
            error = abs(found[k] - wanted) / max(abs(wanted), abs(found[k]), 1e-6 * scale)
            if isfinite(wanted) and (worst is None or error > worst.relative_error):
                x = tuple(point.tolist())
                worst = GradientError(names[k], x, float(found[k]), wanted, float(error))
    return worst


def _moved(values: BatchFunction, point: FloatArray, chosen: IntArray, steps: Array) -> Array:
    """Return the values at `point` with one coordinate moved by each of `steps` (..., chosen)."""
    points = np.repeat(point[:, None].astype(steps.dtype), steps.size, axis=1)
    points[np.resize(chosen, steps.size), np.arange(steps.size)] += steps.ravel()
    out = np.empty(steps.size, dtype=steps.dtype)
    for call in values.bind_values(points, out):
        call()
    return out.reshape(steps.shape)


def _complex_step(values: BatchFunction, point: FloatArray, chosen: IntArray) -> FloatArray:
    """Return derivatives along the imaginary axis, which have no cancellation error."""
    step = 1e-20 * np.maximum(1.0, np.abs(point[chosen]))
    derivatives: FloatArray = _moved(values, point, chosen, 1j * step).imag / step
    return derivatives


def _extrapolated(
    values: BatchFunction, bounds: Bounds, point: FloatArray, chosen: IntArray
) -> FloatArray:
    """Return central differences, extrapolated to step 0 (Richardson 1911; Ridders 1982).

    The estimate in the table that differs least from its neighbours is taken. It is NaN for a
    coordinate that has no room between its bounds.
    """
    levels = 7
    low, high, x = bounds.low[chosen], bounds.high[chosen], point[chosen]
    step = np.minimum(0.05 * np.maximum(1.0, np.abs(x)), np.minimum(x - low, high - x))
    steps = step / 2.0 ** np.arange(levels)[:, None]
    f = _moved(values, point, chosen, np.stack([steps, -steps], axis=1))
    column = (f[:, 0] - f[:, 1]) / (2 * steps)
    estimates, errors = [column[0]], [np.full(len(chosen), inf)]
    for order in range(1, levels):
        previous, factor = column, 4.0**order
        column = (factor * previous[1:] - previous[:-1]) / (factor - 1)
        estimates.extend(column)
        errors.extend(np.maximum(np.abs(column - previous[1:]), np.abs(column - previous[:-1])))
    best = np.stack(estimates)[np.nanargmin(errors, axis=0), np.arange(len(chosen))]
    return np.where(step > 0, best, np.nan)


def _seconds_per_step(task: Task, start: FloatArray) -> float:
    """Return the seconds per step, or NaN if the run ends at its start."""
    steps = least = task.objective.updates
    seconds, taken = 0.0, 1
    while seconds < TIMED_SECONDS / 4 and steps <= 4096 * least and taken:
        steps *= 4
        began = perf_counter()
        outcome = minimize_batch(task._replace(n_iter=steps), start[:, None])
        seconds, taken = perf_counter() - began, int(outcome.nit[0])
    return seconds / taken if taken else nan
