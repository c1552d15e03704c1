"""The update against the article's code, with eps in all three places."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.experiment import minimize
from adamcli.optimizer.adam import EPS_MODES, average, corrections, descend
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


unit = st.floats(0.001, 1)
signed = st.floats(-1e6, 1e6)


@given(
    st.tuples(signed, signed, signed, st.floats(0, 1e12)),
    st.integers(1, 2000),
    st.tuples(unit, st.floats(0, 0.99), st.floats(0, 0.9999), st.floats(1e-12, 1e-1)),
    st.sampled_from(EPS_MODES),
)
def test_one_update_is_the_papers(state, t, settings, mode) -> None:
    x, g, m, v = state
    alpha, beta1, beta2, eps = settings
    with mpmath.workdps(40):
        b1, b2 = mpmath.mpf(beta1), mpmath.mpf(beta2)
        new_m, new_v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * mpmath.mpf(g) ** 2
        m_hat, v_hat = new_m / (1 - b1**t), new_v / (1 - b2**t)
        root = {
            "outside": mpmath.sqrt(v_hat) + eps,
            "inside": mpmath.sqrt(v_hat + eps),
            "hat": (mpmath.sqrt(new_v) + eps) / mpmath.sqrt(1 - b2**t),
        }[mode]
        new_x = x - alpha * m_hat / root
        expected = [float(new_x), float(new_m), float(new_v)]
        # Cancellation in m and in x costs digits of the result, not of its terms.
        scales = [
            abs(x) + float(alpha * (b1 * abs(m) + (1 - b1) * abs(g)) / (1 - b1**t) / root),
            float(b1 * abs(m) + (1 - b1) * abs(g)),
            expected[2],
        ]
    arrays = [np.array([value]) for value in (x, g, m, v)]
    work = np.empty(1)
    average(arrays[2], arrays[1], np.array(beta1), np.array(1 - beta1), work)
    average(arrays[3], arrays[1] ** 2, np.array(beta2), np.array(1 - beta2), work)
    step, e = corrections(alpha, beta1**t, beta2**t, eps, mode)
    descend(arrays[0], arrays[2], arrays[3], np.array(step), np.array(e), work, mode == "inside")
    for found, wanted, scale in zip((arrays[0], *arrays[2:]), expected, scales, strict=True):
        assert abs(found[0] - wanted) <= 2e-12 * scale


@pytest.mark.parametrize("mode", EPS_MODES)
@pytest.mark.parametrize("start", [[0.9, -0.4], [-3.0, 1e-3], [0.0, 5.0]])
@pytest.mark.parametrize(
    "settings", [(0.02, 0.8, 0.999, 1e-8), (0.001, 0.9, 0.999, 1e-8), (0.3, 0.0, 0.9, 1e-4)]
)
def test_every_step_is_the_articles(settings, start, mode) -> None:
    names = ("alpha", "beta1", "beta2", "eps")
    x, score = path_of(60, start, eps_mode=mode, **dict(zip(names, settings, strict=True)))
    expected = article_code.adam(
        article_code.objective, article_code.derivative, start, 60, *settings, mode
    )
    np.testing.assert_allclose(x, [p for p, _ in expected], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(score, [s for _, s in expected], rtol=1e-8, atol=1e-15)


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
