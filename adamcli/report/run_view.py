"""What is shown of a run while it takes its steps: how far it is, how fast, and its scores."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from adamcli.report.sparkline import ASCII, BLOCKS, Trace, sparkline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text

    from adamcli.optimizer.result import Glance

GAP = "  "

CURVE_WIDTHS = range(8, 49)
"""A narrower curve shows nothing, and a wider one is no longer seen at a glance."""


class RunView:
    """The figures and the curve of a run, after the glances that were added.

    It takes some `steps`; the `unit` says what they are.
    """

    def __init__(self, steps: int, unit: str = "step") -> None:
        self._steps, self._unit, self._trace = steps, unit, Trace()
        self._first: tuple[float, int] | None = None

    def add(self, glance: Glance, seconds: float) -> None:
        """Take a glance, and the time of a clock at which it was taken."""
        self._first = self._first or (seconds, glance.t)
        self._trace.add(glance.t, glance.best)
        self._glance, self._seconds = glance, seconds

    def figures(self) -> list[str]:
        """Return the step and the share of all, and if they are known, the rate and time left."""
        assert self._first is not None
        t, steps, unit = self._glance.t, self._steps, self._unit
        began, first = self._first
        total = f"{steps:,}"
        texts = [f"{unit} {t + 1:>{len(total)},}/{total}", f"{100 * (t + 1) // steps:>3}%"]
        if t > first and self._seconds > began:
            rate = (t - first) / (self._seconds - began)
            texts += [f"{rounded(rate)} {unit}s/s", f"ETA {time_left((steps - t - 1) / rate)}"]
        return texts

    def scores(self) -> list[str]:
        """Return the best score and the present one."""
        return [f"best {self._glance.best:<10.4g}", f"score {self._glance.score:<10.4g}"]

    def curve(self, width: int, levels: str = BLOCKS) -> str:
        """Return the curve of the best score over the steps so far, if there is room for one."""
        width = min(width, CURVE_WIDTHS[-1])
        if width not in CURVE_WIDTHS:
            return ""
        return sparkline(self._trace.columns(width, self._glance.t, self._glance.best), levels)

    def text(self, width: int, *, ascii_only: bool = False) -> Text:
        """Return two lines for a terminal; what does not fit into `width` is left out."""
        from rich.text import Text

        figures, scores = fitting(self.figures(), width), fitting(self.scores(), width)
        curve = self.curve(width - len(scores + GAP), ASCII if ascii_only else BLOCKS)
        text = Text.assemble(figures, "\n", scores, GAP if curve else "", (curve, "green"))
        words = [f"{self._unit} ", f"{self._unit}s/s", "ETA", "best", "score"]
        text.highlight_words(words, "dim")
        return text


def fitting(texts: Iterable[str], width: int) -> str:
    """Return those of the texts on one line that fit; half a number would be a wrong one."""
    line = ""
    for text in texts:
        longer = f"{line}{GAP}{text}" if line else text
        if len(longer) <= width:
            line = longer
    return line


def rounded(rate: float) -> str:
    """Return a rate in three digits."""
    return f"{float(f'{rate:.3g}'):,.0f}" if rate >= 100 else f"{rate:.3g}"


def time_left(seconds: float) -> str:
    """Return a time as 1:02:03, or in days from two on."""
    days = seconds / 86_400
    return f"{days:,.1f} days" if days >= 2 else str(timedelta(seconds=round(seconds)))
