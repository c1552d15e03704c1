"""Steps of Rosenbrock's function against JAX with optax and against autograd, all of them warm."""

from __future__ import annotations

import autograd.numpy as anp
import jax
import jax.numpy as jnp
import numpy as np
import optax
from autograd import value_and_grad

from adamcli import Config, parse_config
from adamcli.experiment import prepare, start_of
from adamcli.optimizer.loop import minimize_batch
from tests.benchmarks.measure import Row, in_a_row, paired

jax.config.update("jax_enable_x64", True)

FORMULA = "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"

ALPHA, BETA1, BETA2, EPS = 0.01, 0.9, 0.999, 1e-8


def rosenbrock(x, total=jnp.sum):
    return total(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def config_of(dim: int, n_iter: int) -> Config:
    return parse_config(
        f"objective: {FORMULA}\nbounds: [-2, 2]\ndim: {dim}\nn_iter: {n_iter}\nalpha: {ALPHA}\n"
        "bounds_mode: start\n"
    )


def ours(dim: int, runs: int, n_iter: int):
    config = config_of(dim, n_iter)
    task, start = prepare(config), np.repeat(start_of(config)[:, None], runs, axis=1)
    return start, lambda: minimize_batch(task, start)


def jax_steps(start: np.ndarray, n_iter: int):
    """Return a run of jitted steps: value, gradient and update compiled together."""
    optimizer = optax.adam(ALPHA)

    @jax.jit
    def step(x, state):
        value, slope = jax.value_and_grad(rosenbrock)(x)
        updates, state = optimizer.update(slope, state)
        return optax.apply_updates(x, updates), state, value

    first = jnp.array(start[:, 0])

    def run():
        x, state = first, optimizer.init(first)
        for _ in range(n_iter):
            x, state, _ = step(x, state)
        x.block_until_ready()

    return run


def jax_batch(start: np.ndarray, n_iter: int):
    """Return a jitted vmap of a scan over the steps, which keeps the best score of each run."""
    optimizer = optax.adam(ALPHA)

    def one(x):
        def body(carry, _):
            x, state, best = carry
            value, slope = jax.value_and_grad(rosenbrock)(x)
            updates, state = optimizer.update(slope, state)
            return (optax.apply_updates(x, updates), state, jnp.minimum(best, value)), None

        carry = (x, optimizer.init(x), jnp.inf)
        return jax.lax.scan(body, carry, None, length=n_iter)[0][2]

    compiled, points = jax.jit(jax.vmap(one)), jnp.array(start.T)
    return lambda: compiled(points).block_until_ready()


def autograd_steps(start: np.ndarray, n_iter: int):
    """Return a NumPy Adam of all runs at once, with gradients by autograd."""
    slope_of = value_and_grad(lambda x: rosenbrock(x, anp.sum))

    def run():
        x = start.copy()
        m, v = np.zeros_like(x), np.zeros_like(x)
        for t in range(1, n_iter + 1):
            _, g = slope_of(x)
            m = BETA1 * m + (1 - BETA1) * g
            v = BETA2 * v + (1 - BETA2) * g * g
            x = x - ALPHA * (m / (1 - BETA1**t)) / (np.sqrt(v / (1 - BETA2**t)) + EPS)

    return run


def rows() -> list[Row]:
    found = []
    for dim, runs, n_iter in ((100, 1, 1000), (10_000, 1, 200), (2, 10_000, 60)):
        start, run = ours(dim, runs, n_iter)
        what = f"a step of Rosenbrock, D = {dim:,}, {runs:,} run{'s' if runs > 1 else ''}"
        mine = in_a_row(run, 3, n_iter)
        few = max(n_iter // 10, 20)
        slow = in_a_row(autograd_steps(start, few), 1, few)
        found.append(Row(f"{what} / autograd", *paired(mine, slow, 7), 1 / 3, "us"))
        peer = jax_batch(start, n_iter) if runs > 1 else jax_steps(start, n_iter)
        fast = in_a_row(peer, 3, n_iter)
        target = 2.0 if runs > 1 else float("inf")
        found.append(Row(f"{what} / JAX, warm", *paired(mine, fast, 7), target, "us"))
    return found
