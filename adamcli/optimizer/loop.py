"""What to minimise, and how: the tasks of one run or of many at once.

A batch is cut into blocks of runs that fit into the cache; a block takes all its steps before the
next begins.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import ObjectiveError
from adamcli.optimizer.block import Block
from adamcli.optimizer.hyperparameters import Hyperparameters, taken
from adamcli.optimizer.result import BatchResult, Direction, Glance, Points, Record
from adamcli.optimizer.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.objective.base import Objective
    from adamcli.optimizer.bounds import Bounds
    from adamcli.optimizer.method import Method
    from adamcli.optimizer.status import Status

BLOCK_ENTRIES = 270_000
"""Float64 entries per block. Measured: with 180,000 a sweep takes a tenth longer because the calls
weigh more; with 500,000 a few per cent less, but smaller caches would overflow."""


class Task(NamedTuple):
    """What to minimise, and how."""

    objective: Objective
    bounds: Bounds
    method: Method
    hyperparameters: Hyperparameters
    n_iter: int
    direction: Direction = Direction.MINIMIZE
    stop: Stop = Stop()


class Control:
    """A request to stop after the current step, which a signal handler may set as `stop`.

    With `keeps` a KeyboardInterrupt ends the run at once, and its result is what it had reached.
    `look` tells where the run stands, while it takes its steps; `breaks` says that it would take a
    KeyboardInterrupt, once `stop` is set. `passed` are the runs that have ended, `under_way` tells
    what the present ones amount to. If it is `watched`, workers say how far they are.
    """

    def __init__(self, *, keeps: bool = False) -> None:
        self.stop: Status | None = None
        self.keeps = keeps
        self.breaks = self.watched = False
        self.look: Callable[[], Glance] | None = None
        self.under_way: Callable[[], float] | None = None
        self.passed = 0.0

    def progress(self) -> float:
        """Return how many runs have `passed`, with the part of those that are under way.

        Another thread may call it.
        """
        under_way = self.under_way
        return self.passed + (0.0 if under_way is None else under_way())


class Watch(NamedTuple):
    """`observe` gets a record with the `fields` of `RECORD_FIELDS` after every step of one run.

    It may raise `StopIteration` to end the run. `begin` gets the record of the start, and by about
    how much the score may change.
    """

    observe: Callable[[Record], object] | None
    fields: tuple[str, ...] = ()
    begin: Callable[[Record, float], object] | None = None


def minimize_batch(
    task: Task,
    starts: FloatArray | Callable[[], FloatArray],
    control: Control | None = None,
    watch: Watch | None = None,
    *,
    points: bool = True,
) -> BatchResult:
    """Run the task from every column of `starts` (dim, runs) and return all results.

    For a single run `starts` may be a function that returns the column, each time the same; it is
    called before and after the run, and no copy is kept in between. `watch` is for a single run.
    Without `points` only the score of the best point is kept, which is faster for many runs.

    A run diverges, without effect on others, when its f, x, gradient or a state of its method stops
    being finite. If the objective raises `ObjectiveError`, or a function of t leaves the range of
    its hyperparameter, the runs of the block that have not ended fail; the result has the error.
    """
    runs, width = 1 if callable(starts) else starts.shape[1], block_width(task)
    # Blocks of equal size: a small one at the end would cost nearly as many calls as a large one.
    width = max(1, -(-runs // max(1, -(-runs // width))))
    parts = []
    with np.errstate(all="ignore"):
        for first in range(0, runs, width):
            some = slice(first, first + width)
            part = task._replace(hyperparameters=taken(task.hyperparameters, some))
            place = starts if callable(starts) else partial(starts.__getitem__, (..., some))
            block = Block(part, place, control or Control(), points=points)
            parts.append(block.run(watch))
            del block
    return _joined(parts)


def block_width(task: Task) -> int:
    """Return how many runs fit into a block."""
    method = task.method
    # Besides those of the method: x, the best x and the gradient; f and the best f.
    arrays = 3 + len(method.states) + method.scratch + 2 * task.bounds.has_inner
    return max(1, BLOCK_ENTRIES // (arrays * len(task.bounds.low) + 2 + task.objective.entries))


def _joined(parts: list[BatchResult]) -> BatchResult:
    if len(parts) == 1:
        return parts[0]

    def join(name: str) -> Any:
        each = [getattr(part, name) for part in parts]
        if isinstance(each[0], Points):
            return Points(*(np.concatenate(arrays, axis=-1) for arrays in zip(*each, strict=True)))
        return np.concatenate(each, axis=-1)

    firsts = np.cumsum([0, *(len(part.status) for part in parts)]).tolist()
    divergences = {
        first + run: found
        for first, part in zip(firsts, parts, strict=False)
        for run, found in part.divergences.items()
    }
    # An error of the objective comes before one that ends all runs alike.
    errors = [part.error for part in parts if part.error is not None]
    error = min(errors, key=lambda error: not isinstance(error, ObjectiveError), default=None)
    own = ("divergences", "error", "trace")
    arrays = {name: join(name) for name in BatchResult._fields if name not in own}
    return BatchResult(**arrays, divergences=divergences, error=error)
