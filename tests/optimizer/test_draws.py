"""Starts drawn for many seeds at once: those of NumPy's legacy generator, bit for bit."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adamcli.optimizer.draws as draws
from adamcli.experiment import start_of, starts_of
from adamcli.optimizer.draws import draw_start, draw_starts
from tests.conftest import config_of, same_bits

SEEDS = [0, 1, 2, 5489, 2**31 - 1, 2**31, 2**32 - 1, 1234567890, 624, 397]


@pytest.fixture(params=[0, draws.FEW_SEEDS], autouse=True)
def one_by_one(request):
    """Draw for a few seeds in both ways."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draws, "FEW_SEEDS", request.param)
        yield


def numpys(seeds: list[int], low: np.ndarray, high: np.ndarray) -> np.ndarray:
    columns = []
    for seed in seeds:
        np.random.seed(seed)
        columns.append(low + np.random.rand(len(low)) * (high - low))
    return np.stack(columns, axis=1)


def box(dim: int) -> tuple[np.ndarray, np.ndarray]:
    low = -1.0 - np.arange(dim) / 7
    return low, low + 3.7 + np.sin(np.arange(dim))


@pytest.mark.parametrize("dim", [1, 2, 3, 113, 114, 227, 311, 312, 313, 623, 624, 625, 700, 1249])
def test_many_seeds_draw_what_numpy_draws(dim) -> None:
    low, high = box(dim)
    assert same_bits(draw_starts(np.array(SEEDS), low, high), numpys(SEEDS, low, high))


@pytest.mark.parametrize("dim", [1, 2, 113, 311, 312, 313, 700])
@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_one_seed_draws_what_numpy_draws(dim, seed) -> None:
    low, high = box(dim)
    expected = numpys([seed], low, high)
    assert same_bits(draw_starts(np.array([seed]), low, high), expected)
    assert same_bits(draw_starts(np.array([seed] * 3), low, high), np.repeat(expected, 3, axis=1))
    assert same_bits(draw_start(seed, low, high), expected[:, 0])


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=6), st.integers(1, 400))
def test_any_seeds_in_any_order_and_more_than_once(seeds, dim) -> None:
    low, high = box(dim)
    again = [*seeds, *seeds[::-1]]
    assert same_bits(draw_starts(np.array(again), low, high), numpys(again, low, high))


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_how_many_seeds_go_together_does_not_matter(monkeypatch, at_once) -> None:
    monkeypatch.setattr(draws, "_SEEDS_AT_ONCE", at_once)
    low, high = box(5)
    seeds = [9, 3, 2**32 - 1, 0, 3, 8, 1]
    assert same_bits(draw_starts(np.array(seeds), low, high), numpys(seeds, low, high))


@pytest.mark.parametrize("dim", [1, 2, 113, 114, 198, 199, 311, 312, 313, 350, 700])
def test_only_the_words_that_are_needed_are_computed(dim) -> None:
    seeds = [0, 1, 624, 2**32 - 1]
    low, high = box(dim)
    assert same_bits(draw_starts(np.array(seeds), low, high), numpys(seeds, low, high))
    state = draws._seeded(np.array(seeds), 2 * dim)
    words = [k for k in range(624) if k <= 2 * dim or 397 <= k < 397 + 2 * dim]
    assert list(state) == words
    for column, seed in enumerate(seeds):
        expected = np.random.RandomState(seed).get_state()[1]
        assert [state[k][column] for k in words] == expected[words].tolist()


def test_many_draws_are_those_of_numpys_own_generator(monkeypatch) -> None:
    monkeypatch.setattr(draws, "FEW", 50)
    low, high = box(60)
    assert same_bits(draw_starts(np.array(SEEDS), low, high), numpys(SEEDS, low, high))


def test_thousands_of_seeds() -> None:
    low, high = box(2)
    for seeds in (np.arange(40_000), np.arange(40_000)[::-1]):
        drawn = draw_starts(seeds, low, high)
        assert drawn.shape == (2, 40_000)
        for place in [0, 7231, 7232, 16383, 16384, 23615, 23616, 32767, 32768, 39999]:
            assert same_bits(drawn[:, place], draw_start(int(seeds[place]), low, high))


def test_starts_may_be_changed_without_effect_on_later_ones() -> None:
    low, high = box(2)
    for seeds in (np.arange(5), np.array([3, 1, 3])):
        first = draw_starts(seeds, low, high)
        kept = first.copy()
        first[:] = 0.0
        assert same_bits(draw_starts(seeds, low, high), kept)


def test_no_draw_leaves_the_box() -> None:
    low, high = np.array([1.0, -1e-300, 2.0]), np.array([np.nextafter(1.0, 2), 1e-300, 2.0])
    drawn = draw_starts(np.arange(500), low, high)
    assert (drawn >= low[:, None]).all()
    assert (drawn <= high[:, None]).all()
    assert (drawn[2] == 2.0).all()


def test_starts_of_many_seeds_are_those_of_each() -> None:
    seeds = np.array([4, 1, 4, 2**32 - 1])
    for start in ("{}", "{y: 0.5}", "[0.1, 0.2]"):
        starts = starts_of(config_of("x + y", start=start), seeds, {})
        for k, seed in enumerate(seeds.tolist()):
            assert same_bits(starts[:, k], start_of(config_of("x + y", start=start, seed=seed)))


def test_given_coordinates_replace_drawn_and_configured_ones() -> None:
    seeds, given_x = np.array([4, 5, 6]), np.array([0.1, -0.2, 0.3])
    drawn = starts_of(config_of("x + y"), seeds, {})
    for start in ("{}", "{x: 0.5}"):
        starts = starts_of(config_of("x + y", start=start), seeds, {0: given_x})
        assert same_bits(starts, np.stack([given_x, drawn[1]]))


def test_a_variable_without_bounds_does_not_disturb_the_draws_of_the_others() -> None:
    config = config_of("x + y", "{x: [-.inf, .inf], y: [0, 1]}", start="{x: 3}")
    starts = starts_of(config, np.array([1, 2]), {})
    expected = numpys([1, 2], np.zeros(2), np.ones(2))
    assert same_bits(starts, np.stack([[3.0, 3.0], expected[1]]))
