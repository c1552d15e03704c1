"""The article's layered update: weights and biases, any number of layers, all cores."""

import os
import select
import warnings
from itertools import pairwise

import numpy as np
import pytest

import adamcli.optimizer.layers as layers
from adamcli import UsageError, initialize_adam, update_parameters_with_adam
from tests import article_code


def network(*widths, dtype=float, seed=0):
    random = np.random.RandomState(seed)
    parameters, grads = {}, {}
    for number, (inputs, outputs) in enumerate(pairwise(widths), 1):
        for name, shape in ((f"W{number}", (outputs, inputs)), (f"b{number}", (outputs, 1))):
            parameters[name] = random.standard_normal(shape).astype(dtype)
            grads["d" + name] = random.standard_normal(shape).astype(dtype)
    return parameters, grads


def test_the_state_starts_at_zero_in_the_shape_of_every_parameter() -> None:
    parameters, _ = network(4, 3, 2)
    v, s = initialize_adam(parameters)
    assert list(v) == list(s) == ["dW1", "db1", "dW2", "db2"]
    for group in (v, s):
        assert all(group["d" + name].shape == value.shape for name, value in parameters.items())
        assert not any(value.any() for value in group.values())
    assert v["dW1"] is not s["dW1"]


@pytest.mark.parametrize("widths", [(2, 1), (4, 3, 2), (5, 8, 8, 3, 1)])
@pytest.mark.parametrize("settings", [{}, {"learning_rate": 0.3, "beta1": 0.5, "epsilon": 0.1}])
def test_ten_steps_are_the_articles_for_weights_and_biases(widths, settings) -> None:
    parameters, _ = network(*widths)
    v, s = initialize_adam(parameters)
    expected = {k: a.copy() for k, a in parameters.items()}, *initialize_adam(parameters)
    for t in range(1, 11):
        _, grads = network(*widths, seed=t)
        parameters, v, s = update_parameters_with_adam(parameters, grads, v, s, t, **settings)
        expected = article_code.update_parameters_with_adam(
            expected[0], grads, *expected[1:], t, **settings
        )
    for found, wanted in zip((parameters, v, s), expected, strict=True):
        assert list(found) == list(wanted)
        for name in found:
            np.testing.assert_allclose(found[name], wanted[name], rtol=1e-13, atol=1e-15)


def test_arrays_are_updated_in_place() -> None:
    parameters, grads = network(3, 2)
    kept = parameters["W1"], parameters["b1"]
    before = kept[0].copy()
    v, s = initialize_adam(parameters)
    found, _, _ = update_parameters_with_adam(parameters, grads, v, s, 1)
    assert found is parameters
    assert found["W1"] is kept[0]
    assert (kept[0] != before).all()


def test_gradients_are_left_alone() -> None:
    parameters, grads = network(3, 2)
    before = {name: grad.copy() for name, grad in grads.items()}
    update_parameters_with_adam(parameters, grads, *initialize_adam(parameters), 1)
    assert all((grads[name] == before[name]).all() for name in grads)


def large(size):
    random = np.random.RandomState(1)
    return {"W1": random.standard_normal(size)}, {"dW1": random.standard_normal(size)}


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_blocks_and_threads_do_not_change_a_bit(monkeypatch, workers) -> None:
    parameters, grads = large(10_007)
    monkeypatch.setattr(layers, "BLOCK", 100_000)
    whole = update_parameters_with_adam(
        {"W1": parameters["W1"].copy()}, grads, *initialize_adam(parameters), 1
    )
    monkeypatch.setattr(layers, "BLOCK", 1000)
    monkeypatch.setattr(layers, "THREADED", 1)
    monkeypatch.setattr(layers, "cores", lambda: workers)
    cut = update_parameters_with_adam(
        {"W1": parameters["W1"].copy()}, grads, *initialize_adam(parameters), 1
    )
    for one, other in zip(whole, cut, strict=True):
        for name in one:
            assert (one[name] == other[name]).all()


