"""Blocks computed here or in worker processes; results come as blocks finish."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from adamcli.errors import AdamcliError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from adamcli.optimizer.loop import Control
    from adamcli.sweeps.blocks import Cutter, Done, Work
    from adamcli.sweeps.plan import RunRange

QUEUED = 2
"""Blocks a worker has at a time: one to compute, and one more so that it never waits."""

TICK = 0.1
"""Seconds between checks for a stop, and for progress to show, while no block finishes."""


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


def compute_in_workers(
    work: Work, cutter: Cutter, control: Control, jobs: int, tick: Callable[[], object]
) -> Iterator[Done]:
    """Yield the results of all blocks as they finish, until `control` stops it.

    `tick` is called regularly while none finishes. A block whose worker dies is computed again.

    Raises `WorkerError` for an error in a worker, and if workers die repeatedly.
    """
    from multiprocessing.connection import wait

    pool, deaths = _Pool(work, jobs), 0
    try:
        while pool.hand_out(cutter):
            ready = cast("list[Connection]", wait(list(pool.workers), TICK))
            if control.stop is not None:
                return
            if not ready:
                tick()
            for connection in ready:
                answer = pool.receive(connection)
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
    finally:
        pool.close()


class _Worker(NamedTuple):
    process: BaseProcess
    blocks: list[RunRange]


class _Pool:
    """Worker processes, each with its own connection."""

    def __init__(self, work: Work, jobs: int) -> None:
        import multiprocessing

        # A forked worker has everything at once. Where the system's own threads make a fork unsafe,
        # workers read the config again.
        self._forks = sys.platform.startswith("linux")
        self._context: Any = multiprocessing.get_context("fork" if self._forks else "spawn")
        self._work = work
        self.workers: dict[Connection, _Worker] = {}
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
        """Return the answer of a worker, or None if it has died."""
        try:
            answer = connection.recv()
        except (EOFError, OSError):
            return None
        self.workers[connection].blocks.pop(0)
        return answer

    def replace(self, connection: Connection) -> tuple[list[RunRange], str]:
        """Replace a worker that has died; return its blocks, and how it ended."""
        process, blocks = self.workers.pop(connection)
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

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        arguments = (theirs, [*self.workers, ours] if self._forks else [], self._work)
        with warnings.catch_warnings():
            # A fork loses the threads of BLAS; workers do not need them.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = self._context.Process(target=_serve, args=arguments, daemon=True)
            process.start()
        theirs.close()
        self.workers[ours] = _Worker(process, [])


def _serve(connection: Connection, foreign: list[Connection], work: Work) -> None:
    """Answer each block with its results, until the connection closes."""
    for other in foreign:
        # An open copy would keep the other workers waiting after the parent has gone.
        other.close()
    # The parent decides what an interrupt means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if work.variations.allow_python:
        # What a Python objective prints must not mix with the data on standard output.
        os.dup2(2, 1)
    while True:
        try:
            block = connection.recv()
        except (EOFError, OSError):
            break
        with suppress(OSError):
            connection.send(_answer(work, block))


def _end_with_parent() -> None:
    """Wait for the parent to end, and end this process at once."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def _answer(work: Work, block: RunRange) -> Done | WorkerError:
    try:
        return work.compute(block)
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
        where = f"{place.filename}:{place.lineno}"
        return WorkerError(f"a worker failed: {type(error).__name__}: {error} ({where})")
