from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcli.pictures.scales import ends
from adamcli.pictures.scene import (
    Axis,
    Band,
    Bars,
    Box,
    Dots,
    Field,
    Line,
    Panel,
    Picture,
    Rule,
    Text,
)
from adamcli.pictures.style import LOOKS
from adamcli.pictures.terminal import Screen, terminal_text
from tests.conftest import GOLDEN
from tests.pictures.scenes import ALL, one
from tests.pictures.terminal.reading import (
    ASCII,
    PLAIN,
    UNIT,
    wide,
    without_colours,
)

NOTHING = np.array([])


@pytest.mark.parametrize("scene", ALL)
@pytest.mark.parametrize("screen", [PLAIN, ASCII], ids=["unicode", "ascii"])
def test_pictures_look_as_they_did(scene, screen) -> None:
    name = f"{scene}_ascii" if screen.ascii else scene
    expected = (GOLDEN / "pictures" / f"{name}.txt").read_text(encoding="utf-8")
    assert terminal_text(ALL[scene](), screen) + "\n" == expected


NUMBER = st.floats() | st.sampled_from([0.0, 1.0, 1e300, -1e300, 1e-300, np.nan, np.inf])


NAME = st.text(max_size=30) | st.sampled_from(["αβγ", "日本語", "\x1b[31m", "m̂", "a\nb", "x" * 90])


ROLE = st.sampled_from(sorted(LOOKS))


@st.composite
def arrays(draw, count: int, size: int | None = None) -> list[np.ndarray]:
    size = draw(st.integers(0, 8)) if size is None else size
    values = st.lists(NUMBER, min_size=size, max_size=size)
    return [np.array(draw(values), dtype=float) for _ in range(count)]


@st.composite
def axes(draw) -> Axis:
    scale = draw(st.sampled_from(["linear", "log", "symlog"]))
    low, high = ends(draw(arrays(1))[0], scale)
    places = st.lists(st.tuples(st.floats(low, high), NAME), max_size=6)
    names = draw(st.none() | places)
    unit = draw(st.floats(1e-9, 1e9))
    return Axis(draw(NAME), low, high, scale, None if names is None else tuple(names), unit)


@st.composite
def fields(draw, x: Axis, y: Axis) -> Field:
    rows, columns = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    (values,) = draw(arrays(1, rows * columns))
    levels = np.unique(np.array(draw(st.lists(st.floats(-1e9, 1e9), max_size=6)), dtype=float))
    across, up = (np.linspace(axis.low, axis.high, n) for axis, n in ((x, columns), (y, rows)))
    return Field(across, up, values.reshape(rows, columns), levels, draw(NAME), draw(st.booleans()))


@st.composite
def panels(draw) -> Panel:
    x, y = draw(axes()), draw(axes())
    marks = []
    for _ in range(draw(st.integers(0, 4))):
        mark = draw(st.sampled_from([Line, Dots, Band, Field, Bars, Box, Rule, Text]))
        role, label = draw(ROLE), draw(NAME)
        if mark is Field:
            marks.append(draw(fields(x, y)))
        elif mark is Band:
            marks.append(Band(*draw(arrays(3)), role, label))
        elif mark is Bars:
            marks.append(Bars(*draw(arrays(1)), role, label))
        elif mark is Box:
            marks.append(Box(*draw(arrays(1, 4))[0].tolist(), role, label))
        elif mark is Rule:
            marks.append(Rule(draw(NUMBER), draw(st.sampled_from("xy")), role, label))
        elif mark is Dots:
            across, up, low, high = draw(arrays(4))
            marks.append(Dots(across, up, role, label, low=low, high=high))
        elif mark is Text:
            anchor = draw(st.sampled_from(["left", "middle", "right"]))
            marks.append(Text(draw(NUMBER), draw(NUMBER), label, role, anchor))
        else:
            colour = draw(st.none() | st.floats(0, 1))
            marks.append(Line(*draw(arrays(2)), role, label, colour=colour))
    return Panel(x, y, tuple(marks), draw(NAME))


@st.composite
def pictures(draw) -> Picture:
    rows = draw(st.lists(st.lists(panels(), min_size=1, max_size=2).map(tuple), max_size=3))
    notes = draw(st.lists(NAME, max_size=2))
    return Picture("path", draw(NAME), tuple(rows), notes=tuple(notes))


SCREENS = st.builds(Screen, st.integers(20, 130), st.integers(6, 45), st.booleans(), st.booleans())


@settings(max_examples=150)
@given(pictures(), SCREENS)
def test_every_picture_fits_every_screen(picture, screen) -> None:
    text = terminal_text(picture, screen)
    check(text, screen)


