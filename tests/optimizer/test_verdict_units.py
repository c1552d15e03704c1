"""Verdicts tell ways in units of the variables, where steps are taken in others."""

from __future__ import annotations

import re
from math import exp

import numpy as np
import pytest

import adamcli
from adamcli.optimizer.status import Code
from tests.conftest import config_of

WIDE = {"low": 1e-9, "high": 1e3, "scale": "log"}


def told(verdict) -> list[float]:
    """Return the lengths that a message has."""
    found = re.search(r"by about (\S+?)(?:, and (\S+) is left|[,;]|$)", verdict.message)
    assert found, verdict.message
    return [float(text) for text in found.groups() if text]


def test_a_way_to_an_open_bound_is_that_of_the_variable() -> None:
    bounds = {"x": (0, 2), "y": (-1, 5)}
    keys = {"bounds_mode": "transform", "alpha": 0.1, "n_iter": 200}
    found = adamcli.minimize("(x-3)**2+(y+4)**2", bounds, **keys)
    assert found.verdict.code is Code.LIMITED
    reach, left = told(found.verdict)
    assert reach <= 1.02 * (found.start.x[1] + 1)
    assert left == pytest.approx(found.best.x[1] + 1, rel=0.05)
    assert "in steps that `bounds_mode: transform` makes short" in found.verdict.message


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_way_in_logarithms_is_that_of_the_variable(sign: int) -> None:
    keys = {"start": [0.1], "alpha": 0.01, "n_iter": 20}
    fun = f"(log(x/0.1) - {sign}*2)**2"
    found = adamcli.minimize(fun, {"x": WIDE}, **keys)
    # Adam's steps are at most alpha long.
    assert told(found.verdict)[0] == pytest.approx(0.1 * abs(exp(sign * 0.2) - 1), rel=0.05)
    assert "makes short" not in found.verdict.message


def test_steps_in_a_logarithm_are_short_near_0() -> None:
    keys = {"start": [100.0], "alpha": 0.1, "n_iter": 60}
    found = adamcli.minimize("(log(x) + 9)**2", {"x": WIDE}, **keys)
    assert told(found.verdict)[0] <= 100
    assert "in steps that `scale: log` makes short" in found.verdict.message


def test_plain_steps_are_told_as_they_are() -> None:
    found = adamcli.minimize("(x - 3)**2", {"x": (-5, 5)}, start=[0], alpha=0.01, n_iter=20)
    assert told(found.verdict) == [0.2, pytest.approx(2.8, rel=0.01)]
    assert "makes short" not in found.verdict.message


@pytest.mark.parametrize("start", [1e-6, 1.0, 100.0])
@pytest.mark.parametrize("method", ["adam", "sgd"])
def test_what_to_try_from_an_unmoved_start_has_steps_of_the_logarithm(start, method) -> None:
    fun, keys = f"log(x/{start}/1.02)**2", {"start": [start], "method": method}
    found = adamcli.minimize(fun, {"x": WIDE}, alpha=30.0, n_iter=1, **keys)
    assert found.verdict.code is Code.UNMOVED
    alpha = float(re.search(r"alpha: (\S+)", found.verdict.remedy)[1])
    again = adamcli.minimize(fun, {"x": WIDE}, alpha=alpha, n_iter=100, **keys)
    assert again.verdict.code is Code.MINIMUM or again.best.score < 1e-4 * found.best.score


def test_a_warp_is_named_as_in_a_config() -> None:
    bounds = "{x: [0, 1], y: {low: 1, high: 2, scale: log}}"
    modes = [config_of("x*y", bounds, bounds_mode=mode).bounds for mode in ("clip", "transform")]
    assert [mode.warp(k) for mode in modes for k in range(2)] == [
        "",
        "scale: log",
        "bounds_mode: transform",
        "bounds_mode: transform",
    ]
    assert np.array_equal(modes[0].logarithmic, [False, True])


@pytest.mark.parametrize("mode", ["clip", "reflect", "transform"])
@pytest.mark.parametrize("n_iter", [3, 2000])
def test_no_more_is_left_to_gain_than_bounds_allow(mode: str, n_iter: int) -> None:
    bounds = {"x": (0, 2), "y": (-1, 5)}
    keys = {"bounds_mode": mode, "alpha": 0.1, "n_iter": n_iter}
    found = adamcli.minimize("(x-3)**2+(y+4)**2", bounds, **keys)
    left = found.best.score - 10
    x, y = found.best.x
    assert 0.99 * left <= found.verdict.predicted_decrease
    assert found.verdict.predicted_decrease <= 2 * (3 - x) * (2 - x) + 2 * (y + 4) * (y + 1) + 1e-9
