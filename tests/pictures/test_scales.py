from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adamcli.pictures.scales import LARGEST, SCALES, ends, number, texts, ticks

FINITE = st.floats(-1e300, 1e300, allow_nan=False)
POSITIVE = st.floats(1e-290, 1e290)
ANY = st.lists(st.floats(), max_size=20)
MOST = st.integers(1, 12)


@given(ANY, st.sampled_from(sorted(SCALES)))
def test_ends_contain_all_finite_values_and_are_never_empty(values, scale) -> None:
    low, high = ends(np.array(values), scale)
    assert -np.inf < low < high < np.inf
    shown = [v for v in values if np.isfinite(v) and (v > 0 or scale != "log")]
    limits = (1e-290, 1e290) if scale == "log" else (-LARGEST, LARGEST)
    for value in shown:
        if limits[0] <= value <= limits[1]:
            assert low <= value <= high
    if scale == "log":
        assert low > 0


def test_ends_leave_a_margin() -> None:
    assert ends(np.array([0.0, 10.0])) == (-0.5, 10.5)
    assert ends(np.array([3.0])) == pytest.approx((2.85, 3.15))
    assert ends(np.array([])) == (0.0, 1.0)


@pytest.mark.parametrize("scale", sorted(SCALES))
def test_scales_ascend(scale) -> None:
    values = np.array([1e-300, 1e-5, 0.3, 1.0, 7.0, 1e5, 1e300])
    assert np.all(np.diff(SCALES[scale](values, 1.0)) > 0)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ((0, 1, 5), "0.0 0.2 0.4 0.6 0.8 1.0"),
        ((-0.7, 0.7, 3), "-0.5 0.0 0.5"),
        ((0, 999, 4), "0 500"),
        ((123456, 123457, 4), "123456.0 123456.5 123457.0"),
        ((0, 1e7, 5), "0 2e6 4e6 6e6 8e6 1e7"),
        ((0, 1e-7, 5), "0 2e-8 4e-8 6e-8 8e-8 1e-7"),
        ((-1e300, 1e300, 4), "-1e300 -5e299 0 5e299 1e300"),
        # Powers of ten, every third of them where all are too many, always the same ones.
        ((1e-3, 1e3, 8, "log"), "0.001 0.01 0.1 1 10 100 1000"),
        ((1e-7, 1e3, 5, "log"), "1e-6 0.001 1 1000"),
        ((1e-8, 2e3, 5, "log"), "1e-6 0.001 1 1000"),
        ((1e-300, 1e300, 6, "log"), "1e-200 1 1e200"),
        # Few decades have digits between the powers, and a part of one has even steps.
        ((2, 80, 5, "log"), "2 5 10 20 50"),
        ((2, 80, 3, "log"), "3 10 30"),
        ((3, 6, 5, "log"), "3 4 5 6"),
        ((3, 4, 5, "log"), "3.0 3.2 3.4 3.6 3.8 4.0"),
        # Both signs, zero, and nothing that would overlap with zero.
        ((-1000, 1000, 7, "symlog"), "-1000 -100 -10 0 10 100 1000"),
        ((-1000, 1000, 4, "symlog"), "-100 0 100"),
        ((5, 20000, 6, "symlog"), "10 100 1000 1e4"),
        ((-1e5, 10, 5, "symlog", 0.01), "-1e4 -100 -1 0 1"),
        ((-1, 2, 5, "symlog"), "-1 0 1 2"),
        ((-1e-9, 2e-9, 4, "symlog", 1e-8), "-1e-9 0 1e-9 2e-9"),
    ],
)
def test_ticks_are_round(call, expected) -> None:
    assert [text for _, text in ticks(*call)] == expected.split()


@given(FINITE, FINITE, MOST, st.sampled_from(["linear", "symlog"]), st.floats(1e-200, 1e200))
def test_ticks_ascend_between_the_ends(one, two, most, scale, unit) -> None:
    low, high = sorted((one, two))
    assume(low < high)
    check(low, high, most, scale, unit)


@given(POSITIVE, st.floats(1e-12, 300), MOST)
def test_logarithmic_ticks_ascend_between_the_ends(low, decades, most) -> None:
    high = min(1e300, low * 10.0 ** min(decades, 290))
    assume(low < high)
    check(low, high, most, "log", 1.0)


def check(low, high, most, scale, unit) -> None:
    found = ticks(low, high, most, scale, unit)
    room = 1e-8 * (high / 2 - low / 2) + 1e-14 * max(abs(low), abs(high))
    assert all(low - room <= at <= high + room for at, _ in found)
    assert all(one < two for (one, _), (two, _) in pairwise(found))
    assert len(found) <= most + 1
    for at, text in found:
        assert float(text) == pytest.approx(at, rel=1e-4, abs=high / most - low / most)
    if len(found) > 1:
        assert len({text for _, text in found}) == len(found)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_linear_ticks_are_multiples_of_one_two_or_five(low, width) -> None:
    places = [at for at, _ in ticks(low, low + width, 5)]
    assert 1 <= len(places) <= 6
    for step in np.diff(places):
        mantissa = float(f"{step:.6e}".partition("e")[0])
        assert (
            mantissa == pytest.approx(1)
            or mantissa == pytest.approx(2)
            or (mantissa == pytest.approx(5))
        )


def test_numbers_are_short() -> None:
    assert [number(v) for v in (0.0, 1.0, 1234.5678, 1e-6, 2.5e10, -0.25)] == [
        "0", "1", "1235", "1e-6", "2.5e10", "-0.25",
    ]  # fmt: skip
    assert number(1234.5678, 2) == "1.2e3"


def test_texts_tell_neighbours_apart() -> None:
    assert texts([1.0, 1.5], 0.5) == ["1.0", "1.5"]
    assert texts([1000000.0, 1000001.0], 1.0) == ["1e6", "1.000001e6"]
    assert texts([0.0, 1e-5], 1e-5) == ["0", "1e-5"]
