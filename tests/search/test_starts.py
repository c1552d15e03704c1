"""Random numbers that a seed fixes for good, and starts: even ones, hops, and both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.search.chance import Chance
from adamcli.search.descent import Descended
from adamcli.search.designs import DIMENSIONS, sobol
from adamcli.search.elites import Elites
from adamcli.search.starts import STRIDE, even, hops, mixed
from tests.conftest import same_bits
from tests.search.places import SQUARE, evaluator_of, starts_in, vector

# From random.Random(seed).getrandbits(256), 64 bits for each number, of which the upper 53 count.
UNIFORM = {
    0: [0.38524530801093704, 0.8902439183457648, 0.040484381006232306, 0.9654648886665042],
    1: [0.5692038708679295, 0.802265059400218, 0.06310682412324808, 0.11791870213464573],
}


@pytest.mark.parametrize("seed", UNIFORM)
def test_the_first_numbers_of_a_seed_are_fixed(seed) -> None:
    assert Chance(seed).uniform(4).tolist() == UNIFORM[seed]
    chance = Chance(seed)
    assert np.ravel([chance.uniform(2, 1) for _ in range(2)]).tolist() == UNIFORM[seed]


def test_normal_numbers_come_from_two_uniform_ones() -> None:
    radius, angle = np.reshape(UNIFORM[0], (2, 2))
    expected = np.sqrt(-2 * np.log(1 - radius)) * np.cos(2 * np.pi * angle)
    assert Chance(0).normal(2) == pytest.approx(expected, rel=1e-14)


def test_numbers_have_the_distributions_that_they_say() -> None:
    chance, count = Chance(3), 40_000
    uniform, normal, below = chance.uniform(count), chance.normal(count), chance.below(5, count)
    assert (uniform >= 0).all()
    assert (uniform < 1).all()
    assert np.quantile(uniform, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.01)
    assert (normal.mean(), normal.std()) == pytest.approx((0, 1), abs=0.02)
    assert np.mean(np.abs(normal) < 1.959964) == pytest.approx(0.95, abs=0.005)
    assert np.bincount(below) / count == pytest.approx(0.2, abs=0.01)


def elites_of(evaluate, count: int = 5) -> Elites:
    """Return elites at random places of the box, the first at its lower corner."""
    y = starts_in(evaluate.space, count)
    y[:, 0] = evaluate.space.low
    found = Elites(evaluate.space)
    found.merge(Descended(y, np.arange(count, dtype=float), np.zeros(count, dtype=bool)))
    return found


@pytest.mark.parametrize("dim", [1, 2, DIMENSIONS])
def test_even_starts_are_points_of_sobols_sequence(dim) -> None:
    space = evaluator_of("sum(x**2)", vector(dim)).space
    first, later = (even(space, first, 8, 7, Chance(0)) for first in (0, 8))
    expected = space.between(sobol(16, dim, 7))
    assert same_bits(np.concatenate([first.y, later.y], axis=1), expected)
    assert first.stride.tolist() == [STRIDE] * 8


def test_of_more_dimensions_even_starts_are_random() -> None:
    space = evaluator_of("sum(x**2)", vector(DIMENSIONS + 1)).space
    y = even(space, 0, 500, 7, Chance(0)).y
    assert y.shape == (DIMENSIONS + 1, 500)
    assert (y >= -4).all()
    assert (y <= 6).all()
    assert y.mean(axis=1) == pytest.approx(1, abs=0.6)
    assert not same_bits(y, even(space, 0, 500, 7, Chance(1)).y)


@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(1, 6), places=st.integers(1, 6))
def test_hops_stay_in_the_box_and_move(seed, dim, places) -> None:
    evaluate = evaluator_of("sum(x**2)", vector(dim))
    elites = elites_of(evaluate, places)
    starts = hops(evaluate.space, elites, 64, Chance(seed))
    assert starts.y.shape == (dim, 64)
    assert (starts.y >= -4).all()
    assert (starts.y <= 6).all()
    assert (starts.stride > 0).all()
    assert (starts.stride <= 2 * STRIDE).all()
    away = np.abs(starts.y[:, :, np.newaxis] - elites.y[:, np.newaxis]).max(axis=0).min(axis=1)
    assert (away > 0).mean() > 0.5


def test_hops_are_near_and_far_from_the_better_places_above_all() -> None:
    evaluate = evaluator_of("sum(x**2)", vector(10))
    elites = elites_of(evaluate, 4)
    y = hops(evaluate.space, elites, 4000, Chance(1)).y
    equal = (y[:, :, np.newaxis] == elites.y[:, np.newaxis]).sum(axis=0)
    nearest = equal.argmax(axis=1)[equal.max(axis=1) >= 5]
    counts = np.bincount(nearest, minlength=4)
    assert (np.diff(counts) < 0).all()
    away = np.abs(y - elites.y[:, :1]).max(axis=0) / 10
    assert away.min() < 1e-4
    assert away.max() > 0.5


def test_mixed_starts_are_the_fresh_ones_and_hops() -> None:
    evaluate = evaluator_of("x**2 + y**2", SQUARE)
    space, elites = evaluate.space, elites_of(evaluate)
    fresh = even(space, 0, 16, 3, Chance(0))
    both = mixed(space, elites, fresh, 64, Chance(2))
    own = hops(space, elites, 48, Chance(2))
    assert same_bits(both.y, np.concatenate([fresh.y, own.y], axis=1))
    assert same_bits(both.stride, np.concatenate([fresh.stride, own.stride]))
