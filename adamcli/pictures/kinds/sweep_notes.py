"""What belongs to every picture of a sweep: why there is none, and notes on what is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adamcli.pictures.subject import Subject, Wish
    from adamcli.pictures.table import Table


def lacks_scores(subject: Subject) -> str:
    """Return that a subject is no sweep, or one without scores; nothing if it has some."""
    if subject.table is None:
        return "needs a sweep"
    return "" if len(subject.table.finite()) else "needs a run with a finite score"


def lacks_axes(subject: Subject) -> str:
    """Return what `lacks_scores` does, or that nothing was varied; nothing if something was."""
    if reason := lacks_scores(subject):
        return reason
    assert subject.table is not None
    axes = subject.table.varied or subject.table.repeated
    return "" if axes else "needs an axis that was varied"


def checked_table(subject: Subject, wish: Wish) -> Table:
    """Return the table of a subject; raises `UsageError` if the wish names no axis of it."""
    assert subject.table is not None
    for key in (wish.x, wish.y):
        if key is not None:
            subject.table.axis(key)
    return subject.table


def notes_of(table: Table) -> tuple[str, ...]:
    """Return the notes that a sweep is unfinished, and that runs have no finite score."""
    notes = []
    runs, lost = len(table.score), len(table.score) - len(table.finite())
    if runs < table.total:
        notes.append(f"{runs:,} of {table.total:,} runs are done")
    if lost:
        share = 100 * lost / runs
        shown = f"{share:.1f}%" if share >= 0.1 else "less than 0.1%"
        runs_have = "1 run ({}) has" if lost == 1 else f"{lost:,} runs ({{}}) have"
        notes.append(f"{runs_have.format(shown)} no finite score")
    return tuple(notes)
