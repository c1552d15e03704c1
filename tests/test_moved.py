"""The problems of `make bench-solve`: moved as they say, and with the minima they say."""

from __future__ import annotations

import numpy as np
import pytest

from adamcli.config.standard import load, load_all
from tests.benchmarks.moved import CENTRAL, CUT, Problem, moved, problems

GROUPS = (2, 10, 30, None)
EVERY = [problem for dim in GROUPS for problem in problems(dim)]
EACH = pytest.mark.parametrize("problem", EVERY, ids=lambda one: f"{one.name}-{one.dim}")


def box(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    bounds = problem.config().bounds
    return bounds.box[0], bounds.box[1]


def test_every_function_is_there_at_each_of_its_dimensions() -> None:
    groups = {dim: [problem.name for problem in problems(dim)] for dim in GROUPS}
    assert {name for names in groups.values() for name in names} == {f.name for f in load_all()}
    assert "rosenbrock" in groups[2]
    assert "branin" in groups[2]
    assert "powell_singular_2" not in groups[2]
    assert groups[10] == groups[30] == [f.name for f in load_all() if f.any_dim]
    assert sorted(groups[None]) == sorted(
        f.name for f in load_all() if not f.any_dim and f.dim != 2
    )


@EACH
def test_the_minimum_is_taken_at_the_moved_minimisers_in_the_box(problem: Problem) -> None:
    low, high = box(problem)
    assert problem.minimisers.shape == (len(problem.minimisers), problem.dim)
    assert np.all((low <= problem.minimisers) & (problem.minimisers <= high))
    for value in problem.scores(problem.minimisers):
        assert problem.is_solved(float(value), 1e-9)
        assert value >= problem.minimum - 1e-9 * max(1.0, abs(problem.minimum))


@EACH
def test_no_minimiser_is_round_or_central(problem: Problem) -> None:
    low, high = box(problem)
    from_centre = abs(problem.minimisers - (low + high) / 2) / (high - low)
    assert from_centre.min() >= 0.999 * CENTRAL >= 1e-3
    assert not np.any(problem.minimisers == problem.minimisers.round(6))


@EACH
def test_no_random_point_in_the_box_is_below_the_minimum(problem: Problem) -> None:
    low, high = box(problem)
    draws = np.random.default_rng(5).random((problem.dim, 500))
    values = problem.scores(low + (high - low) * draws.T)
    assert np.isfinite(values).all()
    assert values.min() >= problem.minimum - 1e-9 * max(1.0, abs(problem.minimum))


@EACH
def test_the_box_is_cut_out_of_the_domain(problem: Problem) -> None:
    function = load(problem.name)
    domain = np.array(function.domain).T
    shift = np.array(problem.keys["constants"]["shift"])
    width = np.broadcast_to((domain[1] - domain[0])[:, None].T, (1, problem.dim))[0]
    low, high = (end - shift for end in box(problem))
    slack = 1e-12 * width
    assert np.all(low >= domain[0] - slack)
    assert np.all(high <= domain[1] + slack)
    assert np.all(low <= domain[0] + CUT * width + slack)
    assert np.all(high >= domain[1] - CUT * width - slack)
    assert np.all((abs(shift) >= 0.24 * width) & (abs(shift) <= width + slack))


def test_a_minimiser_on_the_border_stays_on_it() -> None:
    problem = moved(load("eggholder"), 2)
    assert problem.minimisers[0, 0] == box(problem)[1][0]
    assert problem.minimisers[0, 1] < box(problem)[1][1]


def test_nothing_outside_the_box_has_a_score() -> None:
    problem = moved(load("sphere"), 2)
    points = problem.minimisers + np.array([[0.0, 0.0], [0.0, 99.0]])
    assert problem.scores(points).tolist() == [0.0, np.inf]


def test_the_seed_decides_all() -> None:
    sphere = load("sphere")
    assert moved(sphere, 3, 1).keys == moved(sphere, 3, 1).keys
    shifts = [moved(sphere, 3, seed).keys["constants"]["shift"] for seed in (1, 2)]
    assert not set(shifts[0]) & set(shifts[1])
    assert len(set(shifts[0])) == 3


def test_what_solved_means() -> None:
    nothing, large = (Problem("f", 1, {}, minimum, np.zeros((1, 1))) for minimum in (0.0, -1000.0))
    assert nothing.is_solved(1e-4, 1e-4)
    assert not nothing.is_solved(1.1e-4, 1e-4)
    assert large.is_solved(-999.91, 1e-4)
    assert not large.is_solved(-999.8, 1e-4)
    assert not large.is_solved(float("nan"), 1e-4)
