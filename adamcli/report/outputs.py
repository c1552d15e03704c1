"""Sends records to all outputs of a run, each in its format."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from adamcli.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.optimizer.result import Record
    from adamcli.report.formats import RowFile
    from adamcli.report.sinks import Sink
    from adamcli.report.step_text import Reportable, StepLayout, StepText

KEPT_RECORDS = 10_000
"""Records that a file which is no text gets at a time."""


def shows(t: int, every: int | None) -> bool:
    """Return whether step `t` is shown; the last step always is, whatever this says.

    Every n-th is shown from 0 on, or t = 0, 1, …, 9, 10, 20, …, 90, 100, 200, … if `every` is None.
    """
    step = 10 ** (len(str(t)) - 1) if every is None else every
    return t % step == 0


class RecordsFile:
    """Shows the steps of a run in a file that takes rows and is no text."""

    wants_records = True

    def __init__(self, file: RowFile, layout: StepLayout) -> None:
        self._file, self._layout = file, layout
        self._waiting: list[list[float]] = []

    def begin(self) -> str:
        """Return nothing."""
        return ""

    def row(self, record: Record) -> str:
        """Keep one record, and return nothing."""
        self._waiting.append([record.t, *self._layout.numbers(record)])
        if len(self._waiting) >= KEPT_RECORDS:
            self._pass_on()
        return ""

    def end(self, result: Reportable) -> str:
        """Pass on what is left, and return nothing."""
        self._pass_on()
        return ""

    def write(self, text: str) -> None:
        """Take no text."""

    def close(self) -> None:
        """Make the file visible."""
        self._file.close()

    def discard(self) -> None:
        """Leave no trace, as far as possible."""
        self._file.discard()

    def _pass_on(self) -> None:
        if self._waiting:
            self._file.add(list(zip(*self._waiting, strict=True)))
            self._waiting.clear()


class Outputs:
    """Sends every record to all outputs, each in its format."""

    def __init__(self, every: int | None) -> None:
        self._every = every
        self._targets: list[tuple[StepText, Sink]] = []
        self._unseen: Record | None = None
        self._lost: BrokenPipeError | FileError | None = None

    def add(self, form: StepText, sink: Sink) -> None:
        """Add an output."""
        self._targets.append((form, sink))

    def wants_records(self) -> bool:
        """Return whether any output shows single steps."""
        return any(form.wants_records for form, _ in self._targets)

    def begin(self) -> None:
        """Write what comes before the first record."""
        self._write(lambda form: form.begin())

    def observe(self, record: Record) -> None:
        """Show a record, if its turn has come."""
        if shows(record.t, self._every):
            self._unseen = None
            self._write(lambda form: form.row(record))
        else:
            self._unseen = record

    def end(self, result: Reportable) -> None:
        """Show the last record if it was passed over, write what comes after, close everything.

        Raises what the first output that was lost on the way has raised.
        """
        last = self._unseen
        if last is not None:
            self._write(lambda form: form.row(last))
        self._write(lambda form: form.end(result))
        for target in self._targets:
            self._try(target, target[1].close)
        if self._lost is not None:
            raise self._lost

    def discard(self) -> None:
        """Give up: nothing is put in its place."""
        for _, sink in self._targets:
            sink.discard()

    def _write(self, text_of: Callable[[StepText], str]) -> None:
        for target in self._targets:
            self._try(target, partial(_pass_on, target, text_of))

    def _try(self, target: tuple[StepText, Sink], action: Callable[[], None]) -> None:
        """Do something with an output; one that fails is given up, and the others go on.

        The list of outputs is replaced, so that whoever walks along the old one goes on.
        """
        try:
            action()
        except (BrokenPipeError, FileError) as error:
            self._lost = self._lost or error
            self._targets = [other for other in self._targets if other is not target]
            target[1].discard()
            if not self._targets:
                raise


def _pass_on(target: tuple[StepText, Sink], text_of: Callable[[StepText], str]) -> None:
    text = text_of(target[0])
    if text:
        target[1].write(text)
