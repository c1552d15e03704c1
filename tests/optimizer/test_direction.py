"""The two directions: signs, comparisons and merits."""

import numpy as np
import pytest

from adamcli.optimizer.result import Direction

SCORES = np.array([0.5, -2.0, 3.0, 0.0])


@pytest.mark.parametrize(
    ("direction", "best"), [(Direction.MINIMIZE, -2.0), (Direction.MAXIMIZE, 3.0)]
)
def test_the_best_score_is_best_in_every_respect(direction, best) -> None:
    others = SCORES[best != SCORES]
    assert direction.best(SCORES) == best
    assert direction.improves(best, others).all()
    assert not direction.improves(others, best).any()
    assert not direction.improves(best, best)
    assert (direction.merit(best) < direction.merit(others)).all()
    # A step against the gradient of what is minimised leads to better scores.
    assert direction.sign * (best - others).sum() < 0


def test_a_direction_is_found_by_its_word() -> None:
    assert Direction("minimize") is Direction.MINIMIZE
    assert Direction("maximize") is Direction.MAXIMIZE
