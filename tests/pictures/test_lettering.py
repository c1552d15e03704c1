"""Lines break where there is no more room, and nothing else of a text is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from adamcli.pictures.figures import styled
from adamcli.pictures.lettering import broken, inches

LETTERS = "abcWiαβ_$m.{^"


@given(st.text(f"{LETTERS}   ", max_size=200), st.floats(0.3, 6), st.integers(1, 4))
def test_no_line_is_wider_than_there_is_room_for(text: str, room: float, most: int) -> None:
    lines = broken(text, room, 9, most).split("\n")
    assert len(lines) <= most
    assert all(inches(line, 9) <= room or len(line) == 1 for line in lines)
    together = "".join(lines).replace(" ", "")
    whole = text.replace(" ", "")
    assert together == whole or (together[-1] == "…" and whole.startswith(together[:-1]))


def test_what_fits_stays_on_one_line() -> None:
    assert broken("x + y: 60 steps of adam", 5, 9) == "x + y: 60 steps of adam"
    assert broken("", 5, 9) == ""
    assert broken("a  b\nc", 5, 9) == "a b c"


def test_lines_break_between_words() -> None:
    lines = broken("one two three four " * 4, 1.5, 9, 20).split("\n")
    assert len(lines) > 2
    assert {word for line in lines for word in line.split()} == {"one", "two", "three", "four"}


def test_a_long_word_ends_with_a_sign_that_it_goes_on() -> None:
    lines = broken("x" * 200, 1, 9, 2).split("\n")
    assert len(lines) == 2
    assert lines[1].endswith("x…")
    assert broken("x" * 200, 1, 9, 1).endswith("x…")


@pytest.mark.parametrize("text", ["hello world", "WWWWW", "m̂ / (√v̂ + eps)", "x_1 = 0.25"])
def test_widths_are_those_of_a_figure(text: str) -> None:
    with styled():
        figure = Figure(dpi=400)
        drawn = figure.text(0, 0.5, text, fontsize=9)
        box = drawn.get_window_extent(FigureCanvasAgg(figure).get_renderer())
        assert inches(text, 9) == pytest.approx(box.width / 400, rel=0.04)
