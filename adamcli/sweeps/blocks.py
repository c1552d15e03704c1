"""A plan cut into blocks of runs, which are computed here or in worker processes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from sys import setswitchinterval
from threading import Lock, Thread
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from adamcli.errors import AdamcliError, ExitCode
from adamcli.optimizer.loop import Control
from adamcli.processes import FORKS, SWITCH_SECONDS, become_worker, worker_context
from adamcli.signals import undoing
from adamcli.sweeps.plan import RunRange
from adamcli.sweeps.rows import Rows
from adamcli.sweeps.scores import Ranking, Scores
from adamcli.sweeps.variations import KEPT_PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from adamcli.sweeps.variations import Variations

SECONDS = 0.02
"""How long a block should take: much longer than its overhead, too short to wait for."""

LONGEST = 2.0
"""Seconds that a block should take at most: a kill loses what is in it."""

SURE = 0.1
"""A block of so few seconds by its number of steps alone is not timed before it is computed."""

MOST_RUNS = 200_000
MOST_NUMBERS = 4_000_000
"""Runs of a block, and numbers in its results, at most."""

LEAST_RUNS = 512
"""Runs of a block at the end of a plan, where blocks get smaller to keep all workers busy."""

QUEUED = 2
"""Blocks a worker has at a time: one to compute, and one more so that it never waits."""

TICK = 0.1
"""Seconds between checks for a stop while no block finishes."""

TELL_SECONDS = 0.25
"""How often a worker says how far it is."""

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
    the rows themselves are returned along with their scores by `ranking`. If it is `watched`,
    workers say how far they are.
    """

    variations: Variations
    points: bool = True
    encoders: tuple[Encoder, ...] = ()
    rows: bool = True
    ranking: Ranking = Ranking()
    watched: bool = False

    def compute(self, block: RunRange, control: Control | None = None) -> Done:
        """Return the results of a block."""
        began, control = perf_counter(), control or Control()
        control.passed = 0.0
        rows = self.variations.compute(np.arange(*block), points=self.points, control=control)
        texts = tuple(encode(rows) for encode in self.encoders)
        scores = Scores.from_rows(rows, self.ranking)
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
        if width > 1 and variations.guess(self._size) > SURE:
            # The first block is one too, so that its time is estimated.
            fitting = int(LONGEST * self._size / max(variations.seconds(self._size, 1), 1e-9))
            self._size = max(self._floor, min(self._size, fitting))
        self._long = 4 * seconds if width == 1 else 2 * LONGEST

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


class WorkerError(AdamcliError):
    """A block could not be computed; workers return it instead of results."""

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def compute_here(work: Work, cutter: Cutter, control: Control) -> Iterator[Done]:
    """Yield the results of all blocks, computed in this process, until `control` stops it."""
    while control.stop is None and (block := cutter.next()) is not None:
        done = work.compute(block, control)
        if control.stop is None:
            cutter.learn(done)
            yield done


def compute_in_workers(work: Work, cutter: Cutter, control: Control, jobs: int) -> Iterator[Done]:
    """Yield the results of all blocks as they finish, until `control` stops it.

    A block whose worker dies is computed again.

    Raises `WorkerError` for an error in a worker, and if workers die repeatedly.
    """
    from multiprocessing.connection import wait

    pool, deaths = _Pool(work, jobs), 0
    try:
        while pool.hand_out(cutter):
            ready = cast("list[Connection]", wait(list(pool.workers), TICK))
            if control.stop is not None:
                return
            for connection in ready:
                answer = pool.receive(connection)
                if isinstance(answer, float):
                    continue
                if isinstance(answer, WorkerError):
                    raise answer
                if answer is None:
                    deaths += 1
                    lost, reason = pool.replace(connection)
                    if deaths > 3:
                        raise WorkerError(reason)
                    for block in lost:
                        cutter.give_back(block)
                else:
                    cutter.learn(answer)
                    yield answer
            control.passed = pool.passed
    finally:
        pool.close()


