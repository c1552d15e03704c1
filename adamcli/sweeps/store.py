"""The store of a sweep: an SQLite file that is consistent after every block, whatever happens.

Table `runs` has one row per run, `messages` says why runs failed, `blocks` which runs are stored
while some are missing, and `meta` which sweep it is. A block and its rows are one transaction.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote

from adamcli.errors import FileError, UsageError
from adamcli.fields import ranked_by
from adamcli.files import writing
from adamcli.results import environment, hash_of
from adamcli.sweeps.identity import changes, differences, identity_of
from adamcli.sweeps.plan import RunRange, rest_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from adamcli.sweeps.rows import RowLayout, Rows
    from adamcli.sweeps.variations import Variations

FORMAT = "adamcli sweep 1"

READ_AT_ONCE = 50_000

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (first INTEGER PRIMARY KEY, "end" INTEGER NOT NULL);
CREATE TABLE messages ("index" INTEGER PRIMARY KEY, message TEXT NOT NULL);
"""


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
        self._lock = _Lock(path)
        self.notes = [self._lock.note] if self._lock.note else []
        self._committed = monotonic()
        self._insert = f"INSERT INTO runs VALUES ({', '.join('?' * columns)})"
        with ExitStack() as opened:
            opened.callback(self._lock.release)
            self._db = connect(path, name=self._path)
            opened.callback(self._db.close)
            with sqlite_errors(self._path):
                (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
                (self._recognise if tables else self._create)(variations)
            opened.pop_all()

    def missing(self) -> list[RunRange]:
        """Return the runs that are not stored yet."""
        with sqlite_errors(self._path):
            if read_meta(self._db, self._path).get("complete"):
                return []
            blocks = self._db.execute('SELECT first, "end" FROM blocks ORDER BY first').fetchall()
        return rest_of(self._span, map(RunRange._make, blocks))

    def read(self, block: RunRange) -> Iterator[Rows]:
        """Yield the stored rows of a block, in order."""
        query = 'SELECT * FROM runs WHERE "index" >= ? AND "index" < ? ORDER BY "index"'
        with sqlite_errors(self._path):
            cursor = self._db.execute(query, block)
            while records := cursor.fetchmany(READ_AT_ONCE):
                ends = records[0][0], records[-1][0]
                found = 'SELECT * FROM messages WHERE "index" BETWEEN ? AND ?'
                messages = dict(self._db.execute(found, ends).fetchall())
                values = dict(zip(self._layout.names, zip(*records, strict=True), strict=True))
                yield self._layout.rows(values, messages)

    def write(self, rows: Rows, block: RunRange) -> None:
        """Store the rows of a block; the next commit keeps all of them, or none is stored."""
        with sqlite_errors(self._path):
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
            try:
                values = [column.values(rows) for column in self._layout.columns]
                self._db.executemany(self._insert, zip(*values, strict=True))
                self._db.executemany("INSERT INTO messages VALUES (?, ?)", rows.messages.items())
                self._db.execute("INSERT INTO blocks VALUES (?, ?)", block)
            except BaseException:
                # Half a block is worse than none.
                self._db.rollback()
                raise
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
            if read_meta(self._db, self._path).get("complete"):
                return
            (count,) = self._db.execute("SELECT count(*) FROM runs").fetchone()
            if count != self._span.size:
                expected = f"expected {self._span.size:,}"
                raise FileError(f"{self._path}: has {count:,} runs, {expected}")
            self._db.execute("BEGIN IMMEDIATE")
            index_by_score(self._db)
            self._db.execute("DELETE FROM blocks")
            self._db.execute("INSERT INTO meta VALUES ('complete', 'true')")
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Commit what was written, and close the file."""
        with suppress(FileError):
            self.commit()
        self._db.close()
        self._lock.release()

    def _create(self, variations: Variations) -> None:
        columns = []
        for name, column in zip(sql_names(self._layout.names), self._layout.columns, strict=True):
            quoted, key = name.replace('"', '""'), " PRIMARY KEY" if name == "index" else ""
            columns.append(f'"{quoted}" {column.kind.sql}{key}'.rstrip())
        identity = identity_of(variations, points=self._layout.points)
        meta = {
            "format": FORMAT,
            "plan_hash": hash_of(identity),
            "identity": json.dumps(identity),
            "config": json.dumps(variations.first.resolved(), default=str),
            "runs": str(variations.plan.size),
            "first": str(self._span.first),
            "end": str(self._span.end),
            "direction": variations.first.direction.value,
            "surroundings": json.dumps(environment()),
        }
        self._db.execute("BEGIN IMMEDIATE")
        create_tables(self._db, f"CREATE TABLE runs ({', '.join(columns)})", meta)
        self._db.execute("COMMIT")

    def _recognise(self, variations: Variations) -> None:
        """Raise `UsageError` unless the store was begun by the same sweep."""
        meta, (first, end) = read_meta(self._db, self._path), self._span
        present = identity_of(variations, points=self._layout.points)
        lines = differences(json.loads(meta["identity"]), present, self._path)
        if not lines and (meta["first"], meta["end"]) != (str(first), str(end)):
            before = f"{int(meta['first']):,} to {int(meta['end']) - 1:,}"
            lines.append(f"  runs: {before} in {self._path}, {first:,} to {end - 1:,} now")
        if lines:
            message = "\n".join([f"{self._path}: belongs to another sweep", *lines])
            raise UsageError(f"{message}\n  name another file, or remove this one")
        if changed := changes(json.loads(meta["surroundings"]), environment()):
            text = "; ".join(f"{name} {before}, now {now}" for name, before, now in changed)
            begun = f"{self._path} was begun with {text}"
            self.notes.append(f"note: {begun}; last digits of results may differ")


def sql_names(names: Sequence[str]) -> list[str]:
    """Return names for SQL, to which x and X are the same: the second one is numbered."""
    taken: set[str] = set()
    found = []
    for name in names:
        numbered = (f"{name}_{k}" for k in count(2))
        free = next(c for c in chain([name], numbered) if c.casefold() not in taken)
        taken.add(free.casefold())
        found.append(free)
    return found


def read_meta(db: sqlite3.Connection, path: str) -> dict[str, str]:
    """Return the table `meta` of a store; raises `FileError` if the file is not a store."""
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    columns = [row[1] for row in db.execute("PRAGMA table_info(meta)")]
    known = "runs" in tables and columns == ["key", "value"]
    meta = dict(db.execute("SELECT key, value FROM meta").fetchall()) if known else {}
    if meta.get("format") != FORMAT:
        raise FileError(f"{path}: is an SQLite file, but not the store of a sweep")
    return meta


def remove(path: str) -> None:
    """Remove a store, if it exists, with the files that SQLite keeps next to it."""
    for suffix in ("", *_SIDE_FILES):
        Path(path + suffix).unlink(missing_ok=True)


def put_in_place(part: str, target: str) -> None:
    """Move a complete store to its place.

    Raises `FileError` if it cannot be moved, or if a sweep is writing to an older store there.
    """
    lock, place = _Lock(target), os.path.realpath(target)
    try:
        with writing(target):
            for suffix in _SIDE_FILES:
                # SQLite would play back the journal of an older store into the new one.
                Path(place + suffix).unlink(missing_ok=True)
            Path(part).replace(place)
    finally:
        lock.release()


_SIDE_FILES = ("-journal", "-wal", "-shm")


def connect(path: str, *, name: str = "", new: bool = True) -> sqlite3.Connection:
    """Return a connection to an SQLite file, which must exist unless it may be `new`.

    Raises `FileError`, which shows `name`, if it cannot be opened.
    """
    import sqlite3

    with sqlite_errors(name or path), ExitStack() as opened:
        if Path(path).exists() and not Path(path).is_file():
            raise FileError(f"{name or path}: is not a file")
        db = sqlite3.connect(uri_of(path, new=new), uri=True, isolation_level=None, timeout=10)
        opened.callback(db.close)
        db.execute("PRAGMA cache_size = -32000")
        # Unlike a write-ahead log, this works on the file systems of clusters.
        db.execute("PRAGMA journal_mode = DELETE")
        opened.pop_all()
    return db


def uri_of(path: str, *, new: bool) -> str:
    """Return the URI of an SQLite file."""
    return f"file:{quote(str(Path(path).absolute()))}?mode={'rwc' if new else 'rw'}"


def create_tables(db: sqlite3.Connection, runs: str, meta: dict[str, str]) -> None:
    """Create the tables of a store; `runs` is the statement that creates the table of runs."""
    for statement in [*_SCHEMA.split(";")[:-1], runs]:
        db.execute(statement)
    db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())


def index_by_score(db: sqlite3.Connection) -> None:
    """Make the best runs fast to find."""
    names = [row[1] for row in db.execute("PRAGMA table_info(runs)")]
    db.execute(f'CREATE INDEX by_score ON runs ("{ranked_by(names)}")')


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
        self._file = Path(f"{os.path.realpath(path)}-lock")
        self._descriptor = -1
        self.note = ""
        try:
            import fcntl
        except ImportError:  # pragma: no cover - without it, the transactions must do
            return
        while True:
            with writing(path):
                descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise FileError(f"{path}: another sweep is writing to it") from None
            except OSError as error:
                os.close(descriptor)
                with suppress(OSError):
                    self._file.unlink()
                reason = f"cannot be locked ({error.strerror or error})"
                self.note = f"note: {path} {reason}; use it in one sweep at a time"
                return
            # The previous owner of the lock may have removed the file in between.
            with suppress(OSError):
                if os.fstat(descriptor).st_ino == self._file.stat().st_ino:
                    break
            os.close(descriptor)
        self._descriptor = descriptor
        # A worker that outlives its parent would keep the lock.
        os.register_at_fork(after_in_child=self._forget)

    def release(self) -> None:
        """Let others use the store."""
        if self._descriptor >= 0:
            with suppress(OSError):
                self._file.unlink()
            self._forget()

    def _forget(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
