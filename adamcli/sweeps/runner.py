"""A sweep from its first block to its last: computed somewhere, stored, and handed on in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from adamcli.cores import cores
from adamcli.optimizer.loop import BLOCK_ENTRIES
from adamcli.sweeps.blocks import LEAST_RUNS, Cutter, Done, Encoder, Work
from adamcli.sweeps.plan import RunRange, rest_of
from adamcli.sweeps.workers import compute_here, compute_in_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from adamcli.optimizer.loop import Control
    from adamcli.sweeps.rows import Rows
    from adamcli.sweeps.scores import Scoreboard
    from adamcli.sweeps.store import Store
    from adamcli.sweeps.variations import Variations

SMALL_SECONDS = 0.03
"""A sweep that is estimated to take less is computed here: workers would take longer to start."""

NUMBER_SECONDS = 1e-9
"""About what a step costs for each number that belongs to a run."""


KEPT_BYTES = 16 * 2**20
"""More than the arrays of a block of formulas take together."""


class Output(Protocol):
    """Something that takes all rows, in the order of the runs."""

    @property
    def encoder(self) -> Encoder | None:
        """What makes texts of rows; workers call it."""

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows, or for an output with an encoder what that made of them."""


class Sweep(NamedTuple):
    """What is to be done: the runs of `span`, with or without points, by so many workers.

    With a `scheduler` the blocks are computed on its cluster. A `store` is filled as blocks end, in
    any order; `outputs` get the rows in order, those that the store had from before as well.
    """

    variations: Variations
    span: RunRange
    board: Scoreboard
    outputs: tuple[Output, ...] = ()
    store: Store | None = None
    points: bool = True
    jobs: int = 1
    scheduler: str | None = None

    def run(self, control: Control, tick: Callable[[], object] = lambda: None) -> None:
        """Make all runs that are missing, until somebody asks to stop.

        `tick` is called whenever something may have changed.
        """
        _keep_memory()
        todo = [self.span]
        if self.store is not None:
            todo = self.store.missing(self.span)
            for block in rest_of(self.span, todo):
                for rows in self.store.read(block):
                    self.board.add(rows)
        order = _Order(self, todo)
        order.advance()
        for done in self._results(todo, control, tick):
            if self.store is not None and done.rows is not None:
                self.store.write(done.rows, done.block)
            assert done.scores is not None
            self.board.add(done.scores)
            order.take(done)
            tick()
        if self.store is not None:
            self.store.commit()
            if control.stop is None:
                self.store.finish(self.span)

    def _results(
        self, todo: Iterable[RunRange], control: Control, tick: Callable[[], object]
    ) -> Iterator[Done]:
        encoders = tuple(o.encoder for o in self.outputs if o.encoder)
        rows = self.store is not None or len(encoders) < len(self.outputs)
        work = Work(self.variations, self.points, encoders, rows, self.board.ranking)
        if self.scheduler is not None:
            from adamcli.sweeps.cluster import compute_on_cluster

            return compute_on_cluster(work, todo, control, self.scheduler, tick)
        cutter = Cutter(todo, self.variations, self.jobs)
        if self.jobs > 1:
            return compute_in_workers(work, cutter, control, self.jobs, tick)
        return compute_here(work, cutter, control)


class _Order:
    """Puts blocks into order, and fetches from the store what was there before."""

    def __init__(self, sweep: Sweep, todo: Iterable[RunRange]) -> None:
        self._sweep = sweep
        self._stored = {block.first: block for block in rest_of(sweep.span, todo)}
        self._waiting: dict[int, Done] = {}
        self._next = sweep.span.first

    def take(self, done: Done) -> None:
        """Take a block, and hand on all whose turn has come."""
        if self._sweep.outputs:
            self._waiting[done.block.first] = done
            self.advance()

    def advance(self) -> None:
        """Hand on the blocks whose turn has come."""
        while self._sweep.outputs:
            if self._next in self._waiting:
                done = self._waiting.pop(self._next)
                self._hand_on(done.rows, done.texts)
                self._next = done.block.end
            elif self._next in self._stored:
                block = self._stored.pop(self._next)
                assert self._sweep.store is not None
                for rows in self._sweep.store.read(block):
                    encoders = (o.encoder for o in self._sweep.outputs if o.encoder)
                    self._hand_on(rows, tuple(encode(rows) for encode in encoders))
                self._next = block.end
            else:
                return

    def _hand_on(self, rows: Rows | None, texts: tuple[str, ...]) -> None:
        rest = iter(texts)
        for output in self._sweep.outputs:
            output.write(rows, next(rest) if output.encoder else "")


def _keep_memory() -> None:
    """Let the C library keep the memory that a block gives back, for the next block.

    It would go back to the system, which hands it out page by page: a fifth of the time of a sweep.
    glibc keeps pieces up to the size of the largest that was given back (mallopt(3), under
    M_MMAP_THRESHOLD). This one is not touched, so it takes no memory; elsewhere it changes nothing.
    """
    np.empty(KEPT_BYTES, dtype=np.uint8)


def default_jobs(variations: Variations, span: RunRange) -> int:
    """Return all cores, or 1 for a sweep that is over before workers have started."""
    if variations.runs_code:
        return max(1, min(cores(), span.size))
    numbers = BLOCK_ENTRIES // variations.width
    n_iter = next((c.values.numbers for c in variations.plan.axes if c.key == "n_iter"), None)
    steps = variations.first.n_iter if n_iter is None else float(n_iter.mean())
    seconds = span.size * steps * numbers * NUMBER_SECONDS
    if seconds < SMALL_SECONDS:
        return 1
    return max(1, min(cores(), span.size // LEAST_RUNS + 1))
