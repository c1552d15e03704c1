"""The progress of a run, a search or a sweep at a terminal: how far it is, and its rate."""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from sys import getswitchinterval, setswitchinterval
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from adamcli.processes import SWITCH_SECONDS
from adamcli.report.terminal import is_terminal
from adamcli.signals import undoing

if TYPE_CHECKING:
    from rich.text import Text

    from adamcli.optimizer.loop import Control
    from adamcli.optimizer.result import Direction
    from adamcli.report.pane import Pane
    from adamcli.search.rounds import Progress
    from adamcli.sweeps.scores import Scoreboard

AFTER_SECONDS = 0.5
"""When the progress is first shown."""

FIRST_SECONDS, LOOK_SECONDS, REDRAW_SECONDS = 0.002, 0.1, 0.2
"""How soon after its beginning a run is looked at, how often from then on, which its curve is made
of, and how often it is drawn."""


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


class SweepProgress(LiveProgress):
    """A line that shows a sweep while it works."""

    def __init__(
        self, board: Scoreboard, control: Control, stream: TextIO | None, *, shown: bool
    ) -> None:
        self._board, self._control = board, control
        super().__init__(stream, shown=shown)
        # Whoever computes the runs says how far they are.
        control.watched = self._pane is not None

    def _view(self) -> View:
        from adamcli.report.sweep_view import SweepView

        return SweepView(self._board.span.size)

    def _look(self) -> object | None:
        from adamcli.report.sweep_view import Look

        done = self._board.done
        return Look(done, done + self._control.progress())
