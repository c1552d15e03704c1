"""Differences between values: their formulas, their sides, and their steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.objective.differences import SCHEMES, DifferenceObjective
from tests.conftest import evaluate, objective_of


class Noted:
    """Values of a parabola or cubic of each coordinate, and the points they were taken at."""

    def __init__(self, power: int) -> None:
        self.power, self.points = power, []

    def bind_values(self, x, f):
        def run() -> None:
            self.points.append(x.copy())
            f[:] = (x**self.power).sum(axis=0)

        return [run]


@given(
    st.floats(-50, 50),
    st.floats(0, 1e-3) | st.floats(0, 10),
    st.floats(0, 1e-3) | st.floats(0, 10),
    st.sampled_from(["2-point", "3-point"]),
)
def test_points_stay_in_the_box_and_slopes_are_right(x, below, above, scheme) -> None:
    low, high = x - below, x + above
    values = Noted(2)
    objective = DifferenceObjective(values, 1, scheme, (np.array([low]), np.array([high])))
    _, slope = evaluate(objective, np.array([[x]]))
    points = np.concatenate([p.ravel() for p in values.points])
    assert (low <= points).all()
    assert (points <= high).all()
    if max(below, above) > 1e-4:
        # Both formulas are exact for a parabola, but for the step of the first and for rounding.
        error = 1e-6 * max(1, abs(x)) if scheme == "3-point" else 1e-5 * max(1, abs(x))
        assert slope[0, 0] == pytest.approx(2 * x, abs=error)


@pytest.mark.parametrize("side", ["low", "high"])
def test_three_points_on_one_side_are_of_second_order(side) -> None:
    x = np.array([[2.0]])
    box = (np.array([2.0]), np.array([9.0]))
    if side == "high":
        box = (np.array([-9.0]), np.array([2.0]))
    _, slope = evaluate(DifferenceObjective(Noted(3), 1, "3-point", box), x)
    step = SCHEMES["3-point"] * 2
    # The error of the one-sided formula for x**3 is -2*h**2, of a forward difference 6*h.
    assert slope[0, 0] == pytest.approx(12.0, abs=10 * step**2 + 1e-8)


def test_coinciding_bounds_have_no_slope() -> None:
    for scheme in ("2-point", "3-point"):
        objective = DifferenceObjective(Noted(2), 1, scheme, (np.array([3.0]), np.array([3.0])))
        assert evaluate(objective, np.array([[3.0]]))[1][0, 0] == 0.0


@pytest.mark.parametrize("x", [0.0, 1e-3, 1.0, -7.0, 1e6])
def test_steps_are_those_of_scipy(x) -> None:
    epsilon = np.finfo(float).eps
    for scheme, relative in (("2-point", epsilon**0.5), ("3-point", epsilon ** (1 / 3))):
        values = Noted(2)
        evaluate(DifferenceObjective(values, 1, scheme), np.array([[x]]))
        moved = np.abs(values.points[0][0, 1:] - x)
        assert moved == pytest.approx(relative * max(1.0, abs(x)), rel=1e-6)


@pytest.mark.parametrize("scheme", ["2-point", "3-point", "complex-step"])
def test_maximising_turns_the_gradient(scheme) -> None:
    point = np.array([[0.5], [0.25]])
    down = evaluate(objective_of("sin(x)*y", gradient=scheme), point)
    up = evaluate(objective_of("sin(x)*y", gradient=scheme, direction="maximize"), point)
    assert (up[0] == down[0]).all()
    assert (up[1] == -down[1]).all()
