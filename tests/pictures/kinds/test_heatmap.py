"""The cells of a heat map are the best means, as loops over the runs find them."""

from collections import defaultdict
from statistics import fmean

import numpy as np
import pytest

from adamcli.errors import UsageError
from adamcli.optimizer.result import Direction
from adamcli.pictures.kinds import KINDS
from adamcli.pictures.kinds.heatmap import colour_levels
from adamcli.pictures.scene import Dots, Field
from tests.pictures.kinds.grids import drawn, grid, lacks, marks, subject, table

GRID = {"alpha": [0.1, 0.01, 0.001], "beta1": [0.8, 0.9], "beta2": [0.5, 0.6], "seed": [1, 2, 3]}


def noise(*values: float) -> float:
    return float(np.random.default_rng([int(1e6 * v) for v in values]).lognormal(sigma=3))


def field_of(picture) -> Field:
    (field,) = marks(picture, Field)
    return field


@pytest.mark.parametrize("direction", Direction)
def test_cells_are_the_best_means_over_the_other_axes(direction) -> None:
    found = grid(GRID, noise)
    picture = drawn("heatmap", found, direction, x="beta1", y="alpha")
    means = defaultdict(list)
    for a in GRID["alpha"]:
        for b1 in GRID["beta1"]:
            for b2 in GRID["beta2"]:
                means[a, b1].append(fmean(noise(a, b1, b2, s) for s in GRID["seed"]))
    best = max if direction is Direction.MAXIMIZE else min
    expected = [[best(means[a, b]) for b in (0.8, 0.9)] for a in (0.001, 0.01, 0.1)]
    assert field_of(picture).values == pytest.approx(np.array(expected))
    assert picture.title == "f: mean of 3 repeats, best over beta2"
    assert [text for _, text in picture.panels[0].y.ticks] == ["0.001", "0.01", "0.1"]
    (star,) = marks(picture, Dots, "best")
    assert expected[int(star.y[0])][int(star.x[0])] == best(map(best, expected))


def test_the_axes_with_the_most_levels_are_chosen_and_words_go_up() -> None:
    found = grid({"method": ["adam", "rmsprop", "momentum"], **GRID}, lambda m, *rest: noise(*rest))
    panel = drawn("heatmap", found).panels[0]
    assert (panel.x.label, panel.y.label) == ("alpha", "method")
    assert [text for _, text in panel.y.ticks] == ["adam", "rmsprop", "momentum"]
    panel = drawn("heatmap", found, y="beta2").panels[0]
    assert (panel.x.label, panel.y.label) == ("method", "beta2")


def test_repeats_are_an_axis_only_where_asked_for_or_needed() -> None:
    by_default = drawn("heatmap", grid({**GRID, "seed": list(range(9))}, noise)).panels[0]
    assert (by_default.x.label, by_default.y.label) == ("alpha", "beta1")
    picture = drawn("heatmap", grid(GRID, noise), y="seed")
    assert (picture.panels[0].x.label, picture.panels[0].y.label) == ("alpha", "seed")
    assert picture.title == "f: best over beta1 and beta2"
    needed = drawn("heatmap", grid({"alpha": [1, 2], "seed": [1, 2]}, noise))
    assert field_of(needed).values.tolist() == [[noise(a, s) for a in (1, 2)] for s in (1, 2)]


def test_a_combination_that_was_not_run_is_left_empty() -> None:
    field = field_of(drawn("heatmap", table({"a": [1, 1, 2], "b": [1, 2, 2]}, [1, 2, 3])))
    assert field.values[0, 0] == 1
    assert np.isnan(field.values[0, 1])
    assert field.bands()[0, 1] == -1


def test_a_setting_with_a_lost_run_does_not_hide_one_without() -> None:
    lost = table(
        {"a": [1, 1, 1, 2], "b": [1, 1, 1, 2], "c": [1, 1, 2, 2], "seed": [0, 1, 0, 0]},
        [1, np.nan, 5, 7],
    )
    picture = drawn("heatmap", lost, x="a", y="b")
    assert field_of(picture).values[0, 0] == 5
    assert "1 run (25.0%) has no finite score" in picture.notes


