"""Points that are left out: never an extreme, never a gap, never more left than asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.pictures.page.thinning import fair_share, of_course, of_dots, of_line

MANY = 50_000


def test_few_points_are_all_kept() -> None:
    x = np.array([3.0, np.nan, 1.0])
    assert of_line(x, x, 3).tolist() == [0, 1, 2]
    assert of_dots(x, x, 3).tolist() == of_course(x, x, 3).tolist() == [0, 2]


@pytest.mark.parametrize("ordered", [True, False])
def test_a_line_keeps_its_extremes_and_its_ends(ordered) -> None:
    random = np.random.RandomState(0)
    x = np.arange(MANY) / 100 if ordered else random.uniform(0, 500, MANY)
    y = random.normal(size=MANY)
    y[[1234, 40_001]] = 100, -100
    kept = of_line(x, y, 1000)
    assert 300 < len(kept) <= 1000
    assert {0, 1234, 40_001, MANY - 1} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()
    assert ordered or {int(x.argmin()), int(x.argmax())} <= set(kept.tolist())


def test_each_column_of_an_ordered_line_keeps_its_lowest_and_its_highest() -> None:
    x, y = np.linspace(0, 100, MANY), np.random.RandomState(1).normal(size=MANY)
    kept = of_line(x, y, 1000)
    # No column is wider than 100 / 1000 * 5, so that pieces of twice the width hold a whole one.
    for start in range(100):
        inside = (x >= start) & (x < start + 1)
        left = kept[(x[kept] >= start) & (x[kept] < start + 1)]
        assert len(left) >= 4
        assert y[left].max() > np.quantile(y[inside], 0.995)
        assert y[left].min() < np.quantile(y[inside], 0.005)


@pytest.mark.parametrize("ordered", [True, False])
def test_a_wide_gap_stays(ordered) -> None:
    random = np.random.RandomState(0)
    x = np.linspace(0, 1, MANY) if ordered else random.uniform(size=MANY)
    y = random.normal(size=MANY)
    y[20_000:30_000] = np.nan
    kept = of_line(x, y, 400)
    before, after = (kept < 20_000).sum(), (kept >= 30_000).sum()
    assert before > 50
    assert after > 50
    assert ((kept >= 20_000) & (kept < 30_000)).any()


def test_dots_that_coincide_are_one() -> None:
    x = np.repeat(np.arange(10.0), 100)
    kept = of_dots(x, x, 500)
    assert kept.tolist() == list(range(0, 1000, 100))


def test_a_moving_dot_is_kept_where_it_comes_to_another_place() -> None:
    x = np.array([0.0, 0, 5, 5, 0, 0])
    assert of_course(x, x, 5).tolist() == [0, 2, 4]


@given(
    st.lists(st.sampled_from([0.0, 1.0, -2.5, 1e5, np.nan]), max_size=60),
    st.integers(1, 20),
    st.randoms(use_true_random=False),
)
def test_never_more_than_asked_for_and_always_in_order(values, most, random) -> None:
    x = np.array(values)
    y = np.array(random.sample(values, len(values)))
    for thin in (of_dots, of_course):
        kept = thin(x, y, most)
        assert len(kept) <= most
        assert (np.diff(kept) > 0).all()
        assert np.isfinite(x[kept] + y[kept]).all()
        assert len(kept) or not np.isfinite(x + y).any()
    kept = of_line(x, y, most)
    assert len(kept) <= max(most, 7)
    assert (np.diff(kept) > 0).all()


def test_small_marks_leave_their_share_to_large_ones() -> None:
    assert fair_share([10, 10, 10_000], 1020) == 1000
    assert fair_share([10, 10], 1000) >= 10
    assert fair_share([], 1000) == 1000
    assert fair_share([500, 500], 10) == 5
