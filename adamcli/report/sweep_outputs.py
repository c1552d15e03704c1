"""Where the rows of a sweep go: `-o FILE` by extension, `--format`, and the store."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

from adamcli.errors import UsageError
from adamcli.report.sinks import FileSink, StreamSink, refuse_special, standard_output
from adamcli.report.sweep_rows import DelimitedRows, JsonRows, ParquetOutput, TextOutput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.report.sinks import Sink
    from adamcli.sweep.blocks import Encoder
    from adamcli.sweep.plan import Block
    from adamcli.sweep.rows import Rows, Table
    from adamcli.sweep.study import Study

EXTENSIONS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".db")

STREAMED = ("csv", "tsv", "jsonl")
"""The formats that show all rows on standard output."""


class SweepOutput(Protocol):
    """An output that is complete in the end, or leaves no trace."""

    @property
    def encoder(self) -> Encoder | None:
        """What makes texts of rows, for outputs that want them."""

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows, or for an output with an encoder what that made of them."""

    def close(self) -> None:
        """Make what was written visible."""

    def discard(self) -> None:
        """Leave no trace, as far as possible."""


class StoreFile:
    """A store that is an output: written beside its place, and moved there when it is complete."""

    encoder = None

    def __init__(self, path: str, study: Study, table: Table, span: Block) -> None:
        from adamcli.sweep.store import Store, remove

        self._path, self._span = path, span
        self._part = f"{os.path.realpath(path)}.{os.getpid()}.part"
        # A process of this number may have been killed before.
        remove(self._part)
        self._store = Store.open(self._part, study, table, span, path)

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows."""
        assert rows is not None
        from adamcli.sweep.plan import Block

        self._store.write(rows, Block(int(rows.runs[0]), int(rows.runs[-1]) + 1))

    def close(self) -> None:
        """Put the complete store in its place."""
        from adamcli.sweep.store import put_in_place

        self._store.finish(self._span)
        self._store.close()
        put_in_place(self._part, self._path)

    def discard(self) -> None:
        """Remove what was written."""
        from adamcli.sweep.store import remove

        self._store.close()
        remove(self._part)


class JsonFile:
    """A file for the summary, which has no rows; it is opened before work begins."""

    encoder = None

    def __init__(self, path: str) -> None:
        self._sink: Sink = FileSink(path)

    def write(self, rows: Rows | None, text: str) -> None:
        """Take nothing."""

    def summarize(self, text: str) -> None:
        """Take the summary."""
        self._sink.write(text)

    def close(self) -> None:
        """Put the complete file in its place."""
        self._sink.close()

    def discard(self) -> None:
        """Remove what was written."""
        self._sink.discard()


class SweepOutputs:
    """All outputs of a sweep."""

    def __init__(self) -> None:
        self.all: list[SweepOutput] = []

    @property
    def wants_rows(self) -> bool:
        """Whether any of them takes rows."""
        return any(not isinstance(output, JsonFile) for output in self.all)

    def close(self, summary: str) -> None:
        """Make everything visible; `summary` goes into files that have one."""
        for output in self.all:
            if isinstance(output, JsonFile):
                output.summarize(summary)
            output.close()

    def discard(self) -> None:
        """Give up: nothing is put in its place."""
        for output in self.all:
            output.discard()

    @property
    def wants_summary(self) -> bool:
        """Whether there is a file for the summary."""
        return any(isinstance(output, JsonFile) for output in self.all)


def select_sweep_outputs(
    files: Sequence[str], form: str | None, study: Study, table: Table, span: Block
) -> SweepOutputs:
    """Return the outputs of a sweep; files are opened now, before any work is done.

    Raises `UsageError` for an extension that does not exist, `FileError` for a file that cannot be
    written.
    """
    for path in files:
        if PurePath(path).suffix.lower() not in EXTENSIONS:
            known = ", ".join(EXTENSIONS)
            raise UsageError(f"-o {path}: the extension picks the format\n  use one of {known}")
    outputs = SweepOutputs()
    with ExitStack() as opened:
        opened.callback(outputs.discard)
        for path in files:
            outputs.all.append(_of_file(path, study, table, span))
        if form in STREAMED:
            sink = StreamSink(standard_output())
            outputs.all.append(TextOutput(_text(form, table), sink))
        opened.pop_all()
    return outputs


def inputs_of(study: Study, plan: str | None) -> dict[str, str]:
    """Return the files that a sweep reads, each with what it is."""
    named = {str(study.file.folder / name): "a file that the config names" for name in study.files}
    return {study.file.name: "the config", **named, **({plan: "the plan"} if plan else {})}


def _of_file(path: str, study: Study, table: Table, span: Block) -> SweepOutput:
    form = PurePath(path).suffix.lower()[1:]
    if form in ("db", "parquet"):
        refuse_special(path)
    if form == "db":
        return StoreFile(path, study, table, span)
    if form == "parquet":
        return ParquetOutput(path, table)
    if form == "json":
        return JsonFile(path)
    return TextOutput(_text(form, table), FileSink(path))


def _text(form: str, table: Table) -> DelimitedRows | JsonRows:
    if form in ("jsonl", "ndjson"):
        return JsonRows(table)
    return DelimitedRows(table, "\t" if form == "tsv" else ",")
