"""Levenberg-Marquardt: known minima, boxes, and the same bits in any batch."""

import numpy as np
import pytest

from adamcli.config.load import parse_config
from adamcli.fit.levenberg import descend

FREE = (np.full(2, -np.inf), np.full(2, np.inf))

LINE = """
model: y ~ a*x + c
bounds: {a: [-5, 5], c: [-5, 5]}
data: {x: [0, 1, 2, 3, 4], y: [1.1, 2.9, 5.2, 6.8, 9.1]}
"""

DECAY = """
model: y ~ a*exp(-k*x)
bounds: {a: [0.1, 9], k: [0.01, 3]}
data: {x: [0, 1, 2, 3, 4, 5], y: [4.1, 2.3, 1.6, 0.85, 0.55, 0.31]}
"""


def residuals_of(text: str):
    return parse_config(text).objective.residuals


def test_a_line_is_fitted_as_by_the_normal_equations() -> None:
    x, y = np.arange(5.0), np.array([1.1, 2.9, 5.2, 6.8, 9.1])
    expected = np.linalg.lstsq(np.stack([x, np.ones(5)], axis=1), y, rcond=None)[0]
    found = descend(residuals_of(LINE), np.array([[0.0], [0.0]]), *FREE)
    assert found.x[:, 0] == pytest.approx(expected, rel=1e-14)
    assert found.converged.all()


def test_rosenbrock_is_a_sum_of_squares_with_a_known_minimum() -> None:
    text = "objective: (1 - x)**2 + 100*(y - x**2)**2\nbounds: {x: [-2, 2], y: [-2, 2]}"
    starts = np.array([[-1.2, 2.0, -2.0], [1.0, -2.0, -2.0]])
    found = descend(residuals_of(text), starts, *FREE)
    assert found.x == pytest.approx(np.ones((2, 3)), abs=1e-15)
    assert (found.score < 1e-30).all()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ([-9, -9], [1.5, 9], [1.5, np.mean(np.array([1.1, 2.9, 5.2, 6.8, 9.1]) - 1.5 * 2)]),
        ([-9, 2], [9, 9], [None, 2.0]),
    ],
)
def test_a_minimum_on_a_bound_is_the_minimum_of_the_others(low, high, expected) -> None:
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    found = descend(residuals_of(LINE), np.array([[0.0], [5.0]]), low, high)
    x, y = np.arange(5.0), np.array([1.1, 2.9, 5.2, 6.8, 9.1])
    slope = expected[0] if expected[0] is not None else x @ (y - 2.0) / (x @ x)
    assert found.x[:, 0] == pytest.approx([slope, expected[1]], rel=1e-12)


@pytest.mark.parametrize("text", [LINE, DECAY, DECAY + "loss: cauchy(0.3)"])
def test_a_run_has_the_same_bits_alone_and_in_a_batch(text) -> None:
    low, high = np.array([-3.0, -2.0]), np.array([8.0, 5.0])
    starts = np.random.default_rng(3).uniform(low[:, None], high[:, None], (2, 37))
    damping = 10.0 ** np.random.default_rng(4).uniform(-3, 3, 37)
    together = descend(residuals_of(text), starts, low, high, damping=damping)
    for run in (0, 5, 36):
        one = slice(run, run + 1)
        alone = descend(residuals_of(text), starts[:, one], low, high, damping=damping[one])
        for mine, theirs in zip(alone, together, strict=True):
            assert np.array_equal(mine[..., 0], theirs[..., run])


def test_a_start_without_a_score_stays_and_spoils_nothing() -> None:
    text = "model: y ~ log(a*x)\nbounds: {a: [-1, 9]}\ndata: {x: [1, 2], y: [0.5, 1.2]}"
    free = np.array([-np.inf]), np.array([np.inf])
    found = descend(residuals_of(text), np.array([[-1.0, 2.0]]), *free)
    assert found.score[0] == np.inf
    assert found.x[0, 0] == -1.0
    assert not found.converged[0]
    assert np.log(found.x[0, 1]) == pytest.approx((0.5 + 1.2 - np.log(2)) / 2, rel=1e-12)


def test_many_rows_give_the_minimum_of_few() -> None:
    # Each row stands there 1,001 times, which moves no minimum, but takes several blocks.
    x, y = np.tile(np.arange(5.0), 1001), np.tile([1.1, 2.9, 5.2, 6.8, 9.1], 1001)
    text = LINE.partition("data:")[0] + f"data: {{x: {x.tolist()}, y: {y.tolist()}}}"
    few = descend(residuals_of(LINE), np.array([[0.0], [0.0]]), *FREE)
    many = descend(residuals_of(text), np.array([[0.0], [0.0]]), *FREE)
    assert many.x == pytest.approx(few.x, rel=1e-13)
    assert many.score == pytest.approx(1001 * few.score, rel=1e-12)
