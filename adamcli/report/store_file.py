"""The store of a sweep as one of its output files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.files import part_of
from adamcli.sweeps.plan import RunRange
from adamcli.sweeps.store import Store, put_in_place, remove

if TYPE_CHECKING:
    from adamcli.sweeps.job import SweepJob
    from adamcli.sweeps.rows import Rows


class StoreFile:
    """A store that is written next to its target, and replaces it when it is complete."""

    encoder = None

    def __init__(self, path: str, job: SweepJob) -> None:
        self._path, self._part = path, part_of(path)
        # Left by a process of the same number that was killed.
        remove(self._part)
        self._store = Store(self._part, job.variations, job.layout, job.span, path)

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows."""
        assert rows is not None
        self._store.write(rows, RunRange(int(rows.runs[0]), int(rows.runs[-1]) + 1))

    def close(self) -> None:
        """Replace the target by the complete store."""
        self._store.finish()
        self._store.close()
        put_in_place(self._part, self._path)

    def discard(self) -> None:
        """Remove what was written."""
        self._store.close()
        remove(self._part)
