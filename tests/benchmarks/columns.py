"""Steps on long columns of data: an exponential fit, as one writes it in NumPy and in JAX.

`python -m tests.benchmarks.columns` prints these rows alone, and what a step takes in memory.
"""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.measure import Row, in_a_row, paired, show
from tests.benchmarks.ours import steps_on

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHA, BETA1, BETA2, EPS = 0.01, 0.9, 0.999, 1e-8

START = [1.2, 2.5, 0.1]

FORMS = {
    "sum of squares": "objective: sum((y - (a*exp(-t/tau) + c))**2)",
    "model": "model: y ~ a*exp(-t/tau) + c",
}


def measured(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns t and y."""
    t = np.linspace(0, 10, rows)
    return t, np.exp(-t / 3) + 0.1 * np.sin(40 * t)


def ours(form: str, t: np.ndarray, y: np.ndarray, steps: int) -> Callable[[], object]:
    """Return a function that takes so many steps."""
    lines = [
        FORMS[form],
        f"start: {START}",
        "bounds: {a: [0, 3], tau: [1, 5], c: [-1, 1]}",
        f"alpha: {ALPHA}\nn_iter: {steps}",
    ]
    return steps_on({"t": t, "y": y}, lines)


def by_hand(t: np.ndarray, y: np.ndarray, steps: int) -> Callable[[], object]:
    """Return a function that takes so many steps as one writes them in NumPy."""

    def run() -> None:
        w = np.array(START)
        m, v, best = np.zeros(3), np.zeros(3), np.inf
        for n in range(1, steps + 1):
            a, tau, c = w
            e = np.exp(-t / tau)
            r = y - (a * e + c)
            best = min(best, (r * r).sum())
            d = -2 * r
            g = np.array([(d * e).sum(), (d * e * t).sum() * a / tau**2, d.sum()])
            m = BETA1 * m + (1 - BETA1) * g
            v = BETA2 * v + (1 - BETA2) * g * g
            w = w - ALPHA * (m / (1 - BETA1**n)) / (np.sqrt(v / (1 - BETA2**n)) + EPS)

    return run


def jax_fit(t: np.ndarray, y: np.ndarray, steps: int) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    t, y = jnp.array(t), jnp.array(y)

    def score(p):
        return jnp.sum((y - (p[0] * jnp.exp(-t / p[1]) + p[2])) ** 2)

    @jax.jit
    def step(p, m, v, n, best):
        value, g = jax.value_and_grad(score)(p)
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g * g
        p = p - ALPHA * (m / (1 - BETA1**n)) / (jnp.sqrt(v / (1 - BETA2**n)) + EPS)
        return p, m, v, n + 1, jnp.minimum(best, value)

    def run() -> None:
        state = (jnp.array(START), jnp.zeros(3), jnp.zeros(3), 1.0, jnp.inf)
        for _ in range(steps):
            state = step(*state)
        jax.block_until_ready(state)

    return run


def rows() -> list[Row]:
    found, count, steps = [], 1_000_000, 30
    t, y = measured(count)
    for form in FORMS:
        for name, peer, target in (("NumPy by hand", by_hand, 1.2), ("JAX, warm", jax_fit, 1.5)):
            own = in_a_row(ours(form, t, y, steps), 1, steps)
            sides = own, in_a_row(peer(t, y, steps), 1, steps)
            what = f"a step of an exponential fit, {form}, {count:,} rows / {name}"
            found.append(Row(what, *paired(*sides, 7), target, "us"))
    return found


def memory() -> str:
    """Return what steps take in memory besides the data."""
    lines = []
    for count in (100_000, 1_000_000, 10_000_000):
        run = ours("model", *measured(count), 1)
        tracemalloc.start()
        run()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        lines.append(
            f"{count:,} rows: {peak / 1e6:.1f} MB besides columns of {count * 8e-6:.1f} MB"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(show(rows()))
    print(memory())
