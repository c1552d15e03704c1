"""Blocks: every run in exactly one of them, however long they take and whatever is given back."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adamcli.sweeps.blocks as blocks
from adamcli.config.load import open_config
from adamcli.optimizer.loop import Control
from adamcli.optimizer.status import STATUSES, Status
from adamcli.sweeps.blocks import Cutter, Done, RunRange, Work
from adamcli.sweeps.variations import SweepOptions, vary
from tests.conftest import assert_same_columns


def study_like(
    width: int = 1000, coordinates: int = 2, programs: int = 1, seconds: float = 0.0
) -> SimpleNamespace:
    """Return what a cutter asks of variations, each run of which takes so many seconds."""
    return SimpleNamespace(
        guess=lambda runs: runs * seconds / 4,
        seconds=lambda runs, programs: runs * seconds,
        width=width,
        coordinates=["x"] * coordinates,
        programs=SimpleNamespace(count=programs),
    )


def done(block: RunRange, seconds: float) -> Done:
    return Done(block, None, None, (), seconds)


def all_of(cutter: Cutter, seconds: float | None = None) -> list[RunRange]:
    found = []
    while (block := cutter.next()) is not None:
        found.append(block)
        if seconds is not None:
            cutter.learn(done(block, seconds))
    return found


todos = st.lists(st.integers(0, 400), min_size=1, max_size=6).map(
    lambda gaps: [
        RunRange(sum(gaps[:i]) + 7 * i, sum(gaps[: i + 1]) + 7 * i) for i in range(len(gaps))
    ]
)


def runs_of(some: list[RunRange]) -> list[int]:
    return [run for block in some for run in range(block.first, block.end)]


@given(todos, st.integers(1, 5), st.integers(1, 300), st.integers(1, 40), st.floats(0, 1))
def test_every_run_is_in_one_block_and_in_order(todo, jobs, width, programs, seconds) -> None:
    cutter = Cutter(todo, study_like(width, programs=programs), jobs)
    found = all_of(cutter, seconds)
    assert runs_of(found) == runs_of(todo)
    assert all(block.size > 0 for block in found)
    assert cutter.next() is None


@given(todos, st.integers(1, 4), st.integers(1, 60), st.randoms(use_true_random=False))
def test_blocks_that_are_given_back_come_again(todo, jobs, width, random) -> None:
    cutter, kept, patience = Cutter(todo, study_like(width), jobs), [], 20
    held: list[RunRange] = []
    while True:
        block = cutter.next()
        if block is not None:
            held.append(block)
        if held and (block is None or random.random() < 0.6):
            one = held.pop(random.randrange(len(held)))
            if patience and random.random() < 0.4:
                cutter.give_back(one)
                patience -= 1
            else:
                cutter.learn(done(one, random.choice([0.0, 0.01, 1.0])))
                kept.append(one)
        elif block is None:
            break
    assert sorted(runs_of(kept)) == runs_of(todo)


def test_nothing_to_do() -> None:
    assert Cutter([], study_like(), 1).next() is None
    assert Cutter([RunRange(3, 3), RunRange(9, 9)], study_like(), 2).next() is None


def test_a_block_that_is_given_back_comes_next() -> None:
    cutter = Cutter([RunRange(0, 1000)], study_like(10), 1)
    first = cutter.next()
    assert first == RunRange(0, 10)
    assert cutter.next() == RunRange(10, 20)
    cutter.give_back(first)
    assert cutter.next() == first
    assert cutter.next() == RunRange(20, 30)


def test_blocks_get_smaller_to_the_end_of_a_plan() -> None:
    sizes = [b.size for b in all_of(Cutter([RunRange(0, 18_000)], study_like(10**6), 2))]
    assert sizes[:3] == [3000, 2500, 2083]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-2] == 512
    assert Cutter([RunRange(0, 9000)], study_like(10**6), 3).next().size == 1000
    assert Cutter([RunRange(0, 9000)], study_like(10**6), 1).next().size == 9000


def test_what_is_given_back_counts_as_left() -> None:
    cutter = Cutter([RunRange(0, 18_000)], study_like(10**6), 2)
    first = cutter.next()
    cutter.give_back(first)
    assert cutter.next().size == 3000


def test_a_block_begins_with_what_fills_the_core_and_many_programs_share_one() -> None:
    far = [RunRange(0, 10**7)]
    assert Cutter(far, study_like(100), 1).next().size == 100
    assert Cutter(far, study_like(100, programs=5), 1).next().size == 500
    assert Cutter(far, study_like(100, programs=50), 1).next().size == 1600


def test_blocks_follow_the_time_they_take() -> None:
    cutter = Cutter([RunRange(0, 10**8)], study_like(1000), 1, seconds=0.1)
    sizes = []
    for seconds in [0.01, 0.049, 0.051, 0.1, 3.9, 4.1, 11.0, 50.0]:
        block = cutter.next()
        sizes.append(block.size)
        cutter.learn(done(block, seconds))
    assert sizes == [1000, 2000, 4000, 4000, 4000, 4000, 2000, 1000]
    # Smaller ones would take as many calls for fewer runs.
    assert cutter.next().size == 512


@pytest.mark.parametrize("seconds", [1e-6, 1e-4, 1e-3, 3e-3])
def test_no_block_of_many_steps_takes_longer_than_two_seconds(seconds) -> None:
    cutter = Cutter([RunRange(0, 40_000)], study_like(10_000, seconds=seconds), 1)
    sizes = [b.size for b in all_of(cutter)]
    assert max(sizes) * seconds <= 2.0
    # Those that would be short enough are as large as ever.
    assert sizes[0] == min(10_000, int(2 / seconds))


def test_a_block_of_very_many_steps_has_enough_runs_for_arrays_to_pay_off() -> None:
    cutter = Cutter([RunRange(0, 40_000)], study_like(10_000, seconds=1.0), 1)
    assert cutter.next().size == blocks.LEAST_RUNS


def test_a_short_sweep_is_not_timed() -> None:
    quick = study_like(10_000, seconds=1e-6)
    quick.seconds = None
    assert Cutter([RunRange(0, 40_000)], quick, 1).next().size == 10_000


def test_blocks_of_python_functions_follow_their_time_down_to_one_run() -> None:
    cutter = Cutter([RunRange(0, 10**8)], study_like(1), 1, seconds=0.1)
    sizes = []
    for seconds in [0.01, 0.01, 0.39, 0.41, 0.41, 5.0]:
        block = cutter.next()
        sizes.append(block.size)
        cutter.learn(done(block, seconds))
    assert sizes == [1, 2, 4, 4, 2, 1]
    assert cutter.next().size == 1


def test_many_programs_share_blocks_that_are_large_enough_for_all() -> None:
    cutter = Cutter([RunRange(0, 10**8)], study_like(10_000, programs=250), 1, seconds=0.1)
    for _ in range(10):
        cutter.learn(done(cutter.next(), 100.0))
    assert cutter.next().size == 128_000


def test_a_fast_block_that_was_cut_short_says_nothing_of_larger_ones() -> None:
    cutter = Cutter([RunRange(0, 10), RunRange(100, 10**6)], study_like(1000), 1, seconds=0.1)
    cutter.learn(done(cutter.next(), 0.0001))
    assert cutter.next().size == 1000


def test_the_smallest_block_is_one_run() -> None:
    cutter = Cutter([RunRange(0, 50)], study_like(1), 1)
    assert [b.size for b in all_of(cutter, seconds=99.0)] == [1] * 50


def test_no_block_has_too_many_runs_or_numbers(monkeypatch) -> None:
    monkeypatch.setattr(blocks, "MOST_RUNS", 3000)
    far = [RunRange(0, 10**7)]
    assert max(b.size for b in all_of(Cutter(far, study_like(1000), 1), 0.0)) == 3000
    monkeypatch.setattr(blocks, "MOST_NUMBERS", 10_600)
    assert Cutter(far, study_like(1000, coordinates=50), 1).next().size == 100
    assert Cutter(far, study_like(10, coordinates=10**6), 1).next().size == 1


def shape_of(rows) -> str:
    return f"{rows.runs.tolist()}"


def scores_of(rows) -> str:
    return repr(rows.columns["best.score"].tolist())


def variations_of(folder, *axes: str):
    text = "objective: x**2 + log(y)\nbounds: {x: [-1, 1], y: [-1, 1]}\nn_iter: 8\nalpha: 0.3\n"
    (folder / "c.yaml").write_text(text)
    return vary(open_config(str(folder / "c.yaml")), SweepOptions(axes))


@pytest.mark.parametrize("points", [True, False])
def test_work_is_the_rows_of_a_block_with_their_texts(tmp_path, points) -> None:
    variations = variations_of(tmp_path, "seed=0..19", "alpha=0.1,0.3")
    work = Work(variations, points, (shape_of, scores_of))
    result = work.compute(RunRange(5, 9))
    assert result.block == (5, 9)
    assert result.rows.runs.tolist() == [5, 6, 7, 8]
    assert result.texts == ("[5, 6, 7, 8]", repr(result.rows.columns["best.score"].tolist()))
    assert result.seconds >= 0
    assert result.rows.has_points is points


@pytest.mark.parametrize("size", [1, 3, 7, 20, 40])
def test_the_size_of_the_blocks_does_not_change_a_bit(tmp_path, size) -> None:
    variations = variations_of(tmp_path, "seed=0..19", "alpha=0.1,0.3/t")
    whole = variations.compute(np.arange(40))
    for first in range(0, 40, size):
        end = min(first + size, 40)
        rows = Work(variations).compute(RunRange(first, end)).rows
        assert_same_columns(rows, whole.taken(np.arange(first, end)))


def test_work_can_be_stopped(tmp_path) -> None:
    control = Control()
    control.stop = Status.INTERRUPTED
    rows = Work(variations_of(tmp_path, "seed=0..19")).compute(RunRange(0, 20), control).rows
    assert {STATUSES[code] for code in rows.columns["status"].tolist()} <= {
        Status.INTERRUPTED,
        Status.DIVERGED,
    }
    assert set(rows.columns["nit"].tolist()) == {0}
