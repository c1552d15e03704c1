"""Ticks and their texts: none overlaps another, whatever the axis."""

from itertools import pairwise

import pytest

from adamcli.pictures.page.svg_axes import LONGEST, broken, extent, readable, ticks_of, width_of
from adamcli.pictures.scene import Axis

AXES = [
    Axis("", 0, 1),
    Axis("", -1e300, 1e300),
    Axis("", 1.00000001, 1.00000002),
    Axis("", 1e-300, 1e300, "log"),
    Axis("", 2, 3, "log"),
    Axis("", -1e4, 1e4, "symlog"),
    Axis("", -2, 1e9, "symlog", unit=1e-6),
]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("length", [600, 3000, 6000])
@pytest.mark.parametrize("upright", [True, False])
def test_the_texts_of_an_axis_do_not_overlap(axis, length, upright) -> None:
    all_ = ticks_of(axis, length, 110, upright)
    found = readable(all_, length, 110, upright)
    assert found
    assert found == all_ or length == 600
    assert all(0 <= tick.at <= 1 + 1e-6 for tick in found)
    for a, b in pairwise(found):
        room = (extent(a, 110, upright) + extent(b, 110, upright)) / 2
        assert (b.at - a.at) * length >= room


def test_given_ticks_are_taken_as_they_are_where_they_are_in_the_axis() -> None:
    axis = Axis("", 0, 10, ticks=((20.0, "far"), (5.0, "b"), (0.0, "a")))
    found = ticks_of(axis, 1000, 110, upright=False)
    assert [(tick.at, tick.full) for tick in found] == [(0.0, "a"), (0.5, "b")]


@pytest.mark.parametrize("text", ["", "x", "two words", "x" * 200, "a very long name " * 9])
def test_long_texts_are_broken_and_what_is_left_out_is_marked(text) -> None:
    lines = broken(text, LONGEST)
    assert len(lines) <= 3
    assert all(0 < len(line) <= LONGEST for line in lines)
    whole = "".join(lines).replace(" ", "")
    if len(text) <= LONGEST:
        assert lines == ((text,) if text else ())
    else:
        assert whole.endswith("…")
        assert text.replace(" ", "").startswith(whole[:-1])


def test_wide_characters_take_more_room() -> None:
    assert width_of("学習率", 10) > width_of("abc", 10) > width_of("ab", 10) > 0
