"""The space of a search: units, limits, logarithms, and boxes around a centre."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.search.space import Space
from tests.conftest import config_of
from tests.search.places import column, evaluator_of

INF = math.inf


def space_of(bounds: str, centre=None, **keys) -> Space:
    config = config_of("x + y", bounds, **keys)
    return Space(config.bounds, None if centre is None else np.array(centre, dtype=float))


def test_the_unit_is_the_width_of_the_box() -> None:
    space = space_of("{x: [-4, 6], y: [0, 0.5]}")
    assert space.unit.tolist() == [10, 0.5]
    assert (space.low.tolist(), space.high.tolist()) == ([-4, 0], [6, 0.5])
    shares = np.array([[0, 0.5, 1], [1, 0.5, 0]])
    assert space.between(shares).tolist() == [[-4, 1, 6], [0.5, 0.25, 0]]
    assert space.distance(column(-4, 0), column(1, 0.1)).tolist() == [pytest.approx(0.5)]


def test_a_fixed_coordinate_has_unit_one_and_stays() -> None:
    space = space_of("{x: [3, 3], y: [0, 1]}")
    assert space.unit.tolist() == [1, 1]
    assert space.between(np.full((2, 1), 0.75))[:, 0].tolist() == [3, 0.75]
    assert space.folded(column(3.5, 0.5))[0, 0] == 3


def test_a_logarithmic_scale_is_searched_in_its_logarithm() -> None:
    evaluate = evaluator_of("x*y", "{x: {low: 1e-4, high: 1e4, scale: log}, y: [0, 1]}")
    space = evaluate.space
    assert space.unit == pytest.approx([8 * math.log(10), 1])
    middle = space.between(np.full((2, 1), 0.5))
    assert evaluate.places(middle)[:, 0] == pytest.approx([1, 0.5])
    ends = evaluate.places(space.between(np.array([[0.0, 1.0], [0.0, 1.0]])))
    assert ends[0].tolist() == [1e-4, 1e4]
    # The slope of x*y in log x is x*y itself.
    merit, slope = evaluate(column(math.log(20), 0.5))
    assert (merit[0], slope[0, 0], slope[1, 0]) == pytest.approx((10, 10, 20))


@pytest.mark.parametrize("mode", ["clip", "reflect", "transform"])
def test_every_mode_that_stays_inside_searches_the_closed_box(mode) -> None:
    space = space_of("{x: [-4, 6], y: [0, 1]}", bounds_mode=mode)
    assert space.low == pytest.approx([-4, 0])
    assert space.high == pytest.approx([6, 1])
    assert space.unit == pytest.approx([10, 1])
    assert not space.bounds.maps
    if mode == "transform":
        # Its map never takes a point onto a bound.
        assert space.low[0] > -4
        assert space.high[0] < 6
    else:
        assert (space.low.tolist(), space.high.tolist()) == ([-4, 0], [6, 1])


def test_bounds_that_only_draw_the_start_are_no_limits() -> None:
    space = space_of("{x: [-4, 6], y: [0, 1]}", bounds_mode="start")
    assert space.low.tolist() == [-INF, -INF]
    assert space.unit.tolist() == [10, 1]
    assert space.inside(column(100, -100))[:, 0].tolist() == [100, -100]


def test_around_a_centre_the_unit_is_the_size_of_its_coordinates() -> None:
    space = space_of("{x: [-.inf, .inf], y: [-.inf, .inf]}", [1000, 0], start=[1000, 0])
    assert (space.first.tolist(), space.last.tolist()) == ([0, -1], [2000, 1])
    assert (space.low.tolist(), space.high.tolist()) == ([-INF, -INF], [INF, INF])
    half = space_of("{x: [900, .inf], y: [-.inf, 0.25]}", [1000, 0], start=[1000, 0])
    assert (half.first.tolist(), half.last.tolist()) == ([900, -1], [2000, 0.25])


@given(x=st.floats(-100, 100), y=st.floats(-100, 100), mode=st.sampled_from(["clip", "transform"]))
def test_what_is_moved_inside_is_inside(x, y, mode) -> None:
    space = space_of("{x: [-4, 6], y: [0, .inf]}", [1, 1], start=[1, 1], bounds_mode=mode)
    point, low, high = column(x, y), space.low[:, np.newaxis], space.high[:, np.newaxis]
    for moved in (space.inside(point), space.folded(point)):
        assert (low <= moved).all()
        assert (moved <= high).all()
        if ((low <= point) & (point <= high)).all():
            assert (moved == point).all()
    if mode == "clip" and -14 <= x < -4:
        assert space.folded(point)[0, 0] == pytest.approx(-8 - x)
