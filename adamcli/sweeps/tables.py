"""What pictures show of sweeps and runs that are over: from results, files of rows and stores."""

from __future__ import annotations

import json
from math import nan
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.errors import FileError
from adamcli.fields import ranked_by
from adamcli.objective.minibatches import VALIDATION
from adamcli.optimizer.result import Direction, Record
from adamcli.pictures.course import Course, Recorder
from adamcli.pictures.table import Table, TableAxis
from adamcli.sweeps.database import sqlite_errors, uri_of
from adamcli.sweeps.row_files import STEP_COLUMNS, open_rows
from adamcli.sweeps.scores import UNKNOWN, is_repeat
from adamcli.sweeps.validation import Stored, checked_blocks, describe

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.sweeps.plan import Plan, PlannedAxis
    from adamcli.sweeps.row_files import RowFile
    from adamcli.sweeps.scores import Scoreboard


class Found(NamedTuple):
    """What a file holds: the `table` of a sweep, or the `course` of a run.

    `names` are those of the coordinates of a course. `config`, resolved, is that of the first run
    of a store; rows have none.
    """

    table: Table | None = None
    course: Course | None = None
    names: tuple[str, ...] = ()
    direction: Direction = Direction.MINIMIZE
    config: dict[str, Any] | None = None


def table_of(board: Scoreboard, plan: Plan) -> Table:
    """Return the runs of a board that are done; its part of the plan is the total."""
    done = np.flatnonzero(board.status != UNKNOWN)
    runs = done + board.span.first
    axes = [_planned(axis, runs) for axis in plan.axes]
    return Table.of(axes, board.score[done], board.span.size)


def read_rows(path: str) -> Found:
    """Return what is in a file that `adamcli sweep` or `adamcli run` wrote with `-o`.

    Rows do not have the direction: if no best score is above the last one of its run, it is taken
    to be minimisation. Raises `FileError` if the file cannot be read or holds anything else,
    `UsageError` if nothing reads files of its extension.
    """
    file = open_rows(path)
    names = set(file.names)
    if len(names) == len(file.names):
        if {"index", "seed", "status", "best.score", "last.score"} <= names:
            return _sweep(file, path)
        if {"t", "score"} <= names:
            return _run(file, path)
    expected = "the columns of a sweep (index, seed, status, best.score, …) or of a run (t, score)"
    shown = ", ".join(file.names[:8]) + (", …" if len(file.names) > 8 else "")
    raise FileError(f"{path}: expected {expected}, found {shown[:200] or 'nothing'}")


def read_store(path: str) -> Found:
    """Return what is in the store of a sweep, finished or not.

    Nothing is changed, except that SQLite rolls back what a kill left half-committed. Another
    sweep may be writing to it: it waits for a block of rows at most. Raises `FileError` if the file
    is no store.
    """
    if not Path(path).is_file():
        reason = "is not a file" if Path(path).exists() else "cannot be read: there is no such file"
        raise FileError(f"{path}: {reason}")
    import sqlite3

    with sqlite_errors(path):
        db = sqlite3.connect(uri_of(path, new=False), uri=True, isolation_level=None, timeout=10)
        try:
            db.execute("PRAGMA query_only = ON")
            # Between two questions a sweep could commit.
            db.execute("BEGIN")
            stored = describe(db, path)
            db.execute("COMMIT")
            table = _stored(db, stored)
        finally:
            db.close()
    direction, config = (stored.meta[key] for key in ("direction", "config"))
    return Found(table, None, (), Direction(direction), json.loads(config))


def _planned(axis: PlannedAxis, runs: IntArray) -> TableAxis:
    """Return an axis of a plan for some runs."""
    repeats, values = is_repeat(axis.key), axis.values
    if values.numbers is not None:
        every = TableAxis.of_numbers(axis.key, values.numbers, repeats=repeats)
    else:
        texts = map(values.text, range(values.size))
        every = TableAxis.of_values(axis.key, texts, repeats=repeats)
    return every._replace(places=every.places[axis.places(runs)]).used()


