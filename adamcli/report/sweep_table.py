"""The closing table of a sweep, for a terminal and for a pipe, and the plan of `--dry-run`."""

from __future__ import annotations

import re
from functools import partial
from math import isnan
from typing import TYPE_CHECKING, TextIO

from adamcli.optimizer.result import STATUSES, Point
from adamcli.report.sweep_summary import SIGNIFICANT
from adamcli.report.terminal import console, is_terminal
from adamcli.report.text import array_text, closing_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.report.sweep_summary import SweepSummary
    from adamcli.sweeps.merge import Merged
    from adamcli.sweeps.plan import Column, Plan
    from adamcli.sweeps.rows import Rows

MOST_DIGITS = 10

MOST_NUMBERS = 4
"""Numbers of a point that the table shows."""

_LONG_FLOAT = re.compile(r"-?\d*\.\d+(?:e[-+]?\d+)?")


def print_table(summary: SweepSummary, stream: TextIO) -> None:
    """Write the best groups or runs as a table, what can be said of them, and the best run."""
    if not summary.board.span.size:
        stream.write("this part has no runs\n")
        return
    if summary.groups:
        make, title = _group_rows, "groups of runs with the best means"
    else:
        make, title = _run_rows, "best runs"
    _print(partial(make, summary), stream, title)
    verdict = summary.verdict()
    if verdict:
        stream.write(verdict + "\n")
    stream.write(best_line(summary) + "\n")


def print_merged(merged: Merged, stream: TextIO) -> None:
    """Write the best runs of a merged store, and how many runs it has."""
    shown = [k for k, name in enumerate(merged.names) if not name.startswith("last.")]

    def make(digits: int) -> list[list[str]]:
        rows = [["#", *(merged.names[k] for k in shown)]]
        for number, record in enumerate(merged.best, 1):
            texts = [text if isinstance(text := record[k], str) else repr(text) for k in shown]
            rows.append([str(number), *(short(text, digits) for text in texts)])
        return rows

    _print(make, stream, "best runs")
    stream.write(f"{merged.runs:,} runs\n")


def best_line(summary: SweepSummary) -> str:
    """Return the best run on one line: its number, what it was given, its point and its score."""
    rows, plan = summary.leaders, summary.study.plan
    if rows is None:
        return "no run has a finite score"
    run = int(rows.runs[0])
    given = " ".join(f"{k}={t}" for k, t in zip(plan.keys, plan.texts(run), strict=True))
    x = array_text(_best_x(rows, 0), 12)
    return f"best: run {run}, {given}: f({x}) = {rows.best_score[0]:.10g}"


def closing(summary: SweepSummary) -> str:
    """Return the best point with its score, as the article's last line has it."""
    rows = summary.leaders
    if rows is None:
        return ""
    return closing_line(Point(0, tuple(_best_x(rows, 0)), float(rows.best_score[0]))) + "\n"


def _best_x(rows: Rows, k: int) -> list[float]:
    """Return the best point of a run, without the coordinates that only others have."""
    assert rows.best_x is not None
    return [value for value in rows.best_x[:, k].tolist() if not isnan(value)]


def print_plan(plan: Plan, facts: Sequence[tuple[str, str]], stream: TextIO) -> None:
    """Write the axes of a plan, and what else is known of it, as lines `label: text`."""
    for column in plan.columns:
        stream.write(f"{column.key}: {_values_text(column)}\n")
    for label, text in facts:
        stream.write(f"{label}: {text}\n")


def short(text: str, digits: int = 10) -> str:
    """Return a number with fewer digits if it is long."""
    if len(text) > digits + 2 and _LONG_FLOAT.fullmatch(text):
        return f"{float(text):.{digits}g}"
    return text if len(text) <= 60 else text[:57] + "..."


def _values_text(column: Column) -> str:
    size = column.values.size
    places = range(size) if size <= 8 else [0, 1, 2, -1, size - 1]
    shown = ", ".join("..." if i < 0 else short(column.values.text(i)) for i in places)
    return f"{size:,} values: {shown}" if size > 1 else f"1 value: {shown}"


