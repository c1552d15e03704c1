"""The article's code, with its slips mended and its printing left out: an oracle for ours."""

from __future__ import annotations

from math import sqrt

import numpy as np


def objective(x, y):
    return x**2.0 + y**2.0


def derivative(x, y):
    return np.asarray([x * 2.0, y * 2.0])


def adam(objective, derivative, start, n_iter, alpha, beta1, beta2, eps=1e-8, eps_mode="outside"):
    """Return the points and scores after every step."""
    x = np.array(start, dtype=float)
    m = [0.0 for _ in x]
    v = [0.0 for _ in x]
    path = []
    for t in range(n_iter):
        g = derivative(*x)
        for i in range(x.shape[0]):
            m[i] = beta1 * m[i] + (1.0 - beta1) * g[i]
            v[i] = beta2 * v[i] + (1.0 - beta2) * g[i] ** 2
            mhat = m[i] / (1.0 - beta1 ** (t + 1))
            vhat = v[i] / (1.0 - beta2 ** (t + 1))
            if eps_mode == "outside":
                x[i] = x[i] - alpha * mhat / (sqrt(vhat) + eps)
            elif eps_mode == "inside":
                x[i] = x[i] - alpha * mhat / sqrt(vhat + eps)
            else:
                step = alpha * sqrt(1.0 - beta2 ** (t + 1)) / (1.0 - beta1 ** (t + 1))
                x[i] = x[i] - step * m[i] / (sqrt(v[i]) + eps)
        path.append((x.copy(), objective(*x)))
    return path


def update_parameters_with_adam(
    parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    """Update every weight and bias into new arrays."""
    new, new_v, new_s = {}, {}, {}
    for name, value in parameters.items():
        key = "d" + name
        new_v[key] = beta1 * v[key] + (1 - beta1) * grads[key]
        new_s[key] = beta2 * s[key] + (1 - beta2) * np.power(grads[key], 2)
        v_corrected = new_v[key] / (1 - np.power(beta1, t))
        s_corrected = new_s[key] / (1 - np.power(beta2, t))
        new[name] = value - learning_rate * v_corrected / (np.sqrt(s_corrected) + epsilon)
    return new, new_v, new_s
