"""What a store holds, believed only after its tables, counts and checksums have been checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.counted import counted
from adamcli.errors import FileError
from adamcli.fields import Kind
from adamcli.optimizer.result import Direction
from adamcli.sweeps.checksums import added, message_hashes, row_hashes, total
from adamcli.sweeps.database import FORMAT, TABLES, read_rows, runs_statement, seal_of, sql_names
from adamcli.sweeps.plan import RunRange, rest_of
from adamcli.sweeps.stored_rows import StoredLayout

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

_NEEDED = {"index", "seed", "status", "best.score"}
"""Columns that the runs of every sweep have."""

_TYPES: dict[Kind, set[type]] = {
    Kind.TEXT: {str},
    Kind.INTEGER: {int},
    Kind.FLAG: {int},
    Kind.REAL: {float, type(None)},
}
"""What SQLite has in columns of each kind; the values of an axis may be of any type."""


class Stored(NamedTuple):
    """What a store says of itself.

    `meta` is its table of that name, `span` the runs of its part of the plan, `blocks` those that
    are stored, with their checksums, and `columns` those of the runs, with their types.
    """

    path: str
    meta: dict[str, str]
    span: RunRange
    blocks: dict[RunRange, int]
    columns: list[tuple[str, str]]

    @property
    def identity(self) -> dict[str, str]:
        """Everything that determines the results, as texts by name."""
        found: dict[str, str] = json.loads(self.meta["identity"])
        return found

    @property
    def missing(self) -> list[RunRange]:
        """The runs that are not stored."""
        return rest_of(self.span, self.blocks)


def read_meta(db: sqlite3.Connection, path: str) -> dict[str, str]:
    """Return the table `meta` of a store; raises `FileError` unless it and all tables are right."""
    made = {name: (kind, text) for kind, name, text in _made(db)}
    if not made:
        raise FileError(f"{path}: is empty; a store has something once its first runs are done")
    # Only tables are read: a view might never answer.
    known = made.get("meta") == ("table", TABLES["meta"])
    meta = dict(db.execute("SELECT key, value FROM meta").fetchall()) if known else {}
    if not all(isinstance(text, str) for pair in meta.items() for text in pair):
        raise damaged(path, "its table `meta` is not what was stored")
    if "runs" not in made or "format" not in meta:
        raise FileError(f"{path}: is an SQLite file, but not the store of a sweep")
    if meta["format"] != FORMAT:
        found = f"expected `{FORMAT}`, found `{meta['format']}`"
        raise FileError(f"{path}: is the store of another version of adamcli: {found}")
    if lacking := sorted({*_READERS, "seal"} - meta.keys()):
        raise damaged(path, f"its table `meta` lacks {', '.join(lacking)}")
    if meta["seal"] != seal_of(meta):
        raise damaged(path, "its table `meta` is not what was stored")
    for key, read in _READERS.items():
        try:
            read(meta[key])
        except (ValueError, TypeError, KeyError, RecursionError):
            raise damaged(path, f"its table `meta` has no `{key}` that can be read") from None
    _refuse_other_tables(db, path, made)
    layout = StoredLayout(meta["columns"])
    kinds = [column.kind.sql for column in layout.columns]
    if _columns(db) != [*zip(sql_names(layout.names), kinds, strict=True)]:
        raise damaged(path, "the table `runs` does not have the columns of this sweep")
    return meta


def _mapping(text: str) -> dict[str, Any]:
    """Return a mapping from its JSON; raises `ValueError` for anything else."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(text)
    return found


def _identity(text: str) -> dict[str, str]:
    found = _mapping(text)
    if not all(isinstance(value, str) for value in found.values()):
        raise ValueError(text)
    return found


def _surroundings(text: str) -> dict[str, Any]:
    found = _mapping(text)
    return {**found["versions"], **found}


_READERS: dict[str, Callable[[str], object]] = {
    "identity": _identity,
    "config": _mapping,
    "columns": lambda text: StoredLayout(text).refuse_wrong(),
    "runs": int,
    "first": int,
    "end": int,
    "direction": Direction,
    "surroundings": _surroundings,
}
"""What reads the text of each key that `meta` has in every store."""


def describe(db: sqlite3.Connection, path: str) -> Stored:
    """Return what a store says of itself, if its tables, its metadata and its counts agree.

    Raises `FileError` with what is wrong.
    """
    meta = read_meta(db, path)
    span = RunRange(int(meta["first"]), int(meta["end"]))
    if not 0 <= span.first <= span.end <= int(meta["runs"]):
        raise damaged(path, f"runs from {span.first} to {span.end} of {meta['runs']} cannot be")
    stored = Stored(path, meta, span, _blocks(db, path, span), _columns(db))
    runs, there = sum(block.size for block in stored.blocks), _count(db, "runs")
    if runs != there:
        raise damaged(path, f"expected {runs:,} rows in `runs`, found {there:,}")
    if "complete" in meta and stored.missing:
        left = sum(block.size for block in stored.missing)
        raise damaged(path, f"is marked as complete, but lacks {counted(left, 'run')}")
    return stored


