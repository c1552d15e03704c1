"""The configs of the gallery: each is commented, runs, and meets the expectation it states."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from tests.conftest import ROOT

CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


def test_there_is_a_dozen() -> None:
    assert len(CONFIGS) >= 12


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_runs_and_meets_its_expectation(cli, path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.stem != "article":
        assert text.startswith("# ")
        assert "\nexpect:" in text
    command = "solve" if "\nmodel:" in text else "run"
    assert cli(command, str(path), "--quiet", "--allow-python") == ("", "", 0)


def test_the_images_are_those_of_scikit_learn() -> None:
    own, theirs = np.load(ROOT / "configs" / "data" / "digits.npz"), load_digits()
    assert (own["images"] == theirs.data).all()
    assert (own["labels"] == theirs.target).all()


def test_the_irises_are_those_of_scikit_learn() -> None:
    own = np.loadtxt(ROOT / "configs" / "data" / "iris.csv", delimiter=",", skiprows=1)
    theirs = load_iris()
    assert (own == np.column_stack([theirs.data, theirs.target])).all()
