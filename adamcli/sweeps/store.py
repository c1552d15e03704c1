"""The store of a sweep: an SQLite file that is whole after every block, whatever happens.

Table `runs` has a row a run, `messages` says why runs failed, `blocks` which runs are there while
some are missing, and `meta` what sweep it is. Rows and their block are written in one transaction.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from adamcli.errors import FileError, UsageError
from adamcli.provenance import environment, hash_of
from adamcli.sweeps.identity import (
    changes,
    differences,
    identity_of,
)
from adamcli.sweeps.plan import RunRange, rest_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from adamcli.sweeps.layout import RowLayout
    from adamcli.sweeps.rows import Rows
    from adamcli.sweeps.variations import Variations

FORMAT = "adamcli sweep 1"

COMMIT_SECONDS = 0.25
"""Rows of fast runs are committed together this often."""

MOST_COLUMNS = 1000

READ_AT_ONCE = 50_000

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (first INTEGER PRIMARY KEY, "end" INTEGER NOT NULL);
CREATE TABLE messages ("index" INTEGER PRIMARY KEY, message TEXT NOT NULL);
"""


class Store:
    """An open store. `notes` has what a user should know about it.

    Raises `FileError` where the file cannot be used, and `UsageError` where it belongs to another
    sweep.
    """

    def __init__(self, path: str, layout: RowLayout, name: str = "") -> None:
        self._path, self._layout = name or path, layout
        self._lock = _Lock(path)
        self.notes = [self._lock.note] if self._lock.note else []
        self._pending = False
        self._committed = monotonic()
        try:
            self._db = connect(path, name=self._path)
        except BaseException:
            self._lock.release()
            raise
        marks = ", ".join("?" * len(layout.columns))
        self._insert = f"INSERT INTO runs VALUES ({marks})"

    @staticmethod
    def open(
        path: str, variations: Variations, layout: RowLayout, span: RunRange, name: str = ""
    ) -> Store:
        """Return the store of a sweep, new or with what was done of it before.

        `name` is how errors call it.
        """
        if len(layout.columns) > MOST_COLUMNS:
            message = f"{path}: a store has room for {MOST_COLUMNS:,} columns, found "
            raise UsageError(
                f"{message}{len(layout.columns):,}\n  leave the points out: --no-points"
            )
        store = Store(path, layout, name)
        try:
            with sqlite_errors(name or path):
                if store._is_new():
                    store._create(variations, span)
                else:
                    store._recognise(variations, span)
        except BaseException:
            store.close()
            raise
        return store

    def missing(self, span: RunRange) -> list[RunRange]:
        """Return the runs of `span` that are not there yet."""
        with sqlite_errors(self._path):
            if self._meta().get("complete"):
                return []
            blocks = self._db.execute('SELECT first, "end" FROM blocks ORDER BY first').fetchall()
        return rest_of(span, map(RunRange._make, blocks))

    def read(self, block: RunRange) -> Iterator[Rows]:
        """Yield the rows that are there of a block, in their order."""
        query = 'SELECT * FROM runs WHERE "index" >= ? AND "index" < ? ORDER BY "index"'
        with sqlite_errors(self._path):
            cursor = self._db.execute(query, block)
            while records := cursor.fetchmany(READ_AT_ONCE):
                ends = records[0][0], records[-1][0]
                told = self._db.execute(
                    'SELECT * FROM messages WHERE "index" BETWEEN ? AND ?', ends
                )
                yield self._rows(records, dict(told.fetchall()))

    def write(self, rows: Rows, block: RunRange) -> None:
        """Take the rows of a block; they are safe after the next commit, or not there at all."""
        with sqlite_errors(self._path):
            if not self._pending:
                self._db.execute("BEGIN IMMEDIATE")
                self._pending = True
            try:
                values = [column.values(rows) for column in self._layout.columns]
                self._db.executemany(self._insert, zip(*values, strict=True))
                self._db.executemany("INSERT INTO messages VALUES (?, ?)", rows.messages.items())
                self._db.execute("INSERT INTO blocks VALUES (?, ?)", block)
            except BaseException:
                # Half a block is worse than none.
                self._db.execute("ROLLBACK")
                self._pending = False
                raise
            if monotonic() - self._committed > COMMIT_SECONDS:
                self.commit()

    def commit(self) -> None:
        """Make safe what was written."""
        if self._pending:
            with sqlite_errors(self._path):
                self._db.execute("COMMIT")
            self._pending = False
        self._committed = monotonic()

    def finish(self, span: RunRange) -> None:
        """Note that all is there, and index it by score.

        Raises `FileError` if it is not.
        """
        self.commit()
        with sqlite_errors(self._path):
            if self._meta().get("complete"):
                return
            (count,) = self._db.execute("SELECT count(*) FROM runs").fetchone()
            if count != span.size:
                raise FileError(f"{self._path}: has {count:,} runs, expected {span.size:,}")
            self._db.execute("BEGIN IMMEDIATE")
            index_by_score(self._db)
            self._db.execute("DELETE FROM blocks")
            self._db.execute("INSERT INTO meta VALUES ('complete', 'true')")
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Make safe what was written, and let go of the file."""
        with suppress(FileError):
            self.commit()
        self._db.close()
        self._lock.release()

    def _is_new(self) -> bool:
        return not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]

    def _create(self, variations: Variations, span: RunRange) -> None:
        declared = zip(sql_names(self._layout.names), self._layout.columns, strict=True)
        columns = ", ".join(
            f"{quoted(name)} {column.kind.sql}{' PRIMARY KEY' if name == 'index' else ''}".rstrip()
            for name, column in declared
        )
        identity = identity_of(variations, points=self._layout.points)
        meta = {
            "format": FORMAT,
            "plan_hash": hash_of(identity),
            "identity": json.dumps(identity),
            "config": json.dumps(variations.first.resolved(), default=str),
            "runs": str(variations.plan.size),
            "first": str(span.first),
            "end": str(span.end),
            "direction": variations.first.direction.value,
            "surroundings": json.dumps(environment()),
        }
        self._db.execute("BEGIN IMMEDIATE")
        create_tables(self._db, f"CREATE TABLE runs ({columns})", meta)
        self._db.execute("COMMIT")

    def _recognise(self, variations: Variations, span: RunRange) -> None:
        """Raise `UsageError` unless the store was begun by the same sweep."""
        meta = self._meta()
        present = identity_of(variations, points=self._layout.points)
        lines = differences(json.loads(meta["identity"]), present, self._path)
        if not lines and (meta["first"], meta["end"]) != (str(span.first), str(span.end)):
            before = f"{int(meta['first']):,} to {int(meta['end']) - 1:,}"
            now = f"{span.first:,} to {span.end - 1:,}"
            lines.append(f"  runs: {before} in {self._path}, {now} now")
        if lines:
            message = f"{self._path}: belongs to another sweep\n" + "\n".join(lines)
            raise UsageError(f"{message}\n  name another file, or remove this one")
        changed = changes(json.loads(meta["surroundings"]), environment())
        if changed:
            text = "; ".join(f"{name} {before}, now {now}" for name, before, now in changed)
            self.notes.append(
                f"note: {self._path} was begun with {text}; last digits of results may differ"
            )

    def _meta(self) -> dict[str, str]:
        return read_meta(self._db, self._path)

    def _rows(self, records: list[tuple[Any, ...]], messages: dict[int, str]) -> Rows:
        values = zip(*records, strict=True)
        return self._layout.rows(dict(zip(self._layout.names, values, strict=True)), messages)


def sql_names(names: Sequence[str]) -> list[str]:
    """Return names for SQL, which takes x and X for the same: the second one is numbered."""
    taken: set[str] = set()
    found = []
    for name in names:
        numbered = (f"{name}_{k}" for k in count(2))
        free = next(c for c in chain([name], numbered) if c.casefold() not in taken)
        taken.add(free.casefold())
        found.append(free)
    return found


def read_meta(db: sqlite3.Connection, path: str) -> dict[str, str]:
    """Return what a store says of itself; raises `FileError` if the file is no store."""
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    columns = [row[1] for row in db.execute("PRAGMA table_info(meta)")]
    known = "runs" in tables and columns == ["key", "value"]
    meta = dict(db.execute("SELECT key, value FROM meta").fetchall()) if known else {}
    if meta.get("format") != FORMAT:
        raise FileError(f"{path}: is an SQLite file, but not the store of a sweep")
    return meta


def remove(path: str) -> None:
    """Remove a store that is not wanted, with what SQLite keeps beside it."""
    for suffix in ("", *_BESIDE):
        Path(path + suffix).unlink(missing_ok=True)


def put_in_place(part: str, target: str) -> None:
    """Move a complete store to its place.

    A journal that an older store has left there would be played back into the new one.

    Raises `FileError` if it cannot be moved, or if a sweep is writing to the store that is there.
    """
    lock = _Lock(target)
    try:
        for suffix in _BESIDE:
            Path(os.path.realpath(target) + suffix).unlink(missing_ok=True)
        Path(part).replace(os.path.realpath(target))
    except OSError as error:
        raise FileError(f"{target}: cannot be written: {error.strerror or error}") from None
    finally:
        lock.release()


_BESIDE = ("-journal", "-wal", "-shm")


def quoted(name: str) -> str:
    """Return a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def connect(path: str, *, name: str = "", new: bool = True) -> sqlite3.Connection:
    """Return a connection to an SQLite file; `name` is how errors call it.

    Unless it may be `new`, the file has to be there.

    Raises `FileError` if it cannot be one.
    """
    import sqlite3

    with sqlite_errors(name or path):
        if Path(path).exists() and not Path(path).is_file():
            raise FileError(f"{name or path}: is not a file")
        db = sqlite3.connect(uri_of(path, new=new), uri=True, isolation_level=None, timeout=10)
        try:
            db.execute("PRAGMA cache_size = -32000")
            # It works on the file systems of clusters too, where a write-ahead log does not.
            db.execute("PRAGMA journal_mode = DELETE")
        except BaseException:
            db.close()
            raise
        return db


