"""Where the steps and the result of a run go: `--format`, `-o FILE` by extension, `--every`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from adamcli.diagnostics import did_you_mean
from adamcli.errors import FileError, UsageError
from adamcli.optimizer.result import RECORD_FIELDS
from adamcli.report.formats import FORMATS, RUN_FILES, format_of
from adamcli.report.sinks import (
    FileSink,
    StreamSink,
    inputs_of,
    refuse_clashes,
    refuse_special,
    standard_output,
)
from adamcli.report.step_text import StepLayout, StepText

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.config.model import Config
    from adamcli.optimizer.result import Record
    from adamcli.report.formats import RowFile
    from adamcli.report.sinks import Sink
    from adamcli.report.step_text import Reportable

BATCH = 10_000
"""Records that are written at a time to a file that is not text."""

LOST = (BrokenPipeError, FileError)
"""What an output raises that cannot be written any longer."""


class Choice(NamedTuple):
    """What the user asked for; `form` is None if no format was named."""

    form: str | None = None
    files: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    every: str = "1"
    quiet: bool = False


class Outputs:
    """Sends every record to all outputs, each in its format.

    Every n-th step is shown from 0 on; if `every` is None, t = 0, 1, …, 9, 10, 20, …, 90, 100, ….
    The last step is always shown.
    """

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
        """Show a record if it is one of those to show."""
        step = 10 ** (len(str(record.t)) - 1) if self._every is None else self._every
        if record.t % step == 0:
            self._unseen = None
            self._write(lambda form: form.row(record))
        else:
            self._unseen = record

    def end(self, result: Reportable) -> None:
        """Show the last record if it was skipped, write what comes after, close everything.

        Raises the error of the first output that failed.
        """
        last = self._unseen
        if last is not None:
            self._write(lambda form: form.row(last))
        self._write(lambda form: form.end(result))
        for target in self._targets:
            try:
                target[1].close()
            except LOST as error:
                self._drop(target, error)
        if self._lost is not None:
            raise self._lost

    def discard(self) -> None:
        """Discard all outputs."""
        for _, sink in self._targets:
            sink.discard()

    def _write(self, text_of: Callable[[StepText], str]) -> None:
        for target in self._targets:
            form, sink = target
            try:
                text = text_of(form)
                if text:
                    sink.write(text)
            except LOST as error:
                self._drop(target, error)

    def _drop(self, target: tuple[StepText, Sink], error: BrokenPipeError | FileError) -> None:
        """Go on without an output that failed; raise its error if no other is left.

        The list of outputs is replaced, so that a loop over the old one goes on.
        """
        self._lost = self._lost or error
        self._targets = [other for other in self._targets if other is not target]
        target[1].discard()
        if not self._targets:
            raise error


class RecordsFile(StepText):
    """Writes the steps of a run to a file that is not text; it is its own sink."""

    def __init__(self, file: RowFile, layout: StepLayout) -> None:
        self._file, self._layout = file, layout
        self._waiting: list[list[float]] = []
        self.close, self.discard = file.close, file.discard

    def row(self, record: Record) -> str:
        """Keep one record."""
        self._waiting.append([record.t, *self._layout.numbers(record)])
        if len(self._waiting) >= BATCH:
            self._flush()
        return ""

    def end(self, result: Reportable) -> str:
        """Write the records that are left."""
        if self._waiting:
            self._flush()
        return ""

    def write(self, text: str) -> None:
        """Take no text."""

    def _flush(self) -> None:
        self._file.add(list(zip(*self._waiting, strict=True)))
        self._waiting.clear()


def select_outputs(choice: Choice, config: Config) -> Outputs:
    """Return the outputs of a run; files are opened now, before any work is done.

    Raises `UsageError` for what does not exist and `FileError` for a file that cannot be written.
    """
    for name in choice.fields:
        if name not in RECORD_FIELDS:
            hint = did_you_mean(name, RECORD_FIELDS)
            raise UsageError(f"--fields: unknown field `{name}`\n  {hint}")
    refuse_clashes(inputs_of(config.name, config.files), **{"-o": choice.files})
    layout = StepLayout(
        config.variables,
        tuple(dict.fromkeys(choice.fields)),
        n_iter=config.n_iter,
        direction=config.direction,
    )
    outputs = Outputs(_every(choice.every))
    formats = [format_of(path, RUN_FILES) for path in choice.files]
    if choice.form is not None or not choice.quiet:
        stream = standard_output()
        form = FORMATS[choice.form or "table"]
        outputs.add(form.step_text(layout, stream), StreamSink(stream))
    with ExitStack() as opened:
        opened.callback(outputs.discard)
        for path, form in zip(choice.files, formats, strict=True):
            if form.file is None:
                outputs.add(form.step_text(layout), FileSink(path))
                continue
            refuse_special(path)
            file = RecordsFile(form.file(path, layout), layout)
            outputs.add(file, file)
        opened.pop_all()
    return outputs


def _every(every: str) -> int | None:
    if every == "log":
        return None
    if every.isascii() and every.isdigit() and len(every) <= 18 and int(every) >= 1:
        return int(every)
    raise UsageError(f"--every: expected a whole number from 1, or log, found {every!r}")
