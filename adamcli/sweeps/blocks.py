"""A plan cut into blocks of runs, and the work that is done for each block."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.sweeps.plan import RunRange
from adamcli.sweeps.rows import Rows
from adamcli.sweeps.scores import Ranking, Scores
from adamcli.sweeps.variations import KEPT_PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.optimizer.loop import Control
    from adamcli.sweeps.variations import Variations

SECONDS = 0.02
"""How long a block should take: much longer than its overhead, too short to wait for."""

MOST_RUNS = 200_000
MOST_NUMBERS = 4_000_000
"""Runs of a block, and numbers in its results, at most."""

LEAST_RUNS = 512
"""Runs of a block at the end of a plan, where blocks get smaller to keep all workers busy."""

Encoder = Callable[[Rows], str]
"""Writes rows as text. Workers call it, as it may take longer than the runs."""


class Done(NamedTuple):
    """A finished block: its scores, its rows if they are wanted, their texts, and its time."""

    block: RunRange
    scores: Scores
    rows: Rows | None
    texts: tuple[str, ...]
    seconds: float


class Work(NamedTuple):
    """What a worker needs to know: the variations, and which of their results are wanted.

    With `points` runs keep the points of their scores. `encoders` write rows as texts. If `rows`,
    the rows themselves are returned along with their scores by `ranking`.
    """

    variations: Variations
    points: bool = True
    encoders: tuple[Encoder, ...] = ()
    rows: bool = True
    ranking: Ranking = Ranking()

    def compute(self, block: RunRange, control: Control | None = None) -> Done:
        """Return the results of a block."""
        began = perf_counter()
        rows = self.variations.compute(np.arange(*block), points=self.points, control=control)
        texts = tuple(encode(rows) for encode in self.encoders)
        scores = Scores.of(rows, self.ranking)
        seconds = perf_counter() - began
        return Done(block, scores, rows if self.rows else None, texts, seconds)


class Cutter:
    """Cuts what is to be done into blocks, whose size follows the time they take.

    How a plan is cut does not affect its results.
    """

    def __init__(
        self, todo: Iterable[RunRange], variations: Variations, jobs: int, seconds: float = SECONDS
    ) -> None:
        self._todo = [block for block in todo if block.size][::-1]
        self._left = sum(block.size for block in self._todo)
        self._jobs, self._seconds = jobs, seconds
        width, programs = variations.width, variations.programs.count
        self._most = max(1, min(MOST_RUNS, MOST_NUMBERS // (2 * len(variations.coordinates) + 6)))
        self._least = min(width, LEAST_RUNS)
        self._size = max(1, min(width * min(programs, 16), self._most))
        # Slow blocks get smaller, but never so small that arrays no longer pay off.
        self._floor = min(self._size, self._least * min(programs, KEPT_PROGRAMS))
        # A kill loses what is in a block, so that even one of many runs may not take longer.
        self._long = 4 * seconds if width == 1 else 10.0

    def next(self) -> RunRange | None:
        """Return the next block, or None if nothing is left."""
        if not self._todo:
            return None
        # Towards the end blocks get smaller, so that all workers finish together.
        fair = max(self._left // (3 * self._jobs), self._least) if self._jobs > 1 else self._left
        block = self._todo.pop()
        cut = min(block.end, block.first + min(self._size, fair))
        if cut < block.end:
            self._todo.append(RunRange(cut, block.end))
        self._left -= cut - block.first
        return RunRange(block.first, cut)

    def give_back(self, block: RunRange) -> None:
        """Put back a block that was lost."""
        self._todo.append(block)
        self._left += block.size

    def learn(self, done: Done) -> None:
        """Adapt the size of blocks to the time that one took."""
        if done.block.size >= self._size and done.seconds < self._seconds / 2:
            self._size = min(2 * self._size, self._most)
        elif done.seconds > self._long:
            self._size = max(self._floor, self._size // 2)