def _group_rows(summary: SweepSummary, digits: int) -> list[list[str]]:
    keys = [key for key, _ in summary.group_texts(summary.groups[0])]
    failed = ["failed"] if any(group.failed for group in summary.groups) else []
    rows = [["#", *keys, "runs", "mean", "sd", "best", "diverged", *failed, "p"]]
    for number, group in enumerate(summary.groups, 1):
        numbers = [f"{value:.{min(digits, 6)}g}" for value in (group.mean, group.sd, group.best)]
        p = "" if isnan(group.p) else _p_text(group.p)
        texts = [short(text, digits) for _, text in summary.group_texts(group)]
        shares = [f"{group.diverged:.1%}", *(f"{group.failed:.1%}" for _ in failed)]
        rows.append([str(number), *texts, f"{group.runs:,}", *numbers, *shares, p])
    return rows


def _p_text(p: float) -> str:
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def _run_rows(summary: SweepSummary, digits: int) -> list[list[str]]:
    rows, plan = summary.leaders, summary.study.plan
    count = len(rows.runs) if rows is not None else 0
    statuses = [STATUSES[code].value for code in rows.status.tolist()] if rows is not None else []
    # Where all have finished, a column that says so takes room for nothing.
    shown = set(statuses) != {"finished"}
    found = [["#", "index", *plan.keys, *(["status"] if shown else []), "score", "x"]]
    for k in range(count):
        assert rows is not None
        run, x = int(rows.runs[k]), _best_x(rows, k)
        numbers = [f"{value:.{min(digits, 6)}g}" for value in x[:MOST_NUMBERS]]
        more = ["..."] if len(x) > MOST_NUMBERS else []
        found.append(
            [
                str(k + 1),
                str(run),
                *(short(text, digits) for text in plan.texts(run)),
                *([statuses[k]] if shown else []),
                f"{rows.best_score[k]:.{digits}g}",
                f"[{' '.join([*numbers, *more])}]",
            ]
        )
    return found


def _print(make: Callable[[int], list[list[str]]], stream: TextIO, title: str) -> None:
    """Draw a table whose first row has the titles; into a pipe its rows are bare.

    `make` returns it with numbers of so many digits.
    """
    if not is_terminal(stream):
        # What Rich would draw without a frame; to load it takes longer than many a sweep.
        _print_bare(make(MOST_DIGITS), stream)
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    screen, rows = console(stream), make(MOST_DIGITS)
    for digits in (6, 4):
        rows = rows if _width(rows) <= screen.width else make(digits)
    for name in ("x", "sd", "best"):
        if _width(rows) > screen.width and name in rows[0]:
            # The best point stands below the table, and -o has all there is.
            place = rows[0].index(name)
            rows = [row[:place] + row[place + 1 :] for row in rows]
    if _width(rows) > screen.width:
        _print_bare(rows, stream)
        return
    table = Table(box=box.ROUNDED, title=title, header_style="bold")
    significant = rows[0].index("p") if "p" in rows[0] else -1
    for name in rows[0]:
        table.add_column(Text(name), justify="right", no_wrap=True)
    for row in rows[1:]:
        cells = [Text(cell) for cell in row]
        if significant > 0 and row[significant]:
            alike = not row[significant].startswith("<") and float(row[significant]) >= SIGNIFICANT
            cells[significant].stylize("yellow" if alike else "dim")
        table.add_row(*cells)
    with screen.capture() as capture:
        screen.print(table, crop=False, no_wrap=True)
    stream.write("\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n")


def _print_bare(rows: list[list[str]], stream: TextIO) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        stream.write("    ".join(padded).rstrip() + "\n")


def _width(rows: list[list[str]]) -> int:
    """Return how wide a table is with its frame."""
    return sum(3 + max(map(len, column)) for column in zip(*rows, strict=True)) + 1
