"""What is shown of a sweep while it works: how many runs are done, how fast, and the time left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.report.run_view import GAP, fitting, rounded, time_left

if TYPE_CHECKING:
    from rich.text import Text

BAR_WIDTHS = range(10, 41)


class SweepView:
    """The line of a sweep of so many `runs`, after the looks at it that were added.

    A look says how many runs are done, with the part of those that are under way.
    """

    def __init__(self, runs: int) -> None:
        self._runs = runs
        self._done = self._first = self._began = self._seconds = 0.0
        self._known = False

    def add(self, done: float, seconds: float) -> None:
        """Take a look, and the time of a clock at which it was taken."""
        if not self._known:
            self._known, self._first, self._began = True, done, seconds
        # A block that is handed on is for a moment neither under way nor done.
        self._done, self._seconds = max(self._done, min(done, self._runs)), seconds

    def figures(self) -> list[str]:
        """Return the runs and their share, and if they are known, the rate and the time left."""
        total = f"{self._runs:,}"
        share = 100 * self._done / self._runs
        texts = [f"runs {int(self._done):>{len(total)},}/{total}", f"{share:5.1f}%"]
        if self._done > self._first and self._seconds > self._began:
            rate = (self._done - self._first) / (self._seconds - self._began)
            left = time_left((self._runs - self._done) / rate)
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
            part = int(room * self._done / self._runs)
            text = Text.assemble(text, GAP, (full * part, "green"), (rest * (room - part), "dim"))
        return text
