"""Steps made of matrix products, against libraries made for them.

`python -m tests.benchmarks.products` prints these rows alone. All sides compute in float64 and take
full-batch steps of Adam: on a network of 64-32-10 units with 1,797 rows, and on regressions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.measure import Row, in_a_row, paired, show
from tests.benchmarks.ours import steps_on

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHA, BETA1, BETA2, EPS = 0.01, 0.9, 0.999, 1e-8

SHAPES = {"W1": (64, 32), "b1": (32,), "W2": (32, 10), "b2": (10,)}

NETWORK = """|
  z = {act}(X @ W1 + b1) @ W2 + b2
  mean(logsumexp(z, axis=1) - sum(z*Y, axis=1))"""

REGRESSIONS = {
    "linear": "mean((X @ w - y)**2)",
    "logistic": "|\n  z = X @ w\n  mean(softplus(z) - y*z)",
}


def ours(
    formula: str, data: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]], steps: int
) -> Callable[[], object]:
    """Return a function that takes so many steps on a formula of named arrays."""
    bounds = (f"  {n}: {{low: -0.1, high: 0.1, shape: {list(s)}}}" for n, s in shapes.items())
    lines = [
        f"objective: {formula}",
        "bounds_mode: start",
        "bounds:",
        *bounds,
        f"alpha: {ALPHA}\nn_iter: {steps}",
    ]
    return steps_on(data, lines)


def images() -> tuple[np.ndarray, np.ndarray]:
    """Return 1,797 rows of 64 numbers, and labels from 0 to 9: the sizes of the digits."""
    random = np.random.default_rng(1)
    return random.uniform(0, 1, (1797, 64)), random.integers(0, 10, 1797)


def torch_network(act: str, steps: int) -> Callable[[], object]:
    import torch

    x, labels = map(torch.tensor, images())
    random = np.random.default_rng(2)
    weights = [torch.tensor(random.uniform(-0.1, 0.1, shape)) for shape in SHAPES.values()]
    for weight in weights:
        weight.requires_grad_(True)
    optimizer = torch.optim.Adam(weights, lr=ALPHA, betas=(BETA1, BETA2), eps=EPS)
    activate = getattr(torch, act)

    def run() -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            z = activate(x @ weights[0] + weights[1]) @ weights[2] + weights[3]
            torch.nn.functional.cross_entropy(z, labels).backward()
            optimizer.step()

    return run


def jax_network(act: str, steps: int) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, labels = map(jnp.array, images())
    activate = {"tanh": jnp.tanh, "relu": jax.nn.relu}[act]

    def score(p):
        z = activate(x @ p[0] + p[1]) @ p[2] + p[3]
        chosen = jnp.take_along_axis(z, labels[:, None], axis=1)[:, 0]
        return jnp.mean(jax.scipy.special.logsumexp(z, axis=1) - chosen)

    @jax.jit
    def step(p, m, v, t):
        g = jax.grad(score)(p)
        m = [BETA1 * a + (1 - BETA1) * b for a, b in zip(m, g, strict=True)]
        v = [BETA2 * a + (1 - BETA2) * b * b for a, b in zip(v, g, strict=True)]
        rate, scale = ALPHA / (1 - BETA1**t), 1 - BETA2**t
        p = [a - rate * b / (jnp.sqrt(c / scale) + EPS) for a, b, c in zip(p, m, v, strict=True)]
        return p, m, v, t + 1

    random = np.random.default_rng(2)
    weights = [jnp.array(random.uniform(-0.1, 0.1, shape)) for shape in SHAPES.values()]
    zeros = [jnp.zeros(shape) for shape in SHAPES.values()]

    def run() -> None:
        state = (weights, zeros, zeros, 1.0)
        for _ in range(steps):
            state = step(*state)
        jax.block_until_ready(state)

    return run


def by_hand(kind: str, x: np.ndarray, y: np.ndarray, steps: int) -> Callable[[], object]:
    """Return a function that takes so many steps of a regression as one writes them in NumPy."""

    def run() -> None:
        w = np.zeros(x.shape[1])
        m, v = np.zeros_like(w), np.zeros_like(w)
        best = np.inf
        for t in range(1, steps + 1):
            z = x @ w
            if kind == "linear":
                rest = z - y
                score, g = (rest * rest).mean(), x.T @ rest * (2 / len(y))
            else:
                score = np.mean(np.logaddexp(0, z) - y * z)
                g = x.T @ (1 / (1 + np.exp(-z)) - y) / len(y)
            best = min(best, score)
            m = BETA1 * m + (1 - BETA1) * g
            v = BETA2 * v + (1 - BETA2) * g * g
            w = w - ALPHA * (m / (1 - BETA1**t)) / (np.sqrt(v / (1 - BETA2**t)) + EPS)

    return run


def rows() -> list[Row]:
    found, steps = [], 40
    x, labels = images()
    for act in ("tanh", "relu"):
        own = ours(NETWORK.format(act=act), {"X": x, "Y": np.eye(10)[labels]}, SHAPES, steps)
        for name, peer, target in (("torch", torch_network, 1.0), ("JAX, warm", jax_network, 2.0)):
            sides = in_a_row(own, 1, steps), in_a_row(peer(act, steps), 1, steps)
            what = f"a step of 64-32-10, {act}, 1,797 rows / {name}"
            found.append(Row(what, *paired(*sides, 7), target, "us"))
    random = np.random.default_rng(3)
    for kind, formula in REGRESSIONS.items():
        for count, width in ((10_000, 100), (100_000, 10)):
            data = random.normal(size=(count, width))
            y = random.normal(size=count)
            y = y if kind == "linear" else (y > 0) * 1.0
            own = ours(formula, {"X": data, "y": y}, {"w": (width,)}, steps)
            peer = by_hand(kind, data, y, steps)
            sides = in_a_row(own, 1, steps), in_a_row(peer, 1, steps)
            what = f"a step of a {kind} regression, {count:,} x {width} / NumPy by hand"
            found.append(Row(what, *paired(*sides, 7), 1.5, "us"))
    return found


if __name__ == "__main__":
    print(show(rows()))
