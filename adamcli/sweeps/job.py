"""A sweep from its first block to its last: computed somewhere, stored, and handed on in order."""

from __future__ import annotations

import re
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

import numpy as np

from adamcli.cores import cores
from adamcli.errors import UsageError
from adamcli.optimizer.status import Status
from adamcli.sweeps.blocks import (
    LEAST_RUNS,
    MOST_NUMBERS,
    Cutter,
    Done,
    Encoder,
    Work,
    compute_here,
    compute_in_workers,
)
from adamcli.sweeps.plan import RunRange, rest_of, shard_of
from adamcli.sweeps.result import SweepResult
from adamcli.sweeps.rows import joined
from adamcli.sweeps.scores import Scoreboard
from adamcli.sweeps.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adamcli.optimizer.loop import Control
    from adamcli.sweeps.rows import Rows
    from adamcli.sweeps.variations import SweepOptions, Variations


class SweepJob:
    """The runs that `options` ask for, and their store, if any; a context manager that closes it.

    `jobs` is how many processes compute them; `notes` is what the user should know of the store.

    Raises `UsageError` for options that exclude each other, `FileError` for an unusable store.
    """

    def __init__(self, variations: Variations, options: SweepOptions) -> None:
        if options.jobs is not None and options.scheduler is not None:
            raise UsageError("-j: a cluster has its own workers\n  remove -j or --scheduler")
        self._began = perf_counter()
        self.variations, self.options = variations, options
        self.span = _span_of_shard(variations, options.shard)
        self.jobs = options.jobs or default_jobs(variations, self.span)
        self.layout = variations.layout(points=options.points)
        self.board = Scoreboard(self.span, variations.first.direction, top=options.top)
        self.store: Store | None = None
        if options.store is not None:
            self.store = Store(options.store, variations, self.layout, self.span)
        self.notes = self.store.notes if self.store is not None else []

    def run(self, outputs: Sequence[Output], control: Control) -> SweepResult:
        """Compute all missing runs, until `control` stops them, and return the result.

        The store is filled as blocks finish, in any order; `outputs` get all rows in order,
        including those stored before.
        """
        try:
            self._compute(outputs, control)
        except KeyboardInterrupt:
            if not control.keeps:
                raise
            control.stop = Status.INTERRUPTED
        rows = next((output.rows for output in outputs if isinstance(output, KeptRows)), None)
        return SweepResult(
            self.variations,
            self.board,
            top=self.options.top,
            seconds=perf_counter() - self._began,
            stop=control.stop,
            layout=self.layout,
            rows=rows,
        )

    def __enter__(self) -> SweepJob:
        return self

    def __exit__(self, *_: object) -> None:
        if self.store is not None:
            self.store.close()

    def _compute(self, outputs: Sequence[Output], control: Control) -> None:
        _keep_memory()
        store = self.store
        todo, stored = [self.span], list[RunRange]()
        if store is not None:
            todo = store.missing()
            stored = rest_of(self.span, todo)
            for rows in store.stored():
                self.board.add(rows)
        order = _Order(outputs, store, self.span.first, stored)
        order.advance()
        for done in self._results(outputs, todo, control):
            if store is not None and done.rows is not None:
                store.write(done.rows, done.block)
            self.board.add(done.scores)
            order.take(done)
        order.finish()
        if store is not None:
            store.commit()
            if control.stop is None:
                store.finish()

    @property
    def _is_small(self) -> bool:
        """Whether points cost less than repeating the best runs for theirs."""
        size, top = self.span.size, self.options.top
        numbers = 2 * len(self.variations.coordinates) * min(size, top)
        return size <= 50 * top and numbers <= MOST_NUMBERS

    def _results(
        self, outputs: Sequence[Output], todo: list[RunRange], control: Control
    ) -> Iterator[Done]:
        # Scores alone are faster; the best runs of formulas are repeated for their points.
        points = self.options.points and bool(outputs or self.store)
        points = points or self._is_small or self.variations.runs_code
        encoders = tuple(o.encoder for o in outputs if o.encoder)
        rows = self.store is not None or len(encoders) < len(outputs)
        ranking, watched = self.board.ranking, control.watched
        work = Work(self.variations, points, encoders, rows, ranking, watched)
        if self.options.scheduler is not None:
            from adamcli.sweeps.cluster import compute_on_cluster

            return compute_on_cluster(work, todo, control, self.options.scheduler)
        cutter = Cutter(todo, self.variations, self.jobs)
        if self.jobs > 1:
            return compute_in_workers(work, cutter, control, self.jobs)
        return compute_here(work, cutter, control)


