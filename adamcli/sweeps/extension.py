"""A store whose plan has grown: each stored run gets its place in a plan that contains it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.sweeps.checksums import message_hashes, row_hashes
from adamcli.sweeps.database import (
    create_tables,
    insert_block,
    insert_rows,
    runs_statement,
    statement_of,
)
from adamcli.sweeps.plan import RunRange
from adamcli.sweeps.stored_rows import StoredLayout
from adamcli.sweeps.validation import Stored, checked_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from adamcli.arrays import IntArray
    from adamcli.sweeps.checksums import Words
    from adamcli.sweeps.database import Columns
    from adamcli.sweeps.plan import Plan, PlannedAxis
    from adamcli.sweeps.rows import RowLayout, Rows
    from adamcli.sweeps.stored_rows import Records


class NotContainedError(Exception):
    """A stored run is not in the plan, or in the place of another; the text says which."""


def may_grow(stored: Stored, identity: Mapping[str, str], span: RunRange) -> bool:
    """Return whether a store differs from a sweep in its axes alone, and lacks none of the store's.

    Parts of plans do not grow: their runs are numbered by the whole.
    """
    before = stored.identity
    keys = {key for key in {*before, *identity} if before.get(key) != identity.get(key)}
    axes = {key for key in {*before} & {*identity} if key.startswith("axis.")} | {"axes", "runs"}
    axes |= {f"{part}.{key}" for key in _fixed(stored, identity) for part in ("axis", "config")}
    whole = (0, int(stored.meta["runs"])), (0, int(identity["runs"].replace(",", "")))
    return bool(stored.blocks) and keys <= axes and (stored.span, span) == whole


def _fixed(stored: Stored, keys: Iterable[str]) -> dict[str, Any]:
    """Return the values that all stored runs have of keys which only now are axes."""
    before, config = stored.identity, json.loads(stored.meta["config"])
    found = {}
    for axis in keys:
        part, _, key = axis.partition(".")
        own = f"config.{key}"
        if part != "axis" or axis in before or own not in before:
            continue
        value = config
        for name in key.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        # What is no number nor text has another form in JSON.
        if repr(value) == before[own] and isinstance(value, int | float | str):
            found[key] = value
    return found


class Extension:
    """The rows of a store, which `write` puts into the places that they have in a plan.

    Within its transaction, which the caller begins and ends, the store becomes one with these
    `columns`. Raises `NotContainedError` if a run has no place, `FileError` for damaged rows.
    """

    def __init__(
        self, db: sqlite3.Connection, stored: Stored, plan: Plan, layout: RowLayout
    ) -> None:
        self._db, self._stored, self._layout = db, stored, layout
        self._before = StoredLayout(stored.meta["columns"])
        self._places = _Places(plan)
        self._fixed = _fixed(stored, [f"axis.{axis.key}" for axis in plan.axes])
        self._runs: list[IntArray] = []
        self._hashes: list[Words] = []

    def write(self, columns: Columns, meta: dict[str, str]) -> None:
        """Replace the tables of the store."""
        for statement in (runs_statement(columns, "new_runs"), statement_of("messages", "new")):
            self._db.execute(statement)
        for records, messages in checked_rows(self._db, self._stored):
            self._insert(self._rows(records, messages))
        runs, hashes = np.concatenate(self._runs), np.concatenate(self._hashes)
        order = np.argsort(runs)
        runs, hashes = runs[order], hashes[order]
        if (np.diff(runs) == 0).any():
            raise NotContainedError("two runs of the store would be the same")
        for table in ("runs", "messages", "blocks", "meta"):
            self._db.execute(f"DROP TABLE {table}")
        for table in ("runs", "messages"):
            self._db.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
        create_tables(self._db, columns, meta, ("meta", "blocks"))
        firsts = np.flatnonzero(np.diff(runs, prepend=-2) != 1)
        ends = [*firsts[1:].tolist(), len(runs)]
        checksums = np.add.reduceat(hashes, firsts).tolist()
        for first, end, checksum in zip(firsts.tolist(), ends, checksums, strict=True):
            insert_block(self._db, RunRange(int(runs[first]), int(runs[end - 1]) + 1), checksum)

    def _rows(self, records: Records, messages: Mapping[int, str]) -> Rows:
        """Return stored rows in their new places."""
        named = {key: [value] * len(records) for key, value in self._fixed.items()}
        named |= zip(self._before.names, self._before.values(records), strict=True)
        runs = self._places.of(named)
        moved = dict(zip(named["index"], runs, strict=True))
        # Coordinates and measures of new runs are those that the others lack.
        nowhere = [float("nan")] * len(records)
        named = {**dict.fromkeys(self._layout.names, nowhere), **named, "index": runs}
        return self._layout.rows(named, {moved[run]: text for run, text in messages.items()})

    def _insert(self, rows: Rows) -> None:
        """Store rows, and keep their hashes."""
        values = [column.values(rows) for column in self._layout.columns]
        insert_rows(self._db, values, rows.messages, "new_")
        hashes = row_hashes(values)
        places = {run: k for k, run in enumerate(rows.runs.tolist())}
        hashes[[places[run] for run in rows.messages]] += message_hashes(rows.messages)
        self._runs.append(rows.runs)
        self._hashes.append(hashes)


class _Places:
    """The numbers of runs in a plan by their values."""

    def __init__(self, plan: Plan) -> None:
        together: dict[tuple[int, int], list[PlannedAxis]] = {}
        for axis in plan.axes:
            together.setdefault((axis.stride, axis.values.size), []).append(axis)
        self._factors = [
            (stride, [axis.key for axis in axes], _levels(axes, size))
            for (stride, size), axes in together.items()
        ]

    def of(self, named: Mapping[str, Sequence[Any]]) -> list[int]:
        """Return the numbers of runs from their values by key."""
        runs = [0] * len(named["index"])
        for stride, keys, levels in self._factors:
            marks = list(_marks(named[key] for key in keys))
            lost = next((k for k, mark in enumerate(marks) if mark not in levels), None)
            if lost is not None:
                values = " ".join(f"{key}={named[key][lost]}" for key in keys)
                run = f"run {named['index'][lost]} of the store, with {values}"
                raise NotContainedError(f"not in this plan: {run}")
            found = [levels[mark] for mark in marks]
            runs = [run + stride * level for run, level in zip(runs, found, strict=True)]
        return runs


def _levels(axes: Sequence[PlannedAxis], size: int) -> dict[tuple[Any, ...], int]:
    """Return by the values of axes that go together their first place."""
    every = list(_marks(map(axis.values.plain, range(size)) for axis in axes))
    return {mark: size - 1 - k for k, mark in enumerate(every[::-1])}


def _marks(columns: Iterable[Iterable[Any]]) -> Iterable[tuple[Any, ...]]:
    return zip(*(map(_mark, values) for values in columns), strict=True)


def _mark(value: Any) -> Any:
    """Return what tells a value from others: 1 is 1.0, but neither is true, nor 0.0 -0.0."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value).hex() if number else (type(value), value)
