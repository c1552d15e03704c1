"""What a page says beside its picture: the result in short, and how to get it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.report.text import point_text
from adamcli.results import Result
from adamcli.solution import Solution
from adamcli.sweeps.result import SweepResult

if TYPE_CHECKING:
    from adamcli.pictures.subject import Subject

SAVED = "config.yaml"
"""What the config of a page is called where it is used again."""


def facts_of(subject: Subject) -> tuple[tuple[str, str], ...]:
    """Return pairs of label and text: the summary of the result, or else the points."""
    result = subject.outcome
    if isinstance(result, Result):
        from adamcli.report.summary import summary_rows

        rows = [*summary_rows(result)]
        # A page is the same whenever it is made.
        return tuple(("steps", f"{result.nit:,}") if row[0] == "steps" else row for row in rows)
    if isinstance(result, Solution):
        from adamcli.report.solution_report import solution_rows

        return tuple(solution_rows(result))
    if isinstance(result, SweepResult):
        from adamcli.report.sweep_table import counts_text

        return (("runs", counts_text(result)),)
    points = {"best": subject.best, "last": subject.last}
    return tuple((name, point_text(point)) for name, point in points.items() if point is not None)


def command_of(subject: Subject) -> str:
    """Return the command that repeats the result from its config, saved as `SAVED`.

    Rows and stores do not have all of that.
    """
    result = subject.outcome
    if isinstance(result, SweepResult):
        return _sweep_command(result)
    if subject.config is None or subject.config.file is None:
        return ""
    verb = "solve" if isinstance(result, Solution) or result is None else "run"
    return f"adamcli {verb} {SAVED}"


def _sweep_command(result: SweepResult) -> str:
    """Return the command of a sweep whose axes were all written out, none drawn or in a file."""
    from shlex import quote

    axes = result.variations.plan.axes
    if not all(axis.text for axis in axes) or any(" of " in axis.text for axis in axes):
        return ""
    given = " ".join(f"-p {quote(f'{axis.key}={axis.text}')}" for axis in axes)
    return f"adamcli sweep {SAVED} {given}"