class Output(Protocol):
    """Something that takes all rows, in run order."""

    @property
    def encoder(self) -> Encoder | None:
        """Writes rows as text; workers call it."""

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows; for an output with an encoder, `text` is what that returned."""


class KeptRows:
    """An output that keeps the rows in memory."""

    encoder = None

    def __init__(self) -> None:
        self._parts: list[Rows] = []

    @property
    def rows(self) -> Rows | None:
        """All rows; None if there are none."""
        return joined(self._parts) if self._parts else None

    def write(self, rows: Rows | None, text: str) -> None:
        """Keep some rows."""
        assert rows is not None
        self._parts.append(rows)


class _Order:
    """Hands blocks on to `outputs` in order, including those that were stored before."""

    def __init__(
        self, outputs: Sequence[Output], store: Store | None, first: int, stored: list[RunRange]
    ) -> None:
        self._outputs, self._store, self._next = outputs, store, first
        self._waiting: dict[int, Done | RunRange] = {block.first: block for block in stored}

    def take(self, done: Done) -> None:
        if self._outputs:
            self._waiting[done.block.first] = done
            self.advance()

    def advance(self) -> None:
        while self._outputs and (found := self._waiting.pop(self._next, None)) is not None:
            if isinstance(found, Done):
                self._hand_on(found.rows, found.texts)
                self._next = found.block.end
                continue
            assert self._store is not None
            for rows in self._store.read(found):
                encoders = (o.encoder for o in self._outputs if o.encoder)
                self._hand_on(rows, tuple(encode(rows) for encode in encoders))
            self._next = found.end

    def finish(self) -> None:
        """Hand on what was computed or stored beyond the runs at which a sweep was stopped."""
        while self._outputs and self._waiting:
            self._next = min(self._waiting)
            self.advance()

    def _hand_on(self, rows: Rows | None, texts: tuple[str, ...]) -> None:
        rest = iter(texts)
        for output in self._outputs:
            output.write(rows, next(rest) if output.encoder else "")


def _keep_memory() -> None:
    """Let the C library keep the memory that a block frees, for the next block.

    Otherwise it returns it to the system, which hands it out again page by page: a fifth of the
    time of a sweep. glibc keeps pieces up to the size of the largest that was freed (mallopt(3),
    under M_MMAP_THRESHOLD). 16 MiB is more than all arrays of a block of formulas; they are never
    touched, so they take no memory. Other libraries ignore this.
    """
    np.empty(16 * 2**20, dtype=np.uint8)


def _span_of_shard(variations: Variations, shard: str | None) -> RunRange:
    whole = RunRange(0, variations.plan.size)
    if shard is None:
        return whole
    found = _SHARD.fullmatch(shard)
    number, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= count:
        shown = shard if len(shard) <= 60 else shard[:57] + "..."
        raise UsageError(f"--shard: expected a part such as 3/8, found {shown!r}")
    return shard_of(whole, number, count)


_SHARD = re.compile(r"([0-9]{1,18})/([0-9]{1,18})")


def default_jobs(variations: Variations, span: RunRange) -> int:
    """Return all cores, or 1 for a sweep that finishes before workers have started."""
    if variations.runs_code:
        return max(1, min(cores(), span.size))
    # Workers take 0.03 s to start.
    if variations.guess(span.size) < 0.03:
        return 1
    return max(1, min(cores(), span.size // LEAST_RUNS + 1))
