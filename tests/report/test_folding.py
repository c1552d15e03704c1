"""Text folds at its spaces: nothing is lost, nothing is broken, and every line fits."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.report.folding import fitted, folded
from adamcli.widths import columns
from tests.conftest import Terminal

CLOSING = "f([ 0.02168418  0.10051688 ... -0.07346799 -0.04075222  0.020594  ]) = 0.238375"


@given(st.text("ab1 .漢é", max_size=200), st.integers(1, 100))
def test_every_line_fits_unless_it_is_one_word(text, width) -> None:
    lines = folded(text, width).split("\n")
    assert [word for line in lines for word in line.split()] == text.split()
    for line in lines:
        assert columns(line) <= width or len(line.split()) == 1


@given(st.text("ab1 \n", max_size=200))
def test_what_fits_stays_as_it_is(text) -> None:
    text = "\n".join(line.rstrip(" ") for line in text.split("\n"))
    assert folded(text, 200) == text


@pytest.mark.parametrize("width", range(12, 80))
def test_as_much_as_fits_stands_on_each_line(width) -> None:
    lines = folded(" ".join(CLOSING.split()), width).split("\n")
    for line, after in pairwise(lines):
        assert len(line) + 1 + len(after.split()[0]) > width
        assert after.startswith("  ")


def test_what_follows_a_line_is_indented_by_two_more() -> None:
    assert folded("  add this, or that", 12) == "  add this,\n    or that"


def test_wide_characters_take_two_columns() -> None:
    assert folded("漢字 漢字 漢字", 9) == "漢字 漢字\n  漢字"


def test_a_pipe_gets_whole_lines(terminal, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert fitted(CLOSING, Terminal()) == folded(CLOSING, 40)
    with (tmp_path / "file").open("w") as file:
        assert fitted(CLOSING, file) == CLOSING


@pytest.mark.parametrize("width", [20, 40, 66, 80, 100, 120])
@pytest.mark.parametrize("at", [0, 3, 44, 60, 110])
def test_carets_stay_below_what_they_point_at(width, at) -> None:
    line = "ab + " * at + "WRONG" + " + cd" * 12
    text = f"c.yaml:1:1: no\n    {line}\n    {' ' * line.index('WRONG')}^^^^^\n  a hint"
    _, quoted, carets, hint = folded(text, width).split("\n")
    assert max(columns(quoted), columns(carets)) <= width
    first = carets.index("^")
    assert "WRONG".startswith(quoted[first : carets.rindex("^") + 1].rstrip("…"))
    assert quoted[first] == "W"
    assert hint == "  a hint"
    assert ("…" in quoted) == (len(line) > width - 4)


def test_a_line_of_carets_is_no_special_case() -> None:
    text = "c.yaml:1:1: no\n    ^\n    ^\n  a hint"
    assert folded(text, 40) == text
