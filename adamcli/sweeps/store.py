"""The store of a sweep: an SQLite file that is consistent after every block, whatever happens.

A block and its rows are one transaction. That of the first block also makes the tables, or lets
them grow: a sweep that ends before it has a run leaves what was there before.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, suppress
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from adamcli.counted import counted
from adamcli.errors import FileError, UsageError
from adamcli.files import Part, is_at, lock, refuse_folder, writing
from adamcli.results import environment, hash_of
from adamcli.signals import held, undoing
from adamcli.sweeps.checksums import added, message_hashes, row_hashes, total
from adamcli.sweeps.database import (
    FORMAT,
    connect,
    create_tables,
    index_by_score,
    insert_block,
    insert_rows,
    read_rows,
    sql_names,
    sqlite_errors,
)
from adamcli.sweeps.extension import Extension, NotContainedError, may_grow
from adamcli.sweeps.identity import changes, differences, identity_of
from adamcli.sweeps.plan import RunRange
from adamcli.sweeps.stored_rows import described
from adamcli.sweeps.validation import Stored, checked_rows, damaged, describe, other_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from adamcli.sweeps.rows import RowLayout, Rows
    from adamcli.sweeps.variations import Variations


class Store:
    """The open store of a sweep, new or with the runs stored before.

    `notes` is what the user should know about it; `name` is shown in errors.

    Raises `FileError` if the file cannot be used, `UsageError` if it belongs to another sweep.
    """

    def __init__(
        self, path: str, variations: Variations, layout: RowLayout, span: RunRange, name: str = ""
    ) -> None:
        columns = len(layout.columns)
        if columns > 1000:
            message = f"{path}: a store has at most 1,000 columns, found {columns:,}"
            raise UsageError(f"{message}\n  omit the points: --no-points")
        self._path, self._layout, self._span = name or path, layout, span
        kinds = [column.kind.sql for column in layout.columns]
        self._columns = list(zip(sql_names(layout.names), kinds, strict=True))
        self._lock = _Lock(path)
        self.notes = [self._lock.note] if self._lock.note else []
        # The first block is committed at once.
        self._committed, self._written = -inf, False
        self._place = Path(os.path.realpath(path))
        self._new = not self._place.exists()
        with ExitStack() as opened:
            opened.callback(self._lock.release)
            with held():
                self._db = self._connected(path)
                self._keep = undoing(self.abandon)
            opened.callback(self.abandon)
            with sqlite_errors(self._path):
                (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
                (self._recognise if tables else self._create)(variations)
            opened.pop_all()

    def missing(self) -> list[RunRange]:
        """Return the runs that are not stored yet."""
        with sqlite_errors(self._path):
            return describe(self._db, self._path).missing

    def stored(self) -> Iterator[Rows]:
        """Yield all stored rows; raises `FileError` for what is not as it was stored."""
        with sqlite_errors(self._path):
            for records, messages in checked_rows(self._db, describe(self._db, self._path)):
                try:
                    rows = self._rows(records, messages)
                except (ValueError, TypeError, OverflowError):
                    # The checksum of a block is known at its end alone.
                    runs = RunRange(records[0][0], records[-1][0] + 1)
                    raise damaged(self._path, other_rows(runs)) from None
                yield rows

    def read(self, block: RunRange) -> Iterator[Rows]:
        """Yield the stored rows of a block, in order."""
        with sqlite_errors(self._path):
            for found in read_rows(self._db, block):
                yield self._rows(*found)

    def write(self, rows: Rows, block: RunRange) -> None:
        """Store the rows of a block; the next commit keeps all of them, or none is stored."""
        with sqlite_errors(self._path):
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
            try:
                values = [column.values(rows) for column in self._layout.columns]
                insert_rows(self._db, values, rows.messages)
                insert_block(self._db, block, self._checksum(values, rows))
            except BaseException:
                # Half a block is worse than none.
                self._db.rollback()
                raise
            self._written = True
            # Fast blocks share a commit.
            if monotonic() - self._committed > 0.25:
                self.commit()

    def commit(self) -> None:
        """Make what was written permanent."""
        with sqlite_errors(self._path):
            self._db.commit()
        self._committed = monotonic()

    def finish(self) -> None:
        """Mark the store as complete and index it; raises `FileError` if runs are missing."""
        self.commit()
        with sqlite_errors(self._path):
            stored = describe(self._db, self._path)
            if "complete" in stored.meta:
                return
            if stored.missing:
                there = counted(sum(b.size for b in stored.blocks), "run")
                raise FileError(f"{self._path}: has {there}, expected {self._span.size:,}")
            self._db.execute("BEGIN IMMEDIATE")
            index_by_score(self._db)
            # One block, however the plan was cut.
            self._db.execute("DELETE FROM blocks")
            insert_block(self._db, self._span, added(stored.blocks.values()))
            self._db.execute("INSERT INTO meta VALUES ('complete', 'true')")
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Commit what was written, if any, and close the file."""
        if self._written:
            with suppress(FileError):
                self.commit()
        self.abandon()

    def abandon(self) -> None:
        """Close the file without what has not been committed, which may be half a block."""
        import sqlite3

        # Closing waits for a statement in whose middle a signal may have come.
        with suppress(sqlite3.Error):
            self._db.rollback()
        self._db.close()
        self._remove_empty()
        self._lock.release()
        self._keep()

    def _connected(self, path: str) -> sqlite3.Connection:
        """Return a connection to the file; if there is none, no new file is left either."""
        try:
            return connect(path, name=self._path)
        except FileError:
            self._remove_empty()
            raise

    def _remove_empty(self) -> None:
        """Remove a file that this sweep has made, unless something was committed to it."""
        with suppress(OSError):
            if self._new and not self._place.stat().st_size:
                self._place.unlink()
        self._new = False

    def _rows(self, records: Sequence[tuple[Any, ...]], messages: Mapping[int, str]) -> Rows:
        """Return rows from the values that SQLite has of them."""
        values = zip(*records, strict=True)
        return self._layout.rows(dict(zip(self._layout.names, values, strict=True)), messages)

    def _checksum(self, values: Sequence[Sequence[Any]], rows: Rows) -> int:
        """Return the checksum of some rows with these values."""
        # An array is hashed faster than numbers of Python.
        columns = [
            column.array(rows) if column.kind.is_number else own
            for column, own in zip(self._layout.columns, values, strict=True)
        ]
        return total(row_hashes(columns), message_hashes(rows.messages))

    def _create(self, variations: Variations) -> None:
        """Make the tables, in the transaction of the first block."""
        self._db.execute("BEGIN IMMEDIATE")
        create_tables(self._db, self._columns, self._meta(variations))

    def _meta(self, variations: Variations) -> dict[str, str]:
        """Return what the store says of itself."""
        identity = identity_of(variations, points=self._layout.points)
        return {
            "format": FORMAT,
            "plan_hash": hash_of(identity),
            "identity": json.dumps(identity),
            "config": json.dumps(variations.first.resolved(), default=str),
            "columns": described(self._layout),
            "runs": str(variations.plan.size),
            "first": str(self._span.first),
            "end": str(self._span.end),
            "direction": variations.first.direction.value,
            "surroundings": json.dumps(environment()),
        }

    def _recognise(self, variations: Variations) -> None:
        """Raise `UsageError` unless the store was begun by the same sweep, or by a part of it."""
        stored, (first, end) = describe(self._db, self._path), self._span
        present = identity_of(variations, points=self._layout.points)
        lines = differences(stored.identity, present, self._path)
        if lines and may_grow(stored, present, self._span):
            try:
                self._grow(stored, variations)
                runs = sum(block.size for block in stored.blocks)
                self.notes.append(f"note: {self._path} has {runs:,} of {end:,} runs of this plan")
                lines = []
                stored = describe(self._db, self._path)
            except NotContainedError as error:
                lines.append(f"  {error}")
        meta = stored.meta
        if not lines and (meta["first"], meta["end"]) != (str(first), str(end)):
            before = f"{int(meta['first']):,} to {int(meta['end']) - 1:,}"
            lines.append(f"  runs: {before} in {self._path}, {first:,} to {end - 1:,} now")
        if lines:
            message = "\n".join([f"{self._path}: belongs to another sweep", *lines])
            raise UsageError(f"{message}\n  name another file, or remove this one")
        if stored.columns != self._columns:
            raise damaged(self._path, "the table `runs` does not have the columns of this sweep")
        if changed := changes(json.loads(meta["surroundings"]), environment()):
            text = "; ".join(f"{name} {before}, now {now}" for name, before, now in changed)
            begun = f"{self._path} was begun with {text}"
            self.notes.append(f"note: {begun}; last digits of results may differ")

    def _grow(self, stored: Stored, variations: Variations) -> None:
        """Give the stored runs their places in a larger plan, as part of the first new block.

        Raises `NotContainedError` if one has none.
        """
        extension = Extension(self._db, stored, variations.plan, self._layout)
        # What was computed before decides about last digits.
        meta = {**self._meta(variations), "surroundings": stored.meta["surroundings"]}
        self._db.execute("BEGIN IMMEDIATE")
        try:
            extension.write(self._columns, meta)
        except BaseException:
            self._db.rollback()
            raise


