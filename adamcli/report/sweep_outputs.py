"""Where the rows and the result of a sweep go: `-o FILE` by extension, and `--format`."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from adamcli.errors import NoScoreError
from adamcli.files import writing
from adamcli.report.formats import FORMATS, SWEEP_FILES, format_of
from adamcli.report.row_text import RowEncoder
from adamcli.report.sinks import (
    Closable,
    FileSink,
    close_all,
    data_output,
    refuse_special,
)
from adamcli.sweeps.job import Output
from adamcli.sweeps.plan import RunRange
from adamcli.sweeps.store import Store, new_store, put_in_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.report.formats import Format, RowFile
    from adamcli.report.row_text import RowText
    from adamcli.report.sinks import Sink
    from adamcli.sweeps.job import SweepJob
    from adamcli.sweeps.result import SweepResult
    from adamcli.sweeps.rows import RowLayout, Rows


class RowOutput(Output, Closable, Protocol):
    """An output of rows that is closed or discarded."""


class TextOutput:
    """Writes rows as text to a file or a stream."""

    def __init__(self, form: RowText, layout: RowLayout, sink: Sink) -> None:
        self.encoder = RowEncoder(layout, form)
        self._sink = sink
        self.finish, self.close, self.discard = sink.finish, sink.close, sink.discard
        sink.write(form.header())

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows."""
        self._sink.write(text)


class FileOutput:
    """Writes rows to a file that is not text."""

    encoder = None

    def __init__(self, file: RowFile, layout: RowLayout) -> None:
        self._file, self._layout = file, layout
        self.finish, self.close, self.discard = file.finish, file.close, file.discard

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows."""
        assert rows is not None
        self._file.add([column.values(rows) for column in self._layout.columns])


class StoreFile:
    """A store that is written next to its target, and replaces it when it is complete."""

    encoder = None

    def __init__(self, path: str, job: SweepJob) -> None:
        self._path, self._board = path, job.board
        with writing(path):
            self._part = new_store(path)
        try:
            self._store = Store(self._part.path, job.variations, job.layout, job.span, path)
        except BaseException:
            self._part.remove()
            raise

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows."""
        assert rows is not None
        self._store.write(rows, RunRange(int(rows.runs[0]), int(rows.runs[-1]) + 1))

    def finish(self) -> None:
        """Mark the store as complete if it is; another sweep can complete one that is not."""
        if self._board.is_complete:
            self._store.finish()
        self._store.close()

    def close(self) -> None:
        """Replace the target by the finished store."""
        put_in_place(self._part, self._path)

    def discard(self) -> None:
        """Remove what was written."""
        self._store.abandon()
        self._part.remove()


class SweepOutputs:
    """The outputs of a sweep: those of its rows, and files of its result.

    `empty` says which of the files there was nothing to write to.
    """

    def __init__(self) -> None:
        self.rows: list[RowOutput] = []
        self.empty: list[str] = []
        self._results: list[tuple[Format, FileSink]] = []

    def add_result(self, form: Format, path: str) -> None:
        """Add a file of the whole result."""
        self._results.append((form, FileSink(path)))

    def end(self, result: SweepResult, *others: Closable) -> None:
        """Make everything visible, and `others` with it.

        A sweep that was stopped before its first run leaves nothing.
        """
        if result.stop is not None and not result.board.done:
            self.discard()
            return
        written = []
        for form, file in self._results:
            try:
                file.write(form.text(result))
                written.append((form, file))
            except NoScoreError:
                file.discard()
                self.empty.append(file.path)
        self._results = written
        close_all([*self._all(), *others])

    def discard(self) -> None:
        """Discard all outputs."""
        for output in self._all():
            output.discard()

    def _all(self) -> list[RowOutput | FileSink]:
        return [*self.rows, *(file for _, file in self._results)]


def select_sweep_outputs(files: Sequence[str], form: str | None, job: SweepJob) -> SweepOutputs:
    """Return the outputs of a sweep; files are opened now, before any work is done.

    Raises `UsageError` for an extension that does not exist, `FileError` for a file that cannot be
    written.
    """
    formats = [format_of(path, SWEEP_FILES) for path in files]
    outputs = SweepOutputs()
    with ExitStack() as opened:
        opened.callback(outputs.discard)
        for path, each in zip(files, formats, strict=True):
            if each.result is not None:
                outputs.add_result(each, path)
            else:
                outputs.rows.append(_file_output(path, each, job))
        shown = FORMATS[form] if form is not None else None
        if shown is not None and shown.rows is not None:
            rows = shown.rows(job.layout)
            words = map(rows.encoding.text, job.variations.plan.words())
            sink = data_output(chain([rows.header()], words), json=shown.json)
            outputs.rows.append(TextOutput(rows, job.layout, sink))
        opened.pop_all()
    return outputs


def _file_output(path: str, form: Format, job: SweepJob) -> RowOutput:
    if form.rows is not None:
        return TextOutput(form.rows(job.layout), job.layout, FileSink(path))
    refuse_special(path)
    if form.store is not None:
        output: RowOutput = form.store(path, job)
        return output
    assert form.file is not None
    return FileOutput(form.file(path, job.layout), job.layout)
