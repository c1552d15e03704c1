"""Ranges: inclusive ends, the nearest float to every exact value, and errors for all else."""

from decimal import Decimal
from fractions import Fraction

import mpmath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adamcli.config.ranges import (
    MAX_VALUES,
    RangeError,
    linear,
    logarithmic,
    parse_count,
    parse_number,
    stepped,
)

DIGITS = st.builds("{}e{}".format, st.integers(-(10**17), 10**17), st.integers(-30, 20))
POSITIVE = st.builds("{}e{}".format, st.integers(1, 10**17), st.integers(-30, 20))


def nearest(exact: Fraction) -> float:
    return exact.numerator / exact.denominator


def exact_linear(first: str, last: str, count: int) -> list[float]:
    a, b = Fraction(first), Fraction(last)
    return [nearest(a + (b - a) * i / (count - 1)) for i in range(count)]


def exact_logarithmic(first: str, last: str, count: int) -> list[float]:
    with mpmath.workdps(60):
        a, b = mpmath.mpf(first), mpmath.mpf(last)
        values = [a * mpmath.power(b / a, mpmath.mpf(i) / (count - 1)) for i in range(count)]
        return [float(mpmath.nstr(value, 45)) for value in values]


@given(first=DIGITS, last=DIGITS, count=st.integers(2, 40))
def test_linear_values_are_the_floats_nearest_to_the_exact_ones(first, last, count) -> None:
    assume(Fraction(first) != Fraction(last))
    values = linear(parse_number(first), parse_number(last), count)
    assert values == exact_linear(first, last, count)


@given(first=POSITIVE, last=POSITIVE, count=st.integers(2, 25))
def test_logarithmic_values_are_the_floats_nearest_to_the_exact_ones(first, last, count) -> None:
    assume(Fraction(first) != Fraction(last))
    values = logarithmic(parse_number(first), parse_number(last), count)
    assert values == exact_logarithmic(first, last, count)


@given(
    first=st.integers(-(10**15), 10**15),
    step=st.integers(-(10**9), 10**9).filter(bool),
    steps=st.integers(0, 40),
    exponent=st.integers(-25, 10),
)
def test_steps_are_the_floats_nearest_to_the_exact_ones(first, step, steps, exponent) -> None:
    ends = [f"{n}e{exponent}" for n in (first, first + steps * step, step)]
    exact = [nearest((first + i * step) * Fraction(10) ** exponent) for i in range(steps + 1)]
    assert stepped(*map(parse_number, ends)) == exact


@given(
    first=st.integers(-(10**15), 10**15),
    step=st.integers(2, 10**9),
    steps=st.integers(0, 40),
    rest=st.integers(1, 10**9),
    exponent=st.integers(-25, 10),
)
def test_steps_that_miss_the_last_value_are_an_error(first, step, steps, rest, exponent) -> None:
    assume(rest % step)
    ends = [f"{n}e{exponent}" for n in (first, first + steps * step + rest % step, step)]
    with pytest.raises(RangeError, match="do not reach") as caught:
        stepped(*map(parse_number, ends))
    reached = str(caught.value).rpartition(" ")[2]
    assert Fraction(reached) == (first + steps * step) * Fraction(10) ** exponent


def test_the_values_are_those_one_would_type() -> None:
    assert linear(Decimal(0), Decimal(1), 11) == [
        0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
    ]  # fmt: skip
    assert logarithmic(Decimal("1e-4"), Decimal("1e-1"), 4) == [1e-4, 1e-3, 1e-2, 1e-1]
    assert logarithmic(Decimal(1000), Decimal("0.001"), 7) == [1e3, 1e2, 1e1, 1.0, 0.1, 0.01, 1e-3]
    assert stepped(Decimal(0), Decimal("0.5"), Decimal("0.1")) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert stepped(Decimal(1), Decimal("0.4"), Decimal("-0.2")) == [1.0, 0.8, 0.6, 0.4]
    assert linear(Decimal(1), Decimal(-1), 3) == [1.0, 0.0, -1.0]


def test_a_range_of_one_value() -> None:
    assert stepped(Decimal(5), Decimal(5), Decimal(1)) == [5.0]
    assert stepped(Decimal(5), Decimal(5), Decimal(-3)) == [5.0]


def test_two_values_are_the_ends() -> None:
    assert linear(Decimal("0.1"), Decimal("0.7"), 2) == [0.1, 0.7]
    assert logarithmic(Decimal("0.1"), Decimal("0.7"), 2) == [0.1, 0.7]


