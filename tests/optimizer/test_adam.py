"""The update against the article's code, in all three places of eps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.experiment import minimize
from tests import article_code


def path_of(n_iter: int, start: list[float], **settings) -> tuple[np.ndarray, np.ndarray]:
    records = []
    minimize(
        "x**2 + y**2",
        {"x": (-1, 1), "y": (-1, 1)},
        callback=records.append,
        n_iter=n_iter,
        start=start,
        bounds_mode="start",
        **settings,
    )
    return np.array([r.x for r in records]), np.array([r.score for r in records])


@given(
    st.lists(st.floats(-10, 10), min_size=2, max_size=2),
    st.floats(1e-5, 1),
    st.floats(0, 0.99),
    st.floats(0, 0.9999),
    st.floats(1e-10, 1e-1),
    st.sampled_from(["outside", "inside", "hat"]),
)
def test_every_step_is_the_articles(start, alpha, beta1, beta2, eps, mode) -> None:
    x, score = path_of(30, start, alpha=alpha, beta1=beta1, beta2=beta2, eps=eps, eps_mode=mode)
    expected = article_code.adam(
        article_code.objective, article_code.derivative, start, 30, alpha, beta1, beta2, eps, mode
    )
    scale = max(1.0, abs(start[0]), abs(start[1]))
    np.testing.assert_allclose(x, [p for p, _ in expected], rtol=1e-9, atol=1e-11 * scale)
    np.testing.assert_allclose(score, [s for _, s in expected], rtol=1e-8, atol=1e-11 * scale)


def test_the_places_of_eps_differ() -> None:
    last = {
        mode: tuple(path_of(5, [1.0, 1.0], eps=0.1, eps_mode=mode)[0][-1])
        for mode in ("outside", "inside", "hat")
    }
    assert len(set(last.values())) == 3


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6, 1e100])
def test_the_first_step_is_alpha_whatever_the_scale_of_the_gradient(scale: float) -> None:
    result = minimize(f"{scale}*x", {"x": (-1, 1)}, n_iter=1, start=[0.5], alpha=0.25, eps=0)
    assert result.last.x[0] == pytest.approx(0.25, rel=1e-14)


def test_without_gradient_nothing_moves() -> None:
    result = minimize("0*x + 1", {"x": (-1, 1)}, n_iter=10, start=[0.5])
    assert result.last.x == (0.5,)
