"""What is shown of a sweep while it works: how many runs are done, how fast, and the time left."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adamcli.report.run_view import GAP, fitting, rounded, time_left

if TYPE_CHECKING:
    from rich.text import Text

BAR_WIDTHS = range(10, 41)


class Look(NamedTuple):
    """How many runs are `done`, and how many it is with the parts of those that are under way."""

    done: int
    reached: float


class SweepView:
    """The line of a sweep of so many `runs`, after the looks at it that were added."""

    def __init__(self, runs: int) -> None:
        self._runs = runs
        self._reached = self._first = self._began = self._seconds = 0.0
        self._done = 0
        self._known = False

    def add(self, look: Look, seconds: float) -> None:
        """Take a look, and the time of a clock at which it was taken."""
        if not self._known:
            self._known, self._first, self._began = True, look.reached, seconds
        # A block that is handed on is for a moment neither under way nor done.
        self._reached = max(self._reached, min(look.reached, self._runs))
        self._done, self._seconds = max(self._done, min(look.done, self._runs)), seconds

    def figures(self) -> list[str]:
        """Return the runs and their share, and if they are known, the rate and the time left."""
        total = f"{self._runs:,}"
        share = 100 * self._reached / self._runs
        texts = [f"runs {self._done:>{len(total)},}/{total}", f"{share:5.1f}%"]
        if self._reached > self._first and self._seconds > self._began:
            rate = (self._reached - self._first) / (self._seconds - self._began)
            left = time_left((self._runs - self._reached) / rate)
            texts += [f"{rounded(rate)} runs/s", f"ETA {left}"]
        return texts

    def text(self, width: int, *, ascii_only: bool = False) -> Text:
        """Return a line for a terminal; what does not fit into `width` is left out."""
        from rich.text import Text

        figures = fitting(self.figures(), width)
        room = min(width - len(figures + GAP), BAR_WIDTHS[-1])
        text = Text(figures)
        text.highlight_words(["runs ", "runs/s", "ETA"], "dim")
        if room in BAR_WIDTHS:
            full, rest = "=-" if ascii_only else "━─"
            part = int(room * self._reached / self._runs)
            text = Text.assemble(text, GAP, (full * part, "green"), (rest * (room - part), "dim"))
        return text
