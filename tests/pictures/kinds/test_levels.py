"""Levels are written so that they can be told apart, and spaced as they were chosen."""

import numpy as np
import pytest

from adamcli.pictures.kinds.levels import bins, level_text, level_texts, named, scale_of
from adamcli.pictures.table import TableAxis

RANDOM = np.random.default_rng(0)


def axis(values) -> TableAxis:
    return TableAxis.of_values("k", list(values))


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.9, 0.99, 0.999], ["0.9", "0.99", "0.999"]),
        ([10, 100, 250], ["10", "100", "250"]),
        ([1000, 1001], ["1000", "1001"]),
        ([1e-8, 1e-6], ["1e-8", "1e-6"]),
        (np.geomspace(1e-3, 1, 9)[:3], ["0.001", "0.0024", "0.0056"]),
        ([1.00001, 1.00002], ["1.00001", "1.00002"]),
        ([-2, 0, 1e300], ["-2", "0", "1e300"]),
        ([0.25], ["0.25"]),
        (["adam", "a\nb"], ["adam", "a b"]),
    ],
)
def test_levels_are_short_and_told_apart(values, texts) -> None:
    assert level_texts(axis(values)) == texts


def test_texts_of_numbers_are_near_them() -> None:
    for size in (2, 5, 30):
        some = axis(np.exp(RANDOM.normal(scale=8, size=size)))
        texts = level_texts(some)
        assert len(set(texts)) == some.size
        for k, text in enumerate(texts):
            off = np.abs(some.numbers - float(text))
            assert off[k] < np.delete(off, k).min() / 10


def test_one_of_very_many_levels_is_short() -> None:
    assert level_text(axis(np.linspace(1, 2, 10**5)), 33_333) == "1.333"


@pytest.mark.parametrize(
    ("numbers", "scale"),
    [
        ([0.01, 0.1], "log"),
        ([0.8, 0.9], "linear"),
        ([1, 2, 3, 4, 5], "linear"),
        (range(1, 101), "linear"),
        (np.geomspace(1e-4, 1e-1, 20), "log"),
        ([0.01, 0.02, 0.05], "log"),
        ([0, 0.9, 0.99], "linear"),
        ([-1, 10, 1000], "linear"),
        (np.sort(RANDOM.random(64)), "linear"),
        (np.sort(10 ** RANDOM.uniform(-4, -1, 64)), "log"),
        ([1e-320, 1.0, 1e300], "linear"),
    ],
)
def test_the_scale_is_the_one_on_which_levels_are_even(numbers, scale: str) -> None:
    assert scale_of(np.array(numbers, dtype=float)) == scale


@pytest.mark.parametrize("numbers", [np.geomspace(1e-4, 1, 97), np.linspace(-1e300, 1e300, 101)])
def test_bins_are_equally_wide_and_hold_their_levels(numbers) -> None:
    found = bins(axis(numbers), 10)
    shares = found.axis.shares(found.centres)
    assert shares == pytest.approx((np.arange(10) + 0.5) / 10)
    own = found.axis.shares(numbers)
    assert (np.abs(own - shares[found.of_level]) <= 0.05 + 1e-9).all()


def test_ticks_fit_their_room() -> None:
    for count in (1, 2, 7, 9, 40, 1000):
        for length in (1, 8, 60):
            texts = [f"{k:0{length}d}" for k in range(count)]
            ticks = named(texts, 12, 56)
            assert 1 <= len(ticks) <= 12
            assert sum(len(text) + 1 for _, text in ticks) <= 56 or len(ticks) == 1
            assert all(0 <= at < count for at, _ in ticks)
    assert [text for _, text in named(["adam", "rmsprop"], 12, 56)] == ["adam", "rmsprop"]
