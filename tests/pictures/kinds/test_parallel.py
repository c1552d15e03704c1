"""Lines go through the levels of their settings, the best ones in front."""

from itertools import product

import numpy as np
import pytest

from adamcli.optimizer.result import Direction
from adamcli.pictures.kinds import KINDS
from adamcli.pictures.scene import Line, Rule, Text
from adamcli.pictures.style import LOOKS
from tests.pictures.kinds.grids import drawn, grid, lacks, marks, subject, table

LEVELS = {"alpha": [0.1, 0.01, 1.0], "method": ["b", "a"], "n": [10, 20], "seed": [1, 2]}


def score(alpha: float, method: str, n: int, seed: int) -> float:
    return float(np.random.default_rng([int(100 * alpha), ord(method), n, seed]).lognormal())


def lines_of(picture) -> list[tuple[float, ...]]:
    """Return the heights of each line, in the order in which they are drawn."""
    found = []
    for mark in marks(picture, Line, "through"):
        width = len(picture.panels[0].x.ticks) + 1
        for part in np.reshape(mark.y, (-1, width)):
            assert np.isnan(part[-1])
            found.append(tuple(part[:-1]))
        assert (np.reshape(mark.x, (-1, width))[:, :-1] == np.arange(width - 1)).all()
    return found


@pytest.mark.parametrize("direction", Direction)
def test_each_setting_has_a_line_through_its_levels(direction) -> None:
    picture = drawn("parallel", grid(LEVELS, score), direction)
    lines = lines_of(picture)
    levels = ([0.01, 0.1, 1.0], ["b", "a"], [10, 20])
    expected = {
        (i / 2, float(j), float(k)): np.mean([score(a, m, n, s) for s in (1, 2)])
        for (i, a), (j, m), (k, n) in product(*map(enumerate, levels))
    }
    assert sorted(line[:-1] for line in lines) == sorted(expected)
    by_height = [expected[line[:-1]] for line in sorted(lines, key=lambda line: line[-1])]
    assert by_height == sorted(by_height)
    # The best is drawn last, and again in its own colour.
    best = max if direction is Direction.MAXIMIZE else min
    assert expected[lines[-1][:-1]] == best(expected.values())
    (own,) = marks(picture, Line, "bright")
    assert tuple(own.y) == lines[-1]


def test_lines_of_a_colour_are_one_mark() -> None:
    through = marks(drawn("parallel", grid(LEVELS, score)), Line, "through")
    assert len(through) <= 8
    assert len({mark.colour for mark in through}) == len(through)
    assert all(0 < mark.colour < 1 for mark in through)


def test_axes_are_named_with_the_texts_of_their_ends() -> None:
    picture = drawn("parallel", grid(LEVELS, score))
    panel = picture.panels[0]
    assert [text for _, text in panel.x.ticks] == ["alpha", "method", "n", "score (log)"]
    assert [rule.at for rule in marks(picture, Rule)] == [0, 1, 2, 3]
    texts = {(round(mark.x), round(mark.y, 3)): mark.text for mark in marks(picture, Text)}
    assert texts[0, 0.0], texts[0, 1.0] == ("0.01", "1")
    assert (texts[1, 0.0], texts[1, 1.0]) == ("b", "a")
    assert len([key for key in texts if key[0] == 3]) == 2
    assert all(mark.role in LOOKS for mark in picture.marks)


def test_of_many_settings_the_best_and_some_others_are_drawn() -> None:
    count = 3000
    score = np.random.default_rng(0).permutation(count) + 1.0
    picture = drawn("parallel", table({"a": list(range(count))}, score))
    lines = lines_of(picture)
    assert len(lines) == 500
    order = np.argsort(score)
    shown = np.sort([round(line[0] * (count - 1)) for line in lines])
    assert set(order[:250]) <= set(shown)
    assert order[-1] in shown
    ranks = np.sort(np.argsort(order)[shown])
    assert np.diff(ranks[250:]).max() <= 12
    assert picture.notes == ("the best 250 of 3,000 settings and 250 others",)


def test_numbers_that_are_many_stand_on_their_scale() -> None:
    numbers = np.geomspace(1e-4, 1, 13).tolist()
    picture = drawn("parallel", table({"a": numbers}, np.arange(13.0)))
    assert sorted(line[0] for line in lines_of(picture)) == pytest.approx(np.linspace(0, 1, 13))


@pytest.mark.parametrize("value", [0.0, 1e308, -3.0])
def test_equal_scores_have_a_picture(value: float) -> None:
    assert len(lines_of(drawn("parallel", grid(LEVELS, lambda *_: value)))) == 12


def test_what_it_lacks_and_suits() -> None:
    assert lacks("parallel", table({"a": [1]}, [1])) == "needs an axis that was varied"
    assert (
        lacks("parallel", table({"a": [1, 2]}, [np.nan] * 2)) == "needs a run with a finite score"
    )
    suits = KINDS["parallel"].suits
    assert suits(subject(grid(LEVELS, score)))
    assert not suits(subject(grid({"a": [1, 2], "b": [1, 2], "seed": [1, 2]}, lambda *_: 1)))
    assert lines_of(drawn("parallel", grid({"seed": [1, 2, 3]}, float)))
