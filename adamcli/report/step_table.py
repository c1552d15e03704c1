"""The Rich table whose rows are the article's lines, drawn row by row.

Rich needs all rows before it draws a table, and takes 150 microseconds for each. Here the columns
have fixed widths: Rich draws one row, which is the pattern for all rows that fit, and it draws
those that do not. The text is what Rich would print.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TextIO

from adamcli.report.score_format import ScoreFormat
from adamcli.report.step_text import BestSoFar, StepText, closing_text
from adamcli.report.terminal import console, shown_on
from adamcli.report.text import array_text
from adamcli.report.thinning import readable_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.optimizer.result import Record
    from adamcli.report.step_text import Reportable, StepLayout

NUMBER_WIDTH = 16
"""Characters of -1.23456789e-105, the widest number there is."""

SHORT_WIDTH = 11
"""Characters of -0.14595599."""

SCORE_WIDTH = 12

FIELD_WIDTH = 12

STYLES = {"plain": "", "better": "green", "lost": "red"}
"""How the score looks, by what `BestSoFar` says of it."""


class _Column(NamedTuple):
    title: str
    width: int


class StepTable(StepText):
    """A framed table for a terminal; the width, colours and encoding are those of `stream`."""

    def __init__(self, layout: StepLayout, stream: TextIO) -> None:
        self._console = console(stream)
        self._fields, self._steps, self._unit = layout.fields, layout.steps, layout.unit
        self._asked = layout.score_format
        self._scores = ScoreFormat.of(self._asked, 0.0)
        self._columns = [
            column._replace(title=shown_on(stream, column.title)) for column in self._plan(layout)
        ]
        self._so_far = BestSoFar(layout.direction)
        drawn = self._draw(self._marks(), "plain", header=True)
        self._top, self._bottom = drawn[:3], drawn[-1]
        self._patterns = {style: self._pattern(style) for style in STYLES}

    def thin(self) -> int:
        """Return how many steps lie between the rows, of which a long run would have too many."""
        step = readable_step(self._steps)
        if step > 1:
            self._top.insert(0, f"1 {self._unit} in {step:,} is shown; --every 1 shows all")
        return step

    def begin(self) -> str:
        """Return the upper edge and the header; a thinned table says above them that it is."""
        return "".join(f"{text}\n" for text in self._top)

    def start(self, record: Record) -> None:
        """Decide how scores are written."""
        self._scores = ScoreFormat.of(self._asked, record.score)

    def row(self, record: Record) -> str:
        """Return one row; Rich folds a cell that is too wide."""
        score = f"{record.score:{self._scores.step}}"
        cells = [f">{record.t}", self._point(record.x), score]
        cells += [f"{record.more[name]:.6g}" for name in self._fields]
        style = self._so_far.judge(record.score)
        if any(len(c) > column.width for c, column in zip(cells, self._columns, strict=True)):
            return "".join(f"{text}\n" for text in self._draw(cells, style)[1:-1])
        return self._patterns[style] % tuple(cells)

    def end(self, result: Reportable) -> str:
        """Return the lower edge and the article's two closing lines."""
        closing = closing_text(result, self._scores)
        return f"{self._bottom}\n" + (f"Done!\n{closing}" if closing else "")

    def _plan(self, layout: StepLayout) -> list[_Column]:
        shown = min(layout.variables.dim, 12)
        names = ", ".join(v.name for v in layout.variables.all)
        natural = len("f([]) =") + shown * (NUMBER_WIDTH + 1) - 1
        counter = "t" if layout.unit == "step" else layout.unit
        last = max(2, len(counter), len(str(max(layout.steps - 1, 0))) + 1)
        widest = _width_in(layout.score_format) if layout.score_format else SCORE_WIDTH
        others = [_Column("score", widest)]
        others += [_Column(name, max(FIELD_WIDTH, len(name))) for name in layout.fields]
        frame = 3 * (2 + len(others)) + 1
        room = (self._console.width or 80) - frame - last - sum(column.width for column in others)
        width = max(2 * NUMBER_WIDTH + len("f([ ... ]) ="), min(natural, room))
        width = min(natural, width)
        # On a narrower terminal lines wrap, but no column is squeezed.
        least = frame + last + width + sum(column.width for column in others)
        self._console.width = max(self._console.width, least)
        title = f"f({names})" if len(names) + 3 <= width else "f(x)"
        return [_Column(counter, last), _Column(title, width), *others]

    def _point(self, x: Sequence[float]) -> str:
        """Return x on one line, with "..." for the numbers that do not fit."""
        width = self._columns[1].width
        text = f"f({array_text(x)}) =" if len(x) * 4 < width else ""
        for each in (SHORT_WIDTH, NUMBER_WIDTH):
            if not 0 < len(text) <= width:
                most = (width - len("f([ ...]) =")) // (each + 1)
                text = f"f({array_text(x, most)}) ="
        return text

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
        styles = ["dim", "", STYLES[style], *[""] * len(self._fields)]
        table.add_row(*(Text(cell, style=s) for cell, s in zip(cells, styles, strict=True)))
        with self._console.capture() as capture:
            self._console.print(table, crop=False, no_wrap=True)
        return capture.get().splitlines()


def _width_in(spec: str) -> int:
    """Return the width of a column of scores in a format."""
    return max(SCORE_WIDTH, *(len(format(score, spec)) for score in (-1.5, -1.5e5, -1.5e-105)))
