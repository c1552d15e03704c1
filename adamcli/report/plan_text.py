"""The plan of a sweep: as a file for `--plan`, and as `--dry-run` shows it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TextIO

import numpy as np

from adamcli.report.row_text import cell_text
from adamcli.report.sweep_table import short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.sweeps.plan import Plan, PlannedAxis

ROWS_AT_ONCE = 10_000


def plan_text(plan: Plan, delimiter: str) -> Iterator[str]:
    """Yield a plan as text that `--plan` reads: the keys, and one row per run."""
    cell: Callable[[str], str] = partial(cell_text, delimiter)
    yield delimiter.join(map(cell, plan.keys)) + "\n"
    for first in range(0, plan.size, ROWS_AT_ONCE):
        runs = np.arange(first, min(first + ROWS_AT_ONCE, plan.size))
        columns = [[cell(c.values.text(i)) for i in c.places(runs).tolist()] for c in plan.axes]
        yield "\n".join([*map(delimiter.join, zip(*columns, strict=True)), ""])


def print_plan(plan: Plan, facts: Sequence[tuple[str, str]], stream: TextIO) -> None:
    """Write the axes of a plan and other facts as lines `label: text`."""
    for column in plan.axes:
        stream.write(f"{column.key}: {_values_text(column)}\n")
    for label, text in facts:
        stream.write(f"{label}: {text}\n")


def _values_text(column: PlannedAxis) -> str:
    size = column.values.size
    places = range(size) if size <= 8 else [0, 1, 2, -1, size - 1]
    shown = ", ".join("..." if i < 0 else short(column.values.text(i)) for i in places)
    return f"{size:,} values: {shown}" if size > 1 else f"1 value: {shown}"
