"""What is said of scores that get better: they fall if they are minimised, and else they rise."""

from __future__ import annotations

from typing import NamedTuple

from adamcli.optimizer.status import Code


class Words(NamedTuple):
    """The words of one direction; `minimum` is that of the best score near a point.

    `worsened` says what a score did that got worse, and `worse` where it lies then.
    """

    minimum: str
    minima: str
    descending: str
    fall: str
    falls: str
    fell: str
    lower: str
    down: str
    worsened: str
    worse: str

    def of(self, code: Code) -> str:
        """Return what people are told in place of a code."""
        own = {Code.MINIMUM: self.minimum, Code.DESCENDING: self.descending}
        word: str = own.get(code, code.value)
        return word


MINIMIZING = Words(
    *("minimum", "minima", "descending"),
    *("fall", "falls", "fell", "lower", "down", "rose", "above"),
)
MAXIMIZING = Words(
    *("maximum", "maxima", "ascending"),
    *("rise", "rises", "rose", "higher", "up", "fell", "below"),
)