class _Worker:
    """A process, its blocks, and how many runs of the first one have passed."""

    def __init__(self, process: BaseProcess) -> None:
        self.process = process
        self.blocks: list[RunRange] = []
        self.passed = 0.0


class _Pool:
    """Worker processes, each with its own connection."""

    def __init__(self, work: Work, jobs: int) -> None:
        self._context, self._work = worker_context(), work
        self.workers: dict[Connection, _Worker] = {}
        self._keep = undoing(self.close)
        for _ in range(jobs):
            self._start()

    def hand_out(self, cutter: Cutter) -> bool:
        """Fill the queues of all workers, and return whether any has a block."""
        for queued in range(QUEUED):
            for connection, worker in self.workers.items():
                if len(worker.blocks) <= queued and (block := cutter.next()) is not None:
                    worker.blocks.append(block)
                    # A dead worker is noticed when its answer is awaited.
                    with suppress(OSError):
                        connection.send(block)
        return any(worker.blocks for worker in self.workers.values())

    def receive(self, connection: Connection) -> Any:
        """Return the answer of a worker, how far it is, or None if it has died."""
        worker = self.workers[connection]
        try:
            answer = connection.recv()
        except (EOFError, OSError):
            return None
        if isinstance(answer, float):
            worker.passed = answer
        else:
            worker.passed = 0.0
            worker.blocks.pop(0)
        return answer

    @property
    def passed(self) -> float:
        """How many runs have passed in the blocks that the workers compute."""
        return sum(worker.passed for worker in self.workers.values())

    def replace(self, connection: Connection) -> tuple[list[RunRange], str]:
        """Replace a worker that has died; return its blocks, and how it ended."""
        lost = self.workers.pop(connection)
        process, blocks = lost.process, lost.blocks
        connection.close()
        process.join()
        code = process.exitcode or 0
        reason = "workers keep dying: one "
        reason += f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        if blocks:
            reason += f" while computing runs {blocks[0].first} to {blocks[0].end - 1}"
        if code == -9:
            reason += "\n  if memory ran out, use fewer workers: -j 1"
        self._start()
        return blocks, reason

    def close(self) -> None:
        """Stop all workers at once; what they are computing is lost."""
        for connection, worker in self.workers.items():
            if worker.blocks:
                worker.process.kill()
            connection.close()
        for worker in self.workers.values():
            worker.process.join()
        self._keep()

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        arguments = (theirs, [*self.workers, ours] if FORKS else [], self._work)
        with warnings.catch_warnings():
            # A fork loses the threads of BLAS; workers do not need them.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = self._context.Process(target=_serve, args=arguments, daemon=True)
            process.start()
        theirs.close()
        self.workers[ours] = _Worker(process)


def _serve(connection: Connection, foreign: list[Connection], work: Work) -> None:
    for other in foreign:
        # An open copy would keep the other workers waiting after the parent has gone.
        other.close()
    become_worker(prints=work.variations.allow_python)
    control, lock = Control(), Lock()
    if work.watched:
        Thread(target=_tell, args=(connection, lock, control), daemon=True).start()
    while True:
        try:
            block = connection.recv()
        except (EOFError, OSError):
            break
        answer = _answer(work, block, control)
        with suppress(OSError), lock:
            connection.send(answer)


def _tell(connection: Connection, lock: Lock, control: Control) -> None:
    """Say how many runs of a block have passed, again and again."""
    setswitchinterval(SWITCH_SECONDS)
    with suppress(OSError):
        while True:
            sleep(TELL_SECONDS)
            with lock:
                if control.under_way is not None:
                    connection.send(control.progress())


def _answer(work: Work, block: RunRange, control: Control) -> Done | WorkerError:
    try:
        return work.compute(block, control)
    except AdamcliError as error:
        return WorkerError(str(error), error.exit_code)
    except KeyboardInterrupt:
        # The signal is ignored here, so only the objective can raise it.
        return WorkerError("the objective raised KeyboardInterrupt")
    except MemoryError:
        return WorkerError("a worker ran out of memory\n  use fewer workers: -j 1")
    except Exception as error:
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"
        return WorkerError(f"a worker failed: {what}")
