"""Blocks computed here, or in worker processes; their results come as they end."""

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
"""Blocks that a worker has at a time: one at work, and one so that it need not wait."""

TICK = 0.1
"""Seconds after which somebody may want to stop, or to see progress, though no block has ended."""

MOST_DEATHS = 3
"""Times that the workers of one sweep may die before the sweep is given up."""


class Failure(NamedTuple):
    """What a worker answers instead of results."""

    message: str
    exit_code: int


class WorkerError(AdamcliError):
    """A block could not be computed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.exit_code = ExitCode(failure.exit_code)


def compute_here(work: Work, cutter: Cutter, control: Control) -> Iterator[Done]:
    """Yield the results of all blocks, computed in this process, until somebody asks to stop."""
    while control.stop is None and (block := cutter.next()) is not None:
        done = work.compute(block, control)
        if control.stop is None:
            cutter.learn(done)
            yield done


def compute_in_workers(
    work: Work, cutter: Cutter, control: Control, jobs: int, tick: Callable[[], object]
) -> Iterator[Done]:
    """Yield the results of all blocks in the order in which they end.

    `tick` is called now and then while nothing ends. A block whose worker dies is computed again.

    Raises `WorkerError` for what goes wrong in a worker, and where workers keep dying.
    """
    from multiprocessing.connection import wait

    pool = _Pool(work, jobs)
    deaths = 0
    try:
        while True:
            pool.hand_out(cutter)
            if not pool.busy:
                return
            ready = cast("list[Connection]", wait(pool.connections, TICK))
            if control.stop is not None:
                return
            if not ready:
                tick()
            for connection in ready:
                answer = pool.receive(connection)
                if isinstance(answer, Failure):
                    raise WorkerError(answer)
                if answer is None:
                    deaths += 1
                    lost, reason = pool.replace(connection)
                    if deaths > MOST_DEATHS:
                        raise WorkerError(Failure(reason, ExitCode.FAILED))
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
    """Worker processes, each with a connection of its own."""

    def __init__(self, work: Work, jobs: int) -> None:
        import multiprocessing

        # A fork has everything at once. Where threads of the system make it unsafe, workers read
        # the config again.
        self._context: Any = multiprocessing.get_context(
            "fork" if sys.platform.startswith("linux") else "spawn"
        )
        self._work = work
        self._workers: dict[Connection, _Worker] = {}
        for _ in range(jobs):
            self._start()

    @property
    def connections(self) -> list[Connection]:
        return list(self._workers)

    @property
    def busy(self) -> bool:
        return any(worker.blocks for worker in self._workers.values())

    def hand_out(self, cutter: Cutter) -> None:
        """Give every worker as many blocks as it may have."""
        for round_ in range(1, QUEUED + 1):
            for connection, worker in self._workers.items():
                if len(worker.blocks) < round_ and (block := cutter.next()) is not None:
                    worker.blocks.append(block)
                    # A worker that has died is noticed when its answer is awaited.
                    with suppress(OSError):
                        connection.send(block)

    def receive(self, connection: Connection) -> Any:
        """Return the answer of a worker, or None if it has died."""
        try:
            answer = connection.recv()
        except (EOFError, OSError):
            return None
        self._workers[connection].blocks.pop(0)
        return answer

    def replace(self, connection: Connection) -> tuple[list[RunRange], str]:
        """Start a new worker for one that has died; return its blocks, and how it ended."""
        worker = self._workers.pop(connection)
        connection.close()
        worker.process.join()
        runs = (
            f"runs {worker.blocks[0].first} to {worker.blocks[0].end - 1}" if worker.blocks else ""
        )
        code = worker.process.exitcode or 0
        how = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
        hint = "\n  if memory ran out, use fewer workers: -j 1" if how.endswith("signal 9") else ""
        self._start()
        return worker.blocks, f"workers keep dying: one was {how} while it computed {runs}{hint}"

    def close(self) -> None:
        """End all workers at once; what they are computing is lost."""
        for connection, worker in self._workers.items():
            worker.process.kill() if worker.blocks else None
            connection.close()
        for worker in self._workers.values():
            worker.process.join()

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        forked = self._context.get_start_method() == "fork"
        arguments = (theirs, [*self._workers, ours] if forked else [], self._work)
        with warnings.catch_warnings():
            # BLAS has threads that a fork leaves behind; the workers do not need them.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = self._context.Process(target=_serve, args=arguments, daemon=True)
            process.start()
        theirs.close()
        self._workers[ours] = _Worker(process, [])


def _serve(connection: Connection, foreign: list[Connection], work: Work) -> None:
    """Answer with the results of each block that comes, until nobody sends any more."""
    for other in foreign:
        # A copy of them would keep the other workers waiting after the parent has gone.
        other.close()
    # The parent decides what an interrupt means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if work.variations.allow_python:
        # What a Python objective prints is chatter, and does not go between the data.
        os.dup2(2, 1)
    while True:
        try:
            block = connection.recv()
        except (EOFError, OSError):
            break
        with suppress(OSError):
            connection.send(_answer(work, block))


def _end_with_parent() -> None:
    """Wait for the parent to end, and end this process too, whatever it is at."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def _answer(work: Work, block: RunRange) -> Done | Failure:
    try:
        return work.compute(block)
    except AdamcliError as error:
        return Failure(str(error), error.exit_code)
    except KeyboardInterrupt:
        # Nobody else can raise it here.
        return Failure("the objective raised KeyboardInterrupt", ExitCode.FAILED)
    except MemoryError:
        return Failure("a worker ran out of memory\n  use fewer workers: -j 1", ExitCode.FAILED)
    except Exception as error:
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename}:{place.lineno}"
        return Failure(
            f"a worker failed: {type(error).__name__}: {error} ({where})", ExitCode.FAILED
        )
