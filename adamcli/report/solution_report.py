"""What a search prints: a table of the minima, and the best of them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from adamcli.counted import counted
from adamcli.fields import Column, Kind, Layout
from adamcli.optimizer.status import Code
from adamcli.report.drawing import draw
from adamcli.report.durations import lasted
from adamcli.report.folding import fitted
from adamcli.report.summary import active_text, write_rows
from adamcli.report.text import array_text, names_text
from adamcli.widths import columns, padded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adamcli.objective.variables import Variables
    from adamcli.report.formats import Format
    from adamcli.report.row_text import RowText
    from adamcli.solution import Minimum, Solution

OWN = ("rank", "score", "descents", "verdict")
"""The columns of minima besides their coordinates."""

MOST_COLUMNS = 4
"""Coordinates that the table shows, each in a column; of more only some, in one column."""


class MinimaLayout(Layout):
    """The columns of the minima as rows: their rank, score, coordinates, descents and verdict."""

    def __init__(self, variables: Variables) -> None:
        names = [_own_title(name) for name in variables.coordinate_names()]
        paths = variables.coordinate_paths()
        self.columns = [
            Column("rank", ("rank",), Kind.INTEGER),
            Column("score", ("score",), Kind.REAL),
            *(Column(n, ("x", *p), Kind.REAL) for n, p in zip(names, paths, strict=True)),
            Column("descents", ("descents",), Kind.INTEGER),
            Column("verdict", ("verdict",), Kind.TEXT),
        ]

    @staticmethod
    def rows(minima: Sequence[Minimum]) -> list[list[Any]]:
        """Return the values of each row."""
        return [
            [rank, m.score, *m.x, m.descents, m.verdict.code.value]
            for rank, m in enumerate(minima, start=1)
        ]

    def text(self, minima: Sequence[Minimum], form: RowText) -> str:
        """Return the rows as a text format has them."""
        return form.header() + "".join(map(form.line, self._cells(minima, form)))

    def _cells(self, minima: Sequence[Minimum], form: RowText) -> list[list[str]]:
        encoding = form.encoding
        return [
            [repr(rank), *encoding.numbers(numbers), repr(descents), *encoding.texts([verdict])]
            for rank, *numbers, descents, verdict in self.rows(minima)
        ]


def solution_text(result: Solution, form: Format) -> Any:
    """Return a solution in a format of rows, or of whole results, as text or bytes."""
    if form.rows is None:
        return form.text(result)
    layout = MinimaLayout(result.config.variables)
    return layout.text(result.minima, form.rows(layout))


def print_solution(result: Solution, stream: TextIO) -> None:
    """Write the table of the minima, and the best point with all its digits, or the fit."""
    if not result.minima:
        return
    if result.fit is not None:
        from adamcli.report.fit_text import print_fit

        print_fit(result, stream)
        # Places from which a fit would go on are no other fits.
        if all(m.verdict.code is not Code.MINIMUM for m in result.minima[1:]):
            return
        stream.write("\n")
    words = result.config.direction.words
    draw(
        lambda digits: _columns(result, digits),
        stream,
        title=words.minima,
        dispensable=(_point_title(result), "descents"),
        vital=("score",),
        styles={"verdict": lambda text: "green" if text == words.minimum else "yellow"},
    )
    if result.fit is None:
        stream.write(fitted("\n" + best_text(result), stream))


def best_text(result: Solution) -> str:
    """Return the best point as lines, one for each coordinate, and its score, in all digits."""
    names = result.config.variables.coordinate_names()
    lines = {**dict(zip(names, result.best.x, strict=True)), "score": result.best.score}
    width = max(map(columns, lines))
    return "".join(f"{padded(name, width)} = {value!r}\n" for name, value in lines.items())


def solution_rows(result: Solution) -> list[tuple[str, str]]:
    """Return the summary of a search, with the certificate of its verdict, as pairs."""
    return [(label, text) for label, text in _summary(result) if text]


def print_solution_summary(result: Solution, stream: TextIO) -> None:
    """Write the summary of a search to `stream`."""
    write_rows(solution_rows(result), result, stream)


def _summary(result: Solution) -> Iterator[tuple[str, str]]:
    verdict = result.verdict
    yield "status", f"{result.status.value}: {result.message}"
    yield "verdict", str(verdict)
    if verdict.gradient_norm is not None:
        aside = ", active bounds aside" if verdict.active_bounds else ""
        yield "gradient", f"{verdict.gradient_norm:.3g}{aside}"
    yield "active bounds", active_text(verdict.active_bounds)
    if result.descents:
        hits = result.minima[0].descents if result.minima else 0
        best = result.config.direction.words.minimum
        yield (
            "agreement",
            f"{hits:,} of {counted(result.descents, 'descent')} ended at the best {best}",
        )
    rounds = counted(result.rounds, "round")
    yield "search", f"{counted(result.starts, 'start')} in {rounds}, {lasted(result.seconds)}"
    yield "evaluations", f"{result.nfev:,} of the objective, {result.njev:,} of its gradient"


def _columns(result: Solution, digits: int) -> dict[str, list[str]]:
    minima, names = result.minima, result.config.variables.coordinate_names()
    columns = {"score": [f"{m.score:.{digits}g}" for m in minima]}
    if len(names) <= MOST_COLUMNS:
        for k, name in enumerate(names):
            columns[_own_title(name)] = [f"{m.x[k]:.{digits}g}" for m in minima]
    else:
        columns[_point_title(result)] = [_point_text(m) for m in minima]
    columns["descents"] = [str(m.descents) for m in minima]
    columns["verdict"] = [m.verdict.word for m in minima]
    return columns


def _own_title(name: str) -> str:
    """Return the title of a coordinate, or of a point, which no other column has."""
    return f"x.{name}" if name in OWN else name


def _point_title(result: Solution) -> str:
    """Return the title of the column of points, which is as wide as they are."""
    names = [variable.name for variable in result.config.variables.all]
    return _own_title(names_text(names, max(len(_point_text(m)) for m in result.minima)))


def _point_text(found: Minimum) -> str:
    return array_text(found.x, MOST_COLUMNS)
