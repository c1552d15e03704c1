"""An objective that is shared among processes has the bits of one, and their errors."""

import os
import signal
from contextlib import closing

import numpy as np
import pytest

import adamcli
from adamcli.errors import ObjectiveError
from adamcli.objective.callables import function_objective
from adamcli.objective.shared import SharedObjective
from adamcli.objective.variables import Variables

POINTS = np.array([[-1.0, 0.25, 3.0, 0.1, 2.0, 0.5, -0.75], [1.0, 2.0, -2.0, 0.3, 0.0, -0.5, 1.5]])


def bowl(x, y):
    if x == 3.0 and y == 3.0:
        os.kill(os.getpid(), signal.SIGKILL)
    if np.real(x) > 5:
        raise ValueError("too far")
    return (x - 0.3) ** 2 + y**4


def objective(scheme: str = "3-point"):
    return function_objective(bowl, scheme, Variables([("x", ()), ("y", ())]), None, 1.0)


def evaluated(one, points):
    f, g = np.empty(points.shape[1]), np.empty(points.shape)
    evaluation = one.bind(points, f, g)
    for call in evaluation.calls:
        call()
    return f, g, evaluation.nfev


@pytest.mark.parametrize("jobs", [1, 2, 3, 9])
@pytest.mark.parametrize("scheme", ["2-point", "3-point", "complex-step"])
def test_values_and_gradients_are_those_of_one_process(jobs, scheme) -> None:
    f, g, nfev = evaluated(objective(scheme), POINTS)
    with closing(SharedObjective(lambda: objective(scheme), jobs)) as shared:
        assert (shared.cheap, shared.difference) == (False, objective(scheme).difference)
        for _ in range(2):
            found = evaluated(shared, POINTS)
            assert (found[0] == f).all()
            assert (found[1] == g).all()
            assert found[2] == nfev
        values = np.empty(POINTS.shape[1])
        for call in shared.values.bind_values(POINTS, values):
            call()
        assert (values == f).all()


def test_an_error_is_that_of_the_first_point() -> None:
    points = np.array([[0.0, 7.0, 0.0, 6.0], [0.0, 1.0, 0.0, 2.0]])
    with closing(SharedObjective(objective, 2)) as shared:
        with pytest.raises(ObjectiveError, match=r"too far\n  at x = \[7\.0"):
            evaluated(shared, points)
        assert evaluated(shared, points[:, :1])[0] == [0.09]


def test_a_process_that_dies_is_an_error() -> None:
    with (
        closing(SharedObjective(objective, 2)) as shared,
        pytest.raises(ObjectiveError, match="a worker process ended with code -9"),
    ):
        evaluated(shared, np.array([[0.0, 3.0], [0.0, 3.0]]))


def test_a_search_with_several_processes_is_the_same() -> None:
    bounds, few = {"x": (-2, 2), "y": (-2, 2)}, {"starts": 16, "rounds": 1, "patience": 1}
    one, three = (adamcli.solve(bowl, bounds, jobs=jobs, **few) for jobs in (1, 3))
    assert one == three
    assert one.x == pytest.approx([0.3, 0.0], abs=1e-3)