@pytest.mark.parametrize("count", [1001, 99_991])
def test_no_error_adds_up_over_many_values(count) -> None:
    values = logarithmic(Decimal("1e-9"), Decimal("1e3"), count)
    assert len(values) == count
    some = [0, 1, count // 3, count // 2, count - 2, count - 1]
    with mpmath.workdps(60):
        exact = [
            mpmath.power(10, mpmath.mpf(12) * i / (count - 1)) / mpmath.mpf(10) ** 9 for i in some
        ]
        assert [values[i] for i in some] == [float(mpmath.nstr(value, 45)) for value in exact]


def test_ends_with_more_digits_than_decimal_takes_by_default() -> None:
    # One digit above the middle between 1 and the next float, far beyond the 28th.
    above = "1.00000000000000011102230246251565404236316680908203125001"
    below = "1.00000000000000011102230246251565404236316680908203124999"
    assert linear(Decimal(above), Decimal(2), 2)[0] == 1.0000000000000002
    assert linear(Decimal(below), Decimal(2), 2)[0] == 1.0
    assert stepped(Decimal(above), Decimal(above), Decimal(1)) == [1.0000000000000002]
    assert stepped(Decimal(below), Decimal(below), Decimal(1)) == [1.0]


def test_steps_between_numbers_of_many_digits_are_counted_exactly() -> None:
    low, high = "1000000000000000000000000000001", "1000000000000000000000000000003"
    assert len(stepped(Decimal(low), Decimal(high), Decimal(1))) == 3


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", "1"), (" -2.5 ", "-2.5"), ("+.5e-3", "0.0005"), ("1E5", "100000"), ("0", "0")],
)
def test_numbers_keep_their_digits(text, number) -> None:
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", " ", "x", "1.", ".", "1e", "e5", "1 2", "1_0", "0x1", "nan", "inf", "--1", "1.2.3"]
)
def test_what_is_no_number_is_named(text) -> None:
    with pytest.raises(RangeError, match="expected a number, found `"):
        parse_number(text)


@pytest.mark.parametrize("text", ["1e309", "-2e308", "1e99999999", "1e-99999999", "1" * 401])
def test_numbers_that_no_float_holds_are_refused_at_once(text) -> None:
    with pytest.raises(RangeError, match="that a float can hold"):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "count"), [("2", 2), (" 20 ", 20), ("1e3", 1000), ("2.0", 2), ("1e7", 10_000_000)]
)
def test_counts(text, count) -> None:
    found = parse_count(text)
    assert found == count
    assert type(found) is int


@pytest.mark.parametrize("text", ["1", "0", "-3", "2.5", "1e-3"])
def test_bad_counts_are_named(text) -> None:
    with pytest.raises(
        RangeError, match=f"expected a whole number of values, 2 or more, .*`{text}`"
    ):
        parse_count(text)


def test_the_most_values_are_allowed_and_one_more_is_not() -> None:
    assert parse_count(str(MAX_VALUES)) == MAX_VALUES == 10_000_000
    with pytest.raises(RangeError, match="has 10,000,001 values; the most is 10,000,000"):
        parse_count("10000001")
    with pytest.raises(RangeError, match="has 10,000,001 values; the most is 10,000,000"):
        stepped(Decimal(0), Decimal("1e7"), Decimal(1))


@pytest.mark.parametrize("make", [linear, logarithmic])
def test_equal_ends_have_no_step(make) -> None:
    with pytest.raises(RangeError, match="the step is zero: both ends are 3"):
        make(Decimal(3), Decimal("3.0"), 5)


@pytest.mark.parametrize(("first", "last"), [("0", "1"), ("1", "0"), ("-1", "1"), ("-2", "-1")])
def test_a_logarithmic_range_needs_positive_ends(first, last) -> None:
    with pytest.raises(RangeError, match="needs ends above 0"):
        logarithmic(Decimal(first), Decimal(last), 3)


@pytest.mark.parametrize("step", ["0", "-0", "0.0", "0e5"])
def test_a_step_of_zero_is_named(step) -> None:
    with pytest.raises(RangeError, match=r"^the step is zero$"):
        stepped(Decimal(0), Decimal(1), Decimal(step))


@pytest.mark.parametrize(
    ("first", "last", "step", "hint"),
    [("9", "0", "1", "9..0..-1"), ("0", "9", "-3", "0..9..3"), ("1", "0.5", "0.1", "1..0.5..-0.1")],
)
def test_a_range_in_the_wrong_direction_is_shown_in_the_right_one(first, last, step, hint) -> None:
    with pytest.raises(RangeError, match="the range is empty") as caught:
        stepped(Decimal(first), Decimal(last), Decimal(step))
    assert str(caught.value).endswith(f" write {hint}")


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        (("0", "9", "4"), "steps of 4 do not reach 9; the last value is 8"),
        (("0", "1", "0.3"), "steps of 0.3 do not reach 1; the last value is 0.9"),
        (("9", "0", "-4"), "steps of -4 do not reach 0; the last value is 1"),
        (("0", "0.5", "1"), "steps of 1 do not reach 0.5; the last value is 0"),
    ],
)
def test_steps_that_miss_their_end_name_the_last_value(ends, message) -> None:
    with pytest.raises(RangeError) as caught:
        stepped(*map(Decimal, ends))
    assert str(caught.value) == message
