"""What a sweep prints when it has ended: its table, its best run, its counts."""

from __future__ import annotations

import re
from math import isnan
from typing import TYPE_CHECKING, TextIO

from adamcli.fields import ROW_FIELDS
from adamcli.report.drawing import draw
from adamcli.report.text import array_text
from adamcli.sweeps.groups import is_repeat
from adamcli.sweeps.result import best_point

if TYPE_CHECKING:
    from adamcli.sweeps.groups import Setting
    from adamcli.sweeps.merge import Merged
    from adamcli.sweeps.result import SweepResult

MOST_NUMBERS = 4
"""Numbers of a point that the table shows."""

SIGNIFICANT = 0.05
"""Means whose difference has a smaller p-value than this one differ significantly."""

_LONG_FLOAT = re.compile(r"-?\d*\.\d+(?:e[-+]?\d+)?")

_STATUSES = next(field.words for field in ROW_FIELDS if field.name == "status")


def print_sweep(result: SweepResult, stream: TextIO) -> None:
    """Write a table of the best settings or runs, how they compare, and the best run."""
    if not result.board.span.size:
        stream.write("this part has no runs\n")
        return
    if result.settings:
        draw(
            lambda digits: _setting_rows(result, digits),
            stream,
            title="groups of runs with the best means",
            dispensable=("sd", "best"),
            styles={"p": _style_of_p},
        )
        stream.write(comparison(result.settings))
    else:
        draw(
            lambda digits: _run_rows(result, digits),
            stream,
            title="best runs",
            # The best point is printed below the table, and -o writes everything.
            dispensable=("x",),
        )
    stream.write(best_line(result) + "\n")


def print_merged(merged: Merged, stream: TextIO) -> None:
    """Write the best runs of a merged store, and its number of runs."""
    shown = [k for k, name in enumerate(merged.names) if not name.startswith("last.")]

    def make(digits: int) -> list[list[str]]:
        rows = [["#", *(merged.names[k] for k in shown)]]
        for number, record in enumerate(merged.best, 1):
            texts = [text if isinstance(text := record[k], str) else repr(text) for k in shown]
            rows.append([str(number), *(short(text, digits) for text in texts)])
        return rows

    draw(make, stream, title="best runs")
    stream.write(f"{merged.runs:,} runs\n")


def best_line(result: SweepResult) -> str:
    """Return the best run on one line: its number, parameters, point and score."""
    rows, plan = result.leaders, result.variations.plan
    if rows is None:
        return "no run has a finite score"
    run = int(rows.runs[0])
    given = " ".join(f"{k}={t}" for k, t in zip(plan.keys, plan.texts(run), strict=True))
    x, score = array_text(best_point(rows, 0), 12), rows.columns["best.score"][0]
    return f"best: run {run}, {given}: f({x}) = {score:.10g}"


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
        return f"no run in {result.seconds:.3g} s; {missing:,} not run"
    rate = runs / result.seconds if result.seconds > 0 else 0.0
    rest = f"; {missing:,} not run" if missing else ""
    return f"{runs:,} runs in {result.seconds:.3g} s, {rate:,.0f} a second: {ended}{rest}"


def short(text: str, digits: int = 10) -> str:
    """Return a number with fewer digits if it is long."""
    if len(text) > digits + 2 and _LONG_FLOAT.fullmatch(text):
        return f"{float(text):.{digits}g}"
    return text if len(text) <= 60 else text[:57] + "..."


def _setting_rows(result: SweepResult, digits: int) -> list[list[str]]:
    settings, plan = result.settings, result.variations.plan
    keys = [key for key in plan.keys if not is_repeat(key)]
    failed = ["failed"] if any(setting.failed for setting in settings) else []
    rows = [["#", *keys, "runs", "mean", "sd", "best", "diverged", *failed, "p"]]
    for number, setting in enumerate(settings, 1):
        texts = dict(zip(plan.keys, plan.texts(setting.example), strict=True))
        numbers = (setting.mean, setting.sd, setting.best)
        rows.append(
            [
                str(number),
                *(short(texts[key], digits) for key in keys),
                f"{setting.runs:,}",
                *(f"{value:.{min(digits, 6)}g}" for value in numbers),
                f"{setting.diverged:.1%}",
                *(f"{setting.failed:.1%}" for _ in failed),
                _p_text(setting.p),
            ]
        )
    return rows


def _p_text(p: float) -> str:
    if isnan(p):
        return ""
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def _style_of_p(text: str) -> str:
    if not text:
        return ""
    return "dim" if text.startswith("<") or float(text) < SIGNIFICANT else "yellow"


def _run_rows(result: SweepResult, digits: int) -> list[list[str]]:
    rows, plan = result.leaders, result.variations.plan
    count = len(rows.runs) if rows is not None else 0
    statuses = [_STATUSES[code] for code in rows.columns["status"].tolist()] if rows else []
    # If all have finished, a column that says so wastes room.
    shown = set(statuses) != {"finished"}
    found = [["#", "index", *plan.keys, *(["status"] if shown else []), "score", "x"]]
    for k in range(count):
        assert rows is not None
        run, x = int(rows.runs[k]), best_point(rows, k)
        numbers = [f"{value:.{min(digits, 6)}g}" for value in x[:MOST_NUMBERS]]
        more = ["..."] if len(x) > MOST_NUMBERS else []
        found.append(
            [
                str(k + 1),
                str(run),
                *(short(text, digits) for text in plan.texts(run)),
                *([statuses[k]] if shown else []),
                f"{rows.columns['best.score'][k]:.{digits}g}",
                f"[{' '.join([*numbers, *more])}]",
            ]
        )
    return found