def test_drawn_numbers_are_put_in_bins() -> None:
    random = np.random.default_rng(0)
    alpha, beta = 10 ** random.uniform(-4, 0, 400), random.random(400)
    score = np.arange(400.0) + 1
    picture = drawn("heatmap", table({"alpha": alpha.tolist(), "beta": beta.tolist()}, score))
    field, panel = field_of(picture), picture.panels[0]
    assert (panel.x.scale, panel.y.scale) == ("log", "linear")
    rows, columns = field.values.shape
    assert rows == columns <= 40
    for row in range(rows):
        for column in range(columns):
            x, y = panel.x.shares(alpha) * columns, panel.y.shares(beta) * rows
            inside = (np.clip(np.floor(x + 1e-9), 0, columns - 1) == column) & (
                np.clip(np.floor(y + 1e-9), 0, rows - 1) == row
            )
            expected = score[inside].min() if inside.any() else np.nan
            assert field.values[row, column] == pytest.approx(expected, nan_ok=True)
    assert f"alpha: the best of 400 values in {columns} bins" in picture.notes


def test_many_levels_of_a_grid_are_put_in_bins_and_words_are_not() -> None:
    found = grid({"n": list(range(100)), "word": [f"w{k}" for k in range(60)]}, lambda n, w: n)
    field = field_of(drawn("heatmap", found))
    assert field.values.shape == (60, 40)


@pytest.mark.parametrize(
    "values",
    [
        np.geomspace(1e-3, 1e5, 50),
        np.geomspace(1e-300, 1e300, 9),
        np.array([1.0, 10.5]),
        np.linspace(-3, 4, 60),
        np.array([0.1, 0.2]),
        np.array([3.0, 3.0]),
        np.array([0.0]),
        np.array([-1e308, 1e308]),
        np.array([1e308, 1e308]),
        np.array([0.1, np.nextafter(0.1, 1)]),
        np.append(np.linspace(-1, 1, 99), 1e9),
    ],
)
def test_colours_are_few_and_separate_the_values(values) -> None:
    levels = colour_levels(np.append(values, np.nan))
    assert 1 <= len(levels) <= 21
    assert np.isfinite(levels).all()
    assert (np.diff(levels) > 0).all()
    if values.max() / 2 - values.min() / 2 > 1e-6:
        bands = Field(values, values, values, levels, "").bands()
        assert bands.min() == 0
        assert bands.max() == len(levels)
    if len(values) > 20:
        assert len(levels) >= 8
        assert np.bincount(bands).max() <= len(values) / 3


def test_what_it_lacks() -> None:
    assert lacks("heatmap", grid({"a": [1, 2]}, float)) == "needs two axes that were varied"
    nothing = grid({"a": [1, 2], "b": [1, 2]}, lambda a, b: np.nan)
    assert lacks("heatmap", nothing) == "needs a run with a finite score"
    suits = KINDS["heatmap"].suits
    assert suits(subject(grid({"a": [1, 2], "b": [1, 2], "seed": [1, 2]}, noise)))
    assert not suits(subject(grid(GRID, noise)))


def test_wishes_that_cannot_be_met() -> None:
    found = grid(GRID, noise)
    with pytest.raises(UsageError, match="did you mean `beta2`"):
        drawn("heatmap", found, x="beta")
    with pytest.raises(UsageError, match="expected two axes, found `alpha` twice"):
        drawn("heatmap", found, x="alpha", y="alpha")


def test_an_unfinished_sweep_says_so() -> None:
    found = table({"a": [1, 1, 2], "b": [1, 2, 2]}, [1, 2, 3], 1000)
    assert "3 of 1,000 runs are done" in drawn("heatmap", found).notes


@pytest.mark.parametrize("score", [0.0, 1.7e308, -1e-320])
def test_equal_scores_have_a_picture(score: float) -> None:
    assert np.isfinite(field_of(drawn("heatmap", grid(GRID, lambda *_: score))).values).all()
