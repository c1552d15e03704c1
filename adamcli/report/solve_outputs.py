"""Where the minima and the result of a search go: `-o FILE` by extension."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from adamcli.report.formats import SOLVE_FILES, format_of
from adamcli.report.sinks import Closable, FileSink, refuse_special
from adamcli.report.solution_report import MinimaLayout, solution_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.objective.variables import Variables
    from adamcli.report.formats import Format, RowFile
    from adamcli.solution import Solution


class _Text(NamedTuple):
    """A file of text."""

    form: Format
    file: FileSink

    def write(self, result: Solution) -> None:
        self.file.write(solution_text(result, self.form))


class _Rows(NamedTuple):
    """A file of rows that is not text."""

    layout: MinimaLayout
    file: RowFile

    def write(self, result: Solution) -> None:
        self.file.add(list(zip(*self.layout.rows(result.minima), strict=True)))


class SolveOutputs:
    """The files of a search, which are complete or absent."""

    def __init__(self, outputs: Sequence[_Text | _Rows]) -> None:
        self._outputs = outputs

    def write(self, result: Solution) -> None:
        """Write all files, if there is something to write."""
        if not result.minima:
            self.discard()
            self._outputs = ()
        for output in self._outputs:
            output.write(result)

    @property
    def files(self) -> list[Closable]:
        """The files that were written."""
        return [output.file for output in self._outputs]

    def discard(self) -> None:
        """Leave no file."""
        for output in self._outputs:
            output.file.discard()


def select_solve_outputs(files: Sequence[str], variables: Variables) -> SolveOutputs:
    """Return the files of a search, which are opened now, before any work is done.

    Raises `UsageError` for an extension that does not exist, `FileError` for a file that cannot be
    written.
    """
    formats = [format_of(path, SOLVE_FILES) for path in files]
    layout, outputs = MinimaLayout(variables), list[_Text | _Rows]()
    with ExitStack() as opened:
        for path, form in zip(files, formats, strict=True):
            if form.file is None:
                outputs.append(_Text(form, FileSink(path)))
            else:
                refuse_special(path)
                outputs.append(_Rows(layout, form.file(path, layout)))
            opened.callback(outputs[-1].file.discard)
        opened.pop_all()
    return SolveOutputs(outputs)
