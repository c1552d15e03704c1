"""The levels of an axis of a sweep as they are shown: their texts, their scale, and bins."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.pictures.scales import DECADES, LARGEST, number
from adamcli.pictures.scene import Axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.pictures.table import TableAxis

LONGEST = 24
"""Characters that are shown of a level."""

MOST_COMPARED = 50
"""Of more levels, each is written without regard to the others."""


def level_text(axis: TableAxis, level: int) -> str:
    """Return one level as text."""
    if axis.numbers is not None and axis.size > MOST_COMPARED:
        return number(float(axis.numbers[level]))
    return level_texts(axis)[level]


def level_texts(axis: TableAxis) -> list[str]:
    """Return all levels as texts: numbers in the fewest digits that tell them well apart."""
    if axis.numbers is None:
        return list(map(shortened, axis.words))
    values = axis.numbers
    with np.errstate(over="ignore"):
        gaps = np.concatenate([[np.inf], np.diff(values), [np.inf]])
    allowed = np.minimum(gaps[:-1], gaps[1:]) / 20.0
    if len(values) == 1:
        return [f"{values[0]:.10g}"]
    for digits in range(2, 17):
        texts = [_plain(f"{value:.{digits}g}") for value in values.tolist()]
        if (np.abs(np.array(texts, dtype=float) - values) <= allowed).all():
            break
    return texts


def shortened(text: str, most: int = LONGEST) -> str:
    """Return a text on one line, with an ellipsis for what is beyond `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: max(1, most - 1)] + "…"


def named(texts: Sequence[str], most: int, room: int) -> tuple[tuple[float, str], ...]:
    """Return ticks at 0, 1, … with these texts: at most `most`, evenly chosen.

    They share `room`, in characters; a text that is too long ends with an ellipsis.
    """
    longest = min(max(map(len, texts), default=1) + 2, LONGEST)
    most = max(1, min(most, room // longest if len(texts) * longest > room else most))
    every = ceil(len(texts) / most)
    # All of a few texts are shown, if shortened: one that is missing cannot be guessed.
    few = len(texts) <= 8 and room // len(texts) >= 6
    every, share = (1, room // len(texts) - 2) if few else (every, LONGEST)
    return tuple((float(k), shortened(texts[k], share)) for k in range(0, len(texts), every))


def scale_of(numbers: FloatArray) -> str:
    """Return the scale, log or linear, on which ascending numbers are spread more evenly.

    That is told by where their median is on the way from the first to the last. Two numbers need a
    ratio of ten for a logarithmic scale, more of them one of four.
    """
    low, high = float(numbers[0]), float(numbers[-1])
    if low <= 0 or high / 4.0 <= low or max(abs(np.log10([low, high]))) > DECADES:
        return "linear"
    if len(numbers) == 2:
        return "log" if high / 10.0 >= low * (1 - 1e-9) else "linear"
    log = np.log10(numbers)
    off_log = abs((np.median(log) - log[0]) / (log[-1] - log[0]) - 0.5)
    off = abs((np.median(numbers / high) - low / high) / (1 - low / high) - 0.5)
    return "log" if off_log < off else "linear"


def _plain(text: str) -> str:
    """Return 250 for 2.5e+02 and 1e-6 for 1e-06: exponents only where they make a text shorter."""
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    short = f"{mantissa}e{int(exponent)}"
    whole = f"{float(text):.0f}"
    return whole if abs(float(text)) >= 1 and len(whole) <= len(short) + 1 else short


class Bins(NamedTuple):
    """Cells of equal width along an axis: their `centres`, the cell of each level, and the axis."""

    centres: FloatArray
    of_level: IntArray
    axis: Axis


def cells(axis: TableAxis, most: int, room: int, ticks: int) -> Bins:
    """Return a cell for each level, with `ticks` ticks at most that have `room` characters."""
    shown = Axis(axis.key, -0.5, axis.size - 0.5, ticks=named(level_texts(axis), ticks, room))
    return Bins(np.arange(float(axis.size)), np.arange(axis.size), shown)


def bins(axis: TableAxis, count: int) -> Bins:
    """Return `count` cells of equal width on the scale of the levels, which are numbers."""
    assert axis.numbers is not None
    scale = scale_of(axis.numbers)
    numbers = np.clip(axis.numbers, -LARGEST, LARGEST)
    place = numbers / 2.0 if scale == "linear" else np.log10(numbers)
    low, high = float(place[0]), float(place[-1])
    of_level = np.clip(((place - low) / (high - low) * count).astype(np.int64), 0, count - 1)
    edges = np.linspace(low, high, 2 * count + 1)
    back = 2.0 * edges if scale == "linear" else 10.0**edges
    return Bins(back[1::2], of_level, Axis(axis.key, float(back[0]), float(back[-1]), scale))
