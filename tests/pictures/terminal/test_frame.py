from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcli.pictures.scene import Axis, Bars
from adamcli.pictures.terminal import Screen, terminal_text
from tests.pictures.scenes import one
from tests.pictures.terminal.reading import (
    PLAIN,
    UNIT,
)


@settings(max_examples=60)
@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-4, 1e6),
    st.integers(20, 120),
    st.sampled_from(["linear", "log"]),
    st.sampled_from(["", "time", "a_long_label"]),
)
def test_numbers_stand_below_their_ticks(low, size, width, scale, label) -> None:
    low, high = (low, low + size) if scale == "linear" else (1e-7, 1e-7 * (1 + size))
    # In so low a window the label of the axis stands beside the numbers.
    screen = Screen(width, 8, colours=False)
    *_, base, numbers = terminal_text(one(Axis(label, low, high, scale), UNIT), screen).split("\n")
    left = base.index("└") + 1
    marks = [column for column, c in enumerate(base) if c == "┬"]
    found = [each for each in re.finditer(r"\S+", numbers) if each.group()[0] not in "ta"]
    assert len(found) == len(marks)
    for mark, shown in zip(marks, found, strict=True):
        assert shown.start() <= mark <= shown.end()
        value = float(shown.group())
        if scale == "linear":
            share = (value - low) / (high - low)
        else:
            share = math.log(value / low) / math.log(high / low)
        # A number is written in so many digits that it is off by less than a column.
        assert mark - left - 0.01 <= share * (width - left) <= mark - left + 1.01


def test_the_vertical_axis_has_its_numbers_at_their_lines() -> None:
    lines = terminal_text(one(UNIT, Axis("y", -2, 6)), PLAIN).split("\n")
    rows = [line for line in lines if re.match(r"[^│┤└]*[│┤]", line)]
    shown = {k: line.partition("┤")[0] for k, line in enumerate(rows) if "┤" in line}
    assert len(shown) >= 4
    for k, text in shown.items():
        share = (Fraction(text.strip()) + 2) / 8
        assert k == len(rows) - 1 - min(len(rows) - 1, int(share * len(rows)))


@pytest.mark.parametrize("count", [1, 3, 12, 60, 500])
@pytest.mark.parametrize("width", [20, 80])
def test_names_are_whole_or_have_an_ellipsis(count, width) -> None:
    names = [f"optimizer.alpha_{k}" for k in range(count)]
    ticks = tuple((float(k), name) for k, name in enumerate(names))
    axis = Axis("", -0.5, count - 0.5, ticks=ticks)
    lines = terminal_text(one(axis, UNIT), Screen(width, 20, colours=False)).split("\n")
    shown = lines[-1].split()
    assert len(shown) >= min(count, 2)
    for name in shown:
        begin, ellipsis, end = name.partition("…")
        assert (name in names) != bool(ellipsis)
        assert any(each.startswith(begin) and each.endswith(end) for each in names)
    lines = terminal_text(one(UNIT, axis), Screen(width, 20, colours=False)).split("\n")
    shown = [line.partition("┤")[0].strip() for line in lines if "┤" in line]
    assert len(shown) >= min(count, 4)
    assert all(name in names or "…" in name for name in shown)


def test_bars_that_do_not_fit_are_counted() -> None:
    ticks = tuple((float(k), f"key{k}") for k in range(40))
    picture = one(UNIT, Axis("", -0.5, 39.5, ticks=ticks), Bars(np.linspace(0, 1, 40), "bars"))
    text = terminal_text(picture, PLAIN)
    shown = [line.partition("┤")[0].strip() for line in text.split("\n") if "┤" in line]
    count = len(shown) - 1
    assert count >= 15
    assert shown == [*(f"key{k}" for k in range(39, 39 - count, -1)), f"{40 - count} more"]
