from __future__ import annotations

import re

import numpy as np
import pytest

from adamcli.pictures.scene import Axis, Dots, Field
from adamcli.pictures.terminal import terminal_text
from tests.pictures.scenes import ALL, one
from tests.pictures.terminal.reading import (
    ASCII,
    COLOURS,
    PLAIN,
    UNIT,
    dots_of,
    grounds_of,
    plot_of,
    without_colours,
)


def test_contours_are_where_the_levels_are() -> None:
    x = np.linspace(-1, 1, 201)
    field = Field(x, x, np.hypot(x, x[:, None]), np.array([0.3, 0.6, 0.9]), "radius")
    axis = Axis("x", -1, 1)
    grid = dots_of(terminal_text(one(axis, axis, field), PLAIN))
    rows, columns = np.nonzero(grid)
    radius = np.hypot(2 * (columns + 0.5) / grid.shape[1] - 1, 1 - 2 * (rows + 0.5) / grid.shape[0])
    for level in (0.3, 0.6, 0.9):
        assert (np.abs(radius - level) < 0.05).sum() > 50
    assert np.abs(radius[:, None] - [0.3, 0.6, 0.9]).min(axis=1).max() < 0.05


def test_a_path_is_told_from_contours_without_colours() -> None:
    text = terminal_text(ALL["contours"](), PLAIN)
    assert "•" in "".join(plot_of(text))
    assert "lines at " in text


def test_a_surface_has_the_colours_of_its_values() -> None:
    x = np.linspace(0, 1, 50)
    field = Field(x, x, np.broadcast_to(x, (50, 50)), np.linspace(0, 1, 21)[1:-1], "score")
    text = terminal_text(one(UNIT, UNIT, field), COLOURS)
    line = next(line for line in text.split("\n") if "│" in without_colours(line))
    grounds = [int(code) for code in re.findall(r"48;5;(\d+)m", line)]
    assert grounds[0] == 53
    assert grounds[-1] == 220
    assert len(grounds) == len(set(grounds)) >= 8
    upright = terminal_text(one(UNIT, UNIT, field._replace(values=field.values.T)), COLOURS)
    cells = grounds_of(upright)
    assert {half for cell in cells[0] for half in cell[:1]} == {220}
    assert {half for cell in cells[-1] for half in cell[1:]} == {53}
    assert len({half for line in cells for half in line[0]}) >= 8


def test_a_surface_ends_where_its_samples_end() -> None:
    x = np.linspace(0.25, 0.75, 51)
    field = Field(x, x, np.ones((51, 51)), np.array([0.5]), "score")
    drawn = np.array(grounds_of(terminal_text(one(UNIT, UNIT, field), COLOURS))) != -1
    share = drawn.mean(axis=(1, 2)), drawn.mean(axis=(0, 2))
    for parts in share:
        inside = np.flatnonzero(parts) / len(parts)
        assert inside[[0, -1]] == pytest.approx([0.25, 0.75], abs=1.5 / len(parts))


def test_the_scale_below_a_surface_has_its_colours_and_levels() -> None:
    x = np.linspace(0, 1, 50)
    field = Field(x, x, np.broadcast_to(x, (50, 50)), np.array([0.25, 0.5, 0.75]), "score")
    last = terminal_text(one(UNIT, UNIT, field), COLOURS).split("\n")[-1]
    assert without_colours(last).replace("█", "").split() == ["score", "0.25", "0.5", "0.75"]
    colours = re.findall(r"38;5;(\d+)m█", last)
    assert colours[0] == "53"
    assert colours[-1] == "220"
    assert len(set(colours)) == 4
    for screen in (PLAIN, ASCII):
        last = terminal_text(one(UNIT, UNIT, field), screen).split("\n")[-1]
        assert re.findall(r"0\.\d+", last) == ["0.25", "0.5", "0.75"]


