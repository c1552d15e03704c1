"""The steps of a run as text: the article's lines, and rows of any format."""

from __future__ import annotations

from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from adamcli.errors import UsageError
from adamcli.fields import Column, Kind, Layout
from adamcli.optimizer.result import RECORD_NUMBERS, Direction
from adamcli.report.folding import fitted
from adamcli.report.score_format import USUAL, ScoreFormat
from adamcli.report.terminal import has_colour
from adamcli.report.text import closing_line, line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.fields import Encoding
    from adamcli.objective.variables import Variables
    from adamcli.optimizer.result import Point, Record
    from adamcli.report.row_text import RowText


MOST_COLUMNS = 100_000
"""The most coordinates that a row may have: a step of so many takes 2 MB of text."""


class StepLayout(Layout):
    """The columns of the steps of a run: t, one per coordinate, the score, and `fields`.

    There are some `steps`; the `unit` says what they are. Scores are written in `score_format`, a
    Python format, or in what suits a run if that is None.
    """

    def __init__(
        self,
        variables: Variables,
        fields: tuple[str, ...] = (),
        *,
        steps: int = 0,
        unit: str = "step",
        direction: Direction = Direction.MINIMIZE,
        score_format: str | None = None,
    ) -> None:
        self.variables, self.fields = variables, fields
        self.steps, self.unit, self.direction = steps, unit, direction
        self.score_format = score_format

    @cached_property
    def columns(self) -> Sequence[Column]:
        """The columns, made when a format has them: an objective may have millions of variables."""
        dim = self.variables.dim
        if dim > MOST_COLUMNS:
            message = f"a row for each step would have {dim:,} columns, more than {MOST_COLUMNS:,}"
            hint = "write the best point by -o x.npz, or the result by -o result.json"
            raise UsageError(f"{message}\n  {hint}")
        # A variable with the name of another column gets a prefix.
        own = ("t", "score", *RECORD_NUMBERS)
        names = (f"x.{n}" if n in own else n for n in self.variables.coordinate_names())
        paths = self.variables.coordinate_paths()
        return [
            Column("t", ("t",), Kind.INTEGER),
            *(Column(n, ("x", *p), Kind.REAL) for n, p in zip(names, paths, strict=True)),
            *(Column(name, (name,), Kind.REAL) for name in ("score", *self.fields)),
        ]

    def numbers(self, record: Record) -> list[float]:
        """Return the numbers of a record in the order of the columns after t."""
        return [*record.x, record.score, *[record.more[name] for name in self.fields]]

    def cells(self, record: Record, encoding: Encoding) -> list[str]:
        """Return the values of a record as a text format has them."""
        return [repr(record.t), *encoding.numbers(self.numbers(record))]


class Reportable(Protocol):
    """A result that has a last line."""

    @property
    def closing(self) -> Point | None:
        """The point on the last line; None for a result that has none."""


class StepText:
    """Text for a run: `begin`, then `row` for each record, then `end`; here nothing at all.

    `fields` of `RECORD_FIELDS` have to be in the records. With `every_step` it gets them all,
    whatever `--every` says. `start` is called before the first record if it `wants_start`.
    """

    wants_records = True
    wants_start = False
    every_step = False
    fields: tuple[str, ...] = ()

    def thin(self) -> int:
        """Return that every step is shown if nothing else was asked for."""
        return 1

    def begin(self) -> str:
        """Return what comes before the first record."""
        return ""

    def start(self, score: float, prospect: float) -> str:
        """Return what comes before the first row of a run that starts at this score.

        The score may change by about `prospect`.
        """
        return ""

    def row(self, record: Record) -> str:
        """Return the text of one record, line end included."""
        return ""

    def end(self, result: Any) -> str | bytes:
        """Return what comes after the last record.

        Raises `NoScoreError` if there is nothing that a file could hold.
        """
        return ""


class Lines(StepText):
    """The article's output: one line per step, `Done!` and the last point.

    Extra fields follow the line. A run that did not finish has no closing lines.
    """

    def __init__(self, layout: StepLayout, stream: TextIO | None = None) -> None:
        self._fields, self._asked = layout.fields, layout.score_format
        self._scores = ScoreFormat.asked(self._asked)

    def row(self, record: Record) -> str:
        """Return the article's line."""
        text = line(record, self._scores.step)
        if not self._fields:
            return text + "\n"
        values = " ".join(f"{name}={record.more[name]:.6g}" for name in self._fields)
        return f"{text}  {values}\n"

    def end(self, result: Reportable) -> str:
        """Return the article's two closing lines."""
        closing = closing_text(result, self._scores)
        return f"Done!\n{closing}" if closing else ""


class ReadableLines(Lines):
    """The article's lines, with scores in digits that suit the run."""

    wants_start = True

    def start(self, score: float, prospect: float) -> str:
        """Decide how scores are written."""
        self._scores = ScoreFormat.of(self._asked, score, prospect)
        return ""


class BestSoFar:
    """Compares each score with all before it."""

    def __init__(self, direction: Direction) -> None:
        self._sign, self._best = direction.sign, float("inf")

    def judge(self, score: float) -> str:
        """Return `better` than all before, `lost` if not a finite number, and else `plain`."""
        merit = self._sign * score
        if merit < self._best:
            self._best = merit
            return "better"
        return "plain" if isfinite(score) else "lost"


class ColouredLines(ReadableLines):
    """These lines in the colours of the table, for a pipe that takes colours."""

    def __init__(self, layout: StepLayout, stream: TextIO | None = None) -> None:
        super().__init__(layout)
        self._so_far = BestSoFar(layout.direction)

    def row(self, record: Record) -> str:
        """Return the article's line, green if it is better than all before, red if not finite."""
        text, colour = super().row(record)[:-1], _COLOURS[self._so_far.judge(record.score)]
        return f"{colour}{text}\x1b[0m\n" if colour else f"{text}\n"


_COLOURS = {"plain": "", "better": "\x1b[32m", "lost": "\x1b[31m"}


class StepRows(StepText):
    """The steps in a format of rows."""

    def __init__(self, layout: StepLayout, form: RowText) -> None:
        self._layout, self._form = layout, form

    def begin(self) -> str:
        """Return the header."""
        return self._form.header()

    def row(self, record: Record) -> str:
        """Return the line of one record."""
        return self._form.line(self._layout.cells(record, self._form.encoding))


class ResultOnly(StepText):
    """No steps, and the result as `text` has it."""

    wants_records = False

    def __init__(self, text: Callable[[Any], str]) -> None:
        self._text = text

    def end(self, result: Any) -> str:
        """Return the result."""
        return self._text(result)


class Closing(ReadableLines):
    """No steps, and the last point."""

    wants_records = False

    def __init__(self, layout: StepLayout, stream: TextIO | None = None) -> None:
        super().__init__(layout)
        self._stream = stream

    def row(self, record: Record) -> str:
        """Return nothing."""
        return ""

    def end(self, result: Any) -> str:
        """Return the article's last line."""
        text = closing_text(result, self._scores)
        return text if self._stream is None else fitted(text, self._stream)


def bare_rows(layout: StepLayout, stream: TextIO | None) -> Lines:
    """Return the rows of the table without frames, in colours if `stream` has them."""
    has_colours = stream is not None and has_colour(stream)
    return ColouredLines(layout) if has_colours else ReadableLines(layout)


def closing_text(result: Reportable, scores: ScoreFormat = USUAL) -> str:
    """Return the article's last line, or nothing for a result that has no closing point."""
    if result.closing is None:
        return ""
    return closing_line(result.closing, scores.closing) + "\n"
