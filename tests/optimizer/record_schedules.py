"""`python -m tests.optimizer.record_schedules` records schedules of PyTorch and Optax.

It needs both, which `make bench` installs, in `.venv-bench`. Both count steps from 0: the number of
our step t is theirs at t - 1.
"""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import optax
import torch
from torch.optim import lr_scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path(__file__).with_name("schedules.json")

LENGTHS = (150, 400)

CORNERS = (1, 2, 3, 45, 46, 49, 50, 51, 52, 100, 101, 102, 120, 121, 149, 150, 200, 201, 399, 400)
"""Steps at which a schedule begins, turns or ends, for one of the lengths, and their neighbours."""

PEAK = 0.1


def of_torch(make: Callable[..., Any], n_iter: int, **arguments: Any) -> list[float]:
    """Return the lr with which a scheduler of PyTorch lets each step be taken."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=PEAK)
    scheduler, found = make(optimizer, **arguments), []
    for _ in range(n_iter):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return found


def of_optax(schedule: Callable[[int], Any], n_iter: int) -> list[float]:
    """Return the value of a schedule of Optax at the count of each step."""
    return [float(schedule(count)) for count in range(n_iter)]


def transformer(step: int, d_model: int = 2, warmup_steps: int = 50) -> float:
    """Return equation 3 of Vaswani et al. 2017; with these sizes it is 0.1 at its largest."""
    return d_model**-0.5 * min(step**-0.5, step * warmup_steps**-1.5)


def peers(n: int) -> dict[str, dict[str, list[float]]]:
    """Return, for n steps, the values of every schedule by name and peer."""
    return {
        "cosine": {
            "torch CosineAnnealingLR": of_torch(lr_scheduler.CosineAnnealingLR, n, T_max=n),
            "optax cosine_decay_schedule": of_optax(optax.cosine_decay_schedule(PEAK, n), n),
        },
        "linear warm-up": {
            "torch LinearLR": of_torch(
                lr_scheduler.LinearLR, n, start_factor=1 / 50, total_iters=49
            ),
            "optax warmup_constant_schedule": of_optax(
                optax.warmup_constant_schedule(PEAK / 50, PEAK, 49), n
            ),
        },
        "linear warm-up, then cosine": {
            "optax warmup_cosine_decay_schedule": of_optax(
                optax.warmup_cosine_decay_schedule(PEAK / 50, PEAK, 49, n - 1), n
            ),
        },
        "cosine with warm restarts": {
            "torch CosineAnnealingWarmRestarts": of_torch(
                lr_scheduler.CosineAnnealingWarmRestarts, n, T_0=100
            ),
        },
        "one-cycle": {
            "torch OneCycleLR": of_torch(
                lr_scheduler.OneCycleLR, n, max_lr=PEAK, total_steps=n, cycle_momentum=False
            ),
        },
        "exponential decay": {
            "torch ExponentialLR": of_torch(lr_scheduler.ExponentialLR, n, gamma=0.99),
            "optax exponential_decay": of_optax(optax.exponential_decay(PEAK, 1, 0.99), n),
        },
        "step decay": {
            "torch StepLR": of_torch(lr_scheduler.StepLR, n, step_size=100, gamma=0.5),
            "optax exponential_decay": of_optax(
                optax.exponential_decay(PEAK, 100, 0.5, staircase=True), n
            ),
        },
        "polynomial": {
            "torch PolynomialLR": of_torch(lr_scheduler.PolynomialLR, n, total_iters=n, power=2.0),
            "optax polynomial_schedule": of_optax(optax.polynomial_schedule(PEAK, 0, 2, n), n),
        },
        "inverse square root": {
            "torch LambdaLR": of_torch(
                lr_scheduler.LambdaLR, n, lr_lambda=lambda epoch: 1 / sqrt(epoch + 1)
            ),
        },
        "warm-up, then inverse square root": {
            "Vaswani et al. 2017": [transformer(step) for step in range(1, n + 1)],
        },
    }


def main() -> None:
    jax.config.update("jax_enable_x64", True)
    cases = [
        {"schedule": name, "peer": peer, "n_iter": n, "alpha": [values[t - 1] for t in steps_of(n)]}
        for n in LENGTHS
        for name, found in peers(n).items()
        for peer, values in found.items()
    ]
    lines = ",\n".join(json.dumps(case) for case in cases)
    versions = {"torch": torch.__version__, "optax": optax.__version__}
    steps = {str(n): steps_of(n) for n in LENGTHS}
    head = json.dumps({**versions, "steps": steps})[1:-1]
    FILE.write_text(f'{{{head}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")


def steps_of(n: int) -> list[int]:
    """Return the steps that are recorded of n."""
    return [t for t in CORNERS if t <= n]


if __name__ == "__main__":
    main()
