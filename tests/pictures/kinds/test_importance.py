"""The shares of the variance are those of an analysis of variance in plain loops."""

from itertools import product
from math import log10, prod
from statistics import fmean, pvariance

import numpy as np
import pytest

from adamcli.pictures.kinds import KINDS
from adamcli.pictures.kinds.importance import shares
from adamcli.pictures.scene import Bars
from tests.pictures.kinds.grids import drawn, grid, lacks, marks, subject, table

LEVELS = {"alpha": [0.1, 0.2, 0.4], "method": ["a", "b"], "beta": [1, 2, 3, 4], "seed": [7, 8]}


def score(alpha: float, method: str, beta: float, seed: int) -> float:
    noise = np.random.default_rng([int(100 * alpha), ord(method), beta, seed]).normal()
    return float(np.exp(3 * alpha + (method == "b") * beta + 0.3 * noise))


def anova(levels: dict, value_of) -> dict:
    """Return sums of squares over that of the whole, from their textbook definitions."""
    runs = list(product(*levels.values()))
    values = {run: value_of(*run) for run in runs}
    overall = fmean(values.values())
    whole = sum((v - overall) ** 2 for v in values.values())
    found = {}
    for k, (key, own) in enumerate(levels.items()):
        effects = [fmean(v for run, v in values.items() if run[k] == level) for level in own]
        each = len(runs) / len(own)
        found[key] = sum(each * (effect - overall) ** 2 for effect in effects) / whole
    within = 0.0
    for setting in {run[:-1] for run in runs}:
        some = [v for run, v in values.items() if run[:-1] == setting]
        within += pvariance(some) * len(some)
    found["within"] = within / whole
    return found


@pytest.mark.parametrize("sign", [1, -1])
def test_shares_are_those_of_an_analysis_of_variance(sign: int) -> None:
    found = shares(grid(LEVELS, lambda *run: sign * score(*run)))
    expected = anova(LEVELS, lambda *run: log10(score(*run)) if sign > 0 else -score(*run))
    for key in ("alpha", "method", "beta"):
        assert found.axes[key] == pytest.approx(expected[key], rel=1e-9)
    assert found.repeats == pytest.approx(expected["within"], rel=1e-9)
    rest = 1 - sum(expected[key] for key in ("alpha", "method", "beta", "within"))
    assert found.interactions == pytest.approx(rest, rel=1e-9)


def test_effects_that_add_up_leave_no_interactions() -> None:
    found = shares(grid({"a": [1, 2, 3], "b": [1, 2]}, lambda a, b: a - 100 * b))
    assert found.interactions == pytest.approx(0, abs=1e-12)
    assert found.axes["b"] > 0.99
    product_alone = shares(grid({"a": [-1, 1], "b": [-1, 1]}, lambda a, b: a * b))
    assert product_alone.axes == {"a": 0.0, "b": 0.0}
    assert product_alone.interactions == 1.0


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_the_size_of_scores_does_not_matter(scale: float) -> None:
    levels = {"a": [-3, 1, 5], "b": [2, 7]}
    found = shares(grid(levels, lambda a, b: scale * (a + 0.3 * a * b)))
    assert found.axes == pytest.approx(shares(grid(levels, lambda a, b: a + 0.3 * a * b)).axes)


def test_bars_ascend_above_the_rest() -> None:
    picture = drawn("importance", grid(LEVELS, score))
    (bars,), panel = marks(picture, Bars), picture.panels[0]
    names = [text for _, text in panel.y.ticks]
    assert names[:2] == ["seed (repeats)", "interactions"]
    assert set(names[2:]) == {"alpha", "method", "beta"}
    assert (np.diff(bars.lengths[2:]) >= 0).all()
    assert bars.lengths.sum() == pytest.approx(100)
    assert "log10 of the score" in picture.title


def test_runs_that_differ_in_nothing_are_repeats_too() -> None:
    found = table({"a": [1, 1, 2, 2]}, [1, 2, 5, 9])
    assert shares(found).repeats > 0
    ticks = drawn("importance", found).panels[0].y.ticks
    assert [text for _, text in ticks] == ["repeats", "a"]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (grid({"seed": [1, 2]}, float), "needs an axis that was varied"),
        (grid({"a": [1, 2]}, float, total=4), "needs all runs, and 2 of 4 are done"),
        (
            table({"a": [1, 2]}, [1, np.inf]),
            "needs a finite score of every run, and 1 have none",
        ),
        (
            table({"a": [1, 2, 3], "b": [1, 2, 3]}, [1, 2, 3]),
            "needs every combination of levels, and 3 of 9 were run",
        ),
        (
            table({"a": [1, 1, 2], "seed": [1, 2, 1]}, [1, 2, 3]),
            "needs as many runs for each combination of levels, and they have 1 to 2",
        ),
        (grid({"a": [1, 2, 3]}, lambda a: 0.1), "needs scores that differ"),
        (grid({"a": [1, 2, 3]}, lambda a: 0.0), "needs scores that differ"),
    ],
)
def test_what_it_lacks(found, reason: str) -> None:
    assert lacks("importance", found) == reason


def test_it_is_never_chosen_by_itself() -> None:
    assert prod(map(len, LEVELS.values())) == 48
    assert not KINDS["importance"].suits(subject(grid(LEVELS, score)))
