"""Sends records to all outputs of a run, each in its format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

    def add(self, form: Format, sink: Sink) -> None:
        """Add an output, and write what comes before the records."""
        self._targets.append((form, sink))

    def wants_records(self) -> bool:
        """Return whether any output shows single steps."""
        return any(form.wants_records for form, _ in self._targets)

    def begin(self) -> None:
        """Write what comes before the first record."""
        for form, sink in self._targets:
            text = form.begin()
            if text:
                sink.write(text)

    def observe(self, record: Record) -> None:
        """Show a record, if its turn has come."""
        if self._thinning.shows(record.t):
            self._unseen = None
            for form, sink in self._targets:
                sink.write(form.row(record))
        else:
            self._unseen = record

    def end(self, outcome: Outcome) -> None:
        """Show the last record if it was passed over, write what comes after, close everything."""
        for form, sink in self._targets:
            if self._unseen is not None:
                sink.write(form.row(self._unseen))
            sink.write(form.end(outcome))
        for _, sink in self._targets:
            sink.close()

    def discard(self) -> None:
        """Give up: nothing is put in its place."""
        for _, sink in self._targets:
            sink.discard()
