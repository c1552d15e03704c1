"""Stores of sweeps that were changed in every way, read by each command that reads one."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from adamcli.sweeps.database import seal_of
from tests.fuzz.ended import broken_by, end_of, fault_of

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tests.fuzz.ended import Ended

OPERATIONS = 1_000_000
"""A change that takes more of the database's operations, which none should by far, is broken off.
"""

CONFIG = (
    "objective: (x - 1)**2 + k*y**2\nbounds: {x: [-1, 3], y: [0, 2]}\nconstants: {k: 1}\n"
    "n_iter: 3\nsweep: {alpha: [0.1, '0.1/t', 0.3], bounds_mode: [clip, reflect], seed: 0..6}\n"
)

VALUES: tuple[object, ...] = (
    *(None, 0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63), 0.0, -0.0, 1.0, 1e308, float("inf")),
    *(-float("inf"), "", "x", "0", "1e999", "nan", "\x1b[31m", "\x00", "'", '"', "ü", "a" * 10_000),
    *("null", "[]", "{}", "[" * 2000, "9" * 5000, '{"a": 1}', '[["x", [], "REAL", [0, [], []]]]'),
    *(b"", b"\xff\xfe", b"PK", "0" * 16, "f" * 16, "-1", "1 ", "1_0", "٣", "true"),
)
KEYS = ("identity", "config", "columns", "runs", "first", "end", "direction", "surroundings")
INSERTED = ("", "0", "-1", "9" * 30, "null", "[]", "{}", '"x"', "true", ", ", "[[", "\\ud800")
TABLES = ("runs", "meta", "blocks", "messages")
STATEMENTS = (
    "CREATE VIEW v AS SELECT * FROM runs",
    "CREATE TABLE extra (a, b)",
    "CREATE INDEX other ON runs (status)",
    "CREATE TRIGGER t AFTER INSERT ON {table} BEGIN DELETE FROM runs; END",
    "CREATE TRIGGER t BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END",
    "ALTER TABLE {table} RENAME TO other; CREATE VIEW {table} AS SELECT * FROM other",
    (
        "ALTER TABLE {table} RENAME TO other; CREATE VIEW {table} AS WITH RECURSIVE n(k) AS "
        "(SELECT 1 UNION ALL SELECT k + 1 FROM n) SELECT k, k FROM n"
    ),
    "ALTER TABLE {table} RENAME TO other; CREATE TABLE {table} AS SELECT * FROM other",
    "ALTER TABLE {table} ADD COLUMN more DEFAULT 1",
    "ALTER TABLE {table} RENAME COLUMN {column} TO other",
    "ALTER TABLE {table} DROP COLUMN {column}",
    "DROP TABLE {table}",
    "DELETE FROM {table}",
    "DELETE FROM {table} WHERE rowid = {row}",
    "UPDATE {table} SET {column} = (SELECT {column} FROM {table} ORDER BY random() LIMIT 1)",
    'UPDATE runs SET "index" = -1 - "index"',
    'UPDATE runs SET "index" = "index" + 1000000000000',
    "INSERT INTO runs SELECT * FROM runs LIMIT 1 ON CONFLICT DO NOTHING",
    "INSERT INTO messages VALUES ({row}, 'a message')",
    "INSERT INTO blocks VALUES ({row}, {row} + 1, '0000000000000000')",
    "INSERT INTO meta VALUES ('complete', 'true')",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'TEXT', 'BLOB')",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 1 + rootpage % 5",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET name = upper(name)",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET type = 'view' WHERE name = '{table}'",
    "PRAGMA user_version = 7",
    "PRAGMA application_id = 7",
    "PRAGMA page_size = 512; VACUUM",
    "PRAGMA journal_mode = WAL",
    "PRAGMA auto_vacuum = FULL; VACUUM",
    "REINDEX",
)


class StoreTrials:
    """Changes copies of a store, and reads them.

    `random` decides what is changed, so that the same seed tries the same.
    """

    def __init__(self, random: random.Random, folder: Path) -> None:
        self._random, self._folder = random, folder
        (folder / "sweep.yaml").write_text(CONFIG)
        self._store, self._part, self._rows = (
            folder / name for name in ("whole.db", "part.db", "rows.csv")
        )
        for store, options in ((self._store, []), (self._part, ["--shard", "1/2"])):
            command = ["sweep", str(folder / "sweep.yaml"), "--store", str(store), *options]
            ended = end_of([*command, "-q"])
            assert ended.code == 0, ended.said
        self._whole = self._store.read_bytes()
        self._right = {name: self._ended(name) for name in self._commands()}
        assert all(ended.code == 0 for ended in self._right.values()), self._right

    def try_one(self) -> None:
        """Change a copy and read it; raises `AssertionError` if something broke."""
        changes = [self._random.choice(self._ways()) for _ in range(self._random.choice((1, 1, 3)))]
        sealed = self._random.random() < 0.2
        self._store.write_bytes(self._whole)
        # What the database refuses was not changed.
        done = [change() for change in changes]
        if sealed:
            done.append(f"sealed: {self._changed(_seal)}")
        for side in ("-journal", "-wal", "-shm"):
            self._store.with_name(self._store.name + side).unlink(missing_ok=True)
        for name in self._commands():
            ended = self._ended(name)
            # Who makes a seal anew can say what they like of the sweep.
            wrong = _wrong(ended, ended if sealed else self._right[name])
            assert not wrong, f"{name} after {done}: {wrong}"

    def _commands(self) -> dict[str, list[str]]:
        """Return what reads a store; the last one, which may write to it, is the sweep itself."""
        store, rows = str(self._store), str(self._rows)
        return {
            "plot": ["plot", store],
            "rows": ["merge", store, "-o", rows],
            "merge": ["merge", store, "-o", str(self._folder / "all.db")],
            "sweep": ["sweep", str(self._folder / "sweep.yaml"), "--store", store, "-o", rows],
        }

    def _ended(self, name: str) -> Ended:
        self._rows.unlink(missing_ok=True)
        ended = end_of(self._commands()[name])
        made = self._rows.read_bytes() if self._rows.exists() else b""
        return ended._replace(output=ended.output + made)

    def _ways(self) -> list[Callable[[], str]]:
        return [
            *(self._bytes, self._cut),
            *(self._cell, self._cell, self._statement, self._statement, self._told),
        ]

    def _bytes(self) -> str:
        raw = bytearray(self._store.read_bytes())
        places = [self._random.randrange(len(raw)) for _ in range(self._random.choice((1, 4, 50)))]
        # The header and the schema are small, but matter most.
        places += [self._random.randrange(min(4096, len(raw))) for _ in places[:2]]
        for place in places:
            raw[place] = self._random.randrange(256)
        self._store.write_bytes(raw)
        return f"bytes {places}"

    def _cut(self) -> str:
        raw, end = self._store.read_bytes(), self._random.randrange(len(self._whole))
        ways = (
            raw[:end],
            raw + raw[:end],
            raw[:end] + bytes(max(0, len(raw) - end)),
            raw[4096:] + raw,
        )
        way = self._random.randrange(len(ways))
        self._store.write_bytes(ways[way])
        return f"cut {way} at {end}"

    def _cell(self) -> str:
        """Set one cell of a table to another value."""
        table = self._random.choice(TABLES)
        value = self._random.choice(VALUES)

        def change(db: sqlite3.Connection) -> None:
            key = '"key"' if table == "meta" else "rowid"
            keys = [row[0] for row in db.execute(f"SELECT {key} FROM {table}")]
            db.execute(
                f"UPDATE {table} SET {self._column(db, table)} = ? WHERE {key} = ?",
                (value, self._random.choice(keys or [0])),
            )

        return f"{table} {value!r:.30}: {self._changed(change)}"

    def _told(self) -> str:
        """Change a few characters of what the store says of itself."""
        key = self._random.choice(KEYS)

        def change(db: sqlite3.Connection) -> None:
            found = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            text = str(found and found[0])
            start = self._random.randrange(len(text) + 1)
            end = start + self._random.choice((0, 1, 1, 5, 30))
            new = self._random.choice((*INSERTED, text[start:end] * 2))
            text = text[:start] + new + text[end:]
            db.execute("UPDATE meta SET value = ? WHERE key = ?", (text, key))

        return f"meta {key}: {self._changed(change)}"

    def _statement(self) -> str:
        """Execute a statement, or two."""
        statement, table = self._random.choice(STATEMENTS), self._random.choice(TABLES)
        row = self._random.randrange(45)

        def change(db: sqlite3.Connection) -> None:
            column = self._column(db, table)
            db.executescript(statement.format(table=table, row=row, column=column))

        return f"{statement} {table} {row}: {self._changed(change)}"

    def _column(self, db: sqlite3.Connection, table: str) -> str:
        names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        name = self._random.choice(names or ["x"]).replace('"', '""')
        return f'"{name}"'

    def _changed(self, change: Callable[[sqlite3.Connection], None]) -> str:
        with closing(sqlite3.connect(os.fspath(self._store), isolation_level=None)) as db:
            # What was changed before may be read without an end.
            db.set_progress_handler(lambda: 1, OPERATIONS)
            try:
                change(db)
            except (sqlite3.Error, OverflowError, UnicodeDecodeError, MemoryError) as error:
                return str(error)
        return "done"


def _seal(db: sqlite3.Connection) -> None:
    """Let the seal of a store be right for what it says of itself now."""
    meta = dict(db.execute("SELECT key, value FROM meta").fetchall())
    with suppress(TypeError):
        db.execute("UPDATE meta SET value = ? WHERE key = 'seal'", (seal_of(meta),))


def _wrong(ended: Ended, right: Ended) -> str:
    """Return what is wrong with the end of a command, if anything."""
    if "not enough memory" in ended.said:
        return ended.said
    if ended.code == 0 and _timeless(ended.output) != _timeless(right.output):
        return f"believed:\n{ended.output.decode()}\nin place of\n{right.output.decode()}"
    return fault_of(ended)


def _timeless(output: bytes) -> bytes:
    return re.sub(rb"whole\.db", b"", output)


def fuzz_stores(count: int, random: random.Random, folder: Path) -> list[str]:
    """Try so many changed stores, and return what broke something."""
    return broken_by(StoreTrials(random, folder).try_one, count)
