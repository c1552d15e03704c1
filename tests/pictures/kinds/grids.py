"""Sweeps to draw, made of plain lists."""

from __future__ import annotations

from itertools import product

import numpy as np

from adamcli.optimizer.result import Direction
from adamcli.pictures.kinds import KINDS
from adamcli.pictures.scene import Axis, Bars, Dots, Line, Text
from adamcli.pictures.subject import Subject, Wish
from adamcli.pictures.table import Table, TableAxis


def table(columns: dict, score, total: int | None = None) -> Table:
    """Return the table of runs from their values on each axis; seeds are repeats."""
    axes = [
        TableAxis.of_values(key, values, repeats=key.startswith(("seed", "start.")))
        for key, values in columns.items()
    ]
    return Table.of(axes, np.array(score, dtype=float), total)


def grid(levels: dict, score_of, total: int | None = None) -> Table:
    """Return the table of every combination of levels, with `score_of` of each."""
    runs = list(product(*levels.values()))
    columns = {key: [run[k] for run in runs] for k, key in enumerate(levels)}
    return table(columns, [score_of(*run) for run in runs], total)


def subject(found: Table, direction: Direction = Direction.MINIMIZE) -> Subject:
    return Subject("f", direction=direction, table=found)


def drawn(kind: str, found: Table, direction: Direction = Direction.MINIMIZE, **wish):
    """Return the picture of a kind, once it is known to be one that can be drawn."""
    one, wished = subject(found, direction), Wish(**wish)
    assert KINDS[kind].lacks(one, wished) == ""
    picture = KINDS[kind].draw([one], wished)
    check(picture)
    return picture


def lacks(kind: str, found: Table) -> str:
    return KINDS[kind].lacks(subject(found), Wish())


def check(picture) -> None:
    """Check what drawers rely on: axes that are finite and ascend, and marks inside them."""
    assert picture.title
    assert picture.rows
    for panel in picture.panels:
        for axis in (panel.x, panel.y):
            assert np.isfinite([axis.low, axis.high]).all()
            assert axis.low < axis.high
            assert axis.scale != "log" or axis.low > 0
            for at, text in axis.ticks or ():
                assert -1e-9 <= axis.shares(np.array([at]))[0] <= 1 + 1e-9, text
        for mark in panel.marks:
            if isinstance(mark, Line | Dots):
                assert len(mark.x) == len(mark.y) > 0
                assert not np.isinf(mark.x).any()
                inside(panel.x, mark.x)
                inside(panel.y, mark.y)
            elif isinstance(mark, Bars):
                assert np.isfinite(mark.lengths).all()
                inside(panel.x, mark.lengths)
            elif isinstance(mark, Text):
                inside(panel.x, np.array([mark.x]))
                inside(panel.y, np.array([mark.y]))


def inside(axis: Axis, values) -> None:
    known = np.asarray(values)[~np.isnan(values)]
    shares = axis.shares(known)
    assert known.size
    assert ((shares >= -1e-9) & (shares <= 1 + 1e-9)).all()


def marks(picture, kind: type, role: str = "") -> list:
    return [
        m for m in picture.marks if isinstance(m, kind) and role in ("", getattr(m, "role", ""))
    ]
