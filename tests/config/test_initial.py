"""The key `init` of a variable: what it draws, that it is written back, its errors, sweeps."""

import json
from math import sqrt

import numpy as np
import pytest
from scipy.stats import norm

from adamcli.config.load import parse_config
from adamcli.config.write import flow
from adamcli.diagnostics import ConfigError
from adamcli.experiment import start_of, starts_of
from tests.conftest import config_of, same_bits

FORMULA = "sum(W**2) + b**2"


def start(bounds: str, seed: int = 3, **keys: object) -> np.ndarray:
    return start_of(config_of(FORMULA, bounds, seed=seed, **keys))


def rand(count: int, seed: int = 3) -> np.ndarray:
    return np.random.RandomState(seed).rand(count)


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ("zeros", lambda u: 0 * u),
        ("ones", lambda u: 0 * u + 1),
        ('"uniform(-0.5, 1.5)"', lambda u: -0.5 + 2 * u),
        ("normal(0.1)", lambda u: 0.1 * norm.ppf(u)),
        ("glorot", lambda u: sqrt(6 / 5) * (2 * u - 1)),
        ("he", lambda u: sqrt(2 / 2) * norm.ppf(u)),
    ],
)
def test_each_rule_draws_from_the_stream_of_the_seed(init, expected) -> None:
    found = start(f"{{b: [-1, 1], W: {{shape: [2, 3], init: {init}}}}}")
    u = rand(7)
    assert found[0] == -1 + u[0] * 2
    np.testing.assert_allclose(found[1:], expected(u[1:]), rtol=1e-14, atol=1e-16)


def test_other_coordinates_are_drawn_as_without_a_rule() -> None:
    with_rule = start("{W: {shape: [2, 3], init: he}, b: [-1, 1]}")
    without = start("{W: {low: 0, high: 1, shape: [2, 3]}, b: [-1, 1]}")
    assert with_rule[-1] == without[-1]


def test_starts_of_many_seeds_are_those_of_each() -> None:
    config = config_of(FORMULA, "{W: {shape: [2, 3], init: normal(2)}, b: {init: zeros}}")
    seeds = np.arange(50)
    together = starts_of(config, seeds, {})
    for seed in seeds.tolist():
        assert same_bits(start_of(config._replace(seed=seed)), together[:, seed])


def test_a_start_that_is_given_wins_and_a_normal_one_stays_in_the_box() -> None:
    bounds = "{W: {shape: [2, 3], init: normal(100), low: -1, high: 1}, b: {init: ones}}"
    assert start(bounds, start="{b: 7}")[-1] == 7
    assert set(np.abs(start(bounds))) == {1.0}
    assert np.abs(start(bounds, bounds_mode="start")).max() > 10
    inside = start(bounds, bounds_mode="transform")
    assert (np.abs(inside[:-1]) < 1).all()


@pytest.mark.parametrize("mode", ["clip", "reflect", "transform", "start"])
def test_a_config_is_the_same_once_resolved(mode) -> None:
    bounds = (
        "{W: {shape: [2, 3], init: he}, b: {init: normal(0.1), low: -3, high: 3},"
        ' c: {shape: 2, init: "uniform(-1, 1)"}, d: [0, 1]}'
    )
    config = config_of("sum(W) + b + sum(c) + d", bounds, bounds_mode=mode)
    resolved = config.resolved()
    assert resolved["bounds"]["W"] == {"shape": [2, 3], "init": "he"}
    assert resolved["bounds"]["b"] == {"low": -3, "high": 3, "init": "normal(0.1)"}
    text = "".join(f"{key}: {flow(value)}\n" for key, value in resolved.items())
    again = parse_config(text)
    assert json.dumps(again.resolved()) == json.dumps(resolved)
    assert same_bits(start_of(again), start_of(config))


@pytest.mark.parametrize(
    ("entry", "message", "pointed"),
    [
        ("{shape: 2, init: hee}", "expected one of zeros, ones, normal(s), uniform(a, b)", "hee"),
        ("{shape: 2, init: hee}", "did you mean `he`?", "hee"),
        ("{shape: 2, init: 3}", "expected one of zeros, ones", "3"),
        ("{shape: 2, init: normal}", "W.init: expected normal(s)", "normal"),
        ("{shape: 2, init: normal(x)}", "write normal(0.1)", "normal(x)"),
        ("{shape: 2, init: normal(0)}", "is above 0, found 0.0", "normal(0)"),
        ("{shape: 2, init: normal(.inf)}", "expected normal(s)", "normal(.inf)"),
        ('{shape: 2, init: "uniform(1, 0)"}', "no number can be drawn from 1.0 to 0.0", '"uni'),
        ('{shape: 2, init: "uniform(1)"}', "expected uniform(a, b)", '"uniform(1)"'),
        ("{shape: 2, init: uniform(-1, 1)}", "within braces, quote it", "uniform(-1"),
        ("{shape: 2, init: zeros(1)}", "expected zeros, found", "zeros(1)"),
        ("{init: glorot}", "glorot depends on the shape, and there is none", "glorot"),
        ("{init: he}", "add, for example, shape: [64, 32]", "he"),
        ("{shape: 2, init: he, low: -1, high: 1, draw: [0, 1]}", "remove draw, or init", "[0, 1]"),
        ("{shape: 2, init: he, low: 1, high: 2, scale: log}", "remove scale, or init", "log"),
        ("{shape: 2, init: ones, high: 0.5}", "W.init: reaches beyond the bounds", "ones"),
        ("{shape: 2, low: -1}", "`high` is missing", "{shape: 2, low: -1}"),
    ],
)
def test_errors_point_at_what_is_wrong(entry, message, pointed) -> None:
    line = f"bounds: {{W: {entry}}}"
    with pytest.raises(ConfigError) as error:
        parse_config(f"objective: sum(W)\n{line}\n", "c.yaml")
    assert message in str(error.value)
    assert f"c.yaml:2:{line.index(pointed, 11) + 1}: " in str(error.value)


def test_a_search_says_that_it_needs_a_box(cli, tmp_path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("objective: sum((W - 1)**2)\nbounds: {W: {shape: 2, init: he}}\n")
    ended = cli("solve", str(path))
    assert ended.code == 2
    assert "`W[0]` has no finite box to search" in ended.stderr
    assert "init draws starts alone: give it low and high" in ended.stderr
    assert cli("solve", str(path), "--local").code == 0
    boxed = cli("solve", str(path), "--set", "bounds.W.low=-3", "--set", "bounds.W.high=3")
    assert boxed.code == 0


def test_check_takes_variables_without_bounds(cli, tmp_path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("objective: sum((W - 1)**2)\nbounds: {W: {shape: 2, init: he}}\n")
    assert cli("check", str(path)).code == 0


def test_a_sweep_over_rules_has_the_bits_of_its_runs(cli, tmp_path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "objective: sum((W - 1)**2)\nbounds: {W: {shape: [2, 2], init: he}}\nn_iter: 5\n"
    )
    axis = 'bounds.W.init=he,glorot,"normal(0.5)",zeros'
    rows = cli("sweep", str(path), "-p", axis, "-p", "seed=0..2", "--format", "jsonl")
    found = [json.loads(line) for line in rows.stdout.splitlines()]
    assert len(found) == 12
    for row in found:
        rule, seed = row["parameters"]["bounds.W.init"], row["seed"]
        one = cli(
            "run",
            str(path),
            "--set",
            f'bounds.W.init="{rule}"',
            "--set",
            f"seed={seed}",
            "--format",
            "json",
        )
        assert json.loads(one.stdout)["best"]["score"] == row["best"]["score"]
