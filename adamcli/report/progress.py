"""The progress of a run, a search or a sweep at a terminal: how far it is, and its rate."""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from sys import getswitchinterval, setswitchinterval
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from adamcli.report.terminal import console, is_terminal
from adamcli.signals import undoing

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.text import Text

    from adamcli.optimizer.loop import Control
    from adamcli.optimizer.result import Direction
    from adamcli.report.pane import Pane
    from adamcli.search.rounds import Progress
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


class View(Protocol):
    """Lines that show how far something is."""

    def add(self, state: Any, seconds: float, /) -> None:
        """Take a state, and the time of a clock at which it was taken."""

    def text(self, width: int, *, ascii_only: bool = False) -> Text:
        """Return the lines for a terminal of that width."""


class LiveProgress:
    """Lines on a terminal that show some work while it goes on, and then are gone.

    A thread of its own looks at the work, which so needs no clock.
    """

    def __init__(self, stream: TextIO | None, *, shown: bool) -> None:
        self._over, self._before = Event(), getswitchinterval()
        self._pane: Pane | None = None
        if shown and stream is not None and is_terminal(stream):
            # Beside a busy thread the import of Rich would take seconds. It is not made in vain:
            # the summary needs it as well.
            from adamcli.report.pane import Pane

            self._pane = Pane(stream, self._view())
            self._thread = Thread(
                target=self._watch, args=(self._pane,), name="progress", daemon=True
            )

    def _view(self) -> View:
        """Return what is shown."""
        raise NotImplementedError

    def _look(self) -> object | None:
        """Return the state of the work, None while there is nothing to show."""
        raise NotImplementedError

    def __enter__(self) -> None:
        if self._pane is not None:
            setswitchinterval(min(SWITCH_SECONDS, self._before))
            self._keep = undoing(self._pane.close)
            self._pane.open()
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        if self._pane is not None:
            self._over.set()
            try:
                self._thread.join()
            finally:
                self._pane.close()
                self._keep()
                setswitchinterval(self._before)

    def _watch(self, pane: Pane) -> None:
        due, pause = monotonic() + AFTER_SECONDS, FIRST_SECONDS
        # A terminal that goes away takes only this view with it.
        with suppress(OSError, ValueError):
            while not self._over.wait(pause):
                state = self._look()
                if state is None:
                    continue
                pause = LOOK_SECONDS
                pane.view.add(state, monotonic())
                if monotonic() >= due:
                    due = monotonic() + REDRAW_SECONDS
                    pane.draw()


class RunProgress(LiveProgress):
    """Two lines that show a run while it takes its steps."""

    def __init__(
        self,
        control: Control,
        steps: int,
        stream: TextIO | None,
        *,
        unit: str = "step",
        shown: bool,
    ) -> None:
        self._control, self._steps, self._unit = control, steps, unit
        super().__init__(stream, shown=shown)

    def _view(self) -> View:
        from adamcli.report.run_view import RunView

        return RunView(self._steps, self._unit)

    def _look(self) -> object | None:
        look = self._control.look
        glance = look() if look is not None else None
        # Before its first step and after its end a run has no best score.
        shows = glance is not None and glance.t >= 0 and isfinite(glance.best)
        return glance if shows else None


class SearchProgress(LiveProgress):
    """A line that shows a search while it works."""

    def __init__(self, direction: Direction, stream: TextIO | None, *, shown: bool) -> None:
        self._direction = direction
        self._last: Progress | None = None
        super().__init__(stream, shown=shown)

    def observe(self, progress: Progress) -> None:
        """Take the progress of the search."""
        self._last = progress

    def _view(self) -> View:
        from adamcli.report.search_view import SearchView

        return SearchView(self._direction)

    def _look(self) -> object | None:
        return self._last


class SweepProgress:
    """A line on a terminal that is redrawn in place, and removed at the end."""

    def __init__(self, board: Scoreboard, stream: TextIO | None, *, shown: bool) -> None:
        self._board, self._stream = board, stream
        self._next = monotonic() + AFTER_SECONDS
        self._shown = shown and stream is not None and is_terminal(stream)
        self._bar: Bar | None = None

    def tick(self) -> None:
        """Show the progress if it is time."""
        if self._shown and monotonic() >= self._next:
            self._next = monotonic() + EVERY_SECONDS
            self._draw()

    def close(self) -> None:
        """Remove the line."""
        if self._bar is not None:
            self._bar.stop()
            self._keep()

    def _draw(self) -> None:
        if self._bar is None:
            assert self._stream is not None
            self._bar = _bar(self._stream)
            self._keep = undoing(self._bar.stop)
            self._bar.start()
            self._bar.add_task("runs", total=self._board.span.size)
        self._bar.update(self._bar.task_ids[0], completed=self._board.done)
        self._bar.refresh()


def _bar(stream: TextIO) -> Bar:
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
