"""With which colours and characters marks are drawn in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from adamcli.pictures.scene import Band, Bars, Box, Dots, Field, Line, Rule
from adamcli.pictures.style import LOOKS, MARKERS
from adamcli.pictures.terminal.cube import NONE

if TYPE_CHECKING:
    from adamcli.pictures.scene import Mark, Panel

_GLYPHS = ("", "•", "+", "×", "▪", "°", "=", "~")
"""Without colours, the lines of each further role are made of another character; "" is braille."""

_ASCII_GLYPHS = (".", "*", "+", "x", "#", "%", "=", "~")

TEXT, FAINT = NONE, 245
"""The colours of texts and axes."""

Spans: TypeAlias = "list[tuple[str, int]]"
"""Pieces of a line of text, each with its colour."""

_CROWD = 8
"""So many lines can be followed only as dots, though nothing tells them apart without colours."""


class Screen(NamedTuple):
    """What a picture is shown on: `width` columns and `height` lines.

    `colours` says whether it shows 256 colours, and `ascii` whether it shows ASCII alone.
    """

    width: int
    height: int
    colours: bool = True
    ascii: bool = False

    @property
    def ellipsis(self) -> str:
        """What stands for the rest of a text."""
        return "..." if self.ascii else "…"


class Ink(NamedTuple):
    """What lines of a role are drawn with: a colour, and a character, or dots if there is none."""

    colour: int
    glyph: str
    marker: str
    dash: tuple[float, ...]


def inks(panel: Panel, screen: Screen) -> dict[str, Ink]:
    """Return the ink of each role in a panel, so that all lines can be told apart."""
    roles = [mark.role for mark in panel.marks if not isinstance(mark, Field)]
    drawn = [mark.role for mark in panel.marks if isinstance(mark, Line)]
    lines = list(dict.fromkeys(drawn))
    if len(drawn) > _CROWD and not screen.ascii:
        lines = []
    # In ASCII a line that is alone is made of the most visible character.
    first = 1 if len(lines) == 1 and screen.ascii else 0
    if any(map(_dotted, panel.marks)):
        first = 4 if screen.ascii else 1
    return {
        role: _ink(role, lines.index(role) + first if role in lines else 0, screen)
        for role in roles
    }


def _dotted(mark: Mark) -> bool:
    """Return whether a mark is drawn in dots, among which a line of dots would be lost."""
    if isinstance(mark, Field):
        return not mark.cells
    return isinstance(mark, Dots) and LOOKS[mark.role].marker == "dot"


def _ink(role: str, order: int, screen: Screen) -> Ink:
    look = LOOKS[role]
    glyph = ""
    if screen.ascii:
        glyph = _ASCII_GLYPHS[order % len(_ASCII_GLYPHS)]
    elif not screen.colours:
        glyph = _GLYPHS[order % len(_GLYPHS)]
    marker = MARKERS[look.marker][screen.ascii]
    return Ink(look.ansi, glyph, marker, () if glyph else look.dash)


_SAMPLES = {Band: ("░░", "::"), Box: ("┄┄", "--"), Rule: ("┄┄", "--"), Bars: ("██", "##")}
"""How areas and straight lines are shown in a legend, and in ASCII."""


def sample(mark: Mark, ink: Ink, screen: Screen) -> tuple[str, int]:
    """Return what stands for a mark in a legend, and its colour."""
    if isinstance(mark, Dots):
        return ink.marker, ink.colour
    if isinstance(mark, Line):
        return (ink.glyph or "⠤") * 2, ink.colour
    pair = _SAMPLES.get(type(mark), ("", ""))
    return pair[screen.ascii], ink.colour
