"""The search: rounds of short runs from many starts, and descents from the best of their ends.

A round takes 256 starts through some steps of the config's method. The best ends that differ go,
with the candidates of an axis scan, through a quasi-Newton descent each, and where these lead is
merged into the elites, from which most starts of the next round come. When rounds bring nothing
any more the best elites descend as far as numbers allow.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.errors import ObjectiveError
from adamcli.optimizer.status import Status
from adamcli.search.chance import Chance
from adamcli.search.descent import SHORT, Descended, QuasiNewton
from adamcli.search.elites import Elites, distinct
from adamcli.search.explore import explored
from adamcli.search.nearby import lowest_nearby
from adamcli.search.rounding import rounded
from adamcli.search.scan import VALUES, can_scan, scanned
from adamcli.search.starts import FRESH, even, hops, mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.optimizer.loop import Task
    from adamcli.optimizer.verdict import Verdict
    from adamcli.search.descent import Way
    from adamcli.search.evaluator import Evaluator
    from adamcli.search.starts import Starts

FIRST_STEPS, STEPS = 50, 20
"""Steps of the runs in the first round, and in the later ones."""

WIDE, REGION = 8, 0.1
"""So many more descend in the first round, which differ by this part of the box."""

MANY, RAW = 200, 4
"""Of more coordinates than this, so many starts descend before the first round: where there are few
minima, a long descent is all it takes."""

CHOSEN = 8
"""How many ends of runs descend in each round."""

FINALISTS = 8
"""How many elites descend at the end."""

SURPRISES = 10
"""How often a lower point that is found nearby is followed."""

ROUNDING = 2.0**-48
"""Differences of scores below this part of their size are rounding errors."""

GAIN = 1e-9
"""A round that lowers the best merit by less than this part of it has brought nothing."""

SETTLED, LAST = 1e-10, 1e-20
"""A descent within a round ends at such gains, and one at the end."""


LOST = 2
"""Rounds without any finite merit after which a search is given up."""


class Options(NamedTuple):
    """How much a search does.

    `starts` is the number of runs in a round, `usual_starts` unless given. It ends after `rounds`
    more rounds than the first, or when `patience` of them brought nothing, or at the end of a round
    after `seconds`, or when the merit is at most `target`.
    """

    starts: int | None = None
    rounds: int = 12
    patience: int = 3
    seconds: float | None = None
    target: float | None = None


class Progress(NamedTuple):
    """Where a search stands in a round (0, 1, …): the best merit, and evaluations so far."""

    round: int
    best: float
    nfev: int


class Found(NamedTuple):
    """What a search found: the best `elites`, and how.

    `rounds` is how many it took, of which the last `idle` ones brought nothing; `starts` and
    `descents` are counted. `ended` says why: `patience`, `rounds`, `seconds`, `target`, `stopped`,
    or `nowhere` if no merit was finite. `progress` is where it stood in the course of each round.
    """

    elites: Elites
    rounds: int
    idle: int
    starts: int
    descents: int
    ended: str
    progress: tuple[Progress, ...]


class Search:
    """A search for the minimum of a task; its hyperparameters and n_iter do not matter.

    `start` (dim,), if it is given, descends first. With `local` the box is not searched: all other
    starts are hops from where that led. Descents go the `way`, quasi-Newton unless given.
    """

    def __init__(
        self,
        task: Task,
        evaluate: Evaluator,
        options: Options,
        seed: int,
        start: FloatArray | None = None,
        *,
        local: bool = False,
        way: Way | None = None,
    ) -> None:
        self._task, self._evaluate, self._options = task, evaluate, options
        self._seed, self._chance = seed, Chance(seed)
        self._start, self._local, self._way = start, local, way or QuasiNewton()
        self._own: FloatArray | None = None
        self._elites = Elites(evaluate.space)
        self._count = options.starts or usual_starts(evaluate.space.dim)
        self._scan = can_scan(evaluate.space.dim) and not local
        self._began = perf_counter()
        self._descents = 0
        self._spread = np.inf
        self.error: ObjectiveError | None = None
        self._progress: list[Progress] = []

    def run(self, observe: Callable[[Progress], object] | None = None) -> Found:
        """Take all rounds, and return what was found."""
        with np.errstate(all="ignore"):
            return self._run(observe)

    def _run(self, observe: Callable[[Progress], object] | None) -> Found:
        idle, number, ended, control = 0, 0, "", self._evaluate.control
        try:
            while not ended:
                before = self._elites.best
                for _ in self._round(number):
                    self._progress.append(Progress(number, self._elites.best, self._evaluate.nfev))
                    if observe is not None:
                        observe(self._progress[-1])
                idle = 0 if self._gained(before) else idle + 1
                number += 1
                ended = self._reason(number, idle)
            if len(self._elites) and control.stop is None:
                self._finish()
        except ObjectiveError as error:
            self.error, ended = error, "failed"
        except KeyboardInterrupt:
            if not control.keeps:
                raise
            control.stop = control.stop or Status.INTERRUPTED
        if control.stop is not None:
            ended = "stopped"
        elif not len(self._elites) and not self.error:
            ended = "nowhere"
        self._elites.keep(FINALISTS)
        self._prefer_own()
        starts = number * self._count
        course = tuple(self._progress)
        return Found(self._elites, number, idle, starts, self._descents, ended, course)

    def _reason(self, number: int, idle: int) -> str:
        """Return why the search ends after a round, if it does."""
        options = self._options
        if self._evaluate.control.stop is not None:
            return "stopped"
        if not len(self._elites) and number > LOST:
            return "nowhere"
        if options.target is not None and self._elites.best <= options.target:
            return "target"
        if options.seconds is not None and perf_counter() - self._began >= options.seconds:
            return "seconds"
        if idle >= options.patience:
            return "patience"
        return "rounds" if number > options.rounds else ""

    def _gained(self, before: float) -> bool:
        return self._elites.best < before - GAIN * self._scale

    @property
    def _scale(self) -> float:
        """What gains are measured by: the best merit, at least 1, or the spread if that is less."""
        best = abs(self._elites.best)
        return min(self._spread, max(1.0, best) if np.isfinite(best) else 1.0)

    def _round(self, number: int) -> Iterator[None]:
        """Take a round, and yield between its parts."""
        space = self._evaluate.space
        if number == 0 and self._start is not None:
            ends = self._way.first(self._evaluate, self._start)
            self._merge(ends)
            level = ends.merit <= ends.merit.min() + self._level(float(ends.merit.min()))
            self._own = ends.y[:, int(level.argmax())]
            yield
            if self._local:
                return
        if number == 0 and space.dim > MANY:
            some = even(space, 0, RAW, self._seed, self._chance)
            self._merge(self._way.last(self._evaluate, some.y, SETTLED))
            yield
        starts, steps = self._starts(number)
        y, merit, error = explored(self._task, self._evaluate, starts, steps)
        if error is not None:
            self._elites.merge(Descended(y, merit, np.zeros(len(merit), dtype=bool)), hits=0)
            raise error
        yield
        if number == 0 and np.isfinite(merit).any():
            known = merit[np.isfinite(merit)]
            self._spread = float(np.median(known) - known.min()) or np.inf
        chosen, _ = distinct(space, y, merit, CHOSEN)
        if number == 0:
            # The best of other regions as well, so that the table has their minima.
            wide, _ = distinct(space, y, merit, WIDE, REGION)
            chosen = np.array([*dict.fromkeys([*chosen.tolist(), *wide.tolist()])], dtype=np.int64)
        if len(chosen):
            candidates = [y[:, chosen], *self._scans(y, merit, chosen)]
            yield
            self._descend(np.concatenate(candidates, axis=1))
            yield

    def _starts(self, number: int) -> tuple[Starts, int]:
        """Return the starts of a round, and how many steps their runs take."""
        space, count, chance = self._evaluate.space, self._count, self._chance
        elites = self._elites
        if self._local and len(elites):
            return hops(space, elites, count, chance), STEPS
        if number == 0 or not len(elites):
            return even(space, number * count, count, self._seed, chance), FIRST_STEPS
        fresh = max(1, int(FRESH * count))
        some = even(space, count + (number - 1) * fresh, fresh, self._seed, chance)
        return mixed(space, elites, some, count, chance), STEPS

    def _scans(self, y: FloatArray, merit: FloatArray, chosen: IntArray) -> list[FloatArray]:
        """Return the candidates of scans: of the best place and of a random elite."""
        elites = self._elites
        if not self._scan:
            return []
        if not len(elites):
            best = int(chosen[0])
            return [scanned(self._evaluate, y[:, best], float(merit[best]), self._chance)]
        places = [0, int(self._chance.below(len(elites), 1)[0])]
        return [
            scanned(self._evaluate, elites.y[:, k], float(elites.merit[k]), self._chance)
            for k in places
        ]

    def _descend(self, candidates: FloatArray) -> None:
        """Let descents begin at the candidates (dim, runs) that are not at known minima."""
        unknown = self._elites.unknown(candidates)
        self._descents += len(unknown) - int(unknown.sum())
        if unknown.any():
            tolerance = SETTLED * self._scale
            self._merge(self._way.short(self._evaluate, candidates[:, unknown], tolerance))

    def _merge(self, ends: Descended) -> None:
        """Take the ends of descents among the elites."""
        self._descents += len(ends.merit)
        self._elites.merge(ends)

    def _level(self, merit: float) -> float:
        """Return what merits may differ by and still count as equal."""
        return max(self.tolerance, self._way.ties * abs(merit)) if np.isfinite(merit) else 0.0

    def _prefer_own(self) -> None:
        """Put that of equal minima first to which the start leads, so that names do not swap."""
        elites = self._elites
        if self._own is None or not len(elites):
            return
        equal = np.flatnonzero(elites.merit <= elites.best + self._level(elites.best))
        away = self._evaluate.space.distance(elites.y[:, equal], self._own[:, np.newaxis])
        elites.first(int(equal[int(away.argmin())]))

    def _finish(self) -> None:
        """Let the best elites descend to the last digit, and round what can be rounded."""
        elites = self._elites
        elites.keep(FINALISTS)
        elites.replace(self._to_the_end(elites.y))
        for _ in range(SURPRISES):
            y, merit = lowest_nearby(self._evaluate, elites.y[:, 0], elites.best, self._chance)
            if not merit < elites.best - self.tolerance:
                return
            elites.merge(self._to_the_end(y[:, np.newaxis]), hits=0)

    def _to_the_end(self, y: FloatArray) -> Descended:
        """Return where descents from `y` (dim, places) end, with fewer decimals if that will do."""
        ends = self._way.last(self._evaluate, y, LAST * self._scale)
        if not self._way.rounds:
            return ends
        y, merit = rounded(self._evaluate, ends.y)
        return Descended(y, merit, ends.settled)

    @property
    def tolerance(self) -> float:
        """What is left to gain at a minimum: rounding, and what no round would count as a gain."""
        return ROUNDING * abs(self._elites.best) + SETTLED * self._scale

    def verdicts(self, names: Sequence[str]) -> list[Verdict]:
        """Return the verdict on each of the places found, with the `names` of the coordinates."""
        from adamcli.search.certificate import certified

        elites = self._elites
        return [
            certified(
                self._evaluate,
                elites.y[:, k].copy(),
                float(elites.merit[k]),
                self.tolerance,
                self._chance,
                names,
            )
            for k in range(len(elites))
        ]


def usual_starts(dim: int) -> int:
    """Return the usual number of starts in a round: 256, or fewer of many coordinates."""
    return max(16, min(256, 256 * MANY // dim))


def evaluations_of(dim: int, starts: int, rounds: int) -> int:
    """Return about how many points a search in `dim` variables evaluates, at most."""
    scan = 2 * VALUES * dim if can_scan(dim) else 0
    each = starts * (STEPS + 1) + scan + (CHOSEN + 4) * SHORT
    return starts * (FIRST_STEPS - STEPS) + rounds * each + FINALISTS * 2 * SHORT
