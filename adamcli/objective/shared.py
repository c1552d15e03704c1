"""An objective whose points are evaluated by several processes; the bits are those of one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import AdamcliError, ObjectiveError
from adamcli.objective.base import Evaluation, Objective
from adamcli.processes import FORKS, become_worker, worker_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from adamcli.arrays import Array, FloatArray


class _Worker(NamedTuple):
    """A process and the connection to it."""

    process: BaseProcess
    connection: Connection


class SharedObjective(Objective):
    """An objective that `make` returns, shared among `jobs` processes, which `close` ends.

    It suits objectives that take longer than a tenth of a millisecond at a point.
    """

    def __init__(self, make: Callable[[], Objective], jobs: int) -> None:
        self._own = own = make()
        self.values = self
        self.entries, self.cheap = own.entries, own.cheap
        self.gradient_error, self.difference = own.gradient_error, own.difference
        context = worker_context()
        self._workers: list[_Worker] = []
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            foreign = [worker.connection for worker in self._workers] + [ours] if FORKS else []
            arguments = theirs, foreign, own if FORKS else make
            process = context.Process(target=_serve, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self._workers.append(_Worker(process, ours))

    @property
    def numbers(self) -> int:
        """How many numbers the intermediate arrays have per run."""
        return self._own.numbers

    def close(self) -> None:
        """End the processes."""
        for process, connection in self._workers:
            connection.close()
            process.terminate()
            process.join()

    def bind(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Evaluation:
        """Return the evaluation of value and gradient."""
        nfev = self._own.bind(x[:, :1].copy(), f[:1].copy(), g[:, :1].copy()).nfev

        def run() -> None:
            for some, found in self._shared(x, sloping=True):
                f[some], g[:, some] = found

        return Evaluation([run], nfev)

    def bind_values(self, x: Array, f: Array) -> Sequence[Callable[[], object]]:
        """Return the evaluation of the value alone."""

        def run() -> None:
            for some, found in self._shared(x, sloping=False):
                f[some] = found[0]

        return [run]

    def _shared(self, x: Array, *, sloping: bool) -> list[tuple[slice, Any]]:
        """Return what the processes find for parts of the points `x`, with the parts.

        Raises the first error of theirs, in the order of the points.
        """
        points, jobs = x.shape[1], len(self._workers)
        ends = [points * k // jobs for k in range(jobs + 1)]
        parts = [
            (worker, slice(first, last))
            for worker, first, last in zip(self._workers, ends, ends[1:], strict=False)
            if first < last
        ]
        for worker, some in parts:
            worker.connection.send((np.ascontiguousarray(x[:, some]), sloping))
        found = [(some, self._received(worker)) for worker, some in parts]
        for _, answer in found:
            if isinstance(answer, AdamcliError):
                raise answer
        return found

    @staticmethod
    def _received(worker: _Worker) -> Any:
        try:
            return worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join(1.0)
            code = worker.process.exitcode
            return ObjectiveError(f"a worker process ended with code {code}")


def _serve(connection: Connection, foreign: list[Connection], given: Any) -> None:
    """Evaluate the points that come through a connection until it is closed."""
    for other in foreign:
        # An open copy would keep the other workers waiting after the parent has gone.
        other.close()
    become_worker(prints=True)
    objective: Objective = given() if callable(given) else given
    with suppress(EOFError, OSError), np.errstate(all="ignore"):
        while True:
            x, sloping = connection.recv()
            f, g = np.empty(x.shape[1], dtype=x.dtype), np.empty(x.shape)
            try:
                calls = (
                    objective.bind(x, f, g).calls if sloping else objective.values.bind_values(x, f)
                )
                for call in calls:
                    call()
                answer: Any = (f, g)
            except AdamcliError as error:
                answer = type(error)(str(error))
            connection.send(answer)
