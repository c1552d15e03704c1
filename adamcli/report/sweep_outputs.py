"""Where the rows of a sweep go: `-o FILE` by extension, `--format`, and the store."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

from adamcli.errors import UsageError
from adamcli.files import part_of
from adamcli.report.sinks import FileSink, StreamSink, refuse_special, standard_output
from adamcli.report.sweep_rows import DelimitedRows, JsonRows, ParquetOutput, TextOutput
from adamcli.sweeps.runner import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.sweeps.plan import Block
    from adamcli.sweeps.rows import Rows, Table
    from adamcli.sweeps.study import Study

EXTENSIONS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".db")

STREAMED = ("csv", "tsv", "jsonl")
"""The formats that show all rows on standard output."""


class SweepOutput(Output, Protocol):
    """An output that is complete in the end, or leaves no trace."""

    def close(self) -> None:
        """Make what was written visible."""

    def discard(self) -> None:
        """Leave no trace, as far as possible."""


class StoreFile:
    """A store that is an output: written beside its place, and moved there when it is complete."""

    encoder = None

    def __init__(self, path: str, study: Study, table: Table, span: Block) -> None:
        from adamcli.sweeps.store import Store, remove

        self._path, self._span = path, span
        self._part = part_of(path)
        # A process of this number may have been killed before.
        remove(self._part)
        self._store = Store.open(self._part, study, table, span, path)

    def write(self, rows: Rows | None, text: str) -> None:
        """Take some rows."""
        assert rows is not None
        from adamcli.sweeps.plan import Block

        self._store.write(rows, Block(int(rows.runs[0]), int(rows.runs[-1]) + 1))

    def close(self) -> None:
        """Put the complete store in its place."""
        from adamcli.sweeps.store import put_in_place

        self._store.finish(self._span)
        self._store.close()
        put_in_place(self._part, self._path)

    def discard(self) -> None:
        """Remove what was written."""
        from adamcli.sweeps.store import remove

        self._store.close()
        remove(self._part)


class SweepOutputs:
    """Where everything of a sweep goes: the rows, and the files of the summary."""

    def __init__(self) -> None:
        self.rows: list[SweepOutput] = []
        self.summaries: list[FileSink] = []

    def close(self, summary: str) -> None:
        """Make everything visible."""
        for file in self.summaries:
            file.write(summary)
        for output in self._all():
            output.close()

    def discard(self) -> None:
        """Give up: nothing is put in its place."""
        for output in self._all():
            output.discard()

    def _all(self) -> list[SweepOutput | FileSink]:
        return [*self.rows, *self.summaries]


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
            if PurePath(path).suffix.lower() == ".json":
                outputs.summaries.append(FileSink(path))
            else:
                outputs.rows.append(_of_file(path, study, table, span))
        if form in STREAMED:
            sink = StreamSink(standard_output())
            outputs.rows.append(TextOutput(_text(form, table), sink))
        opened.pop_all()
    return outputs


def _of_file(path: str, study: Study, table: Table, span: Block) -> SweepOutput:
    form = PurePath(path).suffix.lower()[1:]
    if form in ("db", "parquet"):
        refuse_special(path)
    if form == "db":
        return StoreFile(path, study, table, span)
    if form == "parquet":
        return ParquetOutput(path, table)
    return TextOutput(_text(form, table), FileSink(path))


def _text(form: str, table: Table) -> DelimitedRows | JsonRows:
    if form in ("jsonl", "ndjson"):
        return JsonRows(table)
    return DelimitedRows(table, "\t" if form == "tsv" else ",")
