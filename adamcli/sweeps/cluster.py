"""Blocks computed on a cluster with Dask distributed; results are streamed back as they finish."""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import tempfile
import threading
from asyncio import CancelledError
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from adamcli.errors import AdamcliError, FileError, UsageError, needs_extra
from adamcli.files import read_bytes
from adamcli.results import environment
from adamcli.sweeps.blocks import TICK, Cutter, Work, WorkerError
from adamcli.sweeps.identity import changes, hash_of_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adamcli.optimizer.loop import Control
    from adamcli.sweeps.blocks import Done
    from adamcli.sweeps.plan import RunRange

CONNECT_SECONDS = 10

_CERTIFICATES = """Dask needs certificates for it
  export DASK_DISTRIBUTED__COMM__TLS__CA_FILE=ca.pem
  export DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT=cert.pem
  export DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY=key.pem"""

_HINTS = {
    "tcp": "dask scheduler shows its address when it starts, such as tcp://host:8786",
    "tls": _CERTIFICATES,
    "wss": _CERTIFICATES,
    "inproc": "such an address is of one process alone; use that of dask scheduler, tcp://host:8786",
    "ucx": "Dask needs a package for it: pip install distributed-ucxx; or use its address tcp://",
}
"""What to do about a scheduler that cannot be reached, by the kind of its address."""


def compute_on_cluster(
    work: Work, todo: Iterable[RunRange], control: Control, address: str
) -> Iterator[Done]:
    """Yield the results of all blocks as they finish, until `control` stops it.

    A block whose worker dies is computed again.

    Raises `UsageError` if Dask is not installed or the scheduler cannot be reached, `WorkerError`
    for an error in a worker.
    """
    try:
        import distributed
    except ImportError:
        raise needs_extra("--scheduler", "distributed", "dask") from None
    parcel, connect = pickle.dumps(_Parcel(work)), cast("Any", distributed.Client)
    try:
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        # Each kind of address has errors of its own, such as `TypeError` without certificates.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "to unpack" in reason:
            # What a part of an address is missing for is not what Python says of it.
            reason = "it is no address of a scheduler"
        hint = _HINTS.get(address.partition("://")[0], _HINTS["tcp"])
        raise UsageError(f"--scheduler {address}: cannot be reached: {reason}\n  {hint}") from None
    before = logging.root.manager.disable
    # Errors are reported by exceptions of ours; Dask would log them as well.
    logging.disable(logging.CRITICAL)
    try:
        with client:
            yield from _Cluster(client, work, todo, parcel).results(control)
    finally:
        logging.disable(before)


class _Cluster:
    """Keeps every thread of the cluster busy with blocks."""

    def __init__(self, client: Any, work: Work, todo: Iterable[RunRange], parcel: bytes) -> None:
        self._client = client
        # A small parcel goes along with every block, a large one to every worker once.
        small = len(parcel) <= 100_000
        self._parcel = parcel if small else client.scatter(parcel, broadcast=True)
        self._digest = sha256(parcel).hexdigest()
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._futures: dict[str, Any] = {}
        self._threads, self._counted = self._count(), monotonic()
        # Blocks should take much longer than their way through the network.
        self._cutter = Cutter(todo, work.variations, self._threads, seconds=0.5)

    def results(self, control: Control) -> Iterator[Done]:
        try:
            while control.stop is None:
                self._hand_out()
                if not self._futures:
                    return
                try:
                    future = self._ended.get(timeout=TICK)
                except Empty:
                    continue
                if self._futures.pop(future.key, None) is not None:
                    done = self._done(future)
                    self._cutter.learn(done)
                    yield done
        finally:
            with suppress(Exception):
                self._client.cancel(list(self._futures.values()))

    def _hand_out(self) -> None:
        if monotonic() - self._counted > 2:
            # Workers come and go.
            self._threads, self._counted = self._count(), monotonic()
        # Every thread has one block to compute, and one more so that it never waits.
        while len(self._futures) < 2 * self._threads and (block := self._cutter.next()) is not None:
            arguments = self._parcel, self._digest, block
            future = self._client.submit(compute_block, *arguments, pure=False, retries=3)
            self._futures[future.key] = future
            future.add_done_callback(self._ended.put)

    def _count(self) -> int:
        """Return how many blocks the cluster can compute at a time."""
        return max(1, sum(map(int, self._client.nthreads().values())))

    def _done(self, future: Any) -> Done:
        try:
            answer: Done | WorkerError = future.result(timeout=CONNECT_SECONDS)
        except ModuleNotFoundError as error:
            message = f"the workers of the cluster cannot import {error.name}\n"
            message += "  install adamcli there, in the same version as here"
            raise WorkerError(message) from None
        except (Exception, CancelledError) as error:
            lost = self._client.status != "running" or future.status in ("cancelled", "lost")
            message = f"the cluster could not compute a block: {type(error).__name__}: {error}"
            # Importing it takes long, but here it has been.
            from distributed.comm.core import CommClosedError

            if lost or isinstance(error, (CancelledError, CommClosedError)):
                message = "the connection to the scheduler was lost"
            raise WorkerError(message) from None
        if isinstance(answer, WorkerError):
            raise answer
        return answer


class _Parcel:
    """What a worker on another machine needs: the work, and the files that the config names.

    A file named by its absolute path is not sent: it must be there already, and be the same.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self.environment = environment()
        self.files: dict[str, bytes] = {}
        self.hashes: dict[str, str] = {}
        for name in work.variations.files:
            if Path(name).is_absolute():
                self.hashes[name] = hash_of_file(Path(name))
            elif Path(os.path.normpath(name)).parts[0] == os.pardir:
                message = f"{name}: is outside the folder of the config, the only one whose files"
                hint = "move it there, or name it by its absolute path"
                raise UsageError(f"{message} are sent to the workers\n  {hint}")
            else:
                self.files[name] = read_bytes(work.variations.file.folder / name)

    def unpack(self) -> Work:
        """Return the work, its files in a folder that lives as long as the process."""
        for name, wanted in self.hashes.items():
            if hash_of_file(Path(name)) != wanted:
                raise FileError(f"{name}: has other content on a worker of the cluster")
        if not self.files:
            return self.work
        if hasattr(_kept, "folder"):
            _kept.folder.cleanup()
        folder = _kept.folder = tempfile.TemporaryDirectory(prefix="adamcli-")
        atexit.register(folder.cleanup)
        root = Path(folder.name)
        for name, content in self.files.items():
            # A name such as data/../x.csv needs the folder that it passes through.
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        variations = self.work.variations
        variations.file = variations.file._replace(folder=root.resolve())
        return self.work


_kept = threading.local()


def compute_block(parcel: bytes, digest: str, block: RunRange) -> Done | WorkerError:
    """Return the results of a block, on a worker; `digest` is that of the pickled `parcel`.

    A worker whose versions could change last digits refuses.
    """
    try:
        if getattr(_kept, "digest", "") != digest:
            opened: _Parcel = pickle.loads(parcel)
            for name, there, here in changes(environment(), opened.environment):
                return WorkerError(
                    f"a worker of the cluster has {name} {there}, but here it is {here}\n"
                    "  results could differ in their last digits; use the same version"
                )
            _kept.work, _kept.digest = opened.unpack(), digest
        return cast("Work", _kept.work).compute(block)
    except AdamcliError as error:
        return WorkerError(str(error), error.exit_code)
