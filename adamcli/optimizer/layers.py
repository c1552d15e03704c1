"""The article's update of layered parameters, dictionaries of arrays W1, b1, W2, b2 and so on.

Arrays are updated in place on all cores, in blocks that fit into the cache.
"""

from __future__ import annotations

import os
from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.cores import cores
from adamcli.errors import UsageError
from adamcli.optimizer.adam import average, corrections, descend
from adamcli.optimizer.hyperparameters import Hyperparameters, check

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from adamcli.arrays import Array

    Arrays = dict[str, Array]

BLOCK = 40_000
"""Entries per block: five arrays of 320 kB pass through a 1 MB cache. Measured between 8,192, where
the calls themselves cost a third more, and 200,000, where the cache overflows."""

THREADED = 400_000
"""The total number of entries from which a second thread pays off."""


def initialize_adam(parameters: Arrays) -> tuple[Arrays, Arrays]:
    """Return `(v, s)`, zeros in the shapes of the parameters `W1`, `b1`, … under `dW1`, `db1`, ….

    `v` averages the gradients and `s` their squares.
    """
    v = {f"d{name}": np.zeros_like(value) for name, value in parameters.items()}
    s = {f"d{name}": np.zeros_like(value) for name, value in parameters.items()}
    return v, s


def update_parameters_with_adam(
    parameters: Arrays,
    grads: Arrays,
    v: Arrays,
    s: Arrays,
    t: int,
    learning_rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Arrays, Arrays, Arrays]:
    """Take step number `t` (1, 2, …) of Adam on every layer, weights and biases alike.

    As in the article, the arrays of `parameters`, `v` and `s` are updated in place and the three
    dictionaries returned. `grads`, `v` and `s` hold `dW1` in the shape of `W1`, and so on.

    Raises `UsageError`, with nothing changed, for a missing key, a wrong shape or dtype, a
    read-only array, a rate out of range, or t below 1.
    """
    if not t >= 1:
        raise UsageError(f"t counts the steps from 1, found {t}")
    check(Hyperparameters(learning_rate, beta1, beta2, epsilon))
    layers = [_layer(name, value, grads, v, s) for name, value in parameters.items()]
    step, eps = corrections(learning_rate, beta1**t, beta2**t, epsilon, "outside")
    constants = (beta1, 1.0 - beta1, beta2, 1.0 - beta2, float(step), float(eps))
    # Each thread takes the next block left, so that none waits for a slower one.
    blocks = deque(block for layer in layers for block in _blocks(layer))
    workers = cores() if sum(layer[0].size for layer in layers) >= THREADED else 1
    waiting = [_threads().submit(_update, blocks, constants) for _ in range(workers - 1)]
    _update(blocks, constants)
    for future in waiting:
        future.result()
    return parameters, v, s


def _layer(name: str, value: Array, grads: Arrays, v: Arrays, s: Arrays) -> tuple[Array, ...]:
    """Return a parameter, its gradient and its two averages, all checked."""
    key, layer = f"d{name}", {name: value}
    for label, group in (("grads", grads), ("v", v), ("s", s)):
        if key not in group:
            raise UsageError(f"{label} has no {key!r}, but parameters has {name!r}")
        layer[f"{label}[{key!r}]"] = group[key]
    shape, dtype = np.shape(value), getattr(value, "dtype", None)
    for label, array in layer.items():
        updated = label != f"grads[{key!r}]"
        if not (isinstance(array, np.ndarray) and array.dtype.kind == "f"):
            raise UsageError(f"{label}: expected an array of floating-point numbers")
        if updated and not array.flags.writeable:
            raise UsageError(f"{label}: is read-only, but must be updated in place")
        if array.shape != shape:
            raise UsageError(f"{label} has shape {array.shape}, expected {shape} as for {name!r}")
        if updated and array.dtype != dtype:
            raise UsageError(f"{label} has dtype {array.dtype}, expected {dtype} as for {name!r}")
    return tuple(layer.values())


def _blocks(layer: tuple[Array, ...]) -> list[tuple[Array, ...]]:
    # Arrays in another layout cannot be flattened without a copy.
    if not all(array.flags.c_contiguous for array in layer):
        return [layer]
    flat = [array.reshape(-1) for array in layer]
    starts = range(0, flat[0].size, BLOCK)
    return [tuple(array[start : start + BLOCK] for array in flat) for start in starts]


def _update(blocks: deque[tuple[Array, ...]], constants: tuple[float, ...]) -> None:
    """Update blocks until none is left; several threads may share the deque."""
    prepared: dict[Any, tuple[Array, list[Array]]] = {}
    while True:
        try:
            x, g, m, v = blocks.popleft()
        except IndexError:
            return
        key = x.shape, x.dtype
        if key not in prepared:
            prepared[key] = np.empty_like(x), [np.array(value, x.dtype) for value in constants]
        scratch, (beta1, weight1, beta2, weight2, step, eps) = prepared[key]
        average(m, g, beta1, weight1, scratch)
        np.multiply(g, g, scratch)
        average(v, scratch, beta2, weight2, scratch)
        descend(x, m, v, step, eps, scratch, eps_inside=False)


@cache
def _threads() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    if hasattr(os, "register_at_fork"):
        # A forked child has no threads: it needs a pool of its own.
        os.register_at_fork(after_in_child=_threads.cache_clear)
    return ThreadPoolExecutor(cores(), thread_name_prefix="adamcli")
