"""The article's line, and arrays as NumPy shows them."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adamcli.optimizer.result import Point, Record
from adamcli.report.text import array_text, closing_line, line, names_text

SPECIAL = [0.0, -0.0, 1e-4, 9.9999e-5, 99999999.0, 99999999.99999999, 1e8, 5e-324, 1e-310, 1e308]


def numpy_text(values) -> str:
    return np.array2string(np.array(values, dtype=float), max_line_width=10**9)


@given(st.lists(st.floats(width=64), min_size=1, max_size=6))
@example([5e-324, 68.0])
@example([float("nan"), float("-inf"), 1e-5])
@example([float("nan")])
@example([float("inf"), 1.0])
@example([-0.0])
@example([70000000.1, 1e7])
def test_any_floats_are_shown_as_numpy_shows_them(values) -> None:
    assert array_text(values) == numpy_text(values)


@given(
    st.lists(
        st.floats(-1, 1) | st.floats(-1e4, 1e4) | st.sampled_from(SPECIAL), min_size=1, max_size=5
    )
)
def test_ordinary_floats_are_shown_as_numpy_shows_them(values) -> None:
    assert array_text(values) == numpy_text(values)


@given(st.lists(st.integers(-(10**9), 10**9).map(lambda n: n / 1000), min_size=1, max_size=5))
def test_short_decimals_are_shown_as_numpy_shows_them(values) -> None:
    assert array_text(values) == numpy_text(values)


@pytest.mark.parametrize("size", [999, 1000, 1001, 5000])
def test_long_arrays_are_shown_by_their_ends_as_numpy_shows_them(size) -> None:
    values = np.random.RandomState(size).standard_normal(size).tolist()
    assert array_text(values) == numpy_text(values)
    assert "\n" not in array_text(values)


def test_the_articles_lines() -> None:
    record = Record(0, (-0.14595599119742136, 0.4206489871112542), 0.19824872)
    assert line(record) == ">0 f([-0.14595599  0.42064899]) = 0.19825"
    point = Point(59, (0.00018407125259332362, -0.0005485780545134107), 3.3482e-07)
    assert closing_line(point) == "f([ 0.00018407 -0.00054858]) = 0.000000"


def test_what_is_not_finite_has_a_line_too() -> None:
    record = Record(7, (float("nan"), float("-inf")), float("nan"))
    assert line(record) == ">7 f([ nan -inf]) = nan"


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (32, "mass, speed, temperature"),
        (24, "mass, speed, temperature"),
        (23, "mass, speed, ..."),
        (16, "mass, speed, ..."),
        (15, "mass, ..."),
        (8, "..."),
    ],
)
def test_names_are_listed_as_far_as_they_fit(room, expected) -> None:
    assert names_text(["mass", "speed", "temperature"], room) == expected


def test_a_single_name_is_shortened() -> None:
    assert names_text(["temperature"], 11) == "temperature"
    assert names_text(["temperature"], 10) == "tem...ture"
    assert names_text(["温度温度"], 7) == "温...度"
