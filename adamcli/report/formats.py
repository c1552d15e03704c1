"""The output formats of all commands: their names, their extensions, and their writers."""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TextIO

from adamcli.errors import UsageError, needs_extra
from adamcli.report.sinks import Closable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.fields import Layout
    from adamcli.report.row_text import RowText
    from adamcli.report.step_text import StepLayout, StepText


class RowFile(Closable, Protocol):
    """A file of rows that is not text."""

    def add(self, columns: Sequence[Sequence[Any]]) -> None:
        """Take the values of some rows, column by column."""


class Format(NamedTuple):
    """An output format; its writers decide what it can show.

    `rows` turns rows into text, `file` writes them to a file that is not text, and `store` writes
    those of a sweep. `steps` shows the steps of a run on a stream, or in a file (None). `result`
    is the text of a whole result, or the bytes of a picture. `package` has to be installed, which
    `extra` does. In `json` any text can be written with any encoding.
    """

    name: str
    extensions: tuple[str, ...] = ()
    rows: Callable[[Layout], RowText] | None = None
    file: Callable[[str, Layout], RowFile] | None = None
    store: Callable[..., Any] | None = None
    steps: Callable[[StepLayout, TextIO | None], StepText] | None = None
    result: Callable[[Any], Any] | None = None
    package: str = ""
    extra: str = ""
    json: bool = False

    @property
    def is_data(self) -> bool:
        """Whether programs read it, to whom every character counts."""
        return self.rows is not None or self.json

    def step_text(self, layout: StepLayout, stream: TextIO | None = None) -> StepText:
        """Return what shows a run in this format as text."""
        from adamcli.report.step_text import ResultOnly, StepRows

        if self.steps is not None:
            return self.steps(layout, stream)
        if self.rows is not None:
            return StepRows(layout, self.rows(layout))
        assert self.result is not None
        return ResultOnly(self.result)

    def text(self, result: Any) -> Any:
        """Return a whole result in this format, as text or bytes."""
        assert self.result is not None
        return self.result(result)


def _lazy(place: str, *first: Any) -> Callable[..., Any]:
    """Return a function that imports `module:name` of this folder and calls it.

    The names of the formats are needed for `--help`, which imports nothing heavy.
    """
    module, _, name = place.partition(":")

    def call(*arguments: Any) -> Any:
        return getattr(import_module(f"adamcli.report.{module}"), name)(*first, *arguments)

    return call


def _table(layout: StepLayout, stream: TextIO | None) -> StepText:
    """Return the table for a terminal, and its rows as lines for anything else."""
    from adamcli.report.terminal import is_terminal

    framed = stream is not None and is_terminal(stream)
    writer: StepText = _lazy("step_table:table_or_lines" if framed else "step_text:bare_rows")(
        layout, stream
    )
    return writer


def _picture(name: str, package: str = "") -> Format:
    """Return the format of a picture, whose extension is its name."""
    steps, result = (
        _lazy(f"picture_files:{one}", name) for one in ("PictureSteps", "picture_file")
    )
    extra = "plot" if package else ""
    return Format(name, (f".{name}",), steps=steps, result=result, package=package, extra=extra)


PICTURES = (
    *(_picture(name, "matplotlib") for name in ("png", "svg", "pdf", "gif", "webp")),
    _picture("html"),
)
"""The formats of pictures."""

FORMATS = {
    form.name: form
    for form in (
        Format("table", steps=_table),
        Format("lines", (".txt",), steps=_lazy("step_text:Lines")),
        Format("jsonl", (".jsonl", ".ndjson"), rows=_lazy("row_text:JsonLines"), json=True),
        Format("csv", (".csv",), rows=_lazy("row_text:Delimited", ",")),
        Format("tsv", (".tsv",), rows=_lazy("row_text:Delimited", "\t")),
        Format("json", (".json",), result=lambda result: result.to_json(), json=True),
        Format("text", result=lambda result: result.to_text()),
        Format("npz", (".npz",), result=_lazy("weights:weights_file")),
        Format(
            "parquet",
            (".parquet",),
            file=_lazy("parquet:ParquetFile"),
            package="pyarrow",
            extra="parquet",
        ),
        Format("db", (".db",), store=_lazy("sweep_outputs:StoreFile")),
        Format(
            "none",
            steps=_lazy("step_text:Closing"),
            result=_lazy("step_text:closing_text"),
        ),
        *PICTURES,
    )
}
"""Every format by its name."""

ROW_FORMATS = tuple(form.name for form in FORMATS.values() if form.rows)

RUN_FORMATS = ("table", "lines", *ROW_FORMATS, "json", "none")
SWEEP_FORMATS = ("table", *ROW_FORMATS, "json", "none")
SOLVE_FORMATS = SWEEP_FORMATS
PREDICT_FORMATS = ("table", *ROW_FORMATS, "none")
CHECK_FORMATS = ("text", "json")
FUNCTIONS_FORMATS = ("table", *ROW_FORMATS, "json")
"""What `--format` takes, by command."""


RUN_FILES = [f for f in FORMATS.values() if f.extensions and not f.store]
SWEEP_FILES = [f for f in FORMATS.values() if f.extensions and (f.result or not f.steps)]
SOLVE_FILES = [f for f in SWEEP_FILES if not f.store]
PLOT_FILES = list(PICTURES)
PREDICTION_FILES = [f for f in SOLVE_FILES if not f.result]
STORE_FORMATS = [f for f in FORMATS.values() if f.store]
MERGED_FILES = [*STORE_FORMATS, *PREDICTION_FILES]
"""What is written of a run, a sweep and a search, plots, predictions, and stores."""


def format_of(path: str, formats: Sequence[Format], option: str = "-o") -> Format:
    """Return the format that the extension of a file picks.

    Raises `UsageError` if none does, or if the package that writes it is not installed.
    """
    suffix = PurePath(path).suffix.lower()
    for form in formats:
        if suffix in form.extensions:
            _require(form, f"{option} {path}")
            return form
    known = ", ".join(extension for form in formats for extension in form.extensions)
    raise UsageError(f"{option} {path}: the extension picks the format\n  use one of {known}")


def _require(form: Format, what: str) -> None:
    """Raise `UsageError` if the package that writes a format is not installed."""
    if form.package:
        from importlib.util import find_spec

        if find_spec(form.package) is None:
            raise needs_extra(what, form.package, form.extra)
