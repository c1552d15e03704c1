"""What is shown of a search while it works: its round, its best score, how many evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.counted import counted
from adamcli.report.run_view import fitting, rounded

if TYPE_CHECKING:
    from rich.text import Text

    from adamcli.optimizer.result import Direction
    from adamcli.search.rounds import Progress


class SearchView:
    """The line of a search, after the progress that was added last."""

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._progress: Progress | None = None
        self._began = self._seconds = 0.0

    def add(self, progress: Progress, seconds: float) -> None:
        """Take the progress, and the time of a clock at which it was taken."""
        if self._progress is None:
            self._began = seconds
        self._progress, self._seconds = progress, seconds

    def text(self, width: int, *, ascii_only: bool = False) -> Text:
        """Return a line for a terminal; what does not fit into `width` is left out."""
        from rich.text import Text

        assert self._progress is not None
        number, best, points = self._progress
        texts = [f"round {number + 1}"]
        if best < float("inf"):
            texts.append(f"best {self._direction.merit(best):.10g}")
        texts.append(counted(points, "evaluation"))
        if self._seconds > self._began:
            texts.append(f"{rounded(points / (self._seconds - self._began))}/s")
        text = Text(fitting(texts, width))
        text.highlight_words(["round ", "best", "evaluations"], "dim")
        return text
