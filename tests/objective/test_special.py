"""erf and lgamma within 2 ulp of mpmath everywhere, digamma close to it, and at the edges."""

import math
import subprocess
import sys
from collections.abc import Callable

import mpmath
import numpy as np
import pytest

from adamcli.objective.special import digamma, erf, lgamma
from tests.conftest import same_bits

RANDOM = np.random.RandomState(3)
MOST_ULPS = 2.0


def between(low: float, high: float, count: int = 150) -> np.ndarray:
    return RANDOM.uniform(low, high, count)


def decades(low: float, high: float, count: int = 150) -> np.ndarray:
    return 10.0 ** RANDOM.uniform(low, high, count)


def around(place: float) -> np.ndarray:
    """Return the floats next to a place, and more of them further away."""
    steps = [k * np.spacing(abs(place)) for k in (-2, -1, 0, 1, 2)]
    far = place * decades(-15, -2, 40) * RANDOM.choice([-1, 1], 40)
    return place + np.concatenate([steps, far])


def exact_log_gamma(x: mpmath.mpf) -> mpmath.mpf:
    return mpmath.log(abs(mpmath.gamma(x))) if x < 100 else mpmath.loggamma(x)


def ulps(function: Callable, reference: Callable, points: np.ndarray) -> np.ndarray:
    """Return how many units in the last place the values are wrong by."""
    with mpmath.workdps(60), np.errstate(all="ignore"):
        values = function(points)
        exact = [reference(mpmath.mpf(x)) for x in points.tolist()]
        units = [float(np.spacing(abs(float(e)))) for e in exact]
        triples = zip(values.tolist(), exact, units, strict=True)
        return np.array([float(abs(mpmath.mpf(v) - e) / unit) for v, e, unit in triples])


@pytest.mark.parametrize(
    "points",
    [between(-1, 1), between(1, 3), between(-6, -3), decades(-300, 1), around(1.0), around(6.0)],
    ids=["near", "far", "below", "decades", "at 1", "at 6"],
)
def test_erf_is_that_of_mpmath(points) -> None:
    assert ulps(erf, mpmath.erf, points).max() <= MOST_ULPS


ENDS = [0.5, 0.75, 1.0, 1.35, 1.7, 2.0, 2.3, 3.0, 4.0, 10.0]


@pytest.mark.parametrize(
    "points",
    [
        decades(-310, 0),
        between(0, 1),
        between(1, 3),
        between(3, 10),
        between(10, 200),
        decades(1, 305.4),
        *map(around, ENDS),
    ],
    ids=["tiny", "to 1", "to 3", "to 10", "to 200", "decades", *map(str, ENDS)],
)
def test_lgamma_is_that_of_mpmath(points) -> None:
    assert ulps(lgamma, exact_log_gamma, points).max() <= MOST_ULPS


@pytest.mark.parametrize(
    "points",
    [
        -decades(-310, 0),
        between(-3, -1),
        between(-10, -3),
        between(-40, -10),
        between(-60, -40),
        -decades(1.6, 5),
        np.arange(-60, 0) + 0.5,
        np.nextafter(np.arange(-60.0, 0), 0),
        np.nextafter(np.arange(-60.0, 0), -np.inf),
    ],
    ids=["tiny", "to -3", "to -10", "to -40", "to -60", "decades", "halves", "above", "below"],
)
def test_lgamma_below_zero_is_that_of_mpmath(points) -> None:
    assert ulps(lgamma, exact_log_gamma, points).max() <= MOST_ULPS


@pytest.mark.parametrize("low", range(-20, -2))
def test_lgamma_has_all_digits_at_its_zeros_below_zero(low: int) -> None:
    with mpmath.workdps(60):
        middle = mpmath.findroot(mpmath.digamma, (low + 0.3, low + 0.7), solver="anderson")
        above = exact_log_gamma(middle) > 0
        zeros = []
        for end in (low, low + 1):
            inside = end + (middle - end) * mpmath.mpf(10) ** -22
            if not above and exact_log_gamma(inside) > 0:
                find = mpmath.findroot
                zeros.append(find(exact_log_gamma, (inside, middle), solver="illinois", tol=1e-50))
    points = np.concatenate([around(float(zero)) for zero in zeros]) if zeros else np.empty(0)
    points = points[points != np.round(points)]
    assert zeros
    assert ulps(lgamma, exact_log_gamma, points).max() <= MOST_ULPS


def test_digamma_is_close_to_that_of_mpmath() -> None:
    points = np.concatenate([decades(-300, 300), between(0, 12), around(1.4616321449683622)])
    assert ulps(digamma, mpmath.digamma, points).max() <= 4
    below = between(-30, 0)
    for x, found in zip(below.tolist(), digamma(below).tolist(), strict=True):
        exact = float(mpmath.digamma(x))
        assert abs(found - exact) <= 4e-15 * (1 + abs(exact))


def test_the_edges_are_those_of_c() -> None:
    edges = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e308, -1e308]
    with np.errstate(all="ignore"):
        assert same_bits(erf(np.array(edges)), np.array([math.erf(x) for x in edges]))
        points = np.array([*edges, 1.0, 2.0, *(-np.arange(60.0))])
        expected = [math.lgamma(x) if -1e300 < x < 1e300 and x % 1 else np.inf for x in points]
        expected[4], expected[9], expected[10] = np.nan, 0.0, 0.0
        found = lgamma(points)
        np.testing.assert_allclose(found, expected, rtol=1e-15)
        assert not np.signbit(found).any()
        assert np.isnan(digamma(-np.arange(60.0))).all()


@pytest.mark.parametrize("function", [erf, lgamma, digamma])
def test_an_entry_has_the_same_bits_alone_and_among_others(function) -> None:
    points = np.concatenate([between(-60, 60, 300), decades(-300, 300), -decades(-300, 5), ENDS])
    with np.errstate(all="ignore"):
        together = function(points)
        for size in (1, 2, 3, 7, 8, 9):
            for first in range(0, len(points) - size, size):
                part = slice(first, first + size)
                assert same_bits(function(points[part].copy()), together[part])
                assert same_bits(function(points[part, None].copy())[:, 0], together[part])


def test_formulas_without_them_do_not_load_them() -> None:
    code = (
        "import sys; from adamcli import minimize; minimize('x**2', {'x': [-1, 1]}, n_iter=2);"
        "print('adamcli.objective.special' in sys.modules);"
        "minimize('erf(x)', {'x': [-1, 1]}, n_iter=2);"
        "print('adamcli.objective.special' in sys.modules, 'scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "False"]
