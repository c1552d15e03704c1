"""Descents: the same bits in any company, never outside the box, exact to the last digit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcli.optimizer.loop import Control
from adamcli.search.descent import ENDLESS, LONG, SHORT, descend
from adamcli.search.evaluator import Evaluator
from adamcli.search.metric import MOST_DENSE, PAIRS, Dense, Limited, metric_of
from adamcli.search.space import Space
from tests.conftest import config_of, same_bits
from tests.search.places import SQUARE, column, evaluator_of, starts_in, vector

VALLEYS = "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"


def lowest(formula: str, start, bounds: str = SQUARE, most: int = LONG, **keys) -> tuple:
    """Return where one descent ends (dim,), and its merit."""
    evaluate = evaluator_of(formula, bounds, **keys)
    ends = descend(evaluate, column(*start), most)
    return ends.y[:, 0], float(ends.merit[0])


@pytest.mark.parametrize("dim", [2, 7, MOST_DENSE, MOST_DENSE + 1, 3 * MOST_DENSE])
@pytest.mark.parametrize("curved", [False, True])
@given(chosen=st.sets(st.integers(0, 7), min_size=1), tolerance=st.sampled_from([0.0, 1e-6]))
@settings(max_examples=10)
def test_a_descent_has_the_same_bits_in_any_company(dim, curved, chosen, tolerance) -> None:
    evaluate = evaluator_of(VALLEYS, vector(dim, -2, 2))
    starts = starts_in(evaluate.space, 8)
    some = sorted(chosen)
    together = descend(evaluate, starts, SHORT, tolerance, curved=curved)
    apart = descend(evaluate, starts[:, some], SHORT, tolerance, curved=curved)
    assert same_bits(together.y[:, some], apart.y)
    assert same_bits(together.merit[some], apart.merit)
    assert (together.settled[some] == apart.settled).all()


def test_an_end_is_no_higher_than_its_start_and_has_the_score_it_says() -> None:
    evaluate = evaluator_of("sin(3*x)*cos(2*y) + 0.01*x*y", SQUARE)
    starts = starts_in(evaluate.space, 64)
    ends = descend(evaluate, starts, 5)
    assert (ends.merit <= evaluate.values(starts)).all()
    assert (ends.merit < evaluate.values(starts)).sum() > 50
    assert same_bits(ends.merit, evaluate.values(ends.y))


class Watched(Evaluator):
    """An evaluator that keeps the points at which it was asked."""

    def __call__(self, y, wanted=None):
        self.asked = [*getattr(self, "asked", []), np.array(y)]
        return super().__call__(y, wanted)


@pytest.mark.parametrize("curved", [False, True])
@pytest.mark.parametrize("formula", ["x + 2*y", "(x - 9)**2 + (x*y - 30)**2", "abs(x - 6) + y*y"])
def test_no_point_outside_the_limits_is_ever_asked_for(formula, curved) -> None:
    config = config_of(formula, SQUARE)
    space = Space(config.bounds)
    evaluate = Watched(config.objective.make(), space, config.direction, Control())
    starts = np.concatenate([starts_in(space, 16), column(-4, -5), column(6, 5)], axis=1)
    descend(evaluate, starts, SHORT, curved=curved)
    points = np.concatenate(evaluate.asked, axis=1)
    assert points.shape[1] > 36
    assert (space.low[:, np.newaxis] <= points).all()
    assert (points <= space.high[:, np.newaxis]).all()


def test_coordinates_that_are_pushed_against_a_limit_stay_and_the_others_go_on() -> None:
    # With x held at -4 the minimum over y is at y = -x/2.
    y, merit = lowest("x + (y + x/2)**2", [3, 0])
    assert y[0] == -4
    assert y[1] == pytest.approx(2, abs=1e-12)
    assert merit == -4


def test_a_coordinate_leaves_a_limit_that_it_is_not_pushed_against() -> None:
    y, merit = lowest("(x - 1)**2 + (y + x)**2", [-4, 5])
    assert y == pytest.approx([1, -1], abs=1e-12)
    assert merit < 1e-24


def test_a_corner_at_which_all_is_pushed_is_settled_at_once() -> None:
    evaluate = evaluator_of("x + y", SQUARE)
    ends = descend(evaluate, column(-4, -5), LONG)
    assert ends.y.ravel().tolist() == [-4, -5]
    assert ends.settled.all()
    assert evaluate.njev <= 2


KINKS = {
    "abs(x - 1.3) + 3*abs(y + 0.7)": ([1.3, -0.7], 0.0),
    "maximum(abs(x - 1.3), abs(y + 0.7))": ([1.3, -0.7], 0.0),
    "maximum(x + y, maximum(y - 2*x, -y)) + 0.01*x**2": ([0.0, 0.0], 0.0),
    # The nonsmooth Rosenbrock function of Lewis and Overton (2013).
    "8*abs(x**2 - y) + (1 - x)**2": ([1.0, 1.0], 0.0),
}


@pytest.mark.parametrize("formula", KINKS)
def test_kinks_are_reached(formula) -> None:
    point, minimum = KINKS[formula]
    evaluate = evaluator_of(formula, SQUARE)
    ends = descend(evaluate, starts_in(evaluate.space, 16), LONG)
    best = int(ends.merit.argmin())
    assert ends.merit[best] == pytest.approx(minimum, abs=1e-9)
    assert ends.y[:, best] == pytest.approx(point, abs=1e-4)
    assert np.median(ends.merit) < 1e-4


def test_what_is_not_a_number_is_never_stepped_into() -> None:
    # f has no value to the left of x = 0.5, close to its minimum.
    evaluate = evaluator_of("(x - 0.6)**2 + 0*log(x - 0.5) + y**2", SQUARE)
    starts = np.concatenate([column(5, 3), column(0.51, -4), column(-3, 0)], axis=1)
    ends = descend(evaluate, starts, LONG)
    assert np.abs(ends.y[:, :2] - column(0.6, 0)).max() < 1e-7
    assert ends.merit[2] == np.inf
    assert ends.y[:, 2].tolist() == [-3, 0]


def test_one_run_that_starts_nowhere_does_not_change_the_others() -> None:
    evaluate = evaluator_of("(x - 1)**4 + log(y + 4.9)", SQUARE)
    starts = np.concatenate([column(2, 2), column(2, -5)], axis=1)
    both, alone = (descend(evaluate, s, SHORT, curved=True) for s in (starts, starts[:, :1]))
    assert same_bits(both.y[:, :1], alone.y)


@pytest.mark.parametrize("formula", ["(x - pi)**2 + 1", "1e6*(x - pi)**2 + 1e6", "cosh(x - pi)"])
@pytest.mark.parametrize("start", [3.0, -3.9])
def test_points_are_more_exact_than_scores_can_tell(formula, start) -> None:
    # Within 1e-8 of pi all scores are level.
    y, _ = lowest(formula, [start], "{x: [-4, 6]}", ENDLESS)
    assert abs(y[0] - math.pi) <= 1e-15


def test_newtons_first_step_is_nearly_exact() -> None:
    formula = "3*(x - pi)**2 + 2*(x - pi)*(y - 1) + 5*(y - 1)**2 + 7"
    evaluate = evaluator_of(formula, SQUARE)
    curved, plain = (descend(evaluate, column(3, 1.2), 1, curved=c) for c in (True, False))
    assert curved.y[:, 0] == pytest.approx([math.pi, 1], abs=1e-7)
    assert np.abs(plain.y[:, 0] - [math.pi, 1]).max() > 1e-3


def test_a_saddle_gives_no_newton_step() -> None:
    y, merit = lowest("x**2 - y**2", [1, 0.1])
    curved = descend(evaluator_of("x**2 - y**2", SQUARE), column(1, 0.1), LONG, curved=True)
    assert (y.tolist(), merit) == ([0.0, 5.0], -25.0)
    assert curved.merit[0] == -25


def test_a_tolerance_ends_a_descent_earlier() -> None:
    counts = []
    for tolerance in (0.0, 1e-3):
        evaluate = evaluator_of(VALLEYS, vector(6, -2, 2))
        ends = descend(evaluate, starts_in(evaluate.space, 1), LONG, tolerance)
        assert ends.settled.all()
        counts.append(evaluate.njev)
    assert counts[1] < counts[0]


def test_a_descent_takes_no_more_evaluations_than_it_may() -> None:
    evaluate = evaluator_of(VALLEYS, vector(6, -2, 2))
    ends = descend(evaluate, starts_in(evaluate.space, 3), 7)
    assert evaluate.njev <= 3 * 8
    assert not ends.settled.any()


def test_many_coordinates_reach_the_last_digit() -> None:
    evaluate = evaluator_of(VALLEYS, vector(200, -2, 2))
    ends = descend(evaluate, starts_in(evaluate.space, 1), ENDLESS)
    assert ends.merit[0] <= 1e-20
    assert np.abs(ends.y - 1).max() <= 1e-9


def recursion(h0: np.ndarray, pairs) -> np.ndarray:
    """Return the inverse Hessian of BFGS (Nocedal and Wright 2006, equation 6.17)."""
    h = h0
    for s, y in pairs:
        rho, one = 1 / (y @ s), np.eye(len(s))
        h = (one - rho * np.outer(s, y)) @ h @ (one - rho * np.outer(y, s)) + rho * np.outer(s, s)
    return h


def pairs_of(runs: int, dim: int, count: int, seed: int):
    """Return steps and changes (count, runs, dim) of slopes, with positive curvature."""
    random = np.random.default_rng(seed)
    s = random.normal(size=(count, runs, dim))
    root = random.normal(size=(runs, dim, dim)) / np.sqrt(dim)
    hessian = np.einsum("rij,rkj->rik", root, root) + np.eye(dim)
    return s, np.einsum("rij,crj->cri", hessian, s)


@given(count=st.integers(1, 3 * PAIRS), seed=st.integers(0, 99))
def test_limited_memory_is_bfgs_of_the_last_steps(count, seed) -> None:
    runs, dim = 3, 12
    metric = Limited(runs, dim)
    s, y = pairs_of(runs, dim, count, seed)
    for k in range(count):
        metric.update(np.ones(runs, dtype=bool), np.full(runs, k == 0), s[k], y[k])
    g = np.random.default_rng(seed).normal(size=(runs, dim))
    found = metric.times(g)
    for r in range(runs):
        last = list(zip(s[-PAIRS:, r], y[-PAIRS:, r], strict=True))
        gamma = (last[-1][0] @ last[-1][1]) / (last[-1][1] @ last[-1][1])
        expected = recursion(gamma * np.eye(dim), last) @ g[r]
        assert found[r] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(count=st.integers(1, 12), seed=st.integers(0, 99))
def test_the_dense_metric_is_bfgs_and_satisfies_the_secant_condition(count, seed) -> None:
    runs, dim = 3, 5
    metric = Dense(runs, dim)
    s, y = pairs_of(runs, dim, count, seed)
    every = np.ones(runs, dtype=bool)
    for k in range(count):
        metric.update(every, np.full(runs, k == 0), s[k], y[k])
        assert metric.times(y[k]) == pytest.approx(s[k], rel=1e-8, abs=1e-8)
    g = np.random.default_rng(seed).normal(size=(runs, dim))
    for r in range(runs):
        gamma = (s[0, r] @ y[0, r]) / (y[0, r] @ y[0, r])
        pairs = zip(s[:, r], y[:, r], strict=True)
        expected = recursion(gamma * np.eye(dim), pairs) @ g[r]
        assert metric.times(g)[r] == pytest.approx(expected, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("kind", [Dense, Limited])
def test_runs_learn_and_forget_alone(kind) -> None:
    metric, g = kind(3, 4), np.arange(1.0, 13).reshape(3, 4)
    s, y = pairs_of(3, 4, 2, 1)
    assert (metric.times(g) == g).all()
    second = np.array([False, True, False])
    metric.update(second, second, s[0], y[0])
    assert (metric.times(g)[[0, 2]] == g[[0, 2]]).all()
    assert not np.allclose(metric.times(g)[1], g[1])
    metric.reset(second)
    assert (metric.times(g) == g).all()


def test_the_number_of_coordinates_decides_on_the_metric() -> None:
    assert isinstance(metric_of(2, MOST_DENSE), Dense)
    assert isinstance(metric_of(2, MOST_DENSE + 1), Limited)
