from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.pictures.scene import Axis, Bars, Dots, Line, Text
from adamcli.pictures.style import LOOKS
from adamcli.pictures.terminal import terminal_text
from tests.pictures.scenes import one
from tests.pictures.terminal.reading import (
    ASCII,
    COLOURS,
    PLAIN,
    UNIT,
    columns_of,
    dots_of,
    plot_of,
    without_colours,
)

CELLS = st.tuples(st.floats(0.001, 0.999), st.floats(0.001, 0.999))


@pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
@given(CELLS)
def test_a_point_is_in_its_cell(scale, place) -> None:
    low, high = (-3.0, 5.0) if scale != "log" else (1e-4, 1e3)
    back = {
        "linear": lambda s: low + s * (high - low),
        "log": lambda s: low * (high / low) ** s,
        "symlog": lambda s: np.sinh(np.arcsinh(low) + s * (np.arcsinh(high) - np.arcsinh(low))),
    }[scale]
    x, y = np.array([back(place[0])]), np.array([back(place[1])])
    axis = Axis("a", low, high, scale)
    text = terminal_text(one(axis, axis, Dots(x, y, "end")), PLAIN)
    plot = plot_of(text)
    (row,) = [k for k, line in enumerate(plot) if "●" in line]
    found = plot[row].index("●"), len(plot) - 1 - row
    for cell, share, count in zip(found, place, (columns_of(text), len(plot)), strict=True):
        assert cell - 1e-6 <= share * count <= cell + 1 + 1e-6
    # As a dot it is in the same cell, in the part of it that is its own.
    dots = np.argwhere(dots_of(terminal_text(one(axis, axis, Line(x, y, "deep")), PLAIN)))
    assert len(dots) == 1
    assert 2 * place[0] * columns_of(text) == pytest.approx(dots[0, 1] + 0.5, abs=0.5001)
    assert 4 * place[1] * len(plot) == pytest.approx(4 * len(plot) - dots[0, 0] - 0.5, abs=0.5001)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_rising_line_rises(heights) -> None:
    y = np.sort(np.array(heights))
    grid = dots_of(
        terminal_text(one(UNIT, UNIT, Line(np.linspace(0, 1, len(y)), y, "deep")), PLAIN)
    )
    tops = [np.flatnonzero(column)[[0, -1]] for column in grid.T]
    assert all(left[0] >= right[1] >= left[0] - 1 for left, right in pairwise(tops))


def test_a_path_that_leaves_is_cut_at_the_edge() -> None:
    angle = np.linspace(0, 40, 4000)
    around = Line(0.5 + np.cos(angle) * angle / 40, 0.5 + np.sin(angle) * angle / 40, "deep")
    grid = dots_of(terminal_text(one(UNIT, UNIT, around), PLAIN))
    rows, columns = np.nonzero(grid)
    x, y = (columns + 0.5) / grid.shape[1], 1 - (rows + 0.5) / grid.shape[0]
    apart = np.hypot(x[:, None] - around.x, y[:, None] - around.y).min(axis=1)
    assert apart.max() < 2 / grid.shape[0]
    # On the edge itself is only what crosses it.
    assert grid[0].mean() < 0.3
    assert grid[:, 0].mean() < 0.3


def test_nan_interrupts_a_line() -> None:
    y = np.array([0.5, 0.5, np.nan, 0.5, 0.5])
    grid = dots_of(terminal_text(one(UNIT, UNIT, Line(np.linspace(0, 1, 5), y, "deep")), PLAIN))
    drawn = grid.any(axis=0)
    quarter = len(drawn) // 4
    assert drawn[:quarter].all()
    assert not drawn[quarter + 2 : 3 * quarter - 2].any()
    assert drawn[3 * quarter + 2 :].all()


