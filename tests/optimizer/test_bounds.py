"""Bounds: the start that a seed draws, and the bounds that are active at the last point."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.diagnostics import ConfigError
from adamcli.experiment import minimize, start_of
from adamcli.optimizer.bounds import BOUNDS_MODES, ClippedBounds, StartBounds
from adamcli.optimizer.draws import draw_start, legacy_rand
from tests.conftest import config_of, same_bits


@pytest.mark.parametrize("seed", [0, 1, 2, 42, 5489, 2**31, 2**32 - 1])
def test_draws_are_those_of_numpys_legacy_generator(seed) -> None:
    np.random.seed(seed)
    assert legacy_rand(seed, 1500).tolist() == np.random.rand(1500).tolist()


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
    low, high = np.zeros(5), np.ones(5)
    pushed = [ends.tolist() for ends in ClippedBounds(low, high).active(x, gradient)]
    assert pushed == [[True] + [False] * 4, [False] * 3 + [True, False]]
    assert not np.any(StartBounds(low, high).active(x, gradient))


STAYING = [name for name, kind in BOUNDS_MODES.items() if kind.stays_inside]
CLOSED = [name for name in STAYING if not BOUNDS_MODES[name].maps]
LOW, HIGH = np.array([-1.0, 0.25]), np.array([1.0, 0.5])
REACH = st.floats(-4, 4) | st.sampled_from([-1.0, 1.0, 0.25, 0.5, -0.0])


def test_the_first_mode_is_the_default() -> None:
    assert next(iter(BOUNDS_MODES)) == config_of("x + y").bounds.mode == "clip"


@given(st.sampled_from(CLOSED), st.lists(st.tuples(REACH, REACH), min_size=1, max_size=5))
def test_a_projected_step_is_inside_and_a_point_inside_stays(mode, steps) -> None:
    low, high = LOW[:, None], HIGH[:, None]
    for repeats in (1, 600):
        before = np.tile(np.array(steps).T, repeats)
        x = before.copy()
        BOUNDS_MODES[mode](LOW, HIGH).projection(x, LOW, HIGH)()
        assert ((low <= x) & (x <= high)).all()
        inside = (low <= before) & (before <= high)
        assert (x[inside] == before[inside]).all()
        if mode == "clip":
            assert (x == np.clip(before, low, high)).all()


@pytest.mark.parametrize("mode", CLOSED)
def test_a_nan_is_not_projected_away(mode) -> None:
    x = np.array([[np.nan, 0.0], [0.3, np.nan]])
    BOUNDS_MODES[mode](LOW, HIGH).projection(x, LOW, HIGH)()
    assert np.isnan(x).tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("mode", CLOSED)
def test_a_start_outside_is_refused_but_for_rounding(mode) -> None:
    bounds, above = BOUNDS_MODES[mode](LOW, HIGH), np.nextafter(1.0, 2.0)
    start = np.array([-1.0, -0.0, 1.0, above, np.nextafter(above, 2.0), 5.0, np.inf, np.nan])
    assert bounds.allows(0, start).tolist() == [True] * 4 + [False] * 4
    assert same_bits(bounds.inside(0, start[:4]), np.array([-1.0, -0.0, 1.0, 1.0]))
    both = bounds.allows(np.array([1, 0]), np.array([0.0, 0.0]))
    assert both.tolist() == [False, True]


@pytest.mark.parametrize("mode", STAYING)
def test_the_objective_is_never_called_outside(mode) -> None:
    def fun(x, y):
        point = np.array([x, y])
        assert (point >= LOW).all()
        assert (point <= HIGH).all()
        return float(np.sin(5 * x) - 3 * y)

    bounds = {"x": (-1, 1), "y": (0.25, 0.5)}
    for scheme in ("2-point", "3-point"):
        for start in ([-1.0, 0.5], [1.0, 0.25], [0.0, 0.3]):
            if start != [0.0, 0.3] and mode not in CLOSED:
                continue
            result = minimize(
                fun, bounds, jac=scheme, n_iter=20, alpha=2.0, start=start, bounds_mode=mode
            )
            assert result.success


@pytest.mark.parametrize("mode", STAYING)
def test_a_config_refuses_a_start_outside(mode) -> None:
    bounds = "open bounds (-1.0, 1.0)" if BOUNDS_MODES[mode].maps else "bounds [-1.0, 1.0]"
    with pytest.raises(ConfigError, match=re.escape(f"`x` = 5.0 is outside its {bounds}")):
        config_of("x + y", start="{x: 5}", bounds_mode=mode)


def test_bounds_that_only_draw_the_start_allow_every_number() -> None:
    bounds, start = StartBounds(LOW, HIGH), np.array([5.0, -5.0, np.inf, np.nan])
    assert bounds.allows(0, start).tolist() == [True, True, False, False]
    assert bounds.inside(0, start) is start
    assert bounds.box is None
    assert bounds.projection(np.zeros((2, 1)), LOW, HIGH) is None


def test_steps_are_clipped_by_the_ufunc_itself() -> None:
    step = ClippedBounds(LOW, HIGH).projection(np.zeros((2, 1)), LOW, HIGH)
    assert isinstance(step.func, np.ufunc)
    assert step.func.nin == 3


def test_coinciding_bounds_fix_a_variable() -> None:
    result = minimize("(x - 2)**2 + y", {"x": (0.25, 0.25), "y": (0, 1)}, alpha=0.1)
    assert result.x.tolist() == [0.25, 0.0]


def test_without_a_box_the_steps_leave_the_bounds() -> None:
    result = minimize("x", {"x": (0, 1)}, alpha=0.1, bounds_mode="start")
    assert result.x[0] < -8


def test_an_unbounded_variable_needs_a_start_and_no_more() -> None:
    result = minimize("(x - 3)**2", {"x": (-np.inf, np.inf)}, start=[0.0], alpha=0.1, n_iter=500)
    assert result.x[0] == pytest.approx(3, abs=1e-3)
