"""Student's t in its three forms, against SciPy's numbers and mpmath's functions."""

import math
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.sweeps.statistics import holm, incomplete_beta, paired_p, student_p, welch_p

# scipy.stats.t.sf(abs(t), degrees) * 2
STUDENT = [
    (0.5, 1, 0.7048327646991335),
    (1, 1, 0.5),
    (2.5, 4, 0.06676654481198814),
    (-2.5, 4, 0.06676654481198814),
    (12.706204736432095, 1, 0.05),
    (3, 7.3, 0.018980551023133497),
    (0.1, 30, 0.9210096117902712),
    (1e-08, 5, 0.9999999924078662),
    (40, 3, 3.4380680789158506e-05),
    (30, 200, 5.724161208827853e-76),
    (6, 1e6, 1.97384981235443e-09),
]

# Two samples, scipy.stats.ttest_rel, and scipy.stats.ttest_ind(equal_var=False).
SAMPLES = [
    (
        [0.31, 0.52, 0.11, 0.95, 0.40],
        [0.45, 0.51, 0.30, 1.25, 0.66],
        0.03126667359307882,
        0.4393584540662598,
    ),
    ([1.2, 0.7, 3.1], [0.2, 0.9, 2.0], 0.2686896590264741, 0.5238991940933186),
    (
        [5.0, 5.1, 4.9, 5.3, 5.2, 5.05, 4.8],
        [4.0, 6.1, 4.9, 5.8, 3.2, 5.55, 4.1],
        0.5619422729106969,
        0.5760080436979652,
    ),
    ([1e-3, 2e-3], [3e-3, 2.5e-3], 0.34404173924526144, 0.19872738893452613),
]


@pytest.mark.parametrize(("t", "degrees", "p"), STUDENT)
def test_students_distribution(t, degrees, p) -> None:
    assert student_p(t, degrees) == pytest.approx(p, rel=1e-8)


@pytest.mark.parametrize(("a", "b", "paired", "welch"), SAMPLES)
def test_both_tests(a, b, paired, welch) -> None:
    a, b = np.array(a), np.array(b)
    assert paired_p(a, b) == pytest.approx(paired, rel=1e-9)
    assert welch_p(a, b) == pytest.approx(welch, rel=1e-9)
    assert paired_p(b, a) == pytest.approx(paired, rel=1e-9)
    assert welch_p(b, a) == pytest.approx(welch, rel=1e-9)


def test_welch_of_samples_of_different_sizes() -> None:
    a = np.array([1.0, 2, 4, 8])
    assert welch_p(a, np.array([10, 11, 9.5])) == pytest.approx(0.02144843231086957, rel=1e-9)
    # Without any variance in one of them.
    assert welch_p(a, np.array([10.0, 10, 10])) == pytest.approx(0.027325451394254203, rel=1e-9)


@given(st.floats(0.05, 2000), st.floats(0.05, 2000), st.floats(0, 1))
def test_the_incomplete_beta_function(a, b, x) -> None:
    expected = float(mpmath.betainc(a, b, 0, x, regularized=True))
    assert incomplete_beta(a, b, x) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(st.floats(0.5, 5e5), st.floats(1e-3, 30))
def test_students_distribution_where_its_tail_is_small(degrees, t) -> None:
    x = mpmath.mpf(degrees) / (mpmath.mpf(degrees) + mpmath.mpf(t) ** 2)
    expected = float(mpmath.betainc(mpmath.mpf(degrees) / 2, 0.5, 0, x, regularized=True))
    assert student_p(t, degrees) == pytest.approx(expected, rel=1e-7)


@given(st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0, 1), st.floats(0, 1))
def test_the_incomplete_beta_function_grows_from_0_to_1(a, b, x, y) -> None:
    assert incomplete_beta(a, b, 0.0) == 0
    assert incomplete_beta(a, b, 1.0) == 1
    low, high = sorted([x, y])
    assert 0 <= incomplete_beta(a, b, low) <= incomplete_beta(a, b, high) + 1e-12 <= 1 + 1e-11


def test_no_difference_and_any_number_of_degrees() -> None:
    assert student_p(0.0, 3) == 1
    assert student_p(math.inf, 3) == student_p(-math.inf, 3) == 0
    assert student_p(1e200, 3) == 0


@pytest.mark.parametrize("test", [paired_p, welch_p])
def test_one_value_says_nothing(test) -> None:
    assert math.isnan(test(np.array([1.0]), np.array([2.0])))
    assert math.isnan(test(np.array([]), np.array([])))


def test_welch_needs_two_values_of_both() -> None:
    assert math.isnan(welch_p(np.array([1.0]), np.array([2.0, 3.0])))
    assert math.isnan(welch_p(np.array([2.0, 3.0]), np.array([1.0])))


@pytest.mark.parametrize("test", [paired_p, welch_p])
def test_without_variance_any_difference_is_one(test) -> None:
    ones = np.ones(4)
    assert test(ones, ones) == 1
    assert test(ones, ones * 2) == 0
    assert test(ones * 2, ones) == 0


def test_pairs_that_all_differ_alike_have_no_variance() -> None:
    a = np.array([1.0, 5, 9])
    assert paired_p(a, a + 0.5) == 0
    assert welch_p(a, a + 0.5) == pytest.approx(0.8856, abs=1e-3)


@pytest.mark.parametrize("test", [paired_p, welch_p])
def test_what_is_not_a_number_has_no_p_value(test) -> None:
    a = np.array([1.0, np.nan, 3.0])
    assert math.isnan(test(a, np.array([1.0, 2.0, 4.0])))
    assert math.isnan(test(np.array([1.0, 2.0, 4.0]), a))


@pytest.mark.parametrize("test", [paired_p, welch_p])
@pytest.mark.parametrize("power", [-1060, -600, -520, -20, 20, 520, 600, 1015])
def test_the_scale_of_the_scores_does_not_matter(test, power) -> None:
    a, b = np.array([1.0, 2, 4]), np.array([2.0, 5, 7.5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scaled = test(a * 2.0**power, b * 2.0**power)
    assert scaled == pytest.approx(test(a, b), rel=1e-3)


def test_holm() -> None:
    assert holm([]) == []
    assert holm([0.04]) == [0.04]
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.005, 0.011, 0.02, 0.04, 0.13]) == pytest.approx([0.025, 0.044, 0.06, 0.08, 0.13])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_what_has_no_p_value_is_not_counted_by_holm() -> None:
    nan = float("nan")
    found = holm([nan, 0.01, nan, 0.03])
    assert found[1::2] == pytest.approx([0.02, 0.03])
    assert math.isnan(found[0])
    assert math.isnan(found[2])


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_the_largest_of_all_steps_before(p_values) -> None:
    adjusted = holm(p_values)
    for i, p in enumerate(p_values):
        before = [q for q in p_values if q <= p]
        steps = [min(1.0, q * sum(1 for r in p_values if r > q or r == q)) for q in before]
        assert adjusted[i] == pytest.approx(max(steps))
        assert adjusted[i] >= p
