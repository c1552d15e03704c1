"""The progress of a run or a sweep at a terminal: how far it is, its rate, and the time left."""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from sys import getswitchinterval, setswitchinterval
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from adamcli.report.terminal import console, is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

    from adamcli.optimizer.loop import Control
    from adamcli.report.pane import Pane
    from adamcli.sweeps.scores import Scoreboard

AFTER_SECONDS, EVERY_SECONDS = 0.5, 0.1
"""When the progress is first shown, and how often that of a sweep is."""

FIRST_SECONDS, LOOK_SECONDS, REDRAW_SECONDS = 0.002, 0.1, 0.2
"""How soon after its beginning a run is looked at, how often from then on, which its curve is made
of, and how often it is drawn."""

SWITCH_SECONDS = 0.0002
"""How long the thread waits before it asks for its turn. NumPy gives the turn away for an instant
every millisecond; each time the thread would wake too late and begin to wait its usual 5 ms again,
and could not draw for seconds."""


class RunProgress:
    """Two lines on a terminal that show a run while it takes its steps, and then are gone.

    A thread of its own looks at the run, so that the loop over steps needs no clock.
    """

    def __init__(
        self, control: Control, n_iter: int, stream: TextIO | None, *, shown: bool
    ) -> None:
        self._control, self._over, self._before = control, Event(), getswitchinterval()
        self._pane: Pane | None = None
        if shown and stream is not None and is_terminal(stream):
            # Beside a busy thread the import of Rich would take seconds. It is not made in vain:
            # the summary needs it as well.
            from adamcli.report.pane import Pane
            from adamcli.report.run_view import RunView

            self._pane = Pane(stream, RunView(n_iter))
            self._thread = Thread(
                target=self._watch, args=(self._pane,), name="progress", daemon=True
            )

    def __enter__(self) -> None:
        if self._pane is not None:
            setswitchinterval(min(SWITCH_SECONDS, self._before))
            self._pane.open()
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        if self._pane is not None:
            self._over.set()
            try:
                self._thread.join()
            finally:
                self._pane.close()
                setswitchinterval(self._before)

    def _watch(self, pane: Pane) -> None:
        due, pause = monotonic() + AFTER_SECONDS, FIRST_SECONDS
        # A terminal that goes away takes only this view with it.
        with suppress(OSError, ValueError):
            while not self._over.wait(pause):
                look = self._control.look
                glance = look() if look is not None else None
                # Before its first step and after its end a run has no best score.
                if glance is None or glance.t < 0 or not isfinite(glance.best):
                    continue
                pause = LOOK_SECONDS
                pane.view.add(glance, monotonic())
                if monotonic() >= due:
                    due = monotonic() + REDRAW_SECONDS
                    pane.draw()


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
