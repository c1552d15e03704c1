"""Bounds: the start a seed draws, and which bounds hold the last point."""

import numpy as np
import pytest

from adamcli.experiment import minimize, start_of
from adamcli.optimizer.bounds import active
from adamcli.optimizer.draws import draw_start, legacy_rand
from tests.conftest import config_of


@pytest.mark.parametrize("seed", [0, 1, 2, 42, 5489, 2**31, 2**32 - 1])
def test_draws_are_those_of_numpys_legacy_generator(seed) -> None:
    np.random.seed(seed)
    assert legacy_rand(seed, 1500) == np.random.rand(1500).tolist()


def test_the_start_is_the_articles() -> None:
    low, high = np.array([-1.0, -1.0]), np.array([1.0, 1.0])
    np.random.seed(1)
    assert draw_start(1, low, high).tolist() == (low + np.random.rand(2) * (high - low)).tolist()


def test_a_given_coordinate_does_not_change_the_draw_of_the_others() -> None:
    drawn = start_of(config_of("x + y", seed=4))
    given = start_of(config_of("x + y", seed=4, start="{x: 0.5}"))
    assert given.tolist() == [0.5, drawn[1]]


def test_a_draw_never_leaves_the_box() -> None:
    for seed in range(50):
        low, high = np.array([1.0, -1e-300]), np.array([np.nextafter(1.0, 2), 1e-300])
        start = draw_start(seed, low, high)
        assert (low <= start).all()
        assert (start <= high).all()


def test_a_bound_is_active_where_the_gradient_pushes_against_it() -> None:
    x = np.array([0.0, 0.0, 1.0, 1.0, 0.5])
    gradient = np.array([1.0, -1.0, 1.0, -1.0, -1.0])
    assert active(x, gradient, np.zeros(5), np.ones(5)) == ([0], [3])


def test_coinciding_bounds_fix_a_variable() -> None:
    result = minimize("(x - 2)**2 + y", {"x": (0.25, 0.25), "y": (0, 1)}, alpha=0.1)
    assert result.x.tolist() == [0.25, 0.0]


def test_without_a_box_the_steps_leave_the_bounds() -> None:
    result = minimize("x", {"x": (0, 1)}, alpha=0.1, bounds_mode="start")
    assert result.x[0] < -8


def test_an_unbounded_variable_needs_a_start_and_no_more() -> None:
    result = minimize("(x - 3)**2", {"x": (-np.inf, np.inf)}, start=[0.0], alpha=0.1, n_iter=500)
    assert result.x[0] == pytest.approx(3, abs=1e-3)
