"""Minibatches: a formula of data, evaluated at some rows of them after the other.

A step of a run is an epoch, in which every row is used once: its updates take the gradients of one
batch each, and its score is that of all rows. In what order the rows come depends on the seed and
the number of the epoch alone.
"""

from __future__ import annotations

from copy import copy
from functools import cache, partial
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.objective.base import Evaluation, Objective
from adamcli.objective.graph import Refilled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.objective.formula import FormulaObjective
    from adamcli.objective.tree import Formula

    Call = Callable[[], object]

VALIDATION = "validation"
"""The name of the score of the rows that are held out."""


class Batches(NamedTuple):
    """How a run goes through its data, `epochs` times, and what it measures after each epoch.

    `rows` are the arrays that are cut into batches of `size` rows, by name, and `held` those of the
    rows that are held out, if any. Without `rows` each update takes all data. `metrics` are
    formulas that may use the lines of the objective, each with its name.
    """

    rows: Mapping[str, FloatArray] = {}
    held: Mapping[str, FloatArray] = {}
    size: int = 1
    shuffle: bool = True
    epochs: int | None = None
    metrics: tuple[tuple[str, Formula], ...] = ()

    @property
    def row_count(self) -> int:
        """The number of rows that are not held out."""
        return len(next(iter(self.rows.values()))) if self.rows else 1

    @property
    def held_count(self) -> int:
        """The number of rows that are held out."""
        return len(next(iter(self.held.values()))) if self.held else 0

    @property
    def updates(self) -> int:
        """The number of updates in an epoch."""
        return -(-self.row_count // self.size)

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of all that is measured after each epoch, besides the score."""
        own = (name for name, _ in self.metrics)
        return (VALIDATION, *own) if self.held else tuple(own)

    @property
    def ranks(self) -> bool:
        """Whether the first of the measures, the validation score, says which point is best."""
        return bool(self.held)

    @property
    def is_ordered(self) -> bool:
        """Whether the course of a run depends on the order of the rows."""
        return self.shuffle and self.updates > 1


class MinibatchObjective(Objective):
    """The formula `whole`, whose gradient is that of one batch after the other.

    A batch of all rows is the formula itself. The `seeds` (runs,) decide in which order the runs
    take the rows; of a single one, they all take them in the same order.
    """

    cheap = True

    def __init__(self, whole: FormulaObjective, batches: Batches, seeds: IntArray) -> None:
        self._whole, self._batches, self._seeds = whole, batches, seeds
        formulas = [formula for _, formula in batches.metrics]
        self._measured = whole.program_with(formulas, batches.held)
        self.values = whole.values
        self.measures, self.updates = batches.measures, batches.updates
        self._parts: list[_Part] = []
        self._feed: _Feed | None = None
        if batches.updates > 1:
            rest = batches.row_count % batches.size
            self._parts = [_Part.of(whole, batches, n) for n in (batches.size, rest) if n]
        self.entries = whole.entries + self._measured.entries
        self.entries += sum(part.objective.entries for part in self._parts) + self._copied

    @property
    def _copied(self) -> int:
        """How many copied numbers there are per run."""
        shared = len(self._seeds) == 1
        places = [place for part in self._parts for place in part.places.values()]
        return 0 if shared else sum(prod(place.shape) for place in places)

    def whole(self) -> FormulaObjective:
        """Return the formula of all rows that are not held out."""
        return self._whole

    def seeded(self, seeds: IntArray) -> MinibatchObjective:
        """Return the objective with the orders of rows that belong to other seeds."""
        found = copy(self)
        found._seeds = seeds[:1] if (seeds == seeds[0]).all() else seeds
        found._feed = None
        found.entries = self.entries - self._copied + found._copied
        return found

    def taken(self, runs: IntArray) -> MinibatchObjective:
        """Return the objective of some of its runs, which goes on where those stand."""
        found = copy(self)
        if len(self._seeds) > 1:
            found._seeds = self._seeds[runs]
        found._feed = self._feed and self._feed.taken(runs)
        return found

    def bind(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Evaluation:
        """Return the evaluation of the score, of the measures, and of the next batch's gradient."""
        batches, runs = self._batches, x.shape[1]
        measures = np.empty((len(batches.measures), runs))
        calls = self._scored(x, f, measures)
        if batches.updates == 1:
            own = self._whole.bind(x, f, g)
            return Evaluation([*own.calls, *calls], own.nfev, (), measures, batches.ranks)
        self._feed = feed = self._feed or _Feed(batches, self._seeds)
        score = np.empty(runs)
        bound = []
        for part in self._parts:
            for place in part.places.values():
                place.array = np.empty((*place.shape, len(self._seeds)))
            bound.append(part.objective.bind(x, score, g).calls)
        following = partial(_evaluate_next, feed, self._parts, bound)
        whole: list[Call] = [*calls, following]
        only: list[Call] = [following]
        passes = [only] * (batches.updates - 1) + [whole]
        return Evaluation([feed.restart, *whole], 1, passes, measures, batches.ranks)

    def _scored(self, x: FloatArray, f: FloatArray, measures: FloatArray) -> Sequence[Call]:
        """Return the calls that fill `measures`, and `f` as well unless that is done elsewhere."""
        if self._batches.held:
            calls = self._measured.bind(x, list(measures))
            alone = self._batches.updates > 1
            return [*self._whole.bind_values(x, f), *calls] if alone else calls
        if self._batches.updates == 1:
            f = np.empty(x.shape[1])
        return self._measured.bind(x, [f, *measures])


class _Part(NamedTuple):
    """The objective of one batch, whose rows are put into their places."""

    places: Mapping[str, Refilled]
    objective: FormulaObjective

    @classmethod
    def of(cls, whole: FormulaObjective, batches: Batches, size: int) -> _Part:
        """Return the part for batches of `size` rows."""
        places = {name: Refilled((size, *a.shape[1:])) for name, a in batches.rows.items()}
        return cls(places, whole.with_data(places))


class _Feed:
    """Says which rows come next in each run, by the orders (rows, seeds) of an epoch."""

    def __init__(self, batches: Batches, seeds: IntArray) -> None:
        self._batches, self._seeds = batches, seeds
        self.restart()

    def restart(self) -> None:
        """Begin with the first batch of the first epoch."""
        self._epoch, self._first = -1, self._batches.row_count
        self._orders = np.arange(self._batches.row_count)[:, np.newaxis]

    def taken(self, runs: IntArray) -> _Feed:
        """Return what comes next in some of the runs."""
        found = copy(self)
        if len(self._seeds) > 1:
            found._seeds = self._seeds[runs]
            found._orders = self._orders[:, runs] if self._batches.shuffle else self._orders
        return found

    def fill(self, parts: Sequence[_Part]) -> int:
        """Put the rows of the next batch into the places of one part, and return its number."""
        batches = self._batches
        if self._first >= batches.row_count:
            self._epoch, self._first = self._epoch + 1, 0
            if batches.shuffle:
                orders = [order_of(batches.row_count, s, self._epoch) for s in self._seeds.tolist()]
                self._orders = np.stack(orders, axis=1)
        some = self._orders[self._first : self._first + batches.size]
        self._first += batches.size
        number = 0 if len(some) == batches.size else len(parts) - 1
        for name, place in parts[number].places.items():
            if some.shape[1] == 1:
                # "clip" spares NumPy a copy; all places are inside.
                np.take(batches.rows[name], some[:, 0], 0, place.array[..., 0], "clip")
            else:
                place.array[...] = np.moveaxis(np.take(batches.rows[name], some, 0), 1, -1)
        return number


def _evaluate_next(feed: _Feed, parts: Sequence[_Part], bound: Sequence[Sequence[Call]]) -> None:
    for call in bound[feed.fill(parts)]:
        call()


def order_of(count: int, seed: int, epoch: int) -> IntArray:
    """Return the order in which an epoch (0, 1, …) takes `count` rows.

    It is a permutation by NumPy's `RandomState`, whose numbers never change (NEP 19).
    """
    random = _random()
    random.seed([seed, epoch])
    found: IntArray = random.permutation(count)
    return found


@cache
def _random() -> np.random.RandomState:
    # Seeding one again takes a twentieth of making one.
    return np.random.RandomState(0)
