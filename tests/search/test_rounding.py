"""Points of fewer decimals: only where they are no worse, near, and as exact."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.search.rounding import ALONE, REACH, rounded
from adamcli.solving import solve_config
from tests.conftest import config_of
from tests.search.places import SQUARE, column, evaluator_of, vector


def end(formula: str, point, bounds: str = SQUARE, **keys) -> list[float]:
    """Return what a place is rounded to."""
    return rounded(evaluator_of(formula, bounds, **keys), column(*point))[0][:, 0].tolist()


def test_a_minimum_at_a_number_of_few_decimals_is_found_exactly() -> None:
    assert end("(x - 1.25)**2 + (y + 3)**2", [1.25 + 3e-9, -3 - 2e-10]) == [1.25, -3]
    assert end("(x - 1.25)**2 + (y - pi)**2", [1.25 + 3e-9, math.pi]) == [1.25, math.pi]


def test_the_one_with_the_fewest_decimals_is_taken_among_equals() -> None:
    assert end("0*x*y + 1", [1.0034567, -2.001234567]) == [1, -2]
    assert end("(x - 1.25)**4 + 1 + y", [1.25 + 3e-6, -5]) == [1.25, -5]


def test_a_place_that_is_better_than_all_around_stays() -> None:
    point = [1.2345678901234567, -0.1234567890123456]
    assert end("(x - 1.2345678901234567)**2 + abs(y + 0.1234567890123456)", point) == point


def test_a_level_score_with_a_steeper_slope_loses_no_digits() -> None:
    # From 3.14159265 to pi the score does not change in any digit, but the slope does.
    evaluate = evaluator_of("(x - pi)**2 + 1", "{x: [-4, 6]}")
    near = 3.14159265
    assert evaluate.values(column(near))[0] == evaluate.values(column(math.pi))[0] == 1
    assert rounded(evaluate, column(math.pi))[0][0, 0] == math.pi


@given(
    point=st.lists(st.floats(-4, 5), min_size=2, max_size=2),
    formula=st.sampled_from(["x**2 + y**2", "x + y", "0*x + y", "floor(x) - y", "log(x + 5) + y"]),
)
def test_no_coordinate_is_moved_far_or_out_of_the_box_and_no_score_rises(point, formula) -> None:
    evaluate = evaluator_of(formula, SQUARE)
    place = column(*point)
    y, merit = rounded(evaluate, place)
    # What is 10 wide is moved by a hundredth at most.
    assert (np.abs(y - place) <= REACH * 10).all()
    assert (y >= evaluate.space.low[:, np.newaxis]).all()
    assert (y <= evaluate.space.high[:, np.newaxis]).all()
    assert merit[0] <= evaluate.values(place)[0]
    assert evaluate.values(y)[0] == merit[0]


def test_where_the_score_is_too_flat_to_tell_solving_gives_a_point_of_few_decimals() -> None:
    result = solve_config(config_of("(x - 1.25)**4 + (y - 0.3)**2 + 1.3", SQUARE))
    assert result.best.x == (1.25, 0.3)


def test_the_origin_is_not_guessed_from_afar() -> None:
    assert end("x**2 + y**2", [0.2, 0.2]) != [0, 0]
    assert end("x**2 + y**2", [0.009, 0.009]) == [0, 0]


def test_places_are_rounded_one_by_one() -> None:
    evaluate = evaluator_of("(x - 1.5)**2 + (y - pi)**2", SQUARE)
    places = np.concatenate([column(1.5 + 1e-9, math.pi), column(-2, 3), column(3.003, 1)], axis=1)
    together = rounded(evaluate, places)[0]
    for k in range(3):
        assert together[:, k].tolist() == rounded(evaluate, places[:, k : k + 1])[0][:, 0].tolist()


@pytest.mark.parametrize("dim", [ALONE, ALONE + 1])
def test_many_coordinates_are_rounded_together(dim) -> None:
    place = np.full((dim, 1), 1.5) + 1e-10
    y, merit = rounded(evaluator_of("sum((x - 1.5)**2)", vector(dim)), place)
    assert (y == 1.5).all()
    assert merit[0] == 0


def test_a_logarithmic_scale_is_rounded_in_its_own_numbers() -> None:
    bounds = "{x: {low: 1e-6, high: 1e6, scale: log}}"
    evaluate = evaluator_of("(x - 1000)**2", bounds)
    y, merit = rounded(evaluate, column(math.log(1000 + 1e-7)))
    assert evaluate.places(y)[0, 0] == pytest.approx(1000, rel=1e-15)
    assert merit[0] < 1e-20
    small = evaluator_of("(x - 3e-5)**2", bounds)
    near = rounded(small, column(math.log(3.00000001e-5)))[0]
    assert small.places(near)[0, 0] == pytest.approx(3e-5, rel=1e-15)
