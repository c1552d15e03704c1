"""The handwritten digits of the gallery are those of UCI, as scikit-learn has them."""

import numpy as np
import pytest

from adamcli.config.load import parse_config
from tests.conftest import ROOT

PATH = ROOT / "configs" / "data" / "digits.npz"

COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
"""How often each digit is in the test set, by the description of the data set."""

CONFIG = """\
objective: mean(logsumexp(X @ W, axis=1) - sum((X @ W)*onehot(label, 10), axis=1))
data: {X: digits.npz:images, label: digits.npz:labels}
bounds: {W: {shape: [64, 10], init: zeros}}
"""


def test_the_file_is_small_and_has_every_digit() -> None:
    assert PATH.stat().st_size < 150_000
    with np.load(PATH) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    assert images.shape == (1797, 64)
    assert (images.min(), images.max()) == (0, 16)
    assert np.bincount(labels).tolist() == COUNTS


def test_a_config_reads_them() -> None:
    config = parse_config(CONFIG, folder=PATH.parent)
    objective, x = config.objective.make(), np.zeros((640, 1))
    f, g = np.empty(1), np.empty((640, 1))
    for call in objective.bind(x, f, g).calls:
        call()
    # Without weights every digit is as probable, so a column of the gradient is known by hand.
    assert f[0] == pytest.approx(np.log(10), rel=1e-12)
    with np.load(PATH) as arrays:
        images, labels = arrays["images"].astype(float), arrays["labels"]
    slope = images.T @ (0.1 - np.eye(10)[labels]) / 1797
    np.testing.assert_allclose(g.reshape(64, 10), slope, rtol=1e-10, atol=1e-13)