@pytest.mark.parametrize("layout", ["F", "strided"])
def test_any_memory_layout_is_updated(layout) -> None:
    random = np.random.RandomState(2)
    source = random.standard_normal((6, 8))
    value = np.asfortranarray(source[:, :4]) if layout == "F" else source[:, ::2]
    parameters, expected = {"W1": value}, {"W1": np.array(value, order="C")}
    grads = {"dW1": random.standard_normal((6, 4))}
    update_parameters_with_adam(parameters, grads, *initialize_adam(parameters), 1)
    update_parameters_with_adam(expected, grads, *initialize_adam(expected), 1)
    assert (parameters["W1"] == expected["W1"]).all()
    assert parameters["W1"] is value


def test_single_precision_stays_single() -> None:
    parameters, grads = network(3, 2, dtype=np.float32)
    v, s = initialize_adam(parameters)
    update_parameters_with_adam(parameters, grads, v, s, 1)
    assert {a.dtype for a in (*parameters.values(), *v.values(), *s.values())} == {
        np.dtype(np.float32)
    }


def test_errors_name_what_is_wrong() -> None:
    parameters, grads = network(3, 2)
    v, s = initialize_adam(parameters)
    with pytest.raises(UsageError, match="t counts the steps from 1, found 0"):
        update_parameters_with_adam(parameters, grads, v, s, 0)
    with pytest.raises(UsageError, match="grads has no 'db1', but parameters has 'b1'"):
        update_parameters_with_adam(parameters, {"dW1": grads["dW1"]}, v, s, 1)
    with pytest.raises(UsageError, match=r"grads\['db1'\] has shape \(3,\), expected \(2, 1\)"):
        update_parameters_with_adam(parameters, {**grads, "db1": np.ones(3)}, v, s, 1)
    with pytest.raises(UsageError, match="W1: expected an array of floating-point numbers"):
        update_parameters_with_adam({"W1": np.arange(3)}, {"dW1": np.ones(3)}, v, s, 1)


@pytest.mark.parametrize(
    "settings", [{"beta1": 1.0}, {"beta2": -0.1}, {"learning_rate": np.nan}, {"epsilon": -1.0}]
)
def test_rates_out_of_range_change_nothing(settings) -> None:
    parameters, grads = network(3, 2)
    before = {name: value.copy() for name, value in parameters.items()}
    v, s = initialize_adam(parameters)
    with pytest.raises(UsageError, match="expected"):
        update_parameters_with_adam(parameters, grads, v, s, 1, **settings)
    with pytest.raises(UsageError, match="t counts the steps"):
        update_parameters_with_adam(parameters, grads, v, s, float("nan"))
    assert all((parameters[name] == before[name]).all() for name in before)


def test_a_read_only_array_changes_nothing() -> None:
    parameters, grads = network(3, 2)
    v, s = initialize_adam(parameters)
    parameters["b1"].flags.writeable = False
    with pytest.raises(UsageError, match="b1: is read-only"):
        update_parameters_with_adam(parameters, grads, v, s, 1)
    assert not v["dW1"].any()


def test_a_forked_child_has_threads_of_its_own(monkeypatch) -> None:
    monkeypatch.setattr(layers, "THREADED", 1)
    monkeypatch.setattr(layers, "BLOCK", 10)
    monkeypatch.setattr(layers, "cores", lambda: 2)
    parameters, grads = network(30, 20)
    v, s = initialize_adam(parameters)
    update_parameters_with_adam(parameters, grads, v, s, 1)
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        update_parameters_with_adam(parameters, grads, v, s, 2)
        os.write(writer, b"done")
        os._exit(0)
    os.close(writer)
    assert select.select([reader], [], [], 30)[0]
    assert os.read(reader, 4) == b"done"
    os.close(reader)
    os.waitpid(child, 0)
