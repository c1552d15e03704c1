"""The closing summary of a run, for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from adamcli.report.terminal import console
from adamcli.report.text import point_text

if TYPE_CHECKING:
    from adamcli.report.outcome import Outcome


def summary_rows(outcome: Outcome) -> list[tuple[str, str]]:
    """Return the summary as pairs of label and text."""
    result = outcome.result
    bounds = outcome.active_bounds()
    shown = [f"{name} ({end})" for name, end in bounds.items()]
    if len(shown) > 8:
        shown = [*shown[:8], f"and {len(shown) - 8} more"]
    fit = outcome.fit()
    quality = (
        [("fit", f"RSS {fit.rss:.10g}, RMSE {fit.rmse:.6g}, R² {fit.r_squared:.8g}")] if fit else []
    )
    return [
        ("status", f"{result.status.value}: {result.message}"),
        ("best", point_text(result.best)),
        ("last", point_text(result.last)),
        *quality,
        ("active bounds", ", ".join(shown) or "none"),
        ("steps", f"{result.nit:,} in {outcome.seconds:.3g} s"),
        ("evaluations", f"{result.nfev:,} of the objective, {result.njev:,} of its gradient"),
    ]


def print_summary(outcome: Outcome, stream: TextIO) -> None:
    """Write the summary to `stream`."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    style = "green" if outcome.result.success else "red"
    for label, text in summary_rows(outcome):
        grid.add_row(Text(label, style="dim"), Text(text, style=style if label == "status" else ""))
    console(stream).print(grid)
