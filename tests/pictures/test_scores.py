"""The axis of scores is logarithmic where that shows them better, and every score stands on it."""

import numpy as np
import pytest

from adamcli.pictures.scores import placed, score_axis, zeros_note

inf, nan = np.inf, np.nan


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1, 2], "log"),
        ([1, 1.9], "linear"),
        ([1, 10, nan, inf, -inf], "log"),
        ([-1, 10, 100], "linear"),
        ([0, 0, 1, 10], "log"),
        ([0, 0, 0, 1, 10], "linear"),
        ([0, 1, 1.5], "linear"),
        ([5e-324, 1.7e308], "log"),
        ([3], "linear"),
        ([], "linear"),
        ([nan], "linear"),
    ],
)
def test_the_scale_of_scores(values, scale: str) -> None:
    axis = score_axis(np.array(values, dtype=float), "loss")
    assert axis.scale == scale
    assert axis.label == "loss"
    assert np.isfinite([axis.low, axis.high]).all()
    assert axis.low < axis.high


@pytest.mark.parametrize("values", [[0, 1, 10], [5e-324, 1.7e308], [-1.7e308, 1.7e308], [0, 0]])
def test_every_finite_score_stands_on_the_axis(values) -> None:
    numbers = np.array([*values, nan, inf, -inf], dtype=float)
    axis = score_axis(numbers)
    found = placed(axis, numbers)
    assert np.isnan(found[-3:]).all()
    shares = axis.shares(found[:-3])
    assert ((shares >= -1e-9) & (shares <= 1 + 1e-9)).all()


def test_zeros_are_at_the_lower_end_and_that_is_said() -> None:
    numbers = np.array([0.0, 1e-5, 1.0])
    axis = score_axis(numbers)
    assert placed(axis, numbers)[0] == axis.low < 1e-5
    assert placed(axis, numbers)[1:].tolist() == [1e-5, 1.0]
    assert zeros_note(axis, numbers) == (
        "scores of 0 are drawn at the lower end of the score axis",
    )
    assert zeros_note(axis, numbers[1:]) == ()
    assert zeros_note(score_axis(np.array([-1.0, 0.0])), numbers) == ()
