"""The output formats: each turns records and the result into text, and knows of no stream."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from adamcli.optimizer.direction import Direction
from adamcli.report.text import closing_line, line

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.objective.variables import Variables
    from adamcli.optimizer.result import Record
    from adamcli.report.outcome import Outcome

FIELDS = ("alpha", "gradient_norm")
"""What a record may carry beside t, x and score."""


class Layout(NamedTuple):
    """What every format has to know before the first record: the variables and the extra fields."""

    variables: Variables
    fields: tuple[str, ...] = ()

    def numbers(self, record: Record) -> list[float]:
        """Return the numbers of a record in the order of all columns behind t."""
        return [*record.x, record.score, *[getattr(record, name) for name in self.fields]]


class Format(Protocol):
    """Text for a run: `begin`, then `row` for each record, then `end`."""

    wants_records: bool

    def begin(self) -> str:
        """Return what comes before the first record."""

    def row(self, record: Record) -> str:
        """Return the text of one record, its line end included."""

    def end(self, outcome: Outcome) -> str:
        """Return what comes after the last record."""


class _Plain:
    """A format with nothing before its records and nothing after them."""

    wants_records = True

    def begin(self) -> str:
        """Return nothing."""
        return ""

    def end(self, outcome: Outcome) -> str:
        """Return nothing."""
        return ""


class Lines(_Plain):
    """The article's output: a line a step, `Done!` and the last point.

    Fields that were asked for stand behind the line.
    """

    def __init__(self, layout: Layout) -> None:
        self._fields = layout.fields

    def row(self, record: Record) -> str:
        """Return the article's line."""
        if not self._fields:
            return line(record) + "\n"
        values = " ".join(f"{name}={getattr(record, name):.6g}" for name in self._fields)
        return f"{line(record)}  {values}\n"

    def end(self, outcome: Outcome) -> str:
        """Return the article's two closing lines; a run that did not finish has none."""
        if not outcome.result.success:
            return ""
        return f"Done!\n{closing_line(outcome.result.last)}\n"


class Progress:
    """Tells how each score compares with all before it."""

    def __init__(self, maximize: bool) -> None:
        self._sign = Direction.from_flag(maximize).sign
        self._best = float("inf")

    def judge(self, score: float) -> str:
        """Return `better` than all before, `lost` if not a finite number, and else `plain`."""
        merit = self._sign * score
        if merit < self._best:
            self._best = merit
            return "better"
        return "plain" if isfinite(score) else "lost"


class ColouredLines(Lines):
    """The article's lines with the colours of the table, for a pipe that wants colours."""

    def __init__(self, layout: Layout, maximize: bool) -> None:
        super().__init__(layout)
        self._progress = Progress(maximize)

    def row(self, record: Record) -> str:
        """Return the article's line, green if it is better than all before, red if not finite."""
        text, colour = super().row(record)[:-1], _COLOURS[self._progress.judge(record.score)]
        return f"{colour}{text}\x1b[0m\n" if colour else f"{text}\n"


_COLOURS = {"plain": "", "better": "\x1b[32m", "lost": "\x1b[31m"}


class _EndOnly(_Plain):
    """A format that shows no steps."""

    wants_records = False

    def row(self, record: Record) -> str:
        """Return nothing."""
        return ""


class Closing(_EndOnly):
    """The last line alone."""

    def end(self, outcome: Outcome) -> str:
        """Return the last point with its score; a run that did not finish has none."""
        return closing_line(outcome.result.last) + "\n" if outcome.result.success else ""


class Json(_EndOnly):
    """The result as one JSON object."""

    def end(self, outcome: Outcome) -> str:
        """Return the result, indented."""
        import json

        return json.dumps(outcome.as_json(), indent=2, allow_nan=False) + "\n"


class JsonLines(_Plain):
    """A JSON object a record; what is not finite is null."""

    def __init__(self, layout: Layout) -> None:
        shapes = layout.variables.unpack(["%s"] * layout.variables.dim)
        x = ", ".join(f'"{name}": {_template(shape)}' for name, shape in shapes.items())
        extra = "".join(f', "{name}": %s' for name in layout.fields)
        self._template = f'{{"t": %d, "x": {{{x}}}, "score": %s{extra}}}\n'
        self._numbers = layout.numbers

    def row(self, record: Record) -> str:
        """Return one record as JSON."""
        numbers = self._numbers(record)
        return self._template % (record.t, *[repr(n) if isfinite(n) else "null" for n in numbers])


class Delimited(_Plain):
    """A header and a row a record, with a column a coordinate; numbers have all their digits."""

    def __init__(self, layout: Layout, delimiter: str) -> None:
        self._delimiter = delimiter
        self._numbers = layout.numbers
        # A variable that is called like a column of ours is told apart by a prefix.
        own = ("t", "score", *FIELDS)
        x = [f"x.{n}" if n in own else n for n in layout.variables.coordinate_names()]
        names = ["t", *x, "score", *layout.fields]
        self._header = delimiter.join(f'"{name}"' if delimiter in name else name for name in names)

    def begin(self) -> str:
        """Return the header."""
        return self._header + "\n"

    def row(self, record: Record) -> str:
        """Return one record; what is not finite is `nan`, `inf` or `-inf`."""
        numbers = map(repr, self._numbers(record))
        return f"{record.t}{self._delimiter}{self._delimiter.join(numbers)}\n"


FORMATS: dict[str, Callable[[Layout], Format]] = {
    "lines": Lines,
    "jsonl": JsonLines,
    "csv": lambda layout: Delimited(layout, ","),
    "tsv": lambda layout: Delimited(layout, "\t"),
    "json": lambda layout: Json(),
    "none": lambda layout: Closing(),
}
"""The formats by name; `table` is added where there is a terminal to draw it on."""

EXTENSIONS = {
    ".txt": "lines",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
}
"""The format that `-o FILE` picks by the extension of the file."""


def _template(shape: Any) -> str:
    if isinstance(shape, list):
        return f"[{', '.join(map(_template, shape))}]"
    return "%s"