def new_store(target: str) -> Part:
    """Return a new file that SQLite writes, for a store at `target`; raises `OSError`."""
    part = Part(target, (*_SIDE_FILES, "-lock"))
    part.file.close()
    return part


def put_in_place(part: Part, target: str) -> None:
    """Move a complete store to its place.

    Raises `FileError` if it cannot be moved, or if a sweep is writing to an older store there.
    """
    lock, place = _Lock(target), os.path.realpath(target)
    try:
        with writing(target):
            for suffix in _SIDE_FILES:
                # SQLite would play back the journal of an older store into the new one.
                Path(place + suffix).unlink(missing_ok=True)
            part.place()
    finally:
        lock.release()


_SIDE_FILES = ("-journal", "-wal", "-shm")


class _Lock:
    """Keeps a second sweep away from a store, by a lock that ends with the process."""

    def __init__(self, path: str) -> None:
        self._file = Path(f"{os.path.realpath(path)}-lock")
        self._descriptor = -1
        self.note = ""
        with held(), writing(path):
            refuse_folder(path)
            while not self._take(path):
                pass
            self._keep = undoing(self.release)
        # A worker that outlives its parent would keep the lock.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _take(self, path: str) -> bool:
        """Return false if the previous owner of the lock has removed the file in between."""
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not lock(descriptor):
                self._file.unlink(missing_ok=True)
                self.note = f"note: {path} cannot be locked; use it in one sweep at a time"
            elif not is_at(descriptor, str(self._file)):
                return False
            else:
                self._descriptor = descriptor
        except BlockingIOError:
            raise FileError(f"{path}: another sweep is writing to it") from None
        finally:
            if self._descriptor < 0:
                os.close(descriptor)
        return True

    def release(self) -> None:
        """Let others use the store."""
        if self._descriptor >= 0:
            with suppress(OSError):
                self._file.unlink()
            self._forget()
        self._keep()

    def _forget(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
