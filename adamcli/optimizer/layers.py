"""The article's update of layered parameters: dictionaries of arrays W1, b1, W2, b2 and so on.

Arrays are updated in place, a block that fits into the cache at a time, on all cores.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.cores import cores
from adamcli.errors import UsageError
from adamcli.optimizer.adam import average, corrections, descend
from adamcli.optimizer.hyperparameters import Hyperparameters, check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor

    from adamcli.arrays import Array

    Arrays = dict[str, Array]

BLOCK = 40_000
"""Entries a block: five arrays of 320 kB pass through a 1 MB cache. Measured between 8,192, where
the calls themselves cost a third more, and 200,000, where the cache is overrun."""

THREADED = 400_000
"""Entries in all from which a second thread pays."""

_pool: ThreadPoolExecutor | None = None


def initialize_adam(parameters: Arrays) -> tuple[Arrays, Arrays]:
    """Return `(v, s)`: zeros in the shape of every parameter, under the names of the gradients.

    `v` averages the gradients and `s` their squares; `parameters` holds `W1`, `b1`, …, and the keys
    of both results are `dW1`, `db1`, ….
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

    Every array of `parameters`, `v` and `s` is updated in place, and the three dictionaries are
    returned, as in the article. `grads`, `v` and `s` hold the key `d` + name for every name of
    `parameters`, in the same shape.

    Raises `UsageError` for a missing key, a shape or dtype that does not fit, an array that is
    read-only, a rate out of range, or t below 1; nothing is changed then.
    """
    if not t >= 1:
        raise UsageError(f"t counts the steps from 1, found {t}")
    check(Hyperparameters(learning_rate, beta1, beta2, epsilon))
    layers = [_layer(name, value, grads, v, s) for name, value in parameters.items()]
    step, eps = corrections(learning_rate, beta1**t, beta2**t, epsilon, "outside")
    constants = (beta1, 1.0 - beta1, beta2, 1.0 - beta2, float(step), float(eps))
    # Every thread takes the next block that is left, so that none waits for a slower one.
    blocks = deque(block for layer in layers for block in _blocks(layer))
    workers = cores() if sum(layer[0].size for layer in layers) >= THREADED else 1
    waiting = [_threads().submit(_update, blocks, constants) for _ in range(workers - 1)]
    _update(blocks, constants)
    for future in waiting:
        future.result()
    return parameters, v, s


def _layer(name: str, value: Array, grads: Arrays, v: Arrays, s: Arrays) -> tuple[Array, ...]:
    key = f"d{name}"
    layer = [value]
    for label, group in (("grads", grads), ("v", v), ("s", s)):
        if key not in group:
            raise UsageError(f"{label} has no {key!r}, and parameters has {name!r}")
        layer.append(group[key])
    shape, dtype = np.shape(value), getattr(value, "dtype", None)
    for label, array in zip(
        (name, f"grads[{key!r}]", f"v[{key!r}]", f"s[{key!r}]"), layer, strict=True
    ):
        if not (isinstance(array, np.ndarray) and array.dtype.kind == "f"):
            raise UsageError(f"{label}: expected an array of floating-point numbers")
        if label != f"grads[{key!r}]" and not array.flags.writeable:
            raise UsageError(f"{label}: is read-only, and would be updated in place")
        if array.shape != shape:
            raise UsageError(f"{label} has shape {array.shape}, expected {shape} as {name!r} has")
        if array.dtype != dtype and label != f"grads[{key!r}]":
            raise UsageError(f"{label} has dtype {array.dtype}, expected {dtype} as {name!r} has")
    return tuple(layer)


def _blocks(layer: tuple[Array, ...]) -> Iterator[tuple[Array, ...]]:
    size = layer[0].size
    flat = [_flat(array) for array in layer]
    if any(array is None for array in flat):
        yield layer
        return
    for start in range(0, size, BLOCK):
        yield tuple(a[start : start + BLOCK] for a in flat if a is not None)


def _flat(array: Array) -> Array | None:
    """Return the array as one axis without a copy, or None where its layout does not allow it."""
    return array.reshape(-1) if array.flags.c_contiguous else None


def _update(blocks: deque[tuple[Array, ...]], constants: tuple[float, ...]) -> None:
    """Update blocks until none is left; several threads may take from one deque."""
    work: dict[tuple[tuple[int, ...], Any], Array] = {}
    cast: dict[Any, list[Array]] = {}
    while True:
        try:
            x, g, m, v = blocks.popleft()
        except IndexError:
            return
        if x.dtype not in cast:
            cast[x.dtype] = [np.array(value, dtype=x.dtype) for value in constants]
        beta1, weight1, beta2, weight2, step, eps = cast[x.dtype]
        scratch = work.get((x.shape, x.dtype))
        if scratch is None:
            scratch = work[x.shape, x.dtype] = np.empty_like(x)
        average(m, g, beta1, weight1, scratch)
        np.multiply(g, g, scratch)
        average(v, scratch, beta2, weight2, scratch)
        descend(x, m, v, step, eps, scratch, eps_inside=False)


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        from concurrent.futures import ThreadPoolExecutor

        _pool = ThreadPoolExecutor(cores(), thread_name_prefix="adamcli")
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_forget_threads)
    return _pool


def _forget_threads() -> None:
    """Drop the pool in a forked child, into which its threads have not come along."""
    global _pool
    _pool = None
