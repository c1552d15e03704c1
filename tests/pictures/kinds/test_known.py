"""What is known of a minimum agrees with the function itself, in the coordinates of the config."""

import numpy as np
import pytest

from adamcli.config.checking import checked
from adamcli.config.load import parse_config, read_keys
from adamcli.config.standard import load, names
from adamcli.pictures.kinds.known import minimisers_of, minimum_of
from adamcli.pictures.kinds.landscape import scores_at
from tests.conftest import config_of


@pytest.mark.parametrize("name", names())
def test_the_minimum_is_taken_at_the_minimisers(name: str) -> None:
    config = checked(read_keys({"objective": name}, "<known>"))
    minimum, points = minimum_of(config), minimisers_of(config)
    assert minimum is not None
    if points is None:
        return
    assert points.shape[1] == config.variables.dim
    scores = scores_at(config.objective.make(), np.array(points).T)
    np.testing.assert_allclose(scores, minimum, rtol=1e-5, atol=1e-5)
    low, high = config.bounds.low, config.bounds.high
    assert ((points >= low - 1e-6) & (points <= high + 1e-6)).all()


@pytest.mark.parametrize(
    ("name", "dim"), [("rosenbrock", 7), ("trid_6", 6), ("styblinski_tang", 3)]
)
def test_they_are_those_of_the_number_of_variables(name: str, dim: int) -> None:
    keys = {"objective": name} | ({"dim": dim} if load(name).any_dim else {})
    config = checked(read_keys(keys, "<known>"))
    points = minimisers_of(config)
    assert points.shape == (1, dim)
    scores = scores_at(config.objective.make(), points.T)
    assert scores[0] == pytest.approx(minimum_of(config), rel=1e-6, abs=1e-9)


def test_nothing_is_known_of_other_objectives() -> None:
    for config in (
        config_of("x**2 + y**2"),
        parse_config("objective: branin\ndirection: maximize"),
    ):
        assert minimum_of(config) is None
        assert minimisers_of(config) is None
