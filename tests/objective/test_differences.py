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


@pytest.mark.parametrize("scheme", ["2-point", "3-point"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_run_beside_others_at_the_bounds_has_the_bits_it_has_alone(scheme, sign) -> None:
    box = (np.array([-2.0, 0.0]), np.array([2.0, 5.0]))
    step = SCHEMES[scheme]
    x = np.array(
        [[0.3, -2.0, -0.0, 2.0 - step, 0.0, 1e-9], [1.7, 0.0, step, 5.0, 2.5, 5 - 2 * step]]
    )
    objective = DifferenceObjective(Noted(3), 2, scheme, box, sign)
    _, together = evaluate(objective, x)
    for k in range(x.shape[1]):
        _, alone = evaluate(objective, x[:, k : k + 1].copy())
        assert alone[:, 0].tobytes() == together[:, k].tobytes()


@pytest.mark.parametrize("x", [0.0, -0.0, 0.7, -0.7, -3.0, 4.5])
def test_inside_the_bounds_slopes_are_those_of_plain_python(x) -> None:
    h = SCHEMES["2-point"] * max(1.0, abs(x)) * (1.0 if x >= 0 else -1.0)
    forward = ((x + h) ** 3 - x**3) / ((x + h) - x)
    k = SCHEMES["3-point"] * max(1.0, abs(x))
    central = ((x + k) ** 3 - (x - k) ** 3) / (((x + k) - x) - ((x - k) - x))
    for scheme, slope in (("2-point", forward), ("3-point", central)):
        for box in (None, (np.array([-9.0]), np.array([9.0]))):
            objective = DifferenceObjective(Cubes(), 1, scheme, box)
            assert evaluate(objective, np.array([[x]]))[1][0, 0] == slope


class Cubes:
    """The cube by Python's power, which may differ from NumPy's in the last bit."""

    def bind_values(self, x, f):
        def run() -> None:
            f[:] = [value**3 for value in x[0].tolist()]

        return [run]