def checked_rows(
    db: sqlite3.Connection, stored: Stored
) -> Iterator[tuple[list[tuple[Any, ...]], dict[int, str]]]:
    """Yield all rows in order, some at a time, with their messages.

    Raises `FileError` as `checked_blocks` does, and for messages of runs that are not stored.
    """
    told = 0
    for records, messages in checked_blocks(db, stored):
        told += len(messages)
        yield records, messages
    if told != (there := _count(db, "messages")):
        raise damaged(stored.path, f"expected {told:,} rows in `messages`, found {there:,}")


def checked_blocks(
    db: sqlite3.Connection, stored: Stored
) -> Iterator[tuple[list[tuple[Any, ...]], dict[int, str]]]:
    """Yield the rows of the blocks that are known, whatever a sweep may be adding to the store.

    Raises `FileError` after the rows of a block that do not have its checksum.
    """
    columns = StoredLayout(stored.meta["columns"]).columns
    allowed = [_TYPES[column.kind] if column.axis is None else None for column in columns]
    for block, checksum in stored.blocks.items():
        rows, found = 0, 0
        for records, messages in read_rows(db, block):
            # The checksum of a block is known at its end alone.
            if not _are_of(allowed, records, messages):
                raise damaged(stored.path, other_rows(block))
            rows += len(records)
            hashes = row_hashes(list(zip(*records, strict=True))), message_hashes(messages)
            found = added([found, total(*hashes)])
            yield records, messages
        if (rows, found) != (block.size, checksum):
            raise damaged(stored.path, other_rows(block))


def _are_of(
    allowed: Sequence[set[type] | None], records: list[tuple[Any, ...]], messages: dict[int, str]
) -> bool:
    """Return whether the values of each column, and the messages, are of the types `allowed`."""
    columns = zip(allowed, zip(*records, strict=True), strict=True)
    right = all(types is None or types.issuperset(map(type, own)) for types, own in columns)
    return right and all(isinstance(text, str) for text in messages.values())


def other_rows(block: RunRange) -> str:
    """Return what is wrong with rows that do not have their checksum."""
    runs = f"runs {block.first:,} to {block.end - 1:,}"
    return f"the rows of {runs} are not those that were stored"


def damaged(path: str, what: str) -> FileError:
    """Return the error of a store that cannot be believed."""
    hint = "take a copy of it, or remove it and run its sweep again"
    return FileError(f"{path}: the store is damaged: {what}\n  {hint}")


def _made(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Return the type and the name of everything in an SQLite file, and what created it."""
    return db.execute("SELECT type, name, sql FROM sqlite_master").fetchall()


def _refuse_other_tables(
    db: sqlite3.Connection, path: str, made: Mapping[str, tuple[str, str]]
) -> None:
    """Raise `FileError` unless the tables are those of a store, which nothing changes unasked."""
    for name in ("runs", *TABLES):
        kind, text = made.get(name, ("nothing", ""))
        if kind != "table":
            raise damaged(path, f"expected a table `{name}`, found {_ARTICLES.get(kind, kind)}")
        if text != (TABLES.get(name) or runs_statement(_columns(db))):
            raise damaged(path, f"the table `{name}` is not as it was created")
    names = [name for name, _ in _columns(db)]
    if lacking := sorted(_NEEDED - {*names}):
        raise damaged(path, f"the table `runs` lacks {', '.join(lacking)}")
    if triggers := [name for name, (kind, _) in made.items() if kind == "trigger"]:
        raise damaged(path, f"expected no triggers, found `{triggers[0]}`")


_ARTICLES = {"view": "a view", "index": "an index", "trigger": "a trigger"}


def _columns(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the names and the types of the columns of the runs."""
    return [(row[1], row[2]) for row in db.execute("PRAGMA table_info(runs)")]


def _count(db: sqlite3.Connection, table: str) -> int:
    (count,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)


def _blocks(db: sqlite3.Connection, path: str, span: RunRange) -> dict[RunRange, int]:
    """Return the blocks with their checksums, which are apart and inside of `span`."""
    found: dict[RunRange, int] = {}
    at = span.first
    for first, end, checksum in db.execute("SELECT * FROM blocks ORDER BY first"):
        if not (isinstance(end, int) and at <= first < end <= span.end):
            raise damaged(path, f"a block of runs from {first} to {end} cannot be there")
        try:
            found[RunRange(first, end)] = int(checksum, 16)
        except (TypeError, ValueError):
            raise damaged(path, f"{checksum!r} is not the checksum of a block") from None
        at = end
    return found
