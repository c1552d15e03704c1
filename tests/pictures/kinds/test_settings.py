"""Settings group runs, and average their repeats, as loops over the runs do."""

from collections import defaultdict
from statistics import fmean

import numpy as np
import pytest

from adamcli.optimizer.result import Direction
from adamcli.pictures.kinds.settings import means, settings_of
from adamcli.pictures.table import TableAxis
from tests.pictures.kinds.grids import grid, table


def looped(found, axes) -> dict:
    """Return the scores of the runs of each setting, by its levels."""
    groups = defaultdict(list)
    for run, score in enumerate(found.score.tolist()):
        groups[tuple(int(axis.places[run]) for axis in axes)].append(score)
    return groups


def random_table(seed: int = 0, runs: int = 300):
    random = np.random.default_rng(seed)
    score = random.normal(size=runs)
    score[random.random(runs) < 0.2] = np.nan
    columns = {key: random.integers(0, n, runs).tolist() for key, n in (("a", 3), ("b", 5))}
    return table({**columns, "seed": random.integers(0, 4, runs).tolist()}, score)


def test_means_are_those_of_the_runs_with_a_score() -> None:
    found = random_table()
    settings = settings_of(found, found.varied)
    groups = looped(found, found.varied)
    assert len(settings.runs) == len(groups)
    for k, levels in enumerate(settings.places.T.tolist()):
        scores = groups[tuple(levels)]
        known = [score for score in scores if score == score]
        assert settings.runs[k] == len(scores)
        assert settings.known[k] == len(known)
        assert settings.mean[k] == pytest.approx(fmean(known))
    for run, setting in enumerate(settings.of_run.tolist()):
        levels = [int(axis.places[run]) for axis in found.varied]
        assert settings.places[:, setting].tolist() == levels


@pytest.mark.parametrize("direction", Direction)
def test_the_best_mean_is_first_and_settings_with_lost_runs_are_last(direction) -> None:
    nan = np.nan
    found = table(
        {"k": [0, 0, 1, 1, 2, 2, 3, 3], "seed": [0, 1] * 4}, [5, 5, 1, 3, -99, nan, nan, nan]
    )
    settings = settings_of(found, found.varied)
    expected = [1, 0, 2] if direction is Direction.MINIMIZE else [0, 1, 2]
    assert settings.ranked(direction).tolist() == expected


def test_no_axis_is_one_setting() -> None:
    settings = settings_of(table({"seed": [1, 2, 3]}, [1, 2, 6]), [])
    assert settings.runs.tolist() == [3]
    assert settings.mean.tolist() == [3.0]
    assert settings.texts(0) == []
    assert settings.averaged() == "mean of 3 repeats"


def test_more_combinations_than_a_number_can_count_are_told_apart() -> None:
    count = 2**16
    # Only the first of 2**96 combinations' six digits differs.
    digits = [np.random.default_rng(1).permutation(count), *[np.full(count, 7)] * 5]
    axes = [TableAxis(f"k{k}", d, np.arange(float(count))) for k, d in enumerate(digits)]
    settings = settings_of(table({"a": [0] * count}, np.arange(float(count))), axes)
    assert len(settings.runs) == count
    for axis, places in zip(axes, settings.places, strict=True):
        assert (places[settings.of_run] == axis.places).all()


def test_means_of_huge_scores_are_finite() -> None:
    found = means(np.array([1.5e308, 1.7e308, -1.6e308]), np.array([0, 0, 1]), 3)
    assert found[:2] == pytest.approx([1.6e308, -1.6e308])
    assert np.isnan(found[2])


def test_the_number_of_repeats_is_told() -> None:
    single = grid({"a": [1, 2]}, float)
    assert settings_of(single, single.varied).averaged() == ""
    uneven = table({"a": [1, 1, 1, 2], "seed": [0, 1, 2, 0]}, [1, 2, 3, 4])
    assert settings_of(uneven, uneven.varied).averaged() == "mean of 1 to 3 repeats"
