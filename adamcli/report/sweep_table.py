"""What a sweep prints: its plan, and in the end its table, its best run, its counts."""

from __future__ import annotations

import re
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from adamcli.counted import counted
from adamcli.fields import ROW_FIELDS, Column, Kind, Layout
from adamcli.objective.minibatches import VALIDATION
from adamcli.report.drawing import draw
from adamcli.report.durations import lasted
from adamcli.report.folding import fitted
from adamcli.report.row_text import Delimited
from adamcli.report.summary import by_name
from adamcli.report.terminal import is_terminal
from adamcli.report.text import array_text, names_text
from adamcli.sweeps.result import point_of
from adamcli.sweeps.scores import is_repeat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Sized

    from adamcli.fields import Field
    from adamcli.sweeps.merge import Merged
    from adamcli.sweeps.plan import Plan, PlannedAxis
    from adamcli.sweeps.result import SweepResult
    from adamcli.sweeps.rows import Rows
    from adamcli.sweeps.scores import Setting

MOST_NUMBERS = 4
"""Numbers of a point that the table shows."""

TITLE_WIDTH = 20
"""Characters of the names of the variables above them."""

SIGNIFICANT = 0.05
"""Means whose difference has a smaller p-value than this one differ significantly."""

ROWS_AT_ONCE = 10_000

_LONG_FLOAT = re.compile(r"-?\d*\.\d+(?:e[-+]?\d+)?")


class PlanLayout(Layout):
    """The columns of a plan: one per key."""

    def __init__(self, plan: Plan) -> None:
        self.columns = [Column(key, (key,), Kind.TEXT) for key in plan.keys]


def print_sweep(result: SweepResult, stream: TextIO) -> None:
    """Write a table of the best settings or runs, how they compare, and the best run."""
    if not result.board.span.size:
        stream.write("this part has no runs\n")
        return
    if not result.board.done:
        stream.write("no run is done\n")
        return
    held = VALIDATION in result.variations.measures
    if result.settings:
        draw(
            lambda digits: _setting_columns(result, digits),
            stream,
            title=f"settings with the best {'validation ' if held else ''}means",
            dispensable=("sd", "best"),
            vital=("mean",),
            styles={"p": _style_of_p},
        )
        stream.write(fitted(comparison(result.settings), stream))
        stream.write(fitted(best_setting_line(result) + "\n", stream))
    else:
        draw(
            lambda digits: _run_columns(result, digits),
            stream,
            title="best runs",
            # The best point is printed below the table, and -o writes everything.
            dispensable=(_point_title(result),),
            vital=("score",),
        )
    stream.write(fitted(best_text(result, named=is_terminal(stream)), stream))


def plan_text(plan: Plan, delimiter: str) -> Iterator[str]:
    """Yield a plan as text that `--plan` reads: the keys, and one row per run."""
    rows = Delimited(delimiter, PlanLayout(plan))
    yield rows.header()
    for first in range(0, plan.size, ROWS_AT_ONCE):
        runs = np.arange(first, min(first + ROWS_AT_ONCE, plan.size))
        columns = ([a.values.text(i) for i in a.places(runs).tolist()] for a in plan.axes)
        yield rows.lines([*map(rows.encoding.texts, columns)])


def print_plan(plan: Plan, facts: Sequence[tuple[str, str]], stream: TextIO) -> None:
    """Write the axes of a plan and other facts as lines `label: text`."""
    rows = [*((axis.key, _values_text(axis)) for axis in plan.axes), *facts]
    stream.write(fitted("".join(f"{label}: {text}\n" for label, text in rows), stream))


def print_merged(merged: Merged, stream: TextIO) -> None:
    """Write the best runs of a merged store, and its number of runs."""
    shown = [(k, name) for k, name in enumerate(merged.names) if not name.startswith("last.")]

    def text(value: Any, digits: int) -> str:
        return short(value if isinstance(value, str) else repr(value), digits)

    def make(digits: int) -> dict[str, list[str]]:
        columns = {name: [text(run[k], digits) for run in merged.best] for k, name in shown}
        return {"#": _numbered(merged.best), **columns}

    draw(make, stream, title="best runs", vital=("best.score",))
    stream.write(f"{counted(merged.runs, 'run')}\n")


def best_text(result: SweepResult, *, named: bool) -> str:
    """Return the best run on one line: its number, parameters, point and score.

    If it is `named`, a point of some coordinates has a line for each of them below.
    """
    rows, plan = result.leaders, result.variations.plan
    if rows is None:
        return "no run has a finite score\n"
    run = int(rows.runs[0])
    given = " ".join(f"{k}={t}" for k, t in zip(plan.keys, plan.texts(run), strict=True))
    x, score = point_of(rows, "best.x", 0), rows.columns["best.score"][0]
    below = by_name(result.variations.config(run).variables.coordinate_names(), x) if named else []
    where = f"f({array_text(x, 12)})" if not below else "score"
    names = result.variations.measures
    measured = [f", {name} = {rows.columns[f'best.{name}'][0]:.6g}" for name in names]
    best = f"best: run {run}, {given}: {where} = {score:.10g}{''.join(measured)}\n"
    return best + "".join(f"  {name} = {value}\n" for name, value in below)


def best_setting_line(result: SweepResult) -> str:
    """Return the setting with the best mean on one line: its parameters and that mean, if any."""
    best, plan = result.settings[0], result.variations.plan
    if not isfinite(best.mean):
        return "no setting has a finite mean"
    pairs = zip(plan.keys, plan.texts(best.example), strict=True)
    given = " ".join(f"{key}={text}" for key, text in pairs if not is_repeat(key))
    return f"best setting: {given or 'that of the config'}, mean = {best.mean:.6g}"


