"""Rules for starts: the distribution, one number of the stream for each coordinate, the fans."""

import mpmath
import numpy as np
import pytest

from adamcli.optimizer.initial import KINDS, fans, normal_quantile
from tests.conftest import same_bits


def test_the_normal_quantile_has_the_digits_of_mpmath() -> None:
    random = np.random.RandomState(0)
    small = 10.0 ** random.uniform(-15.9, 0, 300)
    u = np.concatenate([random.rand(300), small, 1 - small, [2.0**-53, 1 - 2.0**-53, 0.075, 0.925]])
    with mpmath.workdps(40):
        for x, z in zip(u.tolist(), normal_quantile(u).tolist(), strict=True):
            t = mpmath.mpf(z)
            reached = mpmath.erfc(-t / mpmath.sqrt(2)) / 2 if x < 0.5 else mpmath.ncdf(t)
            step = (reached - mpmath.mpf(x)) / mpmath.npdf(t)
            assert abs(step) <= 1e-15 * abs(t)


def test_the_first_and_last_numbers_of_the_stream_are_finite() -> None:
    ends = normal_quantile(np.array([0.0, 0.5, 1 - 2.0**-53]))
    assert ends == pytest.approx([-8.2924, 0.0, 8.2095], abs=1e-4)


def test_a_quantile_has_the_same_bits_alone_and_among_others() -> None:
    u = np.random.RandomState(1).rand(3, 1000)
    together = normal_quantile(u)
    for k in range(0, 1000, 7):
        assert same_bits(normal_quantile(u[:, [k]].copy()), together[:, [k]])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((5,), (5, 1)), ((64, 32), (64, 32)), ((3, 3, 16, 8), (144, 72)), ((1, 1), (1, 1))],
)
def test_fans_are_those_of_a_layer(shape, expected) -> None:
    assert fans(shape) == expected


def test_glorot_and_he_are_those_of_their_papers() -> None:
    low, high = KINDS["glorot"].make((64, 32))
    assert (low, high) == (-0.25, 0.25)
    # The variance of equation 12, 2/(fan_in + fan_out).
    assert (high - low) ** 2 / 12 == pytest.approx(2 / 96)
    assert KINDS["he"].make((50, 7))[2] ** 2 == pytest.approx(2 / 50)
