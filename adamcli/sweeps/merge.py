"""Merging the stores of all parts of a sweep."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.counted import counted
from adamcli.errors import FileError, UsageError
from adamcli.fields import ranked_by
from adamcli.files import writing
from adamcli.optimizer.result import Direction
from adamcli.sweeps.checksums import added
from adamcli.sweeps.database import (
    connect,
    create_tables,
    index_by_score,
    insert_block,
    sqlite_errors,
    uri_of,
)
from adamcli.sweeps.identity import changes, differences
from adamcli.sweeps.plan import RunRange
from adamcli.sweeps.store import new_store, put_in_place
from adamcli.sweeps.stored_rows import StoredLayout
from adamcli.sweeps.validation import Stored, checked_rows, damaged, describe

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from adamcli.sweeps.stored_rows import Records


class ReadBack(NamedTuple):
    """Rows that are read back from stores: their columns, the rows in order, and notes.

    `done` of `total` runs are there, all unless it is a single one of the stores `parts`.
    """

    layout: StoredLayout
    rows: Iterator[Records]
    done: int
    total: int
    notes: list[str]
    parts: Sequence[Stored]

    def summary(self, top: int) -> Merged:
        """Return the size of it all, and its `top` runs."""
        names = [name for name, _ in self.parts[0].columns]
        ranked, direction = ranked_by(names), Direction(self.parts[0].meta["direction"])
        best: list[tuple[Any, ...]] = []
        for part in self.parts:
            with sqlite_errors(part.path), closing(connect(part.path, new=False)) as db:
                # The rows were checked; what an index says of them was not.
                best += _best(db, direction, top, ranked, rows="runs NOT INDEXED")
        score, index = names.index(ranked), names.index("index")
        best.sort(key=lambda run: (direction.merit(run[score]), run[index]))
        return Merged(self.done, names, best[:top], self.notes)


class Merged(NamedTuple):
    """Stores as one: their runs, the names of the columns, the best runs, notes for the user."""

    runs: int
    names: list[str]
    best: list[tuple[Any, ...]]
    notes: list[str]


def merge(paths: Sequence[str], target: str, top: int) -> Merged:
    """Merge the stores at `paths` into `target`, and return its `top` runs.

    The file is complete or absent.

    Raises `UsageError` unless the stores are all parts of one sweep, each exactly once; `FileError`
    for files that cannot be read or written.
    """
    parts = _whole(map(_checked, paths))
    with writing(target):
        new = new_store(target)
    try:
        with writing(target):
            merged = _write(parts, new.path, target, top)
        put_in_place(new, target)
    finally:
        new.remove()
    return merged


def read_back(paths: Sequence[str]) -> ReadBack:
    """Return the rows of a single store, whatever it has, or of all parts of a sweep.

    Raises the errors of `merge`.
    """
    # Their rows are checked as they are read.
    read = [*map(_read, paths)]
    parts = _whole(read) if len(read) > 1 else read
    done = sum(block.size for part in parts for block in part.blocks)
    total = sum(part.span.size for part in parts)
    layout = StoredLayout(parts[0].meta["columns"])
    return ReadBack(layout, _rows(parts), done, total, _notes(parts), parts)


def _rows(parts: Sequence[Stored]) -> Iterator[Records]:
    """Yield the rows of all parts, some at a time."""
    for part in parts:
        with sqlite_errors(part.path), closing(connect(part.path, new=False)) as db:
            for records, _ in checked_rows(db, part):
                yield records


def _whole(stores: Iterable[Stored]) -> list[Stored]:
    """Return the stores of all parts of a sweep in order, each of which is complete."""
    parts = sorted(stores, key=lambda part: part.span)
    for part in parts:
        _refuse_unfinished(part)
    _refuse_other_sweeps(parts)
    _refuse_gaps(parts)
    return parts


def _notes(parts: Sequence[Stored]) -> list[str]:
    """Return a note unless all parts were computed with the same versions."""
    other, first = parts[0].path, json.loads(parts[0].meta["surroundings"])
    for part in parts[1:]:
        if changed := changes(json.loads(part.meta["surroundings"]), first):
            text = "; ".join(f"{name} {own}, {other} with {its}" for name, own, its in changed)
            made = f"{part.path} was computed with {text}"
            return [f"note: {made}; last digits of results may differ"]
    return []


def _checked(path: str) -> Stored:
    """Return what a store says of itself, after all of its rows have been checked."""
    stored = _read(path)
    for _ in _rows([stored]):
        pass
    return stored


def _read(path: str) -> Stored:
    """Return what a store says of itself."""
    if not Path(path).is_file():
        raise FileError(f"{path}: cannot be read: there is no such file")
    # SQLite first rolls back what a kill left half-committed, which writes to the file.
    with closing(connect(path, new=False)) as db, sqlite_errors(path):
        return describe(db, path)


def _refuse_unfinished(part: Stored) -> None:
    """Raise `UsageError` if a store lacks runs."""
    if "complete" not in part.meta:
        left = sum(block.size for block in part.missing)
        missing = f"{left:,} of {counted(part.span.size, 'run')} left to do"
        hint = "run its sweep command again to resume it"
        raise UsageError(f"{part.path}: is not finished, {missing}\n  {hint}")


def _refuse_other_sweeps(parts: Sequence[Stored]) -> None:
    first = parts[0]
    identity = json.loads(first.meta["identity"])
    for other in parts[1:]:
        lines = differences(identity, json.loads(other.meta["identity"]), first.path, other.path)
        if lines:
            message = f"{first.path} and {other.path} belong to different sweeps\n"
            raise UsageError(message + "\n".join(lines))
        if other.columns != first.columns:
            what = f"the table `runs` has other columns than that of {first.path}"
            raise damaged(other.path, what)


def _refuse_gaps(parts: Sequence[Stored]) -> None:
    """Raise `UsageError` unless every run of the plan is in exactly one part."""
    size = int(parts[0].meta["runs"])
    problems, at, before = [], 0, ""
    for part in parts:
        if part.span.first < at:
            twice = _runs_text(part.span.first, min(at, part.span.end))
            problems.append(f"  {twice}: in {before} and in {part.path}")
        if part.span.first > at:
            problems.append(f"  {_runs_text(at, part.span.first)}: missing")
        at, before = max(at, part.span.end), part.path
    if at < size:
        problems.append(f"  {_runs_text(at, size)}: missing")
    if problems:
        message = f"the stores must contain each of the {size:,} runs exactly once"
        raise UsageError("\n".join([message, *problems]))


def _write(parts: Sequence[Stored], path: str, target: str, top: int) -> Merged:
    own = ("seal", "complete")
    meta = {key: text for key, text in parts[0].meta.items() if key not in own}
    meta |= {"first": "0", "end": meta["runs"]}
    db = connect(path, name=target)
    try:
        with sqlite_errors(target):
            db.execute("BEGIN")
            create_tables(db, parts[0].columns, meta)
            checksum = added(chain.from_iterable(part.blocks.values() for part in parts))
            insert_block(db, RunRange(0, int(meta["runs"])), checksum)
            db.execute("INSERT INTO meta VALUES ('complete', 'true')")
            db.execute("COMMIT")
            for part in parts:
                db.execute("ATTACH ? AS part", (uri_of(part.path, new=False),))
                db.execute("BEGIN")
                for name in ("runs", "messages"):
                    rows = f'SELECT * FROM part.{name} ORDER BY "index"'
                    db.execute(f"INSERT INTO main.{name} {rows}")
                db.execute("COMMIT")
                db.execute("DETACH part")
            index_by_score(db)
            names = [row[1] for row in db.execute("PRAGMA table_info(runs)")]
            best = _best(db, Direction(meta["direction"]), top, ranked_by(names))
            return Merged(int(meta["runs"]), names, best, _notes(parts))
    finally:
        db.close()


def _best(
    db: sqlite3.Connection, direction: Direction, top: int, ranked: str, rows: str = "runs"
) -> list[tuple[Any, ...]]:
    order = f'"{ranked}"' if direction.sign > 0 else f'"{ranked}" DESC'
    # Infinite scores do not count.
    largest = sys.float_info.max
    return db.execute(
        f'SELECT * FROM {rows} WHERE "{ranked}" BETWEEN ? AND ? ORDER BY {order}, "index" LIMIT ?',
        (-largest, largest, top),
    ).fetchall()


def _runs_text(first: int, end: int) -> str:
    return f"run {first:,}" if end == first + 1 else f"runs {first:,} to {end - 1:,}"
