"""Millions of variables: they stay arrays, take little memory, and have the bits of a few."""

import pickle
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

import adamcli
from adamcli.arrays import Coordinates, each, same_for_all
from adamcli.config.load import load_config, parse_config
from adamcli.objective.variables import CoordinateNames, Variables
from adamcli.optimizer import chunks, draws, evidence, moving
from adamcli.optimizer.bounds import BOUNDS_MODES
from adamcli.optimizer.methods import METHODS
from adamcli.optimizer.pushed import Pushed
from tests.conftest import same_bits

DIM = 2_000_000
LARGE = 70_000
FIELDS = ("start", "best", "last")


def test_a_run_takes_hardly_more_than_six_arrays() -> None:
    tracemalloc.start()
    try:
        config = load_config("sphere", [f"dim={DIM}", "n_iter=10"])
        _, read = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        result = adamcli.run_config(config)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.nit == 10
    # The start, x, best x, gradient, m, v, and what Python has.
    assert read < 1.5 * 8 * DIM
    assert peak < 6.9 * 8 * DIM
    assert kept < 3.3 * 8 * DIM


def test_a_sweep_takes_no_more_than_its_runs_one_by_one(cli, monkeypatch, tmp_path) -> None:
    def refuse(names: CoordinateNames) -> Iterator[str]:
        raise AssertionError("millions of names are written")

    # What every command imports does not count.
    assert cli("sweep", "sphere", "-p", "seed=0,1", "--set", "n_iter=1", "-q").code == 0
    monkeypatch.setattr(CoordinateNames, "__iter__", refuse)
    best, keys = str(tmp_path / "best.yaml"), ["--dim", str(DIM), "--set", "n_iter=2"]
    tracemalloc.start()
    try:
        ended = cli("sweep", "sphere", *keys, "-p", "seed=0..2", "-q", "--save-best", best)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ended.code == 0, ended.stderr
    assert peak < 8 * 8 * DIM
    configs = [load_config("sphere", [f"dim={DIM}", "n_iter=2", f"seed={k}"]) for k in range(3)]
    scores = [adamcli.run_config(config).best.score for config in configs]
    assert load_config(best).seed == int(np.argmin(scores))


def test_names_are_compared_without_writing_them() -> None:
    names = [Variables(v).coordinate_names() for v in ([("x", (3,))], [("x", (3,))], [("y", (3,))])]
    assert names[0] == names[1] == ["x[0]", "x[1]", "x[2]"]
    assert names[0] != names[2]
    assert names[0] != ["x[0]", "x[1]"]
    assert names[0] != "x"


def test_the_steps_are_those_of_plain_numpy() -> None:
    result = adamcli.run_config(load_config("sphere", [f"dim={LARGE}", "n_iter=5", "seed=3"]))
    np.random.seed(3)
    x = -5.12 + np.random.rand(LARGE) * (5.12 + 5.12)
    assert same_bits(np.asarray(result.start.x), x)
    m = v = np.zeros(LARGE)
    for t in range(1, 6):
        m, v = 0.9 * m + 0.1 * 2 * x, 0.999 * v + 0.001 * (2 * x) ** 2
        x = x - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(result.last.x, x, rtol=1e-12, atol=1e-12)


def ended(config, monkeypatch, large):
    monkeypatch.setattr(moving, "LARGE", large)
    return adamcli.run_config(config)


def assert_same(one, other) -> None:
    for name in FIELDS:
        a, b = getattr(one, name), getattr(other, name)
        assert (a.t, repr(a.score)) == (b.t, repr(b.score))
        assert same_bits(np.asarray(a.x), np.asarray(b.x))
    assert same_bits(np.asarray(one.gradient), np.asarray(other.gradient))
    assert one == other


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", BOUNDS_MODES)
def test_chunks_have_the_bits_of_one_update(method, mode, monkeypatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 7)
    bounds = "{x: {low: -1, high: 1, shape: 40}, y: {low: 0.5, high: 4, scale: log, shape: 9}}"
    text = f"objective: sum(x**4 - x**2) + sum(y)\nbounds: {bounds}\nn_iter: 30\n"
    text += f"method: {method}\nbounds_mode: {mode}\n"
    text += "alpha: {x: 0.02, y: 0.1}\nweight_decay: 0.01\n"
    config = parse_config(text)
    assert_same(ended(config, monkeypatch, 0), ended(config, monkeypatch, 10**9))