@pytest.mark.parametrize("scene", ALL)
def test_scenes_fit_small_and_large_screens(scene) -> None:
    picture = ALL[scene]()
    for width in (20, 21, 35, 36, 50, 79, 200):
        for height in (6, 7, 9, 12, 60):
            for colours, ascii_only in ((True, False), (False, False), (False, True)):
                screen = Screen(width, height, colours, ascii_only)
                check(terminal_text(picture, screen), screen)


@pytest.mark.parametrize("width", [20, 31, 40, 41, 80])
def test_wide_characters_take_two_columns(width) -> None:
    name = "日本語" * 9
    axis = Axis(name, -0.5, 2.5, ticks=tuple((float(k), name[k:]) for k in range(3)))
    picture = Picture("path", name, ((Panel(axis, axis, (), name),),), notes=(name,))
    screen = Screen(width, 24, colours=False)
    text = terminal_text(picture, screen)
    check(text, screen)
    base = next(line for line in text.split("\n") if "└" in line)
    rows = [line for line in text.split("\n") if re.match("[^│┤└]*[│┤]", line)]
    assert {wide(re.split("[│┤]", line)[0]) for line in rows} == {base.index("└")}


def check(text: str, screen: Screen) -> None:
    plain = without_colours(text)
    lines = plain.split("\n")
    assert len(lines) < screen.height
    assert max(map(wide, lines)) <= screen.width
    assert all(line.isprintable() for line in lines)
    if screen.ascii:
        assert text.isascii()
    if screen.ascii or not screen.colours:
        assert text == plain


def panel(name: str, **more) -> Panel:
    return Panel(Axis("step", 0, 9), Axis(name, 0, 1), (), **more)


def test_panels_stand_beside_each_other_if_there_is_room() -> None:
    picture = Picture("score", "", ((panel("one"), panel("two")),))
    beside = terminal_text(picture, PLAIN).split("\n")
    assert re.match("one +two$", beside[0])
    below = terminal_text(picture, PLAIN._replace(width=60)).split("\n")
    assert below[0] == "one"
    assert "two" in below[1:]


def test_rows_share_the_height() -> None:
    picture = Picture("fit", "", ((panel("one"),), (panel("two"),)), (3.0, 1.0))
    lines = terminal_text(picture, Screen(80, 41, colours=False)).split("\n")
    second = lines.index("two")
    upper = sum("│" in line or "┤" in line for line in lines[:second])
    lower = sum("│" in line or "┤" in line for line in lines[second:])
    assert upper / lower == pytest.approx(3, rel=0.2)


def test_an_axis_that_goes_on_below_has_its_numbers_once() -> None:
    picture = Picture("state", "", ((panel("one"),), (panel("two"),)))
    lines = terminal_text(picture, PLAIN).split("\n")
    assert (
        sum(line.split() == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] for line in lines)
        == 1
    )
    assert sum("step" in line for line in lines) == 1


def test_names_of_many_panels_stay_in_a_small_window() -> None:
    names = "abcdef"
    rows = tuple((panel(name),) for name in names)
    lines = terminal_text(Picture("state", "", rows), Screen(40, 8, colours=False)).split("\n")
    assert [line[0] for line in lines[:6]] == list(names)
    text = terminal_text(Picture("state", "", rows), Screen(40, 6, colours=False))
    assert "3 more: the window is too small" in text


def test_what_does_not_fit_ends_with_an_ellipsis() -> None:
    picture = one(UNIT, UNIT, title="long " * 40, notes=("note " * 100,))
    lines = terminal_text(picture, PLAIN).split("\n")
    assert lines[0].endswith("long…")
    assert lines[-1].endswith("…")
    titled = Picture("path", "", ((Panel(UNIT, UNIT, (), "long " * 40),),))
    assert terminal_text(titled, PLAIN).split("\n")[0].endswith("long…")
    labels = [Line(NOTHING, NOTHING, "deep", f"a label of some length {k}") for k in range(40)]
    assert "…" in terminal_text(one(UNIT, UNIT, *labels), PLAIN)


def test_an_empty_picture_has_its_title() -> None:
    assert terminal_text(Picture("path", "nothing", ()), PLAIN).strip() == "nothing"


def test_panels_without_room_for_legends_share_one() -> None:
    x = np.array([0.0, 9.0])
    marks = (Line(x, x / 9, "deep", "gradient"), Line(x, x / 18, "bright", "step"))
    rows = tuple((panel(name)._replace(marks=marks),) for name in "abcd")
    for screen in (Screen(60, 8), Screen(60, 8, colours=False), Screen(60, 8, ascii=True)):
        lines = without_colours(terminal_text(Picture("state", "", rows), screen)).split("\n")
        assert re.fullmatch(r"(\S\S) gradient   (?!\1)\S\S step|⠤⠤ gradient   ⠤⠤ step", lines[0])
        assert sum("gradient" in line for line in lines) == 1
        assert [line[0] for line in lines[1:] if line[0].isalpha()] == list("abcd")
