"""The Rich table whose rows are the article's lines, drawn row by row.

Rich needs all rows before it draws a table, and takes 150 microseconds for each. Here the columns
have fixed widths: Rich draws one row, which is the pattern for all rows that fit, and it draws
those that do not. The text is what Rich would print.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from adamcli.report.folding import fitted
from adamcli.report.score_format import ScoreFormat
from adamcli.report.step_columns import columns_of
from adamcli.report.step_text import BestSoFar, StepText, bare_rows, closing_text
from adamcli.report.terminal import console, shown_on, size_of
from adamcli.report.thinning import readable_step

if TYPE_CHECKING:
    from adamcli.optimizer.result import Record
    from adamcli.report.step_text import Reportable, StepLayout

STYLES = {"plain": "", "better": "green", "lost": "red"}
"""How the score looks, by what `BestSoFar` says of it."""


def table_or_lines(layout: StepLayout, stream: TextIO) -> StepText:
    """Return the table, or its rows as lines where a frame would be wider than the terminal."""
    width, _ = size_of(stream)
    scores = ScoreFormat.asked(layout.score_format)
    fits = columns_of(layout, width, scores.width).width <= width
    return StepTable(layout, stream) if fits else bare_rows(layout, stream)


class StepTable(StepText):
    """A framed table for a terminal; the width, colours and encoding are those of `stream`."""

    wants_start = True

    def __init__(self, layout: StepLayout, stream: TextIO) -> None:
        self._console, self._stream, self._layout = console(stream), stream, layout
        self._so_far = BestSoFar(layout.direction)
        self._notes: list[str] = []
        self._begun = False

    def thin(self) -> int:
        """Return how many steps lie between the rows, of which a long run would have too many."""
        step = readable_step(self._layout.steps)
        if step > 1:
            self._notes.append(f"1 {self._layout.unit} in {step:,} is shown; --every 1 shows all")
        return step

    def start(self, score: float, prospect: float) -> str:
        """Return what stands above the rows, in which scores are written as suits the start."""
        return self._begin(ScoreFormat.of(self._layout.score_format, score, prospect))

    def _begin(self, scores: ScoreFormat) -> str:
        """Return the upper edge and the header; above them stands what is not shown."""
        self._scores, self._begun = scores, True
        self._plan = columns_of(self._layout, self._console.width, scores.width)
        self._columns = [
            column._replace(title=shown_on(self._stream, column.title)) for column in self._plan.all
        ]
        # What has least room to fit is wider than a very narrow terminal, whose lines wrap.
        self._console.width = max(self._console.width, self._plan.width)
        *top, _, self._bottom = self._draw(self._marks(), "plain", header=True)
        self._patterns = {style: self._pattern(style) for style in STYLES}
        if self._plan.missing:
            self._notes.append(f"no room for {', '.join(self._plan.missing)}")
        notes = [fitted(note, self._stream) for note in self._notes]
        return "".join(f"{text}\n" for text in [*notes, *top])

    def row(self, record: Record) -> str:
        """Return one row; Rich folds a cell that is too wide."""
        score = f"{record.score:{self._scores.step}}"
        point = [self._plan.point.text(record.x)] if self._plan.point is not None else []
        cells = [f">{record.t}", *point, score]
        cells += [f"{record.more[field.title]:.6g}" for field in self._plan.fields]
        style = self._so_far.judge(record.score)
        if any(len(c) > column.width for c, column in zip(cells, self._columns, strict=True)):
            return "".join(f"{text}\n" for text in self._draw(cells, style)[1:-1])
        return self._patterns[style] % tuple(cells)

    def end(self, result: Reportable) -> str:
        """Return the lower edge and the article's two closing lines."""
        # A run that failed at its start has told nothing of it.
        top = "" if self._begun else self._begin(ScoreFormat.asked(self._layout.score_format))
        closing = closing_text(result, self._scores)
        closing = fitted(closing, self._stream)
        return f"{top}{self._bottom}\n" + (f"Done!\n{closing}" if closing else "")

    def _marks(self) -> list[str]:
        """Return cells that fill their columns, each with a character of its own."""
        return [chr(0xE000 + i) * column.width for i, column in enumerate(self._columns)]

    def _pattern(self, style: str) -> str:
        marks = self._marks()
        text = self._draw(marks, style)[1].replace("%", "%%")
        for mark in marks:
            text = text.replace(mark, f"%{len(mark)}s")
        return text + "\n"

    def _draw(self, cells: list[str], style: str, *, header: bool = False) -> list[str]:
        """Return the lines of a table with one row, as Rich draws it."""
        from rich import box
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable(box=box.ROUNDED, show_header=header, header_style="bold")
        for column in self._columns:
            table.add_column(
                Text(column.title), width=column.width, justify="right", overflow="fold"
            )
        styles = ["dim", *[""] * (len(self._columns) - 1)]
        styles[self._columns.index(self._plan.score)] = STYLES[style]
        table.add_row(*(Text(cell, style=s) for cell, s in zip(cells, styles, strict=True)))
        with self._console.capture() as capture:
            self._console.print(table, crop=False, no_wrap=True)
        return capture.get().splitlines()