def test_two_colours_share_a_cell() -> None:
    x = np.linspace(0, 1, 200)
    values = np.broadcast_to(x[:, None], (200, 200))
    field = Field(x, x, values, np.linspace(0, 1, 30), "score")
    text = terminal_text(one(UNIT, UNIT, field), COLOURS)
    assert re.search(r"\x1b\[38;5;(\d+);48;5;(?!\1)\d+m▀+", text)


def test_a_heat_map_shows_its_numbers_where_they_fit() -> None:
    picture = ALL["heat_map"]()
    (field,) = picture.marks
    for screen in (COLOURS, PLAIN, ASCII):
        plain = without_colours(terminal_text(picture, screen))
        shown = [line.split("beta1")[-1] for line in plain.split("\n")]
        rows = [
            re.findall(r"(?<!\S)[\d.e]+(?!\S)", re.sub(r".*[│┤|+]", "", line)) for line in shown
        ]
        found = [[float(text) for text in row] for row in rows if len(row) >= 4][:3]
        expected = [[v for v in row if not np.isnan(v)] for row in field.values[::-1].tolist()]
        assert found == expected
    assert "█" in terminal_text(picture, PLAIN._replace(width=22))
    assert "@" in terminal_text(picture, ASCII._replace(width=22))


@pytest.mark.parametrize("cells", [True, False])
def test_missing_values_stay_empty(cells) -> None:
    x = np.arange(4.0)
    values = np.array([[1.0, np.nan], [np.nan, 2.0]]).repeat(2, 0).repeat(2, 1)
    axis = Axis("x", -0.5, 3.5)
    field = Field(x, x, values, np.array([1.5]), "score", cells)
    text = terminal_text(one(axis, axis, field), COLOURS)
    found = np.array(grounds_of(text))
    rows, columns = found.shape[0] // 2, found.shape[1] // 2
    assert set(found[:rows, : columns - 1].ravel().tolist()) == {-1}
    assert set(found[rows + 1 :, columns + 1 :].ravel().tolist()) == {-1}
    assert set(found[: rows - 1, columns + 1 :].ravel().tolist()) == {220}
    assert set(found[rows + 1 :, : columns - 1].ravel().tolist()) == {53}


def test_only_numbers_of_cells_in_view_are_shown() -> None:
    x = np.arange(4.0)
    field = Field(x, x, np.arange(16.0).reshape(4, 4) + 100, np.array([105.0]), "score", True)
    plot = plot_of(terminal_text(one(Axis("", 0.5, 2.5), Axis("", 0.5, 2.5), field), PLAIN))
    assert " ".join(plot).split() == ["109", "110", "105", "106"]


@pytest.mark.parametrize("screen", [COLOURS, PLAIN, ASCII])
def test_a_marker_leaves_the_number_of_its_cell_readable(screen) -> None:
    picture = ALL["heat_map"]()
    (panel,) = picture.panels
    best = Dots(np.array([3.0]), np.array([2.0]), "best", "best")
    marked = picture._replace(rows=((panel._replace(marks=(*panel.marks, best)),),))
    lines = without_colours(terminal_text(marked, screen)).split("\n")
    assert any(re.search(r"[★*]1\.2e3(?!\S)", line) for line in lines)


@pytest.mark.parametrize("screen", [COLOURS, PLAIN])
def test_numbers_tell_close_values_apart(screen) -> None:
    x = np.arange(3.0)
    values = 100 + np.arange(9.0).reshape(3, 3) / 100
    axis = Axis("x", -0.5, 2.5)
    field = Field(x, x, values, np.array([100.01, 100.02]), "score", True)
    text = without_colours(terminal_text(one(axis, axis, field), screen))
    for value in values.ravel().tolist():
        assert re.search(rf"(?<!\S){value:g}(?!\S)", text)
    last = terminal_text(one(axis, axis, field._replace(cells=False)), screen).split("\n")[-1]
    assert re.findall(r"100\.\d+", without_colours(last)) == ["100.01", "100.02"]
