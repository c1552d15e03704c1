"""An epoch of minibatches on the digits, against libraries that train networks.

`python -m tests.benchmarks.epochs` prints these rows alone. All sides train 64-32-10 units in
float64, in shuffled batches of 32, without the rows that are held out.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from adamcli import load_config, run_config
from tests.benchmarks.measure import Row, in_a_row, paired, show
from tests.benchmarks.ours import steps_of

if TYPE_CHECKING:
    from collections.abc import Callable

DIGITS = "configs/digits.yaml"

EPOCHS, SIZE, ALPHA = 10, 32, 0.005


def images() -> tuple[np.ndarray, ...]:
    """Return the rows that are learned from, their labels, and those that are held out."""
    batches = load_config(DIGITS).batches
    sets = [(part["X"] / 16, part["label"].astype(int)) for part in (batches.rows, batches.held)]
    return (*sets[0], *sets[1])


def ours() -> Callable[[], object]:
    return steps_of(load_config(DIGITS, [f"epochs={EPOCHS}"]))


def torch_epochs() -> Callable[[], object]:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    x, y, _, _ = images()
    data = TensorDataset(torch.tensor(x), torch.tensor(y))
    loader = DataLoader(data, batch_size=SIZE, shuffle=True)
    layers = torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
    network = torch.nn.Sequential(*layers).double()
    optimizer = torch.optim.Adam(network.parameters(), lr=ALPHA)

    def run() -> None:
        for _ in range(EPOCHS):
            for rows, labels in loader:
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(rows), labels).backward()
                optimizer.step()

    return run


def perceptron(epochs: int, seed: int = 0):
    """Return scikit-learn's network of the same sizes."""
    from sklearn.neural_network import MLPClassifier

    settings = {"batch_size": SIZE, "learning_rate_init": ALPHA, "random_state": seed}
    return MLPClassifier((32,), max_iter=epochs, n_iter_no_change=epochs, **settings)


def sklearn_epochs() -> Callable[[], object]:
    x, y, _, _ = images()

    def run() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            perceptron(EPOCHS).fit(x, y)

    return run


def mistakes() -> tuple[float, float]:
    """Return the medians over seeds of the parts of held-out rows that are wrong: ours, and its."""
    own, peer = [], []
    x, y, held, labels = images()
    for seed in range(5):
        result = run_config(load_config(DIGITS, [f"seed={seed}"]))
        own.append(1 - result.numbers()["best.accuracy"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer.append(1 - perceptron(30, seed).fit(x, y).score(held, labels))
    return float(np.median(own)), float(np.median(peer))


def rows() -> list[Row]:
    own = in_a_row(ours(), 1, EPOCHS)
    peers = (
        ("torch with DataLoader", torch_epochs, 0.3),
        ("scikit-learn", sklearn_epochs, 1.0),
    )
    found = [
        Row(
            f"an epoch of the digits, batches of {SIZE} / {name}",
            *paired(own, in_a_row(peer(), 1, EPOCHS), 7),
            target,
            "ms",
        )
        for name, peer, target in peers
    ]
    wrong, others = mistakes()
    what = "held-out digits read wrongly / by scikit-learn's network"
    return [*found, Row(what, wrong, others, wrong / others, 1.2, "%")]


if __name__ == "__main__":
    print(show(rows()))