def test_a_run_in_chunks_diverges_where_one_in_whole_does(monkeypatch) -> None:
    text = "objective: sum(sqrt(x))\nbounds: {x: {low: -1, high: 1, shape: 30, draw: [0, 1]}}\n"
    config = parse_config(text + "alpha: 0.1\nbounds_mode: start\n")
    one, other = (ended(config, monkeypatch, large) for large in (0, 10**9))
    assert one.status.value == "diverged"
    assert repr(one.divergence) == repr(other.divergence)
    assert_same(one, other)


@pytest.mark.parametrize("objective", ["sum(x)", "sum(x**2)", "sum(x**4 - x**2)", "sum(cos(9*x))"])
@pytest.mark.parametrize("alpha", [1e-6, 0.01, 3])
@pytest.mark.parametrize("mode", ["clip", "transform"])
@pytest.mark.parametrize("dim", [60, 150])
def test_the_verdict_in_chunks_is_that_in_whole(objective, alpha, mode, dim, monkeypatch) -> None:
    bounds = f"{{x: {{low: -1, high: 2, shape: {dim}}}}}"
    text = f"objective: {objective}\nbounds: {bounds}\nalpha: {alpha}\nbounds_mode: {mode}\n"
    config = parse_config(text + "n_iter: 200\n")
    whole = adamcli.run_config(config)
    monkeypatch.setattr(evidence, "LARGE", 7)
    monkeypatch.setattr(evidence, "chunks", lambda dim, size=7: chunks.chunks(dim, size))
    monkeypatch.setattr("adamcli.optimizer.curvature.HUGE", 10)
    assert repr(adamcli.run_config(config).verdict) == repr(whole.verdict)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_many_draws_are_those_of_few(seed) -> None:
    many = draws.legacy_rand(seed, draws.FEW + 1)
    assert many.tolist() == draws._few_rands(seed, draws.FEW + 1)


def test_coordinates_are_like_a_tuple_over_an_array() -> None:
    array = np.array([0.5, -0.0, 3.0])
    x = Coordinates(array)
    assert x == (0.5, 0.0, 3.0) == x
    assert x != (0.5, 0.0)
    assert x != [0.5, 0.0, 3.0]
    assert hash(x) == hash((0.5, 0.0, 3.0))
    assert repr(x) == "(0.5, -0.0, 3.0)"
    assert x[1:] == (0.0, 3.0)
    assert [type(k) for k in (x[0], *x)] == [float] * 4
    assert np.shares_memory(np.asarray(x), array)
    assert not np.shares_memory(np.array(x), array)
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(x)[0] = 1
    assert pickle.loads(pickle.dumps(x)) == x
    assert Coordinates(np.array([np.nan])) == Coordinates(np.array([np.nan]))


def test_what_is_the_same_for_all_is_computed_once() -> None:
    seen = []

    def add(a, b):
        seen.append(len(a))
        return a + b

    same = same_for_all(2.0, DIM)
    assert each(add, same, same).strides == (0,)
    assert each(add, np.ones(3), same_for_all(2.0, 3)).tolist() == [3, 3, 3]
    assert seen == [1, 3]


def test_pushed_coordinates_are_a_mapping() -> None:
    pushed = Pushed(["a", "b", "c"], np.array([1, 0, 0], bool), np.array([0, 0, 1], bool))
    assert pushed == {"a": "lower", "c": "upper"}
    assert list(pushed) == ["a", "c"]
    assert pickle.loads(pickle.dumps(pushed)) == pushed
    assert "b" not in pushed