@given(st.floats(0, 1))
def test_a_bar_is_as_long_as_its_number(length) -> None:
    up = Axis("", -0.5, 0.5, ticks=((0.0, "alpha"),))
    picture = one(UNIT, up, Bars(np.array([length]), "bars"))
    text = terminal_text(picture, PLAIN)
    (line,) = [line for line in plot_of(text) if re.search(r"\d", line)]
    eighths = sum(" ▏▎▍▌▋▊▉█".index(c) for c in line if c in "▏▎▍▌▋▊▉█")
    cut = 1 + len(f"{length:.4g}")
    expected = min(length, 1 - cut / columns_of(text)) if length > 1 - cut / 60 else length
    assert eighths / 8 == pytest.approx(
        expected * columns_of(text), abs=0.13 + (expected != length)
    )
    assert float(line.split()[-1]) == pytest.approx(length, rel=1e-3, abs=1e-300)


def test_lines_differ_without_colours() -> None:
    x = np.linspace(0, 1, 50)
    roles = ["pale", "deep", "bright", "thin"]
    lines = [Line(x, np.full(50, 0.2 * k + 0.1), role, role) for k, role in enumerate(roles)]
    for screen in (PLAIN, ASCII):
        text = terminal_text(one(UNIT, UNIT, *lines), screen)
        legend = text.split("\n")[0]
        assert len({legend[legend.index(role) - 2] for role in roles}) == 4
    coloured = terminal_text(one(UNIT, UNIT, *lines), COLOURS).split("\n")[0]
    assert [f"38;5;{LOOKS[role].ansi}m" in coloured for role in roles] == [True] * 4


def test_the_last_mark_wins_a_cell() -> None:
    x = np.array([0.0, 1.0])
    flat = [Line(x, np.array([0.5, 0.5]), role) for role in ("deep", "bright")]
    for first, last in (flat, flat[::-1]):
        text = terminal_text(one(UNIT, UNIT, first, last), COLOURS)
        assert f"38;5;{LOOKS[last.role].ansi}m" in text
        assert f"38;5;{LOOKS[first.role].ansi}m" not in text


def test_dots_of_another_colour_leave_a_cell() -> None:
    x = np.array([0.0, 1.0])
    rows = len(plot_of(terminal_text(one(UNIT, UNIT), COLOURS)))
    below, above = (Line(x, np.full(2, (rows // 2 + k / 8) / rows), "deep") for k in (1, 3))
    for role, count in (("deep", 2), ("bright", 1)):
        picture = one(UNIT, UNIT, below, above._replace(role=role))
        grid = dots_of(without_colours(terminal_text(picture, COLOURS)))
        assert grid.any(axis=1).sum() == count


@pytest.mark.parametrize(("anchor", "left"), [("left", 0), ("middle", 2), ("right", 4)])
def test_a_text_stands_at_its_place(anchor, left) -> None:
    for screen in (COLOURS, PLAIN):
        text = terminal_text(one(UNIT, UNIT, Text(0.5, 0.8, "hello", "value", anchor)), screen)
        plot = plot_of(text)
        (row,) = [k for k, line in enumerate(plot) if "hello" in line]
        assert row == len(plot) - 1 - int(0.8 * len(plot))
        assert plot[row].index("hello") + left == columns_of(text) // 2


def test_a_text_is_not_cut_at_the_edge() -> None:
    for x, anchor in ((0.99, "left"), (0.01, "right"), (0.0, "middle"), (1.0, "middle")):
        shown = terminal_text(one(UNIT, UNIT, Text(x, 0.5, "hello", "value", anchor)), PLAIN)
        assert "hello" in shown
    assert "hello" not in terminal_text(one(UNIT, UNIT, Text(1.1, 0.5, "hello", "value")), PLAIN)


def test_a_line_may_have_a_colour_of_the_map() -> None:
    x = np.array([0.0, 1.0])
    for share, colour in ((0.0, 53), (1.0, 220)):
        text = terminal_text(one(UNIT, UNIT, Line(x, x, "through", colour=share)), COLOURS)
        assert f"38;5;{colour}m" in text