def uri_of(path: str, *, new: bool) -> str:
    """Return how SQLite is told of a file."""
    return f"file:{quote(str(Path(path).absolute()))}?mode={'rwc' if new else 'rw'}"


def create_tables(db: sqlite3.Connection, runs: str, meta: dict[str, str]) -> None:
    """Make the tables of a store; `runs` is the statement that makes the one with the runs."""
    for statement in [*_SCHEMA.split(";")[:-1], runs]:
        db.execute(statement)
    db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())


def index_by_score(db: sqlite3.Connection) -> None:
    """Make the best runs quick to find."""
    db.execute('CREATE INDEX by_score ON runs ("best.score")')


@contextmanager
def sqlite_errors(path: str) -> Iterator[None]:
    """Turn the errors of SQLite into `FileError`."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise FileError(f"{path}: cannot be used as a store: {error}") from None


class _Lock:
    """Keeps a second sweep away from a store, by a lock that ends with the process."""

    def __init__(self, path: str) -> None:
        self._name = f"{os.path.realpath(path)}-lock"
        self._descriptor = -1
        self.note = ""
        try:
            import fcntl
        except ImportError:  # pragma: no cover - where there is none, the transactions must do
            return
        while True:
            try:
                descriptor = os.open(self._name, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as error:
                raise FileError(f"{path}: cannot be written: {error.strerror}") from None
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise FileError(f"{path}: another sweep is writing to it") from None
            except OSError as error:
                os.close(descriptor)
                with suppress(OSError):
                    Path(self._name).unlink()
                reason = error.strerror or str(error)
                self.note = (
                    f"note: {path} cannot be locked ({reason}); use it in one sweep at a time"
                )
                return
            # Whoever had the lock before may have removed the file in between.
            with suppress(OSError):
                if os.fstat(descriptor).st_ino == Path(self._name).stat().st_ino:
                    break
            os.close(descriptor)
        self._descriptor = descriptor
        # A worker that outlives its parent would keep the lock.
        os.register_at_fork(after_in_child=self._forget)

    def release(self) -> None:
        """Let others use the store."""
        if self._descriptor >= 0:
            with suppress(OSError):
                Path(self._name).unlink()
            self._forget()

    def _forget(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
