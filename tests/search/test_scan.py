"""The axis scan: each coordinate alone takes values from the whole box."""

import numpy as np
import pytest

from adamcli.search.chance import Chance
from adamcli.search.scan import VALUES, can_scan, scanned
from tests.search.places import SQUARE, evaluator_of, vector

WAVES = "sum(10 + (x - 1.3)**2 - 10*cos(2*(x - 1.3)))"


def test_a_sum_of_functions_of_single_coordinates_is_solved_but_for_the_values() -> None:
    dim = 10
    evaluate = evaluator_of(WAVES, vector(dim))
    y = np.full(dim, 5.0)
    merit = float(evaluate.values(y[:, np.newaxis])[0])
    together, single = scanned(evaluate, y, merit, Chance(0)).T
    # The values are less than two parts of the box away from each other.
    assert np.abs(together - 1.3).max() < 2 * 10 / VALUES
    assert (single != y).sum() == 1
    assert evaluate.nfev == dim * VALUES + 1
    assert evaluate.njev == 0


def test_the_best_single_move_is_the_lowest_of_all() -> None:
    evaluate = evaluator_of("x**2 + 10*y**2 + 5*x*y", SQUARE)
    y = np.array([3.0, -4.0])
    single = scanned(evaluate, y, 118.0, Chance(1))[:, 1]
    # With y alone the minimum over y is at y = -x/4.
    assert single[0] == 3
    assert single[1] == pytest.approx(-0.75, abs=2 * 10 / VALUES)


def test_what_is_best_already_stays() -> None:
    evaluate = evaluator_of("(x - 1.3)**2 + (y + 2.1)**2", SQUARE)
    y = np.array([1.3, -2.1])
    assert scanned(evaluate, y, 0.0, Chance(0))[:, 0].tolist() == y.tolist()


def test_values_are_drawn_one_from_each_part_of_the_box() -> None:
    evaluate = evaluator_of("x*y", SQUARE)
    asked = []
    evaluate.values = lambda points: asked.append(points) or np.arange(points.shape[1])
    scanned(evaluate, np.array([0.0, 0.0]), 1.0, Chance(0))
    low, x, y = -4.0, asked[0][0, :VALUES], asked[0][1, :VALUES]
    assert np.floor((x - low) / 10 * VALUES).tolist() == list(range(VALUES))
    assert (y == 0).all()


def test_where_nothing_is_finite_nothing_moves_together() -> None:
    evaluate = evaluator_of("log(-1 - x**2) + y", SQUARE)
    y = np.array([1.0, 2.0])
    assert scanned(evaluate, y, np.inf, Chance(0))[:, 0].tolist() == [1, 2]


def test_one_coordinate_or_very_many_are_not_scanned() -> None:
    assert [can_scan(dim) for dim in (1, 2, 100, 100_000)] == [False, True, True, False]