def comparison(settings: list[Setting]) -> str:
    """Return whether the first setting differs from the others as a line, empty if unknown."""
    known = [(k, setting.p) for k, setting in enumerate(settings[1:], 2) if not isnan(setting.p)]
    if not known:
        return ""
    alike = [str(k) for k, p in known if p >= SIGNIFICANT]
    if not alike:
        return f"the first differs significantly from all others shown (p < {SIGNIFICANT})\n"
    which = f"number {alike[0]}" if len(alike) == 1 else f"numbers {', '.join(alike)}"
    return f"the first does not differ significantly from {which} (p >= {SIGNIFICANT})\n"


def counts_text(result: SweepResult) -> str:
    """Return how many runs there were, and how they ended."""
    counts = result.counts
    runs = counts.pop("runs")
    ended = ", ".join(f"{n:,} {status}" for status, n in counts.items() if n)
    missing = result.board.span.size - runs
    if not ended:
        return f"no run in {lasted(result.seconds)}; {missing:,} not run"
    rate = runs / result.seconds if result.seconds > 0 else 0.0
    rest = f"; {missing:,} not run" if missing else ""
    return (
        f"{counted(runs, 'run')} in {lasted(result.seconds)}, {rate:,.0f} a second: {ended}{rest}"
    )


def short(text: str, digits: int = 10) -> str:
    """Return a number with fewer digits if it is long, and the beginning of a long text."""
    if len(text) > digits + 2 and _LONG_FLOAT.fullmatch(text):
        return f"{float(text):.{digits}g}"
    most = 6 * digits
    return text if len(text) <= most else text[: most - 3] + "..."


def _setting_columns(result: SweepResult, digits: int) -> dict[str, list[str]]:
    settings, plan = result.settings, result.variations.plan
    texts = zip(*(plan.texts(setting.example) for setting in settings), strict=True)
    keys = {key: some for key, some in zip(plan.keys, texts, strict=True) if not is_repeat(key)}
    few = min(digits, 6)
    columns = {
        "#": _numbered(settings),
        **{key: [short(text, digits) for text in some] for key, some in keys.items()},
        "runs": [f"{s.runs:,}" for s in settings],
        "mean": [f"{s.mean:.{few}g}" for s in settings],
        "sd": [f"{s.sd:.{few}g}" for s in settings],
        "best": [f"{s.best:.{few}g}" for s in settings],
        "diverged": [f"{s.diverged:.1%}" for s in settings],
        "failed": [f"{s.failed:.1%}" for s in settings],
        "p": [_p_text(s.p) for s in settings],
    }
    if not any(setting.failed for setting in settings):
        del columns["failed"]
    return columns


def _numbered(rows: Sized) -> list[str]:
    return [str(number) for number in range(1, len(rows) + 1)]


def _p_text(p: float) -> str:
    if isnan(p):
        return ""
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def _style_of_p(text: str) -> str:
    if not text:
        return ""
    return "dim" if text.startswith("<") or float(text) < SIGNIFICANT else "yellow"


def _run_columns(result: SweepResult, digits: int) -> dict[str, list[str]]:
    rows, plan = result.leaders, result.variations.plan
    runs = rows.runs.tolist() if rows is not None else []
    texts = [plan.texts(run) for run in runs]
    columns = {
        "#": _numbered(runs),
        "index": [str(run) for run in runs],
        **{key: [short(some[k], digits) for some in texts] for k, key in enumerate(plan.keys)},
    }
    for field in ROW_FIELDS:
        if not field.title:
            continue
        if field.kind is Kind.MEASURES:
            for name in result.variations.measures:
                own = field._replace(name=f"{field.name}.{name}", kind=Kind.REAL)
                columns[name] = _cells(rows, own, digits)
        else:
            title = _point_title(result) if field.kind is Kind.POINT else field.title
            columns[title] = _cells(rows, field, digits)
    if set(columns["status"]) == {"finished"}:
        # A column that says so wastes room.
        del columns["status"]
    return columns


def _cells(rows: Rows | None, field: Field, digits: int) -> list[str]:
    """Return the values of a field of some runs as they are shown."""
    if rows is None:
        return []
    if field.kind is Kind.POINT:
        return [_point_text(point_of(rows, field.name, k), digits) for k in range(len(rows.runs))]
    values = rows.columns[field.name].tolist()
    if field.words:
        return [field.words[code] for code in values]
    return [f"{v:.{digits}g}" if field.kind is Kind.REAL else str(v) for v in values]


def _point_title(result: SweepResult) -> str:
    """Return the title of the column of points: the names of the variables, as far as they fit."""
    variations = result.variations
    title = names_text([v.name for v in variations.first.variables.all], TITLE_WIDTH)
    others = (field.title for field in ROW_FIELDS if field.kind is not Kind.POINT)
    taken = ("#", "index", *variations.plan.keys, *variations.measures, *others)
    return f"x.{title}" if title in taken else title


def _point_text(x: list[float], digits: int) -> str:
    numbers = [f"{value:.{min(digits, 6)}g}" for value in x[:MOST_NUMBERS]]
    return f"[{' '.join([*numbers, *(['...'] if len(x) > MOST_NUMBERS else [])])}]"


def _values_text(column: PlannedAxis) -> str:
    size = column.values.size
    places = range(size) if size <= 8 else [0, 1, 2, -1, size - 1]
    shown = ", ".join("..." if i < 0 else short(column.values.text(i)) for i in places)
    return f"{counted(size, 'value')}: {shown}"
