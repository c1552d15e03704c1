"""The output formats, for every command: their names, their extensions, and what writes them."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TextIO

from adamcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.fields import Layout
    from adamcli.report.row_text import RowText
    from adamcli.report.step_text import StepLayout, StepText
    from adamcli.report.sweep_outputs import RowOutput
    from adamcli.sweeps.job import SweepJob


class RowFile(Protocol):
    """A file of rows that is no text; it is complete in the end, or leaves no trace."""

    def add(self, columns: Sequence[Sequence[Any]]) -> None:
        """Take the values of some rows, column by column."""

    def close(self) -> None:
        """Make what was written visible."""

    def discard(self) -> None:
        """Leave no trace, as far as possible."""


class Format(NamedTuple):
    """An output format; what it can show follows from which of its writers there are.

    `rows` makes text of any rows, `file` a file of them that is no text, and `store` one that only
    a sweep has. `steps` shows the steps of a run, on a stream or in a file (None). `result` is the
    text of a whole result.
    """

    name: str
    extensions: tuple[str, ...] = ()
    rows: Callable[[Layout], RowText] | None = None
    file: Callable[[str, Layout], RowFile] | None = None
    store: Callable[[str, SweepJob], RowOutput] | None = None
    steps: Callable[[StepLayout, TextIO | None], StepText] | None = None
    result: Callable[[Any], str] | None = None

    def step_text(self, layout: StepLayout, stream: TextIO | None = None) -> StepText:
        """Return what shows a run in this format as text."""
        from adamcli.report.step_text import ResultOnly, StepRows

        if self.steps is not None:
            return self.steps(layout, stream)
        if self.rows is not None:
            return StepRows(layout, self.rows(layout))
        assert self.result is not None
        return ResultOnly(self.result)

    def text(self, result: Any) -> str:
        """Return a whole result in this format."""
        assert self.result is not None
        return self.result(result)


def _json(result: Any) -> str:
    from adamcli.fields import json_text

    return json_text(result.to_dict())


def _delimited(delimiter: str, layout: Layout) -> RowText:
    from adamcli.report.row_text import Delimited

    return Delimited(layout, delimiter)


def _json_lines(layout: Layout) -> RowText:
    from adamcli.report.row_text import JsonLines

    return JsonLines(layout)


def _parquet(path: str, layout: Layout) -> RowFile:
    from adamcli.report.parquet import ParquetFile

    return ParquetFile(path, layout)


def _store(path: str, job: SweepJob) -> RowOutput:
    from adamcli.report.store_file import StoreFile

    return StoreFile(path, job)


def _lines(layout: StepLayout, stream: TextIO | None) -> StepText:
    from adamcli.report.step_text import Lines

    return Lines(layout)


def _table(layout: StepLayout, stream: TextIO | None) -> StepText:
    """Return the table for a terminal; elsewhere its rows are bare lines."""
    from adamcli.report.step_text import ColouredLines, Lines
    from adamcli.report.terminal import has_colour, is_terminal

    if stream is not None and is_terminal(stream):
        from adamcli.report.step_table import StepTable

        return StepTable(layout, stream)
    return ColouredLines(layout) if stream is not None and has_colour(stream) else Lines(layout)


def _closing(result: Any) -> str:
    from adamcli.report.step_text import closing_text

    return closing_text(result)


FORMATS = {
    form.name: form
    for form in (
        Format("table", steps=_table),
        Format("lines", (".txt",), steps=_lines),
        Format("jsonl", (".jsonl", ".ndjson"), rows=_json_lines),
        Format("csv", (".csv",), rows=partial(_delimited, ",")),
        Format("tsv", (".tsv",), rows=partial(_delimited, "\t")),
        Format("json", (".json",), result=_json),
        Format("text", result=lambda result: result.to_text()),
        Format("parquet", (".parquet",), file=_parquet),
        Format("db", (".db",), store=_store),
        Format("none", result=_closing),
    )
}
"""Every format by its name."""

ROW_FORMATS = tuple(form.name for form in FORMATS.values() if form.rows)

RUN_FORMATS = ("table", "lines", *ROW_FORMATS, "json", "none")
SWEEP_FORMATS = ("table", *ROW_FORMATS, "json", "none")
CHECK_FORMATS = ("text", "json")
"""What `--format` takes, by command."""


RUN_FILES = [f for f in FORMATS.values() if f.extensions and not f.store]
SWEEP_FILES = [f for f in FORMATS.values() if f.extensions and not f.steps]
STORE_FORMATS = [f for f in FORMATS.values() if f.store]
"""What `-o` writes of a run, of a sweep, and of stores that are merged."""


def format_of(path: str, formats: Sequence[Format]) -> Format:
    """Return the format that the extension of a file picks; raises `UsageError` if none does."""
    suffix = PurePath(path).suffix.lower()
    for form in formats:
        if suffix in form.extensions:
            return form
    known = ", ".join(extension for form in formats for extension in form.extensions)
    raise UsageError(f"-o {path}: the extension picks the format\n  use one of {known}")
