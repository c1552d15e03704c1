"""Runs at the ends of what floats can hold: each gets a verdict, and strict JSON."""

from itertools import product
from math import inf

import pytest

import adamcli

FORMULAS = [
    "(x - 3)**2 + y**2",
    "abs(x) + abs(y - 1)",
    "exp(x) + exp(-y)",
    "floor(x) + y**2",
    "1e30*x**2 + y",
    "1e-30*x**2 + 1e-30*y",
    "1/(x**2 + 1e-12) + y",
    "0*x + 0*y",
]

BOXES = {
    "plain": {"x": [-5, 5], "y": [-5, 5]},
    "vast and fixed": {
        "x": {"low": 1e-300, "high": 1e300, "scale": "log", "draw": [1e-3, 1e3]},
        "y": [0, 0],
    },
    "open": {
        "x": {"low": 0, "high": inf, "draw": [0.5, 2]},
        "y": {"low": -inf, "high": inf, "draw": [-1, 1]},
    },
    "thin and wide": {"x": [1, 1 + 1e-12], "y": [-1e15, 1e15]},
}

SETTINGS = [(0.001, 60), (1e3, 3), ("0.1*(1 - t/n_iter)", 30), (0, 5), (1e-320, 20)]


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("mode", ["clip", "start", "reflect", "transform"])
def test_every_run_is_judged(box, mode) -> None:
    judged = 0
    for formula, (alpha, n_iter), method in product(FORMULAS, SETTINGS, ["adam", "sgd", "radam"]):
        keys = {"alpha": alpha, "n_iter": n_iter, "method": method, "seed": judged}
        direction = ("minimize", "maximize")[judged % 2]
        result = adamcli.minimize(
            formula, BOXES[box], bounds_mode=mode, direction=direction, **keys
        )
        assert result.verdict.message
        assert '"verdict"' in result.to_json()
        judged += 1
    assert judged == len(FORMULAS) * len(SETTINGS) * 3
