"""Slices show every run at its level, and the best mean of each level."""

import numpy as np
import pytest

from adamcli.errors import UsageError
from adamcli.optimizer.result import Direction
from adamcli.pictures.kinds import KINDS
from adamcli.pictures.kinds.slices import thinned
from adamcli.pictures.scene import Dots, Line
from tests.pictures.kinds.grids import drawn, grid, lacks, marks, subject, table

LEVELS = {"alpha": [1.0, 0.01, 0.1], "method": ["b", "a"], "seed": [1, 2, 3]}


def score(alpha: float, method: str, seed: int) -> float:
    return float(np.random.default_rng([int(100 * alpha), ord(method), seed]).lognormal(sigma=2))


@pytest.mark.parametrize("direction", Direction)
def test_runs_are_at_their_levels_and_lines_go_through_the_best_means(direction) -> None:
    picture = drawn("slices", grid(LEVELS, score), direction)
    best = max if direction is Direction.MAXIMIZE else min
    alpha, method = picture.panels
    assert (alpha.x.label, alpha.x.scale, alpha.y.scale) == ("alpha", "log", "log")
    assert (alpha.y.label, method.y.label) == ("score", "")
    assert [text for _, text in method.x.ticks] == ["b", "a"]
    for panel, levels, key in ((alpha, [0.01, 0.1, 1.0], 0), (method, ["b", "a"], 1)):
        dots, line, _ = panel.marks
        runs = [(a, m, s) for a in LEVELS["alpha"] for m in LEVELS["method"] for s in (1, 2, 3)]
        places = dict(zip(levels, levels if key == 0 else (0.0, 1.0), strict=True))
        expected = sorted((places[run[key]], score(*run)) for run in runs)
        assert sorted(zip(dots.x.tolist(), dots.y.tolist(), strict=True)) == expected
        assert line.x.tolist() == [places[level] for level in levels]
        means = [
            best(
                np.mean([score(a, m, s) for s in (1, 2, 3)])
                for a in LEVELS["alpha"]
                for m in LEVELS["method"]
                if (a, m)[key] == level
            )
            for level in levels
        ]
        assert line.y == pytest.approx(means)
        assert line.label == "best mean of 3 repeats"


def test_one_axis_has_the_mean_of_each_level() -> None:
    picture = drawn("slices", grid({"a": [1, 2], "seed": [1, 2]}, lambda a, s: a * 10 + s))
    (line,) = marks(picture, Line)
    assert (line.label, line.y.tolist()) == ("mean of 2 repeats", [11.5, 21.5])
    (alone,) = marks(drawn("slices", grid({"a": [1, 2]}, float)), Line)
    assert alone.label == "best"


def test_at_most_six_axes_are_shown_unless_one_is_asked_for() -> None:
    random = np.random.default_rng(0)
    keys = [f"k{k}" for k in range(8)]
    found = table({key: random.random(50).tolist() for key in keys}, random.random(50))
    picture = drawn("slices", found)
    assert [panel.x.label for panel in picture.panels] == keys[:6]
    assert [len(row) for row in picture.rows] == [3, 3]
    assert "without k6, k7; --x shows one of them" in picture.notes
    assert [panel.x.label for panel in drawn("slices", found, x="k7").panels] == ["k7"]
    with pytest.raises(UsageError, match="`k9` was not varied"):
        drawn("slices", found, x="k9")


def test_many_levels_share_their_best_scores() -> None:
    x = np.linspace(0, 1, 1000)
    score = np.random.default_rng(0).random(1000) + 1
    picture = drawn("slices", table({"x": x.tolist()}, score))
    (line,) = marks(picture, Line)
    assert len(line.x) == 20
    assert (np.diff(line.x) > 0).all()
    expected = [part.min() for part in np.split(score, 20)]
    assert line.y == pytest.approx(expected)
    assert (score[np.round(line.x * 999).astype(int)] == line.y).all()


def test_dots_are_thinned_evenly_with_both_ends() -> None:
    score = np.tile([1.0, 2.0, 3.0, np.nan], 5000)
    score[17], score[15001] = -7.0, 99.0
    chosen = thinned(score, 1000)
    assert len(chosen) == len(set(chosen.tolist())) == 1000
    assert {17, 15001} <= set(chosen.tolist())
    assert np.isfinite(score[chosen]).all()
    for value in (1.0, 2.0, 3.0):
        some = chosen[score[chosen] == value]
        assert len(some) == pytest.approx(1000 / 3, abs=3)
        # Every part of the sweep is among the runs that tie.
        assert np.histogram(some, 10, (0, 20000))[0].min() > 15
    picture = drawn("slices", table({"x": list(range(20000))}, score))
    assert sum(len(dots.x) for dots in marks(picture, Dots, "run")) == 5000
    assert "5,000 of 15,000 runs are drawn" in picture.notes


def test_thinned_runs_that_tie_have_all_levels() -> None:
    # Every twentieth of them would have the first of ten levels.
    levels = thinned(np.ones(20 * 999 + 1), 1000) % 10
    assert np.bincount(levels, minlength=10).min() > 50


def test_lost_runs_and_zeros_are_told() -> None:
    picture = drawn("slices", table({"a": [1, 2, 3, 4]}, [0, 1, 100, np.inf]), x="a")
    assert picture.panels[0].y.scale == "log"
    assert len(picture.notes) == 2
    (dots,) = marks(picture, Dots, "run")
    assert dots.y[0] == picture.panels[0].y.low


@pytest.mark.parametrize("numbers", [[1e-300, 1e300], [-1e300, 1e300], [0, 1e-320], [7, 7.0000001]])
def test_odd_numbers_have_a_picture(numbers) -> None:
    drawn("slices", table({"$x_1<&>": numbers}, [1, 1]))


def test_what_it_lacks_and_suits() -> None:
    assert lacks("slices", table({"a": [1]}, [1])) == "needs an axis that was varied"
    suits = KINDS["slices"].suits
    assert suits(subject(grid({"a": [1, 2], "seed": [1, 2]}, lambda *_: 1)))
    assert not suits(subject(grid(LEVELS, score)))
    assert not suits(subject(grid({"seed": [1, 2]}, float)))
