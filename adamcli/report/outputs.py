"""Sends records to all outputs of a run, each in its format."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from adamcli.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.optimizer.result import Record
    from adamcli.report.formats import Format
    from adamcli.report.outcome import Outcome
    from adamcli.report.sinks import Sink


class Thinning:
    """Which steps are shown: every n-th from 0, or t = 0, 1, …, 9, 10, 20, …, 90, 100, 200, ….

    `every` is n, or None for the second.
    """

    def __init__(self, every: int | None) -> None:
        self._every = every

    def shows(self, t: int) -> bool:
        """Return whether step `t` is shown; the last step always is, whatever this says."""
        step = 10 ** (len(str(t)) - 1) if self._every is None else self._every
        return t % step == 0


class Outputs:
    """Sends every record to all outputs, each in its format."""

    def __init__(self, thinning: Thinning) -> None:
        self._thinning = thinning
        self._targets: list[tuple[Format, Sink]] = []
        self._unseen: Record | None = None
        self._lost: BrokenPipeError | FileError | None = None

    def add(self, form: Format, sink: Sink) -> None:
        """Add an output, and write what comes before the records."""
        self._targets.append((form, sink))

    def wants_records(self) -> bool:
        """Return whether any output shows single steps."""
        return any(form.wants_records for form, _ in self._targets)

    def begin(self) -> None:
        """Write what comes before the first record."""
        self._write(lambda form: form.begin())

    def observe(self, record: Record) -> None:
        """Show a record, if its turn has come."""
        if self._thinning.shows(record.t):
            self._unseen = None
            self._write(lambda form: form.row(record))
        else:
            self._unseen = record

    def end(self, outcome: Outcome) -> None:
        """Show the last record if it was passed over, write what comes after, close everything.

        Raises what the first output that was lost on the way has raised.
        """
        last = self._unseen
        if last is not None:
            self._write(lambda form: form.row(last))
        self._write(lambda form: form.end(outcome))
        for target in self._targets:
            self._try(target, target[1].close)
        if self._lost is not None:
            raise self._lost

    def discard(self) -> None:
        """Give up: nothing is put in its place."""
        for _, sink in self._targets:
            sink.discard()

    def _write(self, text_of: Callable[[Format], str]) -> None:
        for target in self._targets:
            text = text_of(target[0])
            if text:
                self._try(target, partial(target[1].write, text))

    def _try(self, target: tuple[Format, Sink], action: Callable[[], None]) -> None:
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
