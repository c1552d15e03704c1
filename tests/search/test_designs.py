"""Designs: Sobol's published numbers, evenly spread with and without a shift, and seeds."""

import math
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.errors import UsageError
from adamcli.search.designs import design, sobol

DIMENSIONS = 40

# The first points in Gray-code order by the direction numbers new-joe-kuo-6, as in SciPy's
# qmc.Sobol(5, scramble=False, bits=32); one row a dimension, in eighths.
PUBLISHED = [
    [0, 4, 6, 2, 3, 7, 5, 1],
    [0, 4, 2, 6, 3, 7, 1, 5],
    [0, 4, 2, 6, 5, 1, 7, 3],
    [0, 4, 2, 6, 7, 3, 5, 1],
    [0, 4, 6, 2, 3, 7, 5, 1],
]

# Point 1000 of all dimensions, in 1024ths, from the same source.
POINT_1000 = [
    225, 99, 531, 693, 287, 929, 47, 921, 513, 71,
    87, 261, 165, 393, 147, 379, 737, 353, 1015, 743,
    535, 563, 973, 553, 597, 929, 41, 1003, 61, 349,
    151, 149, 303, 607, 821, 789, 869, 851, 315, 491,
]  # fmt: skip


# The first 4096 points of all dimensions, as 32-bit numbers, from the same source.
DIGEST = "797bc909e30735613a5bca8ebbfeb8a2816df46420f50cb296024c0501525217"


def test_the_first_points_are_those_that_were_published() -> None:
    assert (sobol(8, 5, None) * 8).tolist() == PUBLISHED


def test_a_late_point_of_all_dimensions() -> None:
    assert (sobol(1001, DIMENSIONS, None)[:, 1000] * 1024).tolist() == POINT_1000


def test_all_dimensions_are_those_that_were_published() -> None:
    points = (sobol(4096, DIMENSIONS, None) * 2**32).astype("<u4")
    assert sha256(points.tobytes()).hexdigest() == DIGEST


@pytest.mark.parametrize("seed", [None, 0, 1, 2**32 - 1])
@pytest.mark.parametrize("m", [0, 1, 5, 10])
def test_every_dyadic_interval_has_its_share_of_points(seed, m) -> None:
    points = sobol(2**m, DIMENSIONS, seed)
    assert points.shape == (DIMENSIONS, 2**m)
    for k in range(m + 1):
        for row in points:
            counts = np.bincount((row * 2**k).astype(int), minlength=2**k)
            assert counts.tolist() == [2 ** (m - k)] * 2**k


@pytest.mark.parametrize("seed", [None, 7])
def test_the_first_two_dimensions_are_even_in_every_elementary_box(seed) -> None:
    # A (0, m, 2)-net: each box of area 2^-m, however long, has one point.
    m = 8
    x, y = sobol(2**m, 2, seed)
    for k in range(m + 1):
        box = (x * 2**k).astype(int) * 2 ** (m - k) + (y * 2 ** (m - k)).astype(int)
        assert sorted(box.tolist()) == list(range(2**m))


def test_no_two_dimensions_are_alike() -> None:
    rows = sobol(256, DIMENSIONS, None)
    assert len({row.tobytes() for row in rows}) == DIMENSIONS
    assert len({row.tobytes() for row in sobol(256, DIMENSIONS, 3)}) == DIMENSIONS


def test_every_pair_of_dimensions_is_spread() -> None:
    # Wrong direction numbers leave points on lines: pairs that are strongly correlated.
    correlation = np.corrcoef(sobol(4096, DIMENSIONS, None))
    assert np.abs(correlation - np.eye(DIMENSIONS)).max() < 0.05


def test_a_mean_converges_faster_than_with_random_points() -> None:
    x = sobol(4096, 5, 1)
    assert np.prod(2 * x, axis=0).mean() == pytest.approx(1, abs=1e-3)


def test_a_shift_is_the_same_exclusive_or_for_all_points() -> None:
    plain = (sobol(64, 6, None) * 2**32).astype(np.uint64)
    shifted = (sobol(64, 6, 9) * 2**32 - 0.5).astype(np.uint64)
    shift = plain ^ shifted
    assert (shift == shift[:, :1]).all()
    assert len(np.unique(shift[:, 0])) == 6


def test_shifted_points_are_in_the_middle_of_their_cells() -> None:
    points = sobol(1000, 3, 4) * 2.0**32
    assert (points % 1 == 0.5).all()


def test_seeds_differ_and_are_reproducible() -> None:
    designs = [sobol(16, 3, seed) for seed in (0, 1, 2, 2**32 - 1)]
    for seed, first in zip((0, 1, 2, 2**32 - 1), designs, strict=True):
        assert (sobol(16, 3, seed) == first).all()
    assert len({points.tobytes() for points in designs}) == 4


@pytest.mark.parametrize("sampler", ["sobol", "uniform"])
@given(count=st.integers(1, 200), dim=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_points_are_in_the_unit_cube(sampler, count, dim, seed) -> None:
    points = design(sampler, count, dim, seed)
    assert points.shape == (dim, count)
    assert points.dtype == np.float64
    assert (points >= 0).all()
    assert (points < 1).all()


@pytest.mark.parametrize("sampler", ["sobol", "uniform"])
@given(count=st.integers(1, 99), more=st.integers(1, 99), seed=st.integers(0, 2**32 - 1))
def test_the_first_points_do_not_depend_on_how_many_follow(sampler, count, more, seed) -> None:
    few, many = design(sampler, count, 3, seed), design(sampler, count + more, 3, seed)
    assert (many[:, :count] == few).all()


@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(1, 39))
def test_the_first_dimensions_of_sobol_do_not_depend_on_how_many_follow(seed, dim) -> None:
    assert (sobol(32, dim, seed) == sobol(32, DIMENSIONS, seed)[:dim]).all()


def test_the_sampler_chooses_the_design() -> None:
    assert (design("sobol", 32, 4, 5) == sobol(32, 4, 5)).all()
    drawn = np.random.RandomState(5).random_sample((32, 4))
    assert (design("uniform", 32, 4, 5) == drawn.T).all()


def test_more_dimensions_than_there_are_numbers_for_are_refused() -> None:
    assert sobol(2, 40, None).shape == (40, 2)
    with pytest.raises(UsageError, match="the sampler sobol has 40 dimensions, found 41 axes"):
        design("sobol", 2, 41, 0)
    assert design("uniform", 2, 41, 0).shape == (41, 2)


def test_a_million_points_are_all_different() -> None:
    points = sobol(2**20, 1, 11)[0]
    assert len(np.unique(points)) == 2**20
    assert math.isclose(points.mean(), 0.5, abs_tol=1e-6)
