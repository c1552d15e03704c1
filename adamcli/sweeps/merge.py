"""The stores of all parts of a sweep put together into one."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.errors import FileError, UsageError
from adamcli.files import part_of
from adamcli.optimizer.direction import Direction
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
    """The store of one part: its path, what it says of itself, and the runs that it has."""

    path: str
    meta: dict[str, str]
    span: RunRange
    schema: str


class Merged(NamedTuple):
    """What came out: how many runs there are, the names of all columns, and the best runs.

    `notes` has what a user should know about it.
    """

    runs: int
    names: list[str]
    best: list[tuple[Any, ...]]
    notes: list[str]


def merge(paths: Sequence[str], target: str, top: int) -> Merged:
    """Put the stores at `paths` together in `target`, and return its `top` runs.

    Raises `UsageError` if they are not all parts of one sweep, each there once; `FileError` for
    files that cannot be read or written. The file is complete or absent.
    """
    parts = sorted(map(_read, paths), key=lambda part: part.span)
    _refuse_strangers(parts)
    _refuse_gaps(parts)
    part_path = part_of(target)
    try:
        remove(part_path)
        merged = _write(parts, part_path, target, top)
        put_in_place(part_path, target)
    except OSError as error:
        raise FileError(f"{target}: cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            remove(part_path)
    return merged._replace(notes=_notes(parts))


def _notes(parts: Sequence[Part]) -> list[str]:
    """Return a note if not all parts were made with the same versions."""
    first = json.loads(parts[0].meta["surroundings"])
    for part in parts[1:]:
        changed = changes(json.loads(part.meta["surroundings"]), first)
        if changed:
            other = parts[0].path
            text = "; ".join(f"{name} {own}, {other} with {its}" for name, own, its in changed)
            made = f"{part.path} was made with {text}"
            return [f"note: {made}; last digits of results may differ"]
    return []


def _read(path: str) -> Part:
    if not Path(path).is_file():
        raise FileError(f"{path}: cannot be read: there is no such file")
    # A part that was killed in a commit is put right first, which writes to it.
    db = connect(path, new=False)
    try:
        with sqlite_errors(path):
            meta = read_meta(db, path)
            query = "SELECT sql FROM sqlite_master WHERE name = 'runs'"
            (schema,) = db.execute(query).fetchone()
            (count,) = db.execute("SELECT count(*) FROM runs").fetchone()
    finally:
        db.close()
    span = RunRange(int(meta["first"]), int(meta["end"]))
    if count != span.size or "complete" not in meta:
        missing = span.size - count
        raise UsageError(
            f"{path}: is not finished: {missing:,} of {span.size:,} runs are missing\n"
            "  run the command that made it again, and it goes on"
        )
    return Part(path, meta, span, schema)


def _refuse_strangers(parts: Sequence[Part]) -> None:
    first = parts[0]
    identity = json.loads(first.meta["identity"])
    for other in parts[1:]:
        lines = differences(identity, json.loads(other.meta["identity"]), first.path, other.path)
        if lines:
            message = f"{first.path} and {other.path} belong to different sweeps\n"
            raise UsageError(message + "\n".join(lines))


def _refuse_gaps(parts: Sequence[Part]) -> None:
    """Raise `UsageError` unless every run of the plan is in exactly one part."""
    whole = RunRange(0, int(parts[0].meta["runs"]))
    problems, at, before = [], whole.first, ""
    for part in parts:
        if part.span.first < at:
            twice = _runs(part.span.first, min(at, part.span.end))
            problems.append(f"  {twice}: in {before} and in {part.path}")
        if part.span.first > at:
            problems.append(f"  {_runs(at, part.span.first)}: missing")
        at, before = max(at, part.span.end), part.path
    if at < whole.end:
        problems.append(f"  {_runs(at, whole.end)}: missing")
    if problems:
        message = f"the stores are not all parts of the plan of {whole.size:,} runs, each once\n"
        raise UsageError(message + "\n".join(problems))


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
            return _best(db, meta["direction"], top)
    finally:
        db.close()


def _best(db: sqlite3.Connection, direction: str, top: int) -> Merged:
    names = [row[1] for row in db.execute("PRAGMA table_info(runs)")]
    order = '"best.score"' if Direction(direction).sign > 0 else '"best.score" DESC'
    # Infinite scores are no scores.
    largest = sys.float_info.max
    best = db.execute(
        f'SELECT * FROM runs WHERE "best.score" BETWEEN ? AND ? ORDER BY {order}, "index" LIMIT ?',
        (-largest, largest, top),
    ).fetchall()
    (count,) = db.execute("SELECT count(*) FROM runs").fetchone()
    return Merged(count, names, best, [])


def _runs(first: int, end: int) -> str:
    return f"run {first:,}" if end == first + 1 else f"runs {first:,} to {end - 1:,}"
