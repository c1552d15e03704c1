"""A sweep that is about to run: its runs, its store, and its result."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from adamcli.errors import UsageError
from adamcli.optimizer.result import Status
from adamcli.sweeps.plan import RunRange, shard_of
from adamcli.sweeps.result import SweepResult
from adamcli.sweeps.rows import joined
from adamcli.sweeps.runner import Sweep, default_jobs
from adamcli.sweeps.scores import Scoreboard
from adamcli.sweeps.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.optimizer.loop import Control
    from adamcli.sweeps.rows import Rows
    from adamcli.sweeps.runner import Output
    from adamcli.sweeps.variations import Variations
    from adamcli.sweeps.vary import SweepOptions


class SweepJob:
    """The runs that `options` ask for, and their store, if any; a context manager that closes it.

    Raises `UsageError` for options that exclude each other, `FileError` for an unusable store.
    """

    def __init__(self, variations: Variations, options: SweepOptions) -> None:
        if options.jobs is not None and options.scheduler is not None:
            raise UsageError("-j: a cluster has its own workers\n  remove -j or --scheduler")
        self.variations, self.options = variations, options
        self.span = _span_of_shard(variations, options.shard)
        self.layout = variations.layout(points=options.points)
        self.board = Scoreboard(self.span, variations.first.direction, top=options.top)
        self.store: Store | None = None
        self._began = perf_counter()
        if options.store is not None:
            self.store = Store.open(options.store, variations, self.layout, self.span)

    @property
    def notes(self) -> list[str]:
        """What the user should know about the store."""
        return self.store.notes if self.store is not None else []

    @property
    def jobs(self) -> int:
        """How many processes compute the runs."""
        return self.options.jobs or default_jobs(self.variations, self.span)

    def run(
        self,
        outputs: Sequence[Output],
        control: Control,
        tick: Callable[[], object] = lambda: None,
    ) -> SweepResult:
        """Compute all missing runs, until `control` stops them, and return the result.

        `outputs` get the rows in order; `tick` is called whenever progress may have been made.
        """
        # Scores alone are faster; the best runs of formulas are repeated for their points.
        keeps = self.options.points and bool(outputs or self.store)
        keeps = keeps or self.span.size <= 50 * self.options.top
        sweep = Sweep(
            self.variations,
            self.span,
            self.board,
            tuple(outputs),
            self.store,
            points=keeps or self.variations.runs_code,
            jobs=self.jobs,
            scheduler=self.options.scheduler,
        )
        try:
            sweep.run(control, tick)
        except KeyboardInterrupt:
            if not control.keeps:
                raise
            control.stop = Status.INTERRUPTED
        return SweepResult(
            self.variations,
            self.board,
            top=self.options.top,
            seconds=perf_counter() - self._began,
            stop=control.stop,
            layout=self.layout,
            rows=next((output.rows for output in outputs if isinstance(output, KeptRows)), None),
        )

    def __enter__(self) -> SweepJob:
        return self

    def __exit__(self, *_: object) -> None:
        if self.store is not None:
            self.store.close()


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


def _span_of_shard(variations: Variations, shard: str | None) -> RunRange:
    whole = RunRange(0, variations.plan.size)
    if shard is None:
        return whole
    number, slash, count = shard.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise UsageError(f"--shard: expected a part such as 3/8, found {shard!r}")
    return shard_of(whole, int(number), int(count))
