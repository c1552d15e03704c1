"""The progress of a sweep at a terminal: how far it is, its rate, and the time left."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TextIO

from adamcli.report.terminal import console, is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

    from adamcli.sweeps.scores import Scoreboard

AFTER_SECONDS, EVERY_SECONDS = 0.5, 0.1
"""When a sweep begins to show its progress, and how often it does."""


class SweepProgress:
    """A line on a terminal that is redrawn in place, and removed at the end."""

    def __init__(self, board: Scoreboard, stream: TextIO | None, *, shown: bool) -> None:
        self._board, self._stream = board, stream
        self._next = monotonic() + AFTER_SECONDS
        self._shown = shown and stream is not None and is_terminal(stream)
        self._bar: Progress | None = None

    def tick(self) -> None:
        """Show the progress if it is time."""
        if self._shown and monotonic() >= self._next:
            self._next = monotonic() + EVERY_SECONDS
            self._draw()

    def close(self) -> None:
        """Remove the line."""
        if self._bar is not None:
            self._bar.stop()

    def _draw(self) -> None:
        if self._bar is None:
            assert self._stream is not None
            self._bar = _bar(self._stream)
            self._bar.start()
            self._bar.add_task("runs", total=self._board.span.size)
        self._bar.update(self._bar.task_ids[0], completed=self._board.done)
        self._bar.refresh()


def _bar(stream: TextIO) -> Progress:
    from rich import progress
    from rich.text import Text

    class Rate(progress.ProgressColumn):
        """Runs per second."""

        def render(self, task: progress.Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} runs/s" if speed else "")

    return progress.Progress(
        progress.TextColumn("runs"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        Rate(),
        progress.TimeRemainingColumn(),
        console=console(stream),
        auto_refresh=False,
        transient=True,
    )
