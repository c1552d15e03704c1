"""What a picture in a terminal shows, read from its text with code of its own."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from adamcli.pictures.scene import Axis
from adamcli.pictures.terminal import Screen

COLOURS, PLAIN = Screen(80, 24), Screen(80, 24, colours=False)
ASCII = Screen(80, 24, colours=False, ascii=True)
UNIT = Axis("x", 0, 1)


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def wide(line: str) -> int:
    """Return the columns of a line, counted apart from the code."""
    found = 0
    for c in line:
        if not unicodedata.category(c).startswith("M"):
            found += 1 + (unicodedata.east_asian_width(c) in ("W", "F"))
    return found


def plot_of(text: str) -> list[str]:
    """Return the cells right of the vertical axis, line by line, of a picture of one panel."""
    lines = [line for line in without_colours(text).split("\n") if re.match(r"[^│┤└]*[│┤]", line)]
    return [re.split("[│┤]", line, maxsplit=1)[1] for line in lines]


def columns_of(text: str) -> int:
    """Return how many columns the plot of a picture of one panel has."""
    base = next(line for line in without_colours(text).split("\n") if "└" in line)
    return len(base.split("└")[1])


def dots_of(text: str) -> np.ndarray:
    """Return the grid of braille dots of a picture, by the names of the characters."""
    plot, columns = plot_of(text), columns_of(text)
    grid = np.zeros((4 * len(plot), 2 * columns), dtype=bool)
    for row, line in enumerate(plot):
        for column, c in enumerate(line):
            if 0x2800 < ord(c) < 0x2900:
                for dot in unicodedata.name(c).partition("-")[2]:
                    down, right = {
                        "1": (0, 0), "2": (1, 0), "3": (2, 0), "7": (3, 0),
                        "4": (0, 1), "5": (1, 1), "6": (2, 1), "8": (3, 1),
                    }[dot]  # fmt: skip
                    grid[4 * row + down, 2 * column + right] = True
    return grid


def grounds_of(text: str) -> list[list[tuple[int, int]]]:
    """Return the colours of the upper and lower half of each cell of a plot; -1 is none."""
    count, found = columns_of(text), []
    for line in text.split("\n"):
        if not re.match("[^│┤└]*[│┤]", without_colours(line)):
            continue
        cells, ink, ground = [], -1, -1
        for codes, c in re.findall(r"\x1b\[([\d;]+)m|(.)", line):
            if codes == "0":
                ink, ground = -1, -1
            elif codes:
                ink = int((re.findall(r"38;5;(\d+)", codes) or [-1])[0])
                ground = int((re.findall(r"48;5;(\d+)", codes) or [-1])[0])
            else:
                upper, lower = {"▀": (ink, ground), "▄": (ground, ink)}.get(c, (ground, ground))
                cells.append((upper, lower))
        cells = cells[re.search("[│┤]", without_colours(line)).end() :]
        found.append([*cells, *[(-1, -1)] * (count - len(cells))])
    return found
