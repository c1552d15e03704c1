"""Where the steps and the result of a run go: `--format`, `-o FILE` by extension, `--every`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from adamcli.diagnostics import did_you_mean
from adamcli.errors import FileError, NoScoreError, UsageError
from adamcli.optimizer.loop import Watch
from adamcli.optimizer.result import RECORD_NUMBERS
from adamcli.report.formats import FORMATS, RUN_FILES, format_of
from adamcli.report.score_format import parse_score_format
from adamcli.report.sinks import (
    FileSink,
    NoSink,
    StreamSink,
    inputs_of,
    refuse_clashes,
    refuse_special,
    standard_output,
)
from adamcli.report.step_text import StepLayout, StepText
from adamcli.report.thinning import every, every_step, parse_every
from adamcli.signals import held

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.config.model import Config
    from adamcli.optimizer.result import Record
    from adamcli.report.formats import RowFile
    from adamcli.report.picture_files import Recording
    from adamcli.report.sinks import Sink
    from adamcli.report.step_text import Reportable
    from adamcli.report.thinning import Shows

BATCH = 10_000
"""Records that are written at a time to a file that is not text."""

LOST = (BrokenPipeError, FileError)
"""What an output raises that cannot be written any longer."""


class Choice(NamedTuple):
    """What the user asked for; `form`, `every` and `score_format` are None if not named.

    With `plot` the course of the run is to be drawn afterwards.
    """

    form: str | None = None
    files: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    every: str | None = None
    quiet: bool = False
    plot: bool = False
    score_format: str | None = None


class Output:
    """Text of the steps that `shows` picks, and of the last, which goes to a sink."""

    def __init__(self, form: StepText, sink: Sink, shows: Shows) -> None:
        self.form, self.sink, self._shows = form, sink, shows
        self._unseen: Record | None = None

    def begin(self) -> None:
        """Write what comes before the run."""
        self._write(self.form.begin())

    def start(self, record: Record, prospect: float) -> None:
        """Write what comes before the first record."""
        self._write(self.form.start(record.score, prospect))

    def observe(self, record: Record) -> None:
        """Write a record if it is one of those to show."""
        if self._shows(record.t):
            self._unseen = None
            self._write(self.form.row(record))
        else:
            self._unseen = record

    def end(self, result: Reportable) -> bool:
        """Write the last record if it was skipped, and what comes after.

        Returns false, without a file, if there is nothing to write.
        """
        if self._unseen is not None:
            self._write(self.form.row(self._unseen))
        try:
            text = self.form.end(result)
        except NoScoreError:
            self.sink.discard()
            return False
        self._write(text)
        return True

    def _write(self, text: str | bytes) -> None:
        if text:
            self.sink.write(text)


class Outputs:
    """Sends every record to all outputs, each in its format.

    `empty` says which of the files there was nothing to write to. `recording` has the course of the
    run if that was asked for.

    `scrolls` says whether standard output shows single steps where a person may be looking: on a
    terminal, or in a pipe, whose reader may write to one.
    """

    def __init__(self) -> None:
        self.scrolls = False
        self.empty: list[str] = []
        self.recording: Recording | None = None
        self._outputs: list[Output] = []
        self._lost: BrokenPipeError | FileError | None = None

    def add(self, form: StepText, sink: Sink, shows: Shows = every_step) -> None:
        """Add an output."""
        self._outputs.append(Output(form, sink, shows))

    def watch(self, fields: Sequence[str] = ()) -> Watch | None:
        """Return what the outputs have to be told of a run, if anything.

        Records then hold the `fields` as well as what the outputs need.
        """
        forms = [output.form for output in self._outputs]
        observe = self.observe if any(form.wants_records for form in forms) else None
        start = self.start if any(form.wants_start for form in forms) else None
        if observe is None and start is None:
            return None
        needed = (name for form in forms for name in form.fields)
        return Watch(observe, tuple(dict.fromkeys((*fields, *needed))), start)

    def begin(self) -> None:
        """Write what comes before the run."""
        self._each(lambda output: output.begin())

    def start(self, record: Record, prospect: float) -> None:
        """Tell all outputs where the run starts, and by how much its score may change."""
        self._each(lambda output: output.start(record, prospect))

    def observe(self, record: Record) -> None:
        """Show a record in the outputs that show its step."""
        self._each(lambda output: output.observe(record))

    def end(self, result: Reportable) -> None:
        """Write the end of all outputs, and close them.

        Raises the error of the first output that failed.
        """
        self._each(lambda output: self._end(output, result))
        self._each(lambda output: output.sink.finish())
        with held():
            self._each(lambda output: output.sink.close())
        if self._lost is not None:
            raise self._lost

    def discard(self) -> None:
        """Discard all outputs."""
        for output in self._outputs:
            output.sink.discard()

    def _end(self, output: Output, result: Reportable) -> None:
        if not output.end(result):
            self._outputs = [other for other in self._outputs if other is not output]
            self.empty.append(getattr(output.sink, "path", ""))

    def _each(self, do: Callable[[Output], None]) -> None:
        for output in self._outputs:
            try:
                do(output)
            except LOST as error:
                self._drop(output, error)

    def _drop(self, lost: Output, error: BrokenPipeError | FileError) -> None:
        """Go on without an output that failed; raise its error if no other is left.

        The list of outputs is replaced, so that a loop over the old one goes on.
        """
        self._lost = self._lost or error
        self._outputs = [output for output in self._outputs if output is not lost]
        lost.sink.discard()
        if not self._outputs:
            raise error


class RecordsFile(StepText):
    """Writes the steps of a run to a file that is not text; it is its own sink."""

    def __init__(self, file: RowFile, layout: StepLayout) -> None:
        self._file, self._layout = file, layout
        self._waiting: list[list[float]] = []
        self.finish, self.close, self.discard = file.finish, file.close, file.discard

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
        if name not in RECORD_NUMBERS:
            hint = did_you_mean(name, RECORD_NUMBERS)
            raise UsageError(f"--fields: unknown field `{name}`\n  {hint}")
    refuse_clashes(inputs_of(config.name, config.files), **{"-o": choice.files})
    asked_format = choice.score_format
    score_format = None if asked_format is None else parse_score_format(asked_format)
    layout = StepLayout(
        config.variables,
        tuple(dict.fromkeys((*config.measures, *choice.fields))),
        steps=config.steps,
        unit=config.unit,
        direction=config.direction,
        score_format=score_format,
    )
    outputs = Outputs()
    if choice.plot:
        from adamcli.report.picture_files import Recording

        outputs.recording = Recording()
        outputs.add(outputs.recording, NoSink())
    asked = parse_every(choice.every) if choice.every is not None else None
    formats = [format_of(path, RUN_FILES) for path in choice.files]
    if choice.form is not None or not choice.quiet:
        stream, form = standard_output(), FORMATS[choice.form or "table"]
        text = form.step_text(layout, stream)
        sink = StreamSink(stream, data=form.is_data, json=form.json)
        sink.require([text.begin()] if form.is_data else ())
        outputs.add(text, sink, asked or every(text.thin()))
        outputs.scrolls = text.wants_records and not stream.seekable()
    with ExitStack() as opened:
        opened.callback(outputs.discard)
        shows = asked or every_step
        for path, form in zip(choice.files, formats, strict=True):
            if form.file is None:
                text = form.step_text(layout)
                outputs.add(text, FileSink(path), every_step if text.every_step else shows)
                continue
            refuse_special(path)
            file = RecordsFile(form.file(path, layout), layout)
            outputs.add(file, file, shows)
        opened.pop_all()
    return outputs
