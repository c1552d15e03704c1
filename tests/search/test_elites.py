"""Elites: the best places that differ, how often each was found, and which are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from adamcli.search.descent import Descended
from adamcli.search.elites import APART, MOST, Elites, distinct
from tests.search.places import evaluator_of

SPACE = evaluator_of("x + y", "{x: [0, 10], y: [0, 1000]}").space


def ends(points, merit, settled=False) -> Descended:
    """Return the ends of descents at `points`, in parts of the box."""
    y = np.array(points, dtype=float).T * [[10], [1000]]
    return Descended(y, np.array(merit, dtype=float), np.full(len(merit), settled))


def elites_of(*arguments) -> Elites:
    found = Elites(SPACE)
    found.merge(ends(*arguments))
    return found


def test_none_is_infinitely_bad() -> None:
    empty = Elites(SPACE)
    assert len(empty) == 0
    assert empty.best == np.inf
    assert empty.unknown(np.zeros((2, 3))).all()


def test_places_that_differ_by_less_than_they_may_are_one() -> None:
    found = elites_of([[0.5, 0.5], [0.5, 0.5 + 0.9 * APART], [0.5, 0.5 + 1.1 * APART]], [2, 1, 3])
    assert found.merit.tolist() == [1, 3] or found.merit.tolist() == [1]
    apart = elites_of([[0.5, 0.5], [0.5, 0.5 + 1.1 * APART]], [2, 1])
    assert apart.merit.tolist() == [1, 2]
    near = elites_of([[0.5, 0.5], [0.5 - 0.9 * APART, 0.5 + 0.9 * APART]], [2, 1])
    assert near.merit.tolist() == [1]
    assert near.hits.tolist() == [2]
    assert near.y[:, 0] == pytest.approx([10 * (0.5 - 0.9 * APART), 1000 * (0.5 + 0.9 * APART)])


def test_ends_that_are_not_finite_are_left_out() -> None:
    found = elites_of([[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]], [np.inf, 1, np.nan])
    assert found.merit.tolist() == [1]
    assert found.hits.tolist() == [1]


def test_hits_are_counted_over_all_merges() -> None:
    found = elites_of([[0.1, 0.1], [0.9, 0.9]], [1, 2])
    found.merge(ends([[0.9, 0.9], [0.1, 0.1], [0.1, 0.1]], [2, 1, 0.5]))
    assert found.merit.tolist() == [0.5, 2]
    assert found.hits.tolist() == [3, 2]
    found.merge(ends([[0.1, 0.1]], [0.25]), hits=0)
    assert found.hits.tolist() == [3, 2]


def test_candidates_at_settled_places_are_known_and_count_as_hits() -> None:
    found = elites_of([[0.1, 0.1]], [1], True)
    found.merge(ends([[0.9, 0.9]], [2]))
    candidates = ends([[0.1, 0.1 + APART / 2], [0.9, 0.9], [0.5, 0.5]], [0, 0, 0]).y
    assert found.unknown(candidates).tolist() == [False, True, True]
    assert found.hits.tolist() == [2, 1]


def test_of_many_the_best_are_kept() -> None:
    count = 3 * MOST
    merit = np.random.default_rng(0).permutation(count).astype(float)
    found = elites_of(np.linspace(0, 1, count)[:, np.newaxis] * [1, 1], merit)
    assert found.merit.tolist() == list(range(MOST))
    found.keep(3)
    assert found.merit.tolist() == [0, 1, 2]
    found.first(2)
    assert found.merit.tolist() == [2, 0, 1]


def test_places_that_descend_to_one_become_one() -> None:
    found = elites_of([[0.1, 0.1], [0.2, 0.2], [0.9, 0.9]], [1, 2, 3])
    found.replace(ends([[0.5, 0.5], [0.5, 0.5], [0.8, 0.8]], [0.5, 0.4, 0.1], True))
    assert found.merit.tolist() == [0.1, 0.4]
    assert found.hits.tolist() == [1, 2]
    assert found.settled.all()


@given(
    points=arrays(float, st.tuples(st.integers(1, 25), st.just(2)), elements=st.floats(0, 1e-3)),
    seed=st.integers(0, 99),
)
def test_the_chosen_are_the_best_and_apart_and_all_others_are_near_one(points, seed) -> None:
    y = points.T * [[10], [1000]]
    merit = np.random.default_rng(seed).random(len(points))
    chosen, nearest = distinct(SPACE, y, merit, 1000)
    assert (np.diff(merit[chosen]) >= 0).all()
    assert merit[chosen[0]] == merit.min()
    for k, place in enumerate(chosen):
        others = [other for other in chosen if other != place]
        away = [SPACE.distance(y[:, place], y[:, other]) for other in others]
        assert all(distance > APART for distance in away)
        own = nearest == k
        assert (SPACE.distance(y[:, own], y[:, place : place + 1]) <= APART).all()
        assert merit[own].min() == merit[place]
    assert (nearest >= 0).all()
