"""The closing summary of a run, for a person at a terminal."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TextIO

from adamcli.counted import counted
from adamcli.report.durations import lasted
from adamcli.report.terminal import console, shown_on
from adamcli.report.text import point_text, squeezed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adamcli.results import Result
    from adamcli.solution import Solution


def active_text(active: Mapping[str, str], most: int = 8) -> str:
    """Return active bounds in a list, of more than `most` only the first ones."""
    shown = [f"{name} ({active[name]})" for name in islice(active, most)]
    more = [f"and {len(active) - most} more"] if len(active) > most else []
    return ", ".join([*shown, *more]) or "none"


def _epochs(result: Result) -> str:
    """Return how many epochs the updates were, if there were any."""
    done = result.last.t + 1
    return (
        f", {counted(done, 'epoch')}"
        if result.config.unit == "epoch" and done != result.nit
        else ""
    )


def _evaluations(result: Result) -> str:
    return f"{result.nfev:,} of the objective, {result.njev:,} of its gradient"


FEW, MANY = 4, 40
"""More coordinates than the first have a line each, unless they are more than the second."""


SUMMARY: dict[str, Callable[[Result], str]] = {
    "status": lambda result: f"{result.status.value}: {result.message}",
    "verdict": lambda result: str(result.verdict),
    "best": lambda result: point_text(result.best),
    "measured": lambda result: ", ".join(
        f"{name} = {value:.6g}" for name, value in result.measured(result.best).items()
    ),
    "last": lambda result: point_text(result.last),
    "active bounds": lambda result: active_text(result.active_bounds),
    "steps": lambda result: f"{result.nit:,} in {lasted(result.seconds)}{_epochs(result)}",
    "evaluations": _evaluations,
}
"""The lines of the summary by their labels; a line without text is left out."""


def summary_rows(result: Result) -> list[tuple[str, str]]:
    """Return the summary as pairs of label and text."""
    rows: list[tuple[str, str]] = []
    for label, text_of in SUMMARY.items():
        text = text_of(result)
        rows += [(label, text)] if text else []
        rows += _best_by_name(result) if label == "best" else []
    return [*rows, *_fit_rows(result)]


def _best_by_name(result: Result) -> list[tuple[str, str]]:
    """Return the best point with a line for each coordinate, where one line for all is too long."""
    if result.fit is not None:
        return []
    return by_name(result.config.variables.coordinate_names(), result.best.x)


def by_name(names: Sequence[str], x: Sequence[float]) -> list[tuple[str, str]]:
    """Return the coordinates of a point as pairs, if that is to be read more easily than a list."""
    shown = zip(names, x, strict=True) if FEW < len(names) <= MANY else ()
    return [(name, f"{value:.10g}") for name, value in shown]


def _fit_rows(result: Result) -> list[tuple[str, str]]:
    if result.fit is None:
        return []
    from adamcli.report.fit_text import fit_rows

    return fit_rows(result.fit)


def print_summary(result: Result, stream: TextIO) -> None:
    """Write the summary to `stream`."""
    write_rows(summary_rows(result), result, stream)


def write_rows(rows: list[tuple[str, str]], result: Result | Solution, stream: TextIO) -> None:
    """Write pairs of label and text about a result to `stream`."""
    from rich.table import Table
    from rich.text import Text

    screen = console(stream)
    # A long name must leave room for its number.
    most = screen.width // 2

    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    styles = {
        "status": "green" if result.success else "red",
        "verdict": "yellow" if result.verdict.is_doubtful else "green",
    }
    for label, text in rows:
        label, shown = shown_on(stream, label), shown_on(stream, text)
        name = squeezed(label, most)
        grid.add_row(Text(name, style="dim"), Text(shown, style=styles.get(label, "")))
    screen.print(grid)
