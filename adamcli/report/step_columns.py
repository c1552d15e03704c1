"""The columns of the table of steps: how wide each is, and what gives way on a narrow terminal.

First the point gives way: it takes fewer digits and no name around it, then "..." for numbers that
do not fit, then it is left out. After it the fields are left out, from the last one on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adamcli.report.score_format import WIDTH as SCORE_WIDTH
from adamcli.report.text import array_text, names_text, short_array_text
from adamcli.widths import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.report.step_text import StepLayout

NUMBER_WIDTH = 16
"""Characters of -1.23456789e-105, the widest number there is."""

SHORT_WIDTH = 11
"""Characters of -0.14595599."""

FIELD_WIDTH = 12

FEWER_DIGITS = (6, 4, 3)
"""Significant digits of the numbers of a point that has too little room."""

_AROUND = len("-.e-05")
"""Characters of a number besides its digits."""

_DOTS = len(" ...")


class Column(NamedTuple):
    """The title and the width of a column."""

    title: str
    width: int


class Point(NamedTuple):
    """The column of the point, whose numbers have so many digits, or those of the article (0)."""

    column: Column
    digits: int = 0

    def text(self, x: Sequence[float]) -> str:
        """Return x on one line, with "..." for the numbers that do not fit."""
        width = self.column.width
        if self.digits:
            return short_array_text(x, self.digits, width)
        text = f"f({array_text(x)}) =" if len(x) * 4 < width else ""
        for each in (SHORT_WIDTH, NUMBER_WIDTH):
            if not 0 < len(text) <= width:
                most = (width - len("f([ ...]) =")) // (each + 1)
                text = f"f({array_text(x, most)}) ="
        return text


class StepColumns(NamedTuple):
    """The columns that fit: the steps, the point if there is room, the score, some `fields`.

    `missing` names what is left out.
    """

    counter: Column
    point: Point | None
    score: Column
    fields: tuple[Column, ...]
    missing: tuple[str, ...] = ()

    @property
    def all(self) -> list[Column]:
        """The columns in their order."""
        point = [self.point.column] if self.point is not None else []
        return [self.counter, *point, self.score, *self.fields]

    @property
    def width(self) -> int:
        """How wide a table with these columns is, with its frame."""
        return 1 + sum(column.width + 3 for column in self.all)


def columns_of(layout: StepLayout, width: int, score_width: int = SCORE_WIDTH) -> StepColumns:
    """Return the columns of a table on a terminal that is so wide, if the least of them fit.

    Scores take `score_width` characters.
    """
    counter = "t" if layout.unit == "step" else layout.unit
    last = max(2, len(counter), len(str(max(layout.steps - 1, 0))) + 1)
    score = Column("score", score_width)
    fields = tuple(Column(name, max(FIELD_WIDTH, columns(name))) for name in layout.fields)
    found = StepColumns(Column(counter, last), None, score, fields)
    found = found._replace(point=_point(layout, width - found.width - 3))
    missing = [] if found.point is not None else [_names(layout, width // 2)]
    while found.fields and found.width > width:
        missing.append(found.fields[-1].title)
        found = found._replace(fields=found.fields[:-1])
    return found._replace(missing=tuple(missing))


def _point(layout: StepLayout, room: int) -> Point | None:
    """Return the column of the point, in the digits of the article if there is room for them."""
    dim = layout.variables.dim
    natural = len("f([]) =") + min(dim, 12) * (NUMBER_WIDTH + 1) - 1
    least = min(natural, 2 * NUMBER_WIDTH + len("f([ ... ]) ="))
    if room >= least:
        width = min(natural, room)
        names = _names(layout, width - len("f()"))
        return Point(Column(f"f({names})", width))
    shown = min(dim, 2)
    for digits in FEWER_DIGITS:
        each = digits + _AROUND
        whole = len("[]") + shown * (each + 1) - 1 + (_DOTS if dim > 2 else 0)
        if whole <= room:
            return Point(Column(_names(layout, whole), whole), digits)
    if room < len("[]") + each + (_DOTS if dim > 1 else 0):
        return None
    return Point(Column(_names(layout, room), room), FEWER_DIGITS[-1])


def _names(layout: StepLayout, room: int) -> str:
    return names_text([variable.name for variable in layout.variables.all], room)
