"""What we are compared with: the article's loop and PyTorch's Adam, on the same problems."""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch

START = [-0.165955990594852, 0.4406489868843162]


def article_loop(n_iter: int, alpha: float = 0.02, beta1: float = 0.8) -> float:
    """Run the article's code on its own problem, without its printing; return the last score."""

    def objective(x, y):
        return x**2.0 + y**2.0

    def derivative(x, y):
        return np.asarray([x * 2.0, y * 2.0])

    beta2, eps = 0.999, 1e-8
    x = np.array(START)
    m = [0.0 for _ in range(2)]
    v = [0.0 for _ in range(2)]
    for t in range(n_iter):
        g = derivative(x[0], x[1])
        for i in range(x.shape[0]):
            m[i] = beta1 * m[i] + (1.0 - beta1) * g[i]
            v[i] = beta2 * v[i] + (1.0 - beta2) * g[i] ** 2
            mhat = m[i] / (1.0 - beta1 ** (t + 1))
            vhat = v[i] / (1.0 - beta2 ** (t + 1))
            x[i] = x[i] - alpha * mhat / (sqrt(vhat) + eps)
        score = objective(x[0], x[1])
    return score


def torch_loop(n_iter: int) -> None:
    """Run torch.optim.Adam with autograd on the article's problem."""
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=0.02, betas=(0.8, 0.999), eps=1e-8)
    for _ in range(n_iter):
        optimizer.zero_grad()
        score = (x**2).sum()
        score.backward()
        optimizer.step()


TORCH_METHODS = {
    "adam": (torch.optim.Adam, {}),
    "amsgrad": (torch.optim.Adam, {"amsgrad": True}),
    "nadam": (torch.optim.NAdam, {}),
    "radam": (torch.optim.RAdam, {}),
    "adamax": (torch.optim.Adamax, {}),
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {"alpha": 0.999}),
}


def torch_method(name: str, n_iter: int) -> None:
    """Run one of torch's optimizers with autograd on the article's problem."""
    kind, options = TORCH_METHODS[name]
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = kind([x], lr=0.001, **options)
    for _ in range(n_iter):
        optimizer.zero_grad()
        score = (x**2).sum()
        score.backward()
        optimizer.step()


class TorchLayers:
    """torch.optim.Adam on layers of given shapes, with gradients that stand already."""

    def __init__(self, shapes: list[tuple[int, ...]], **options: bool) -> None:
        generator = torch.Generator().manual_seed(1)
        self._parameters = []
        for shape in shapes:
            value = torch.randn(shape, dtype=torch.float64, generator=generator)
            parameter = torch.nn.Parameter(value)
            parameter.grad = torch.randn(shape, dtype=torch.float64, generator=generator)
            self._parameters.append(parameter)
        self._optimizer = torch.optim.Adam(self._parameters, lr=0.01, **options)

    def step(self) -> None:
        self._optimizer.step()
