"""The curve of a run in one line of text, and the scores it is drawn from."""

from __future__ import annotations

from bisect import bisect_right
from math import isfinite, log
from typing import TYPE_CHECKING

from adamcli.thinned import Thinned

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCKS, ASCII = "▁▂▃▄▅▆▇█", "_.-'"
"""Levels from the lowest to the highest; the second for encodings without the first."""

MOST = 1024
"""Points of a trace: many times what the widest terminal shows."""


class Trace:
    """The best scores of a run, evenly spread over its steps however long it gets."""

    def __init__(self) -> None:
        self._kept: Thinned[tuple[int, float]] = Thinned(MOST)

    def add(self, t: int, score: float) -> None:
        """Note the best score at step `t`, which is not before those of earlier calls."""
        self._kept.add(lambda: (t, score))

    def columns(self, width: int, t: int, score: float) -> list[float]:
        """Return the best scores at `width` equal distances of steps; at `t`, the last, `score`."""
        steps, scores = zip(*self._kept.entries(), strict=True)
        ends = (t * (column + 1) / width for column in range(width - 1))
        places = (max(0, bisect_right(steps, end) - 1) for end in ends)
        return [*(scores[place] for place in places), score]


def sparkline(scores: Sequence[float], levels: str = BLOCKS) -> str:
    """Return one of `levels` for each score, and a blank for one that is not finite.

    The axis is logarithmic if no score is negative; 0 is then as low as the least of the others.
    """
    heights = _heights(scores)
    known = [height for height in heights if isfinite(height)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    unit = (high - low) / len(levels)

    def level(height: float) -> str:
        if not isfinite(height):
            return " "
        return levels[min(int((height - low) / unit), len(levels) - 1)] if unit else levels[0]

    return "".join(map(level, heights))


def _heights(scores: Sequence[float]) -> list[float]:
    """Return where the scores are on the axis; the distance of any two is a finite number."""
    known = [score for score in scores if isfinite(score)]
    least = min((score for score in known if score > 0), default=0.0)
    if not least or min(known) < 0:
        return [score / 2 for score in scores]
    return [log(max(score, least)) if isfinite(score) else score for score in scores]
