"""Merging the stores of all parts of a sweep."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.errors import FileError, UsageError
from adamcli.fields import ranked_by
from adamcli.files import part_of, writing
from adamcli.optimizer.result import Direction
from adamcli.sweeps.identity import changes, differences
from adamcli.sweeps.plan import RunRange
from adamcli.sweeps.store import (
    connect,
    create_tables,
    index_by_score,
    put_in_place,
    read_meta,
    remove,
    sqlite_errors,
    uri_of,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence


class Part(NamedTuple):
    """The store of one part: its path, its table `meta`, its runs, and its schema of runs."""

    path: str
    meta: dict[str, str]
    span: RunRange
    schema: str


class Merged(NamedTuple):
    """A merged store: its size, the names of its columns, its best runs, and notes for the user."""

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
    parts = sorted(map(_read, paths), key=lambda part: part.span)
    _refuse_other_sweeps(parts)
    _refuse_gaps(parts)
    part_path = part_of(target)
    try:
        with writing(target):
            remove(part_path)
            merged = _write(parts, part_path, target, top)
        put_in_place(part_path, target)
    finally:
        with suppress(OSError):
            remove(part_path)
    return merged


def _notes(parts: Sequence[Part]) -> list[str]:
    """Return a note unless all parts were computed with the same versions."""
    other, first = parts[0].path, json.loads(parts[0].meta["surroundings"])
    for part in parts[1:]:
        if changed := changes(json.loads(part.meta["surroundings"]), first):
            text = "; ".join(f"{name} {own}, {other} with {its}" for name, own, its in changed)
            made = f"{part.path} was computed with {text}"
            return [f"note: {made}; last digits of results may differ"]
    return []


def _read(path: str) -> Part:
    if not Path(path).is_file():
        raise FileError(f"{path}: cannot be read: there is no such file")
    # SQLite first rolls back what a kill left half-committed, which writes to the file.
    db = connect(path, new=False)
    try:
        with sqlite_errors(path):
            meta = read_meta(db, path)
            (schema,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'runs'").fetchone()
            (count,) = db.execute("SELECT count(*) FROM runs").fetchone()
    finally:
        db.close()
    span = RunRange(int(meta["first"]), int(meta["end"]))
    if count != span.size or "complete" not in meta:
        missing = f"{span.size - count:,} of {span.size:,} runs are missing"
        hint = "run its sweep command again to resume it"
        raise UsageError(f"{path}: is not finished: {missing}\n  {hint}")
    return Part(path, meta, span, schema)


def _refuse_other_sweeps(parts: Sequence[Part]) -> None:
    first = parts[0]
    identity = json.loads(first.meta["identity"])
    for other in parts[1:]:
        lines = differences(identity, json.loads(other.meta["identity"]), first.path, other.path)
        if lines:
            message = f"{first.path} and {other.path} belong to different sweeps\n"
            raise UsageError(message + "\n".join(lines))


def _refuse_gaps(parts: Sequence[Part]) -> None:
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


def _write(parts: Sequence[Part], path: str, target: str, top: int) -> Merged:
    meta = {**parts[0].meta, "first": "0", "end": parts[0].meta["runs"]}
    db = connect(path, name=target)
    try:
        with sqlite_errors(target):
            db.execute("BEGIN")
            create_tables(db, parts[0].schema, meta)
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
    db: sqlite3.Connection, direction: Direction, top: int, ranked: str
) -> list[tuple[Any, ...]]:
    order = f'"{ranked}"' if direction.sign > 0 else f'"{ranked}" DESC'
    # Infinite scores do not count.
    largest = sys.float_info.max
    return db.execute(
        f'SELECT * FROM runs WHERE "{ranked}" BETWEEN ? AND ? ORDER BY {order}, "index" LIMIT ?',
        (-largest, largest, top),
    ).fetchall()


def _runs_text(first: int, end: int) -> str:
    return f"run {first:,}" if end == first + 1 else f"runs {first:,} to {end - 1:,}"
