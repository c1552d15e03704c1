"""The inside of a method in the course of a run: gradients, moments and steps by coordinate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.optimizer.hyperparameters import Hyperparameters, Schedule
from adamcli.optimizer.loop import Watch
from adamcli.pictures.course import MOST
from adamcli.thinned import Thinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.config.model import Config
    from adamcli.optimizer.hyperparameters import Setting
    from adamcli.optimizer.result import Record


class Inside(NamedTuple):
    """What is inside a method at the steps `t` (n,), for some coordinates, whose `names` these are.

    `quantities` are the gradient g and the states of the method by symbol, `step` is what the
    coordinates move by against their sign in units of `alpha`; all are (n, coordinates).
    """

    t: IntArray
    names: tuple[str, ...]
    quantities: dict[str, FloatArray]
    step: FloatArray
    alpha: FloatArray


class Replay:
    """Repeats the updates of a run for some of its coordinates, from the slopes it met.

    An update treats every coordinate by itself, so it does to a few, with the same slopes, what it
    did among all. The points begin at 0 at every step: what they are afterwards is the step, with
    all its digits, before bounds and weight decay.
    """

    def __init__(self, config: Config, coordinates: Sequence[int]) -> None:
        self._coordinates = np.array(coordinates, dtype=np.int64)
        names = config.variables.coordinate_names()
        self._names = tuple(names[k] for k in coordinates)
        count, method = len(coordinates), config.method
        self._method = method
        settings = _of(config.hyperparameters, self._coordinates)
        self._schedule = Schedule(settings, config.n_iter, method, count)
        self._rows = iter(self._schedule)
        self._x = np.zeros((count, 1))
        self._states = np.zeros((len(method.states), count, 1))
        self._samples = np.zeros((1 + method.scratch, count, 1))
        self._update = method.bind(self._x, self._states, self._samples, settings)
        self._slope = self._used = self._alpha = np.full(count, np.nan)
        self._t = -1
        self._kept: Thinned[tuple[int, FloatArray]] = Thinned(MOST)
        self._symbols: tuple[str, ...] = ()

    def watching(self, watch: Watch) -> Watch:
        """Return a watch that also takes part in the run."""

        def observe(record: Record) -> None:
            if watch.observe is not None:
                watch.observe(record)
            self._add(record)

        return Watch(observe, (*watch.fields, "slope"), self._begin)

    def _begin(self, record: Record, prospect: float) -> None:
        self._slope = record.more["slope"][self._coordinates]

    def _add(self, record: Record) -> None:
        """Take the next step, and the slope after it."""
        self._t, self._used = record.t, self._slope
        self._alpha, _, coefficients = next(self._rows)
        self._x[:] = 0.0
        self._samples[0, :, 0] = self._used
        with np.errstate(all="ignore"):
            self._update(*coefficients)
        self._slope = record.more["slope"][self._coordinates]
        self._kept.add(self._step)

    def _step(self) -> tuple[int, FloatArray]:
        """Return the last step, and what was inside."""
        with np.errstate(all="ignore"):
            rates = self._schedule.rates_at(self._t + 1)
            shown = self._method.shown(self._states[..., 0], rates)
            size = np.broadcast_to(self._alpha.reshape(-1), self._used.shape)
            step = -self._x[:, 0] / size
        self._symbols = tuple(shown)
        return self._t, np.stack([self._used, *shown.values(), step, size])

    def inside(self) -> Inside:
        """Return what was inside at the steps so far."""
        kept = self._kept.entries()
        symbols = ("g", *self._symbols)
        # A row has the symbols, the step and alpha.
        shape = len(kept), len(symbols) + 2, len(self._names)
        rows = np.array([row for _, row in kept], dtype=float).reshape(shape)
        found = {symbol: rows[:, k] for k, symbol in enumerate(symbols)}
        t = np.array([t for t, _ in kept], dtype=np.int64)
        return Inside(t, self._names, found, rows[:, -2], rows[:, -1])


def _of(settings: Hyperparameters, coordinates: IntArray) -> Hyperparameters:
    """Return the hyperparameters of some coordinates, in which a function of t may differ."""

    def some(setting: Setting) -> Setting:
        if not callable(setting):
            return setting

        def at(t: IntArray, n_iter: int) -> FloatArray:
            values: FloatArray = np.asarray(setting(t, n_iter), dtype=float)
            taken: FloatArray = values[coordinates] if values.ndim > 1 else values
            return taken

        return at

    return Hyperparameters(*map(some, settings))
