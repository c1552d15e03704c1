"""The window on an objective, its scores on a grid, and the levels between its colours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.errors import ObjectiveError
from adamcli.pictures.kinds import landscape
from adamcli.pictures.kinds.landscape import (
    COARSE,
    CODE,
    FINE,
    LEVELS,
    Window,
    free,
    is_close,
    levels_of,
    scores_at,
    side_of,
    window,
)
from tests.conftest import config_of

nan, inf = np.nan, np.inf
NUMBERS = st.one_of(
    st.floats(), st.floats(-9, 9), st.sampled_from([0.0, 1.7e308, -1.7e308, 5e-324])
)


@given(st.lists(NUMBERS, max_size=60), st.sampled_from([1.0, -1.0]))
def test_levels_ascend_whatever_the_values(values, sign: float) -> None:
    levels = levels_of(np.array(values, dtype=float), sign)
    assert 1 <= len(levels) <= LEVELS
    assert np.isfinite(levels).all()
    assert (np.diff(levels) > 0).all()


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.sampled_from([1.0, -1.0]))
def test_levels_are_between_the_ends(floor: float, size: float, sign: float) -> None:
    heights = np.geomspace(1e-6, 1, 500) * size
    values = floor + sign * heights
    levels = levels_of(values, sign)
    assert values.min() <= levels[0]
    assert levels[-1] <= values.max()
    assert len(levels) == LEVELS


def test_levels_over_decades_are_even_in_the_logarithm_of_the_height() -> None:
    heights = np.append(np.geomspace(1e-4, 1e4, 1001), 0)
    levels = levels_of(7 + heights, 1.0)
    steps = np.diff(np.log(levels - 7))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    mirrored = levels_of(-7 - heights, -1.0)
    np.testing.assert_allclose(mirrored[::-1], -levels)


def test_levels_within_a_decade_are_ranks() -> None:
    values = 1 + np.sqrt(np.random.default_rng(0).uniform(0, 1, 10_000))
    levels = levels_of(values, 1.0)
    counts = np.histogram(values, [0, *levels, 3])[0]
    assert counts.max() < 1.1 * counts.min()


@pytest.mark.parametrize("value", [0.0, 3.0, -1e300, 1e300, 5e-324, 1.7e308, 1e17])
def test_a_constant_has_levels_around_it(value: float) -> None:
    levels = levels_of(np.full(9, value), 1.0)
    assert len(levels) == 2
    assert (np.diff(levels) > 0).all()
    assert levels[0] <= max(-1e300, min(1e300, value)) <= levels[1]


def test_values_that_are_not_known_do_not_count() -> None:
    values = np.geomspace(1, 100, 50)
    assert np.array_equal(levels_of(np.append(values, [nan, inf]), 1.0), levels_of(values, 1.0))
    assert len(levels_of(np.array([nan]), 1.0))


def shown(bounds: str, values, close: bool = False, **keys) -> Window:
    config = config_of("x + 0", bounds=bounds, **keys)
    return window(config, 0, np.array(values, dtype=float), close=close)


def test_the_window_is_the_bounds() -> None:
    assert shown("{x: [-1, 3]}", [0, 1]) == (-1, 3, "linear")
    assert shown("{x: {low: 0.1, high: 10, scale: log}}", [1, 2]) == (0.1, 10, "log")


def test_the_window_follows_a_path_beyond_its_bounds() -> None:
    low, high, _ = shown("{x: [-1, 1]}", [0, 3], bounds_mode="start")
    assert low < -1
    assert high > 3
    low, high, _ = shown("{x: [-1, 1]}", [0, 1e9], bounds_mode="start")
    assert low < -1
    assert 1 < high < 10


def test_the_window_without_bounds_is_around_the_path() -> None:
    for values in ([2.0, 4.0], [2.0, 4.0, nan, inf]):
        low, high, _ = shown("{x: [-.inf, .inf]}", values, start="{x: 0}")
        assert 1 < low < 2
        assert 4 < high < 5
    low, high, _ = shown("{x: [2, .inf]}", [2.0, 4.0], start="{x: 3}")
    assert low == 2
    assert high > 4


@pytest.mark.parametrize(
    "values", [[], [nan, inf], [5.0], [5.0, np.nextafter(5, 6)], [0.0], [1e300]]
)
def test_a_window_has_a_width_that_can_be_seen(values) -> None:
    low, high, _ = shown("{x: [-.inf, .inf]}", values, start="{x: 0}")
    assert np.isfinite([low, high]).all()
    assert high - low > 1e-6 * max(abs(low), abs(high))


def test_a_short_path_is_close() -> None:
    config = config_of("x + y")
    near = np.array([[0.0, 0.0], [0.01, 0.02]])
    assert is_close(config, (0, 1), near)
    assert not is_close(config, (0, 1), 100 * near)
    assert not is_close(config, (0, 1), near * [1, 100])
    # A point is not seen better from near.
    assert not is_close(config, (0, 1), near[:1])
    assert not is_close(config, (0, 1), near[:0])
    assert is_close(config_of("x + y", "{x: [-8e307, 8e307], y: [-8e307, 8e307]}"), (0, 1), near)


def test_places_are_even_on_the_scale() -> None:
    linear = Window(-1.0, 3.0, "linear").places(5)
    assert linear.tolist() == [-1, 0, 1, 2, 3]
    log = Window(0.01, 100.0, "log").places(5)
    np.testing.assert_allclose(log, [0.01, 0.1, 1, 10, 100])
    assert (log[0], log[-1]) == (0.01, 100)
    huge = Window(-1e308, 1e308, "linear").places(3)
    assert huge.tolist() == [-1e308, 0, 1e308]


def test_a_window_tells_what_leaves_it() -> None:
    here = Window(0.0, 1.0, "linear")
    assert not here.leaves(np.array([0.0, 1.0, nan]))
    assert here.leaves(np.array([0.5, 1.5]))
    assert here.leaves(np.array([-inf]))


def test_free_coordinates_have_room_between_their_bounds() -> None:
    bounds = "{a: [0, 1], b: [2, 2], c: [1, 1.0000000000000002], d: [0, .inf], g: [-8e307, 8e307]}"
    formula = "a + b + c + d + g"
    assert free(config_of(formula, bounds, start="{d: 1}")) == [0, 3, 4]
    started = config_of(formula, bounds, start="{d: 1}", bounds_mode="start")
    assert free(started) == [0, 1, 2, 3, 4]


def test_scores_are_those_of_each_point(monkeypatch) -> None:
    monkeypatch.setattr(landscape, "AT_ONCE", 100)
    points = np.random.default_rng(0).uniform(-1, 1, (2, 999))
    found = scores_at(config_of("x**2 + 3*y").objective.make(), points)
    np.testing.assert_allclose(found, points[0] ** 2 + 3 * points[1], rtol=1e-13)


def test_scores_that_do_not_exist_are_not_known() -> None:
    found = scores_at(
        config_of("sqrt(x) + 1/y").objective.make(), np.array([[1.0, -1, 4, 1], [1, 1, 0, nan]])
    )
    assert found[0] == 2
    assert np.isnan(found[1:]).all()


def test_points_are_left_as_they_were() -> None:
    points = np.array([[1.0, 2.0], [3.0, 4.0]])
    before = points.copy()
    scores_at(config_of("x*y").objective.make(), points)
    assert np.array_equal(points, before)


def test_a_function_that_raises_has_values_elsewhere() -> None:
    class Fragile:
        """A function of the first coordinate, without a value from 50 to 60."""

        calls = 0

        def bind_values(self, x, f):
            def call() -> None:
                self.calls += 1
                if ((x[0] >= 50) & (x[0] < 60)).any():
                    raise ObjectiveError("no")
                f[:] = 2 * x[0]

            return [call]

    function = Fragile()
    found = landscape._evaluated(function, np.arange(100.0)[np.newaxis])
    expected = 2 * np.arange(100.0)
    expected[50:60] = nan
    assert np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize(
    ("objective", "keys", "side"),
    [
        ("x**2 + y", {}, FINE),
        ("sum((x - y*a)**2)", {"data": f"{{a: {list(range(100_000))}}}"}, 45),
    ],
)
def test_large_objectives_have_coarser_grids(objective: str, keys, side: int) -> None:
    config = config_of(objective, **keys)
    found = side_of(config.objective.make(), config.variables.dim)
    assert found % 2 == 1, "with a place in the middle"
    assert COARSE <= found <= FINE
    assert found == pytest.approx(side, abs=6)


def test_functions_of_python_have_a_coarse_grid() -> None:
    import adamcli

    result = adamcli.minimize(lambda x, y: x + y, {"x": (0, 1), "y": (0, 1)}, n_iter=1)
    assert side_of(result.config.objective.make(), 2) == CODE
    assert CODE**2 < 2000