def _sweep(file: RowFile, path: str) -> Found:
    """Return the table in a file with the columns of a sweep."""
    own = file.names[: file.names.index("status")]
    keys = [name for name in own if name != "index"]
    ranked = ranked_by(file.names)
    ends_in = ranked.replace("best.", "last.")
    rows = list(file.rows([*keys, ranked, ends_in]))
    if not rows:
        raise FileError(f"{path}: has no rows")
    *levels, best, last = zip(*rows, strict=True)
    scores, ends = (_numbers(path, *c) for c in ((ranked, best), (ends_in, last)))
    return Found(_table(path, keys, levels, scores), direction=_direction(scores, ends))


def _table(
    path: str,
    keys: Sequence[str],
    levels: Iterable[Sequence[Any]],
    scores: FloatArray,
    total: int | None = None,
) -> Table:
    """Return the table of runs from the value of each on each axis."""
    axes = []
    for key, values in zip(keys, levels, strict=True):
        try:
            axes.append(TableAxis.of_values(key, values, repeats=is_repeat(key)))
        except TypeError as error:
            raise FileError(f"{path}: column {key}: expected texts or numbers, {error}") from None
    return Table.of(axes, scores, total)


def _run(file: RowFile, path: str) -> Found:
    """Return the course in a file with the columns of the steps of a run."""
    # What was measured besides the score comes after it.
    columns = [n for n in file.names[: file.names.index("score")] if n not in STEP_COLUMNS]
    others = [name for name in ("gradient_norm", VALIDATION) if name in file.names]
    recorder, count = Recorder(), 0
    wanted = ["t", "score", *others, *columns]
    for count, row in enumerate(file.rows(wanted), 1):
        try:
            t, (score, *rest) = int(np.int64(int(row[0]))), map(_number, row[1:])
        except (ValueError, TypeError, OverflowError) as error:
            raise FileError(f"{path}: row {count}: expected numbers: {error}") from None
        more = dict(zip(others, rest, strict=False))
        recorder.add(Record(t, tuple(rest[len(others) :]), score, more))
    if not count:
        raise FileError(f"{path}: has no rows")
    # A coordinate with the name of another column has a prefix there.
    bare = (name.removeprefix("x.") for name in columns)
    names = (b if b in STEP_COLUMNS else n for n, b in zip(columns, bare, strict=True))
    return Found(course=recorder.course(), names=tuple(names))


def _stored(db: sqlite3.Connection, stored: Stored) -> Table:
    """Return the table of the runs in a store, in order."""
    path = stored.path
    varied = [name.partition(".")[2] for name in stored.identity if name[:5] == "axis."]
    keys = [*(key for key in varied if key != "seed"), "seed"]
    names = [name for name, _ in stored.columns]
    # Columns have the names of the keys, unless these differ in their case alone.
    own = names[1 : len(keys) + 1]
    if not own or own[-1] != "seed" or "best.score" not in names:
        raise FileError(f"{path}: expected columns for {', '.join(keys)}, found {', '.join(own)}")
    ranked = ranked_by(names)
    chosen = itemgetter(*(names.index(name) for name in (*own, ranked)))
    rows = [chosen(row) for some, _ in checked_blocks(db, stored) for row in some]
    *levels, best = zip(*rows, strict=True) if rows else [()] * (len(keys) + 1)
    return _table(path, keys, levels, _numbers(path, ranked, best), stored.span.size)


def _direction(best: FloatArray, last: FloatArray) -> Direction:
    """Return the direction in which no best score is worse than the last one of its run."""
    with np.errstate(invalid="ignore"):
        above, below = bool((best > last).any()), bool((best < last).any())
    return Direction.MAXIMIZE if above and not below else Direction.MINIMIZE


def _number(value: Any) -> float:
    """Return a number, NaN for one that is missing."""
    return nan if value is None or value == "" else float(value)


def _numbers(path: str, name: str, values: Sequence[Any]) -> FloatArray:
    """Return the numbers of a column; raises `FileError` if it holds anything else."""
    try:
        return np.array(list(map(_number, values)), dtype=float)
    except (ValueError, TypeError) as error:
        raise FileError(f"{path}: column {name}: expected numbers: {error}") from None
