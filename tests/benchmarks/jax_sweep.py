"""What a sweep is compared with: 10**6 runs of the article's problem in JAX, as a program.

It prints the best score and its run, or with --warm the seconds of a second call. With --blocks it
does what a JAX program can do beyond a vmap: a batch of runs stays in the cache, and the
coordinates are arrays of their own.
"""

from __future__ import annotations

import sys
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)

STEPS, BETA2, EPS, LOW, HIGH = 60, 0.999, 1e-8, -1.0, 1.0

BLOCK = 50_000


def f(x):
    return x[0] ** 2 + x[1] ** 2


def best_of(run):
    """Return the best score of one run: its start, alpha and beta1."""
    start, alpha, beta1 = run
    optimizer = optax.adam(alpha, b1=beta1, b2=BETA2, eps=EPS)

    def step(carry, _):
        x, state, best = carry
        updates, state = optimizer.update(jax.grad(f)(x), state)
        x = optax.apply_updates(x, updates)
        x = jax.tree.map(lambda value: jnp.clip(value, LOW, HIGH), x)
        return (x, state, jnp.minimum(best, f(x))), None

    carry = (start, optimizer.init(start), f(start))
    return jax.lax.scan(step, carry, None, length=STEPS)[0][2]


def main() -> None:
    alpha, beta1 = np.geomspace(1e-4, 1e-1, 100), np.linspace(0.5, 0.95, 100)
    x, y = np.linspace(-1, 1, 10), np.linspace(-0.9, 1, 10)
    grid = [a.ravel() for a in np.meshgrid(alpha, beta1, x, y, indexing="ij")]
    if "--blocks" in sys.argv:
        compiled = jax.jit(lambda runs: jax.lax.map(best_of, runs, batch_size=BLOCK))
        runs = ((grid[2], grid[3]), grid[0], grid[1])
    else:
        compiled = jax.jit(jax.vmap(best_of))
        runs = (np.stack(grid[2:], axis=1), grid[0], grid[1])
    scores = compiled(runs).block_until_ready()
    if "--warm" in sys.argv:
        began = perf_counter()
        compiled(runs).block_until_ready()
        print(perf_counter() - began)
    else:
        run = int(scores.argmin())
        print(f"run {run}: {scores[run]:.10g}")


if __name__ == "__main__":
    main()
