"""Cells of a terminal, which marks are drawn into and lines of text come out of."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.pictures.terminal.columns import letters
from adamcli.pictures.terminal.cube import NONE, shown
from adamcli.widths import columns

if TYPE_CHECKING:
    from adamcli.arrays import Array, BoolArray, IntArray

_AFTER_WIDE = "\0"
_HALF = "▀"
_BITS = np.array([[1, 8], [2, 16], [4, 32], [64, 128]])
"""The bit of each dot of a braille character, U+2800 onwards."""


class Canvas(NamedTuple):
    """Layers of cells (height, width); a colour is one of 256, or NONE.

    From below: the colours of the `upper` and `lower` half of a cell, and above them either a
    character of `glyphs` or `dots` (bits of a braille character), in the colour `inks`. `grounds`
    is a background of its own. Dots of a `soft` cell give way to those of another mark.
    """

    glyphs: Array
    dots: IntArray
    soft: BoolArray
    inks: IntArray
    grounds: IntArray
    upper: IntArray
    lower: IntArray

    @classmethod
    def blank(cls, height: int, width: int) -> Canvas:
        """Return a canvas on which nothing is drawn."""
        shape = height, width
        colours = [np.full(shape, NONE) for _ in range(4)]
        return cls(
            np.full(shape, "", dtype=object), np.zeros(shape, int), np.zeros(shape, bool), *colours
        )

    @property
    def height(self) -> int:
        """The number of lines."""
        return len(self.glyphs)

    @property
    def width(self) -> int:
        """The number of columns."""
        return int(self.glyphs.shape[1])

    def window(self, top: int, left: int, height: int, width: int) -> Canvas:
        """Return a part of this canvas: what is drawn there is drawn here."""
        part = np.s_[top : top + height, left : left + width]
        return Canvas._make(layer[part] for layer in self)

    def write(self, row: int, column: int, text: str, ink: int = NONE) -> None:
        """Write a text; what does not fit is left out."""
        if not 0 <= row < self.height:
            return
        for letter in letters(text):
            wide = columns(letter)
            if column >= 0 and column + wide <= self.width:
                self.glyphs[row, column] = letter
                self.inks[row, column] = ink
                self.glyphs[row, column + 1 : column + wide] = _AFTER_WIDE
                self.inks[row, column + 1 : column + wide] = ink
            column += wide

    def stamp(self, grid: BoolArray, ink: int, *, soft: bool = False) -> None:
        """Set the dots (4 height, 2 width) that are true in `grid`.

        Dots of another colour in the same cells are removed, since a cell has one colour.
        """
        shaped = grid.reshape(self.height, 4, self.width, 2)
        bits = np.einsum("iajb,ab->ij", shaped, _BITS)
        new = bits > 0
        cleared = new & (self.soft | (self.inks != ink))
        self.dots[cleared] = 0
        self.dots[new] |= bits[new]
        self.soft[new] = soft
        self.inks[new & (self.glyphs == "")] = ink

    def put(self, grid: BoolArray, glyph: str, ink: int) -> None:
        """Put a character of one column into the cells (height, width) true in `grid`."""
        self.glyphs[grid] = glyph
        self.inks[grid] = ink

    def lines(self, colours: bool) -> list[str]:
        """Return the text of each line, with or without escape sequences for colours."""
        glyphs, inks, grounds = self._flat()
        if colours:
            inks = np.where(glyphs == _HALF, inks, shown(inks, grounds))
        else:
            inks, grounds = np.full_like(inks, NONE), np.full_like(grounds, NONE)
        rows = zip(glyphs.tolist(), inks.tolist(), grounds.tolist(), strict=True)
        return [_line(*row) for row in rows]

    def _flat(self) -> tuple[Array, IntArray, IntArray]:
        """Return one character, one colour and one background for each cell."""
        glyphs, inks = self.glyphs.copy(), self.inks.copy()
        empty = glyphs == ""
        dotted = empty & (self.dots > 0)
        glyphs[dotted] = [chr(0x2800 + bits) for bits in self.dots[dotted].tolist()]
        bare = empty & ~dotted
        glyphs[bare] = " "
        inks[bare] = NONE
        under = np.where(self.upper != NONE, self.upper, self.lower)
        grounds = np.where(self.grounds != NONE, self.grounds, under)
        split = bare & (self.upper != self.lower)
        on_top = split & (self.upper != NONE)
        glyphs[on_top], inks[on_top] = _HALF, self.upper[on_top]
        grounds[on_top] = self.lower[on_top]
        below = split & (self.upper == NONE)
        glyphs[below], inks[below], grounds[below] = "▄", self.lower[below], NONE
        return glyphs, inks, grounds


def _line(glyphs: list[str], inks: list[int], grounds: list[int]) -> str:
    cells = [cell for cell in zip(glyphs, inks, grounds, strict=True) if cell[0] != _AFTER_WIDE]
    while cells and cells[-1][0] == " " and cells[-1][2] == NONE:
        cells.pop()
    parts = []
    for (ink, ground), run in groupby(cells, key=lambda cell: cell[1:]):
        text = "".join(cell[0] for cell in run)
        codes = [f"38;5;{ink}"] * (ink != NONE) + [f"48;5;{ground}"] * (ground != NONE)
        parts.append(f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if codes else text)
    return "".join(parts)
