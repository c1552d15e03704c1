"""A plan cut into blocks of runs, and what is computed for each of them."""

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
"""How long a block is to take: long against its overhead, short against one's patience."""

LONG_SECONDS = 10.0
"""How long a block may take at the most, if its runs are many: what it holds is lost by a kill."""

MOST_RUNS = 200_000
"""Runs of a block, at the most."""

MOST_NUMBERS = 4_000_000
"""Numbers in the results of a block, at the most."""

LEAST_RUNS = 512
"""Runs of a block at the end of a plan, where blocks get smaller to keep all workers busy."""


Encoder = Callable[[Rows], str]
"""Writes rows as text. Workers do it, as it may take longer than the runs."""


class Done(NamedTuple):
    """A block that was computed: its scores, its rows if they are wanted, their texts, the time."""

    block: RunRange
    rows: Rows | None
    texts: tuple[str, ...]
    seconds: float
    scores: Scores | None = None


class Work(NamedTuple):
    """What a worker has to know: the variations, and what is wanted of their results.

    With `points` runs keep where their best score was, and not the score alone. `encoders` write
    rows as texts. The rows themselves are sent if `rows`, else their scores by `ranking`.
    """

    variations: Variations
    points: bool = True
    encoders: tuple[Encoder, ...] = ()
    rows: bool = True
    ranking: Ranking = Ranking()

    def compute(self, block: RunRange, control: Control | None = None) -> Done:
        """Return the results of a block."""
        began = perf_counter()
        runs = np.arange(block.first, block.end)
        rows = self.variations.compute(runs, points=self.points, control=control)
        texts = tuple(encode(rows) for encode in self.encoders)
        scores = Scores.of(rows, self.ranking)
        seconds = perf_counter() - began
        return Done(block, rows if self.rows else None, texts, seconds, scores)


class Cutter:
    """Cuts what is to be done into blocks, whose size follows the time that they take.

    How a plan is cut has no influence on its results.
    """

    def __init__(
        self, todo: Iterable[RunRange], variations: Variations, jobs: int, seconds: float = SECONDS
    ) -> None:
        self._todo = [block for block in todo if block.size][::-1]
        self._left = sum(block.size for block in self._todo)
        self._jobs, self._seconds = jobs, seconds
        coordinates = len(variations.coordinates)
        self._most = max(1, min(MOST_RUNS, MOST_NUMBERS // (2 * coordinates + 6)))
        width = variations.width
        self._least = min(width, LEAST_RUNS)
        self._size = max(1, min(width * min(variations.programs.count, 16), self._most))
        # Blocks that take long are made smaller, but not so small that arrays lose their worth.
        self._floor = min(self._size, self._least * min(variations.programs.count, KEPT_PROGRAMS))
        self._long = 4 * seconds if width == 1 else LONG_SECONDS

    def next(self) -> RunRange | None:
        """Return the next block, or None if nothing is left."""
        if not self._todo:
            return None
        # Towards the end blocks get smaller, so that several workers end together.
        fair = max(self._left // (3 * self._jobs), self._least) if self._jobs > 1 else self._left
        block = self._todo.pop()
        cut = min(block.end, block.first + min(self._size, fair))
        if cut < block.end:
            self._todo.append(RunRange(cut, block.end))
        self._left -= cut - block.first
        return RunRange(block.first, cut)

    def give_back(self, block: RunRange) -> None:
        """Put back a block that was lost on the way."""
        self._todo.append(block)
        self._left += block.size

    def learn(self, done: Done) -> None:
        """Note how long a block took."""
        if done.block.size >= self._size and done.seconds < self._seconds / 2:
            self._size = min(2 * self._size, self._most)
        elif done.seconds > self._long:
            self._size = max(self._floor, self._size // 2)
