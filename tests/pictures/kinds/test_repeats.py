"""Repeats show the runs of the settings with the best means, with their mean and quartiles."""

from statistics import fmean, quantiles

import numpy as np
import pytest

from adamcli.optimizer.result import Direction
from adamcli.pictures.kinds import KINDS
from adamcli.pictures.scene import Dots, Line
from tests.pictures.kinds.grids import drawn, grid, lacks, marks, subject, table

LEVELS = {"alpha": [0.1, 0.01], "method": ["b", "a"], "seed": [1, 2, 3, 4, 5]}


def score(alpha: float, method: str, seed: int) -> float:
    return float(np.random.default_rng([int(100 * alpha), ord(method), seed]).lognormal())


def rows(picture) -> dict[str, list[float]]:
    """Return the scores of the dots by the label of their row, from the top."""
    panel = picture.panels[0]
    found: dict[str, list[float]] = {text: [] for _, text in panel.y.ticks}
    texts = dict(panel.y.ticks)
    (dots,) = marks(picture, Dots, "run")
    for x, y in zip(dots.x.tolist(), dots.y.tolist(), strict=True):
        assert abs(y - round(y)) < 0.3
        found[texts[float(round(y))]].append(x)
    return found


@pytest.mark.parametrize("direction", Direction)
def test_rows_are_settings_with_the_best_mean_on_top(direction) -> None:
    picture = drawn("repeats", grid(LEVELS, score), direction)
    expected = {
        f"alpha={a:g}, method={m}": [score(a, m, s) for s in LEVELS["seed"]]
        for a in LEVELS["alpha"]
        for m in LEVELS["method"]
    }
    found = rows(picture)
    assert {k: sorted(v) for k, v in found.items()} == {k: sorted(v) for k, v in expected.items()}
    ticks = picture.panels[0].y.ticks
    assert [at for at, _ in ticks] == [3, 2, 1, 0]
    means = [fmean(expected[text]) for _, text in ticks]
    assert means == sorted(means, reverse=direction is Direction.MAXIMIZE)
    (mean,) = marks(picture, Dots, "mean")
    assert mean.x == pytest.approx(means)
    assert mean.y.tolist() == [3, 2, 1, 0]
    (bars,) = marks(picture, Line, "spread")
    for (_, text), (low, high, gap) in zip(ticks, np.reshape(bars.x, (-1, 3)), strict=True):
        first, _, third = quantiles(expected[text], n=4, method="inclusive")
        assert (low, high) == pytest.approx((first, third))
        assert np.isnan(gap)
    assert picture.title == "f: scores of 5 repeats by setting (seed)"


def test_seeds_alone_are_one_setting() -> None:
    picture = drawn("repeats", grid({"seed": [1, 2, 3]}, float))
    assert rows(picture) == {"all runs": [1.0, 2.0, 3.0]}
    assert picture.title == "f: scores of 3 repeats (seed)"


def test_twenty_of_many_settings_are_shown() -> None:
    picture = drawn("repeats", grid({"a": list(range(100)), "start.x": [0, 1]}, lambda a, x: a + x))
    assert list(rows(picture)) == [f"a={k}" for k in range(20)]
    assert "the 20 settings of 100 with the best means" in picture.notes


def test_keys_that_take_too_much_room_are_named_once() -> None:
    long = {f"constants.number_{k}": [1, 2] for k in range(3)}
    picture = drawn("repeats", grid({**long, "seed": [1, 2]}, lambda *run: sum(run)))
    axis = picture.panels[0].y
    assert axis.label.startswith("constants.number_0, constants.number_1")
    assert axis.ticks[0][1] == "1, 1, 1"


def test_lost_runs_are_left_out_and_told() -> None:
    found = table({"a": [1, 1, 2, 2, 3, 3], "seed": [0, 1] * 3}, [1, np.nan, 2, 3, np.inf, np.nan])
    picture = drawn("repeats", found)
    assert rows(picture) == {"a=2": [2.0, 3.0], "a=1": [1.0]}
    assert picture.notes == ("3 runs (50.0%) have no finite score",)


def test_many_repeats_are_thinned() -> None:
    random = np.random.default_rng(0)
    found = table({"seed": list(range(20000))}, random.lognormal(size=20000))
    picture = drawn("repeats", found)
    (dots,) = marks(picture, Dots, "run")
    assert len(dots.x) == 5000
    assert "5,000 of 20,000 runs are drawn" in picture.notes


@pytest.mark.parametrize("value", [0.0, 1.7e308, -5e-324])
def test_equal_scores_have_a_picture(value: float) -> None:
    drawn("repeats", grid(LEVELS, lambda *_: value))


def test_what_it_lacks_and_suits() -> None:
    reason = lacks("repeats", grid({"a": [1, 2]}, float))
    assert reason == "needs repeats: vary the seed, as with -p seed=0..9"
    suits = KINDS["repeats"].suits
    assert suits(subject(grid({"seed": [1, 2]}, float)))
    assert not suits(subject(grid(LEVELS, score)))
