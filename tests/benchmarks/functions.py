"""A step of `minimize` with a Python function, against the article's loop that calls the same.

By differences the loop calls the function as often as ours does: at the point, and once for each
coordinate.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from adamcli import minimize
from tests.benchmarks.measure import Row, loop, paired
from tests.benchmarks.peers import START

STEPS, ALPHA, BETA1, BETA2, EPS = 20_000, 0.02, 0.8, 0.999, 1e-8


def objective(x, y):
    return x**2.0 + y**2.0


def derivative(x, y):
    return np.asarray([x * 2.0, y * 2.0])


def plain_loop(jac) -> float:
    """Run the article's loop; without `jac`, by differences. Return the last score."""
    x, m, v = np.array(START), [0.0, 0.0], [0.0, 0.0]
    score = objective(x[0], x[1])
    for t in range(STEPS):
        g = differences(x, score) if jac is None else jac(x[0], x[1])
        for i in range(x.shape[0]):
            m[i] = BETA1 * m[i] + (1.0 - BETA1) * g[i]
            v[i] = BETA2 * v[i] + (1.0 - BETA2) * g[i] ** 2
            mhat = m[i] / (1.0 - BETA1 ** (t + 1))
            vhat = v[i] / (1.0 - BETA2 ** (t + 1))
            x[i] = x[i] - ALPHA * mhat / (sqrt(vhat) + EPS)
        score = objective(x[0], x[1])
    return score


def differences(x: np.ndarray, score: float) -> list[float]:
    found = []
    for i in range(x.shape[0]):
        moved = x.copy()
        moved[i] += 2.0**-26 * max(1.0, abs(x[i]))
        found.append((objective(moved[0], moved[1]) - score) / (moved[i] - x[i]))
    return found


def rows() -> list[Row]:
    bounds, start = {"x": (-1, 1), "y": (-1, 1)}, dict(zip("xy", START, strict=True))
    settings = {"n_iter": STEPS, "alpha": ALPHA, "beta1": BETA1, "start": start}
    found = []
    for name, jac in (("with jac", derivative), ("by differences", None)):
        ours = loop(lambda jac=jac: minimize(objective, bounds, jac=jac, **settings), STEPS)
        peer = loop(lambda jac=jac: plain_loop(jac), STEPS)
        what = f"a step of a Python function {name}, D = 2 / the article's loop"
        found.append(Row(what, *paired(ours, peer, 9), 5.0, "us"))
    return found
