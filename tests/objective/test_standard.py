"""The standard test functions: their minima, and values and slopes anywhere, are as stated."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from adamcli.config.standard import load_all
from adamcli.objective.standard import CATEGORIES, StandardFunction
from tests.conftest import evaluate, objective_of

STANDARD = {function.name: function for function in load_all()}
EVERY = pytest.mark.parametrize("function", STANDARD.values(), ids=STANDARD)
SMOOTH = [function for function in STANDARD.values() if function.smooth]


@cache
def objective(function: StandardFunction, dim: int, gradient: str = "derived"):
    """Return the compiled formula."""
    if len(function.domain) == 1:
        low, high = function.domain[0]
        keys = {"bounds": f"[{low}, {high}]", "dim": dim}
    else:
        keys = {"bounds": str([list(pair) for pair in function.domain])}
    return objective_of(function.formula, **keys, gradient=gradient)


@cache
def number(formula: str, d: int, i: int = 0) -> float:
    """Return the value of a formula of d and i."""
    variables = {"d": float(d), "i": float(i)}
    bounds = "{" + ", ".join(f"{name}: [0, 99]" for name in variables) + "}"
    values, _ = evaluate(objective_of(formula, bounds), np.array([[d], [i]]))
    return float(values[0])


def dims(function: StandardFunction) -> list[int]:
    return sorted({function.min_dim, function.dim, 7}) if function.any_dim else [function.dim]


def minimisers(function: StandardFunction, dim: int) -> np.ndarray:
    """Return all known minimisers, one per column."""
    if isinstance(function.minimisers, str):
        return np.array([[number(function.minimisers, dim, i)] for i in range(1, dim + 1)])
    return np.array(function.minimisers).T


def box(function: StandardFunction) -> np.ndarray:
    """Return lower and upper bounds as two columns that broadcast against points."""
    low, high = np.array(function.domain).T
    return np.stack([low, high])[:, :, None]


def random_points(function: StandardFunction, count: int, seed: int = 1) -> np.ndarray:
    low, high = box(function)
    return low + (high - low) * np.random.RandomState(seed).rand(function.dim, count)


def slack(minimum: float) -> float:
    return 1e-9 * max(1.0, abs(minimum))


def test_the_list_is_long_and_of_every_shape() -> None:
    assert len(STANDARD) >= 60
    counts = Counter(function.category for function in STANDARD.values())
    assert list(counts) == list(CATEGORIES)
    assert min(counts.values()) >= 4


def test_names_and_formulas_are_unique() -> None:
    # The two of Trid share their formula, which is the same in every dimension.
    assert len({f.formula for f in STANDARD.values()}) == len(STANDARD) - 1
    assert len({f.title for f in STANDARD.values()}) == len(STANDARD)
    for name, function in STANDARD.items():
        assert function.name == name
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name)
        assert function.source
        assert len(function.domain) in (1, function.dim)
        assert not (function.any_dim and len(function.domain) > 1)
        assert function.min_dim <= function.dim


def test_the_list_loads_without_numpy() -> None:
    code = (
        "import sys; from adamcli.config.standard import load_all; load_all();"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@EVERY
def test_the_minimum_is_taken_at_the_minimisers(function: StandardFunction) -> None:
    slopes = evaluate(objective(function, function.dim), random_points(function, 200))[1]
    scale = max(1.0, float(np.median(np.linalg.norm(slopes, axis=0))))
    low, high = box(function)
    for dim in dims(function):
        points = minimisers(function, dim)
        assert points.shape[0] == dim
        assert np.all((low <= points) & (points <= high))
        values, slopes = evaluate(objective(function, dim), points)
        minimum = number(function.minimum, dim)
        np.testing.assert_allclose(values, minimum, rtol=0, atol=slack(minimum))
        if function.smooth:
            assert np.linalg.norm(slopes, axis=0).max() <= 1e-5 * scale


@EVERY
def test_no_random_point_is_below_the_minimum(function: StandardFunction) -> None:
    values, _ = evaluate(objective(function, function.dim), random_points(function, 2000))
    minimum = number(function.minimum, function.dim)
    assert np.isfinite(values).all()
    assert values.min() >= minimum - slack(minimum)


@EVERY
def test_no_step_from_a_minimiser_leads_below(function: StandardFunction) -> None:
    random, (low, high) = np.random.RandomState(2), box(function)
    minimum = number(function.minimum, function.dim)
    points = np.repeat(minimisers(function, function.dim), 200, axis=1)
    for width in (1e-6, 1e-4, 1e-2, 1e-1):
        steps = width * (high - low) * random.standard_normal(points.shape)
        values, _ = evaluate(objective(function, function.dim), np.clip(points + steps, low, high))
        assert values.min() >= minimum - slack(minimum)


@EVERY
def test_minimisers_are_distinct(function: StandardFunction) -> None:
    if not isinstance(function.minimisers, str):
        assert len(set(function.minimisers)) == len(function.minimisers)
        assert list(function.minimisers) == sorted(function.minimisers)


FAST_WAVES = {"trefethen": 0.02, "trigonometric_2": 0.02}
"""Functions with waves too short for differences in the whole box, and the part that works."""


@pytest.mark.parametrize("function", SMOOTH, ids=[f.name for f in SMOOTH])
def test_derived_gradients_agree_with_the_complex_step(function: StandardFunction) -> None:
    points = random_points(function, 20, seed=3)
    centre = minimisers(function, function.dim)[:, :1]
    points = centre + FAST_WAVES.get(function.name, 1.0) * (points - centre)
    values, exact = evaluate(objective(function, function.dim), points)
    again, stepped = evaluate(objective(function, function.dim, "complex-step"), points)
    np.testing.assert_array_equal(values, again)
    assert np.isfinite(exact).all()
    tiny = 1e-9 * np.abs(exact).max()
    np.testing.assert_allclose(exact, stepped, rtol=1e-5, atol=tiny)


def hartmann_6(x: np.ndarray) -> float:
    a = np.array(
        [
            [10, 3, 17, 3.5, 1.7, 8],
            [0.05, 10, 17, 0.1, 8, 14],
            [3, 3.5, 1.7, 10, 17, 8],
            [17, 8, 0.05, 10, 0.1, 14],
        ]
    )
    p = np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )
    return -np.array([1, 1.2, 3, 3.2]) @ np.exp(-(a * (x[None, :] - p / 1e4) ** 2).sum(axis=1))


def shekel_10(x: np.ndarray) -> float:
    odd, even = [4, 1, 8, 6, 3, 2, 5, 8, 6, 7], [4, 1, 8, 6, 7, 9, 3, 1, 2, 3.6]
    wells = np.array([odd, even, odd, even], dtype=float)
    wells[:, 6] = 5, 5, 3, 3
    beta = np.array([1, 2, 2, 4, 4, 6, 3, 7, 5, 5]) / 10
    return -sum(
        1 / (b + np.linalg.norm(x - well) ** 2) for b, well in zip(beta, wells.T, strict=True)
    )


def de_jong_5(x: np.ndarray) -> float:
    marks = [-32, -16, 0, 16, 32]
    total, j = 0.002, 0
    for b in marks:
        for a in marks:
            j += 1
            total += 1 / (j + (x[0] - a) ** 6 + (x[1] - b) ** 6)
    return 1 / total


def langermann(x: np.ndarray) -> float:
    rows = [(1, 3, 5), (2, 5, 2), (5, 2, 1), (2, 1, 4), (3, 7, 9)]
    far = [(c, (x[0] - a) ** 2 + (x[1] - b) ** 2) for c, a, b in rows]
    return sum(c * np.exp(-d / np.pi) * np.cos(np.pi * d) for c, d in far)


def watson(x: np.ndarray) -> float:
    total = x[0] ** 2 + (x[1] - x[0] ** 2 - 1) ** 2
    for k in range(1, 30):
        value = np.polynomial.Polynomial(x)
        total += (value.deriv()(k / 29) - value(k / 29) ** 2 - 1) ** 2
    return total


def kowalik(x: np.ndarray) -> float:
    y = [1957, 1947, 1735, 1600, 844, 627, 456, 342, 323, 235, 246]
    u = 1 / np.array([0.25, 0.5, 1, 2, 4, 6, 8, 10, 12, 14, 16])
    model = x[0] * u * (u + x[1]) / (u * (u + x[2]) + x[3])
    return np.linalg.norm(np.array(y) / 1e4 - model) ** 2


def pinter(x: np.ndarray) -> float:
    total = 0.0
    for i in range(len(x)):
        before, here, after = x[i - 1], x[i], x[(i + 1) % len(x)]
        a = before * np.sin(here) + np.sin(after)
        b = before**2 - 2 * here + 3 * after - np.cos(here) + 1
        total += (i + 1) * (here**2 + 20 * np.sin(a) ** 2 + np.log10(1 + (i + 1) * b**2))
    return total


def perm_0(x: np.ndarray) -> float:
    d = range(1, len(x) + 1)
    return sum(sum((j + 10) * (x[j - 1] ** i - 1 / j**i) for j in d) ** 2 for i in d)


def dixon_price(x: np.ndarray) -> float:
    return (x[0] - 1) ** 2 + sum(
        i * (2 * x[i - 1] ** 2 - x[i - 2]) ** 2 for i in range(2, len(x) + 1)
    )


def levy(x: np.ndarray) -> float:
    w = [1 + (value - 1) / 4 for value in x]
    middle = sum((v - 1) ** 2 * (1 + 10 * np.sin(np.pi * v + 1) ** 2) for v in w[:-1])
    last = (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
    return np.sin(np.pi * w[0]) ** 2 + middle + last


def whitley(x: np.ndarray) -> float:
    y = [100 * (a**2 - b) ** 2 + (1 - b) ** 2 for a in x for b in x]
    return sum(v**2 / 4000 - np.cos(v) + 1 for v in y)


def weierstrass(x: np.ndarray) -> float:
    def waves(t: float) -> float:
        return sum(0.5**k * np.cos(2 * np.pi * 3**k * t) for k in range(21))

    return sum(waves(t + 0.5) for t in x) - len(x) * waves(0.5)


def shubert(x: np.ndarray) -> float:
    return np.prod([sum(k * np.cos((k + 1) * t + k) for k in range(1, 6)) for t in x])


def griewank(x: np.ndarray) -> float:
    waves = [np.cos(t / np.sqrt(i)) for i, t in enumerate(x, start=1)]
    return 1 + np.dot(x, x) / 4000 - np.multiply.reduce(waves)


def ackley(x: np.ndarray) -> float:
    far, waves = np.sqrt((x**2).mean()), np.cos(2 * np.pi * x).mean()
    return 20 + np.e - 20 * np.exp(-far / 5) - np.exp(waves)


def branin(x: np.ndarray) -> float:
    a, b = x
    bent = b - 5.1 / (4 * np.pi**2) * a**2 + 5 / np.pi * a - 6
    return bent**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10


def helical_valley(x: np.ndarray) -> float:
    turn = np.arctan(x[1] / x[0]) / (2 * np.pi) + (0.5 if x[0] < 0 else 0)
    return 100 * ((x[2] - 10 * turn) ** 2 + (np.hypot(x[0], x[1]) - 1) ** 2) + x[2] ** 2


def rosenbrock(x: np.ndarray) -> float:
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


def michalewicz_5(x: np.ndarray) -> float:
    return -sum(np.sin(t) * np.sin(i * t * t / np.pi) ** 20 for i, t in enumerate(x, start=1))


def trid_6(x: np.ndarray) -> float:
    return np.dot(x - 1, x - 1) - np.dot(np.roll(x, 1)[1:], x[1:])


def rotated_hyper_ellipsoid(x: np.ndarray) -> float:
    return sum(x[j] ** 2 for i in range(len(x)) for j in range(i + 1))


def bard(x: np.ndarray) -> float:
    y = [14, 18, 22, 25, 29, 32, 35, 39, 37, 58, 73, 96, 134, 210, 439]
    rows = [(k, 16 - k, min(k, 16 - k)) for k in range(1, 16)]
    found = [x[0] + u / (v * x[1] + w * x[2]) for u, v, w in rows]
    return sum((a / 100 - b) ** 2 for a, b in zip(y, found, strict=True))


REFERENCES = [
    *(ackley, bard, branin, de_jong_5, dixon_price, griewank, hartmann_6, helical_valley, kowalik),
    *(langermann, levy, michalewicz_5, perm_0, pinter, rosenbrock, rotated_hyper_ellipsoid),
    *(shekel_10, shubert, trid_6, watson, weierstrass, whitley),
]


@pytest.mark.parametrize("reference", REFERENCES, ids=[r.__name__ for r in REFERENCES])
def test_values_are_those_of_the_definition(reference) -> None:
    function = STANDARD[reference.__name__]
    points = random_points(function, 50, seed=4)
    values, _ = evaluate(objective(function, function.dim), points)
    expected = [reference(point) for point in points.T]
    np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-12)
