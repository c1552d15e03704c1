"""`python -m tests.optimizer.record_torch_paths` records the paths of torch.optim in a file.

It needs PyTorch, which `make bench` installs, in `.venv-bench`. Its numbers are those of another
implementation, so they stay as they are when ours changes.
"""

from __future__ import annotations

import json
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from tests.optimizer.problems import PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.optimizer.problems import Problem

FILE = Path(__file__).with_name("torch_paths.json")

STEPS = [*range(1, 11), *range(20, 201, 20)]

OPTIMIZERS: dict[str, tuple[Callable[..., torch.optim.Optimizer], tuple[str, ...]]] = {
    "adam": (torch.optim.Adam, ("betas", "eps")),
    "amsgrad": (partial(torch.optim.Adam, amsgrad=True), ("betas", "eps")),
    "nadam": (partial(torch.optim.NAdam, momentum_decay=4e-3), ("betas", "eps")),
    "radam": (torch.optim.RAdam, ("betas", "eps")),
    "adamax": (torch.optim.Adamax, ("betas", "eps")),
    "sgd": (torch.optim.SGD, ()),
    "momentum": (partial(torch.optim.SGD, dampening=0), ("momentum",)),
    "nesterov": (partial(torch.optim.SGD, nesterov=True), ("momentum",)),
    "adagrad": (
        partial(torch.optim.Adagrad, lr_decay=0, initial_accumulator_value=0),
        ("eps",),
    ),
    "rmsprop": (partial(torch.optim.RMSprop, centered=False, momentum=0), ("alpha", "eps")),
}
"""The optimizer of each method, and its arguments besides lr."""

DECOUPLED: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.AdamW,
    "amsgrad": partial(torch.optim.AdamW, amsgrad=True),
    "nadam": partial(torch.optim.NAdam, momentum_decay=4e-3, decoupled_weight_decay=True),
    "radam": partial(torch.optim.RAdam, decoupled_weight_decay=True),
}
"""Those that decay weights themselves; for the others it is done by hand."""

ARGUMENTS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "betas": (("beta1", "beta2"), lambda beta1, beta2: (beta1, beta2)),
    "momentum": (("beta1",), float),
    "alpha": (("beta2",), float),
    "eps": (("eps",), float),
}
"""The hyperparameters that an argument of PyTorch is made of, and how."""

DEFAULTS = {"alpha": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
OTHERS = {"alpha": 0.0015, "beta1": 0.8, "beta2": 0.95, "eps": 1e-4}
SETTINGS = {
    "defaults": DEFAULTS,
    "others": OTHERS,
    "decay": {**OTHERS, "weight_decay": 0.1},
    "large-eps": {**DEFAULTS, "alpha": 0.01, "eps": 0.1},
}

UNSCALED = ("radam", "sgd", "momentum", "nesterov")
"""The methods whose first steps are as long as the gradient, which is 200: they take a tenth of
alpha. Where steps overshoot, rounding errors grow until no two programs agree."""


def arguments(method: str, settings: dict[str, float]) -> dict[str, Any]:
    """Return the arguments of the optimizer of a method, except for weight_decay."""
    made = {}
    for argument in OPTIMIZERS[method][1]:
        names, make = ARGUMENTS[argument]
        made[argument] = make(*(settings[name] for name in names))
    return {"lr": settings["alpha"], **made}


def torch_path(method: str, problem: Problem, settings: dict[str, float]) -> list[list[float]]:
    """Return x after every one of `STEPS`."""
    x = torch.tensor(list(problem.start.values()), dtype=torch.float64)
    weight_decay, by_hand = settings.get("weight_decay", 0.0), method not in DECOUPLED
    if weight_decay and not by_hand:
        made = DECOUPLED[method]([x], **arguments(method, settings), weight_decay=weight_decay)
    else:
        made = OPTIMIZERS[method][0]([x], **arguments(method, settings))
    path = []
    for t in range(1, max(STEPS) + 1):
        x.grad = torch.tensor(problem.gradient(*x.tolist()), dtype=torch.float64)
        if weight_decay and by_hand:
            x.mul_(1 - settings["alpha"] * weight_decay)
        made.step()
        if t in STEPS:
            path.append(x.tolist())
    return path


def settings_of(method: str, kind: str) -> dict[str, float]:
    """Return the settings of a kind that a method uses."""
    used = {name for argument in OPTIMIZERS[method][1] for name in ARGUMENTS[argument][0]}
    used |= {"alpha", "weight_decay"}
    settings = {name: value for name, value in SETTINGS[kind].items() if name in used}
    if method in UNSCALED:
        settings["alpha"] /= 10
    return settings


def cases() -> Iterator[dict[str, Any]]:
    """Yield every case: its names, the settings, and x after `STEPS`."""
    for method, name, kind in product(OPTIMIZERS, PROBLEMS, SETTINGS):
        settings = settings_of(method, kind)
        if kind != "large-eps" or "eps" in settings:
            path = torch_path(method, PROBLEMS[name], settings)
            names = {"method": method, "problem": name, "kind": kind}
            yield {**names, "settings": settings, "path": path}


def main() -> None:
    # PyTorch keeps the product of NAdam in the default type, whatever the type of x.
    torch.set_default_dtype(torch.float64)
    lines = ",\n".join(json.dumps(case) for case in cases())
    head = json.dumps({"torch": torch.__version__, "steps": STEPS})[1:-1]
    FILE.write_text(f'{{{head}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
