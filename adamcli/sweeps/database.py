"""The SQLite file of a store: its tables, how it is opened and read, and the errors of SQLite.

Table `runs` has one row per run, `messages` says why runs failed, `blocks` which runs are stored,
with the checksum of their rows and messages, and `meta` which sweep it is.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from adamcli.errors import FileError
from adamcli.fields import ranked_by
from adamcli.results import hash_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from adamcli.sweeps.plan import RunRange

    Columns = Sequence[tuple[str, str]]

FORMAT = "adamcli sweep 2"

READ_AT_ONCE = 50_000

TABLES = {
    "meta": 'CREATE TABLE "meta" (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
    "blocks": 'CREATE TABLE "blocks" (first INTEGER PRIMARY KEY, "end" INTEGER NOT NULL, '
    "checksum TEXT NOT NULL)",
    "messages": 'CREATE TABLE "messages" ("index" INTEGER PRIMARY KEY, message TEXT NOT NULL)',
}
"""The statements that create the tables which are the same in every store."""


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
    return f"file:{quote(os.fsencode(Path(path).absolute()))}?mode={'rwc' if new else 'rw'}"


@contextmanager
def sqlite_errors(path: str) -> Iterator[None]:
    """Turn the errors of SQLite into `FileError`."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise FileError(f"{path}: cannot be used as a store: {error}") from None
    except UnicodeDecodeError:
        # What SQLite says of a damaged file quotes it.
        reason = "the database is damaged, and holds text that is not UTF-8"
        raise FileError(f"{path}: cannot be used as a store: {reason}") from None


def create_tables(
    db: sqlite3.Connection,
    columns: Columns,
    meta: dict[str, str],
    tables: Sequence[str] = ("runs", *TABLES),
) -> None:
    """Create tables of a store; `columns` are those of the runs, with their types."""
    for table in tables:
        db.execute(TABLES.get(table) or runs_statement(columns))
    db.executemany("INSERT INTO meta VALUES (?, ?)", {**meta, "seal": seal_of(meta)}.items())


def insert_rows(
    db: sqlite3.Connection,
    values: Sequence[Sequence[Any]],
    messages: Mapping[int, str],
    prefix: str = "",
) -> None:
    """Store rows, column by column, and their messages, in tables whose names have a prefix."""
    slots = ", ".join("?" * len(values))
    db.executemany(f"INSERT INTO {prefix}runs VALUES ({slots})", zip(*values, strict=True))
    db.executemany(f"INSERT INTO {prefix}messages VALUES (?, ?)", messages.items())


def insert_block(db: sqlite3.Connection, block: RunRange, checksum: int) -> None:
    """Note that the runs of a block are stored, unless it has none."""
    if block.size:
        db.execute("INSERT INTO blocks VALUES (?, ?, ?)", (*block, f"{checksum:016x}"))


def statement_of(table: str, prefix: str) -> str:
    """Return the statement that creates a table whose name has a prefix for now."""
    return TABLES[table].replace(f'"{table}"', f'"{prefix}_{table}"', 1)


def runs_statement(columns: Columns, table: str = "runs") -> str:
    """Return the statement that creates the table of runs."""
    parts = []
    for name, kind in columns:
        quoted, key = name.replace('"', '""'), " PRIMARY KEY" if name == "index" else ""
        parts.append(f'"{quoted}" {kind}{key}'.rstrip())
    return f'CREATE TABLE "{table}" ({", ".join(parts)})'


def seal_of(meta: Mapping[str, str]) -> str:
    """Return the checksum of what a store says of itself; that it is complete is added later."""
    return hash_of({key: text for key, text in meta.items() if key not in ("seal", "complete")})


def index_by_score(db: sqlite3.Connection) -> None:
    """Make the best runs fast to find."""
    names = [row[1] for row in db.execute("PRAGMA table_info(runs)")]
    db.execute(f'CREATE INDEX IF NOT EXISTS by_score ON runs ("{ranked_by(names)}")')


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


def read_rows(
    db: sqlite3.Connection, block: RunRange
) -> Iterator[tuple[list[tuple[Any, ...]], dict[int, str]]]:
    """Yield the rows of a block in order, some at a time, with their messages."""
    query = 'SELECT * FROM runs WHERE "index" >= ? AND "index" < ? ORDER BY "index"'
    cursor = db.execute(query, block)
    while records := cursor.fetchmany(READ_AT_ONCE):
        ends = records[0][0], records[-1][0]
        found = 'SELECT * FROM messages WHERE "index" BETWEEN ? AND ? ORDER BY "index"'
        yield records, dict(db.execute(found, ends).fetchall())
