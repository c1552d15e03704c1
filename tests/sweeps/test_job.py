"""A sweep from its first block to its last: rows in order, for every way of computing them."""

import random as randoms
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adamcli.sweeps.blocks as blocks
import adamcli.sweeps.job as module
import adamcli.sweeps.variations as study_module
from adamcli.config.load import open_config
from adamcli.cores import cores
from adamcli.optimizer.loop import Control
from adamcli.optimizer.result import Direction
from adamcli.optimizer.status import Status
from adamcli.sweeps.blocks import RunRange
from adamcli.sweeps.job import SweepJob, default_jobs
from adamcli.sweeps.plan import rest_of, shard_of
from adamcli.sweeps.rows import joined
from adamcli.sweeps.scores import Scoreboard
from adamcli.sweeps.variations import SweepOptions, Variations, vary
from tests.conftest import assert_same_columns, same_bits

TEXT = "objective: log(x + 0.5) + k*y**2\nconstants: {k: 2}\nbounds: {x: [-1, 1], y: [-1, 1]}\n"
STEPS = "n_iter: 10\nalpha: 0.3\nbounds_mode: start\n"
AXES = ("start.y=0.25,0.5", "constants.k=1,2,0.5", "seed=0..19")


def variations_of(folder, text: str = TEXT + STEPS, axes=AXES, **options):
    (folder / "c.yaml").write_text(text)
    return vary(open_config(str(folder / "c.yaml")), SweepOptions(tuple(axes), **options))


@pytest.fixture
def variations(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_RUNS", 7)
    return variations_of(tmp_path)


def numbers_of(rows) -> str:
    return "".join(f"{run};" for run in rows.runs.tolist())


class Kept:
    """An output that keeps what it gets."""

    def __init__(self, encoder=None) -> None:
        self.encoder = encoder
        self.parts, self.text = [], ""

    def write(self, rows, text) -> None:
        self.parts.append(rows)
        self.text += text


def swept(variations, outputs=(), control=None, tick=lambda board: None, **options) -> Scoreboard:
    """Return the board of a sweep with these options after it has ended."""
    with SweepJob(variations, SweepOptions(**{"top": 5, "jobs": 1, **options})) as job:
        add = job.board.add

        def added(some) -> None:
            add(some)
            tick(job.board)

        job.board.add = added
        job.run(outputs, control or Control())
    return job.board


def assert_whole(variations, output, span=None, *, points=True) -> None:
    runs = np.arange(*(span or (0, variations.plan.size)))
    rows, whole = joined(output.parts), variations.compute(runs, points=points)
    assert {**whole.messages} == rows.messages or not rows.messages
    assert_same_columns(rows, whole)
    assert output.text == (numbers_of(rows) if output.encoder else "")


def assert_board(variations, board) -> None:
    other = Scoreboard(board.span, Direction.MINIMIZE, top=board.ranking.top)
    other.add(variations.compute(np.arange(*board.span)))
    assert same_bits(board.score, other.score)
    assert board.status.tolist() == other.status.tolist()
    assert board.leaders.runs.tolist() == other.leaders.runs.tolist()
    assert board.messages == other.messages


def in_any_order(work, cutter, control):
    found = []
    while (block := cutter.next()) is not None:
        found.append(work.compute(block, control))
    randoms.Random(len(found)).shuffle(found)
    yield from found


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("points", [True, False])
def test_rows_come_in_order_and_once(variations, jobs, points) -> None:
    outputs = (Kept(numbers_of), Kept(), Kept(numbers_of))
    ticks, options = [], {"points": points, "jobs": jobs, "top": 2}
    board = swept(variations, outputs, tick=lambda board: ticks.append(board.done), **options)
    for output in outputs:
        assert_whole(variations, output, points=points)
    assert_board(variations, board)
    assert ticks[-1] == variations.plan.size
    assert ticks == sorted(ticks)


def test_blocks_that_end_in_any_order_are_put_into_order(variations, monkeypatch) -> None:
    monkeypatch.setattr(module, "compute_here", in_any_order)
    for shard, span in ((None, RunRange(0, 120)), ("2/3", RunRange(40, 80))):
        output = Kept(numbers_of)
        board = swept(variations, (output, Kept()), shard=shard)
        assert board.span == span
        assert_whole(variations, output, span)
        assert_board(variations, board)


def test_shards_are_the_whole(variations) -> None:
    parts = []
    for number in range(1, 8):
        output = Kept()
        board = swept(variations, (output, Kept()), shard=f"{number}/7")
        assert_whole(variations, output, board.span)
        parts += output.parts
    assert joined(parts).runs.tolist() == list(range(variations.plan.size))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_sweep_without_outputs_fills_its_board(variations, jobs) -> None:
    assert_board(variations, swept(variations, jobs=jobs))


def test_a_sweep_that_is_stopped_has_written_a_beginning(variations) -> None:
    control, output = Control(), Kept(numbers_of)

    def tick(board) -> None:
        if board.done > 40:
            control.stop = Status.INTERRUPTED

    board = swept(variations, (output, Kept()), control, tick)
    assert 40 < board.done < 60
    assert_whole(variations, output, (0, board.done))


def test_a_sweep_that_is_stopped_hands_on_all_that_was_done(variations, monkeypatch) -> None:
    def some(work, cutter, control):
        every = [work.compute(RunRange(first, first + 10), control) for first in (90, 30, 0)]
        yield from every
        control.stop = Status.INTERRUPTED

    monkeypatch.setattr(module, "compute_here", some)
    output = Kept(numbers_of)
    board = swept(variations, (output, Kept()))
    rows = joined(output.parts)
    assert rows.runs.tolist() == [*range(10), *range(30, 40), *range(90, 100)]
    assert board.done == 30
    assert_same_columns(rows, variations.compute(rows.runs))
    assert output.text == numbers_of(rows)


def stored(variations, path, *, jobs=1, stop_after=None, output=None) -> Scoreboard:
    control, outputs = Control(), (output, Kept()) if output else ()

    def tick(board) -> None:
        if stop_after is not None and board.done >= stop_after:
            control.stop = Status.TERMINATED

    return swept(variations, outputs, control, tick, store=str(path), jobs=jobs)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_sweep_that_goes_on_has_the_bits_of_one_that_never_stopped(
    variations, tmp_path, monkeypatch, jobs
) -> None:
    path, made = tmp_path / "s.db", []
    for stop_after in (9, 60, 100):
        monkeypatch.setattr(module, "compute_here", in_any_order)
        made.append(stored(variations, path, stop_after=stop_after, jobs=jobs).done)
        monkeypatch.undo()
        monkeypatch.setattr(blocks, "MOST_RUNS", 5)
    output = Kept(numbers_of)
    assert_board(variations, stored(variations, path, output=output))
    assert_whole(variations, output)
    again = Kept(numbers_of)
    assert_board(variations, stored(variations, path, output=again))
    assert_whole(variations, again)


def test_a_store_keeps_the_sign_of_zero(tmp_path) -> None:
    variations = variations_of(tmp_path, axes=["start.y=-0.0,0.5"])
    rows = variations.compute(np.arange(variations.plan.size))
    assert (np.signbit(rows.columns["best.x"]) & (rows.columns["best.x"] == 0)).any()
    stored(variations, tmp_path / "s.db")
    output = Kept()
    stored(variations, tmp_path / "s.db", output=output)
    assert same_bits(joined(output.parts).columns["best.x"], rows.columns["best.x"])


CODE = """
def f(x, y):
    if x > 0.8:
        raise ValueError(f"too far: {x}")
    return -x*y - x
"""


def test_messages_survive_a_sweep_that_goes_on(tmp_path) -> None:
    (tmp_path / "code.py").write_text(CODE)
    text = "objective: {python: code.py:f}\nbounds: {x: [-1, 1], y: [-1, 1]}\nn_iter: 5\n"
    variations = variations_of(tmp_path, text, ["alpha=0.1,0.3", "seed=0..19"], allow_python=True)
    begun = stored(variations, tmp_path / "s.db", stop_after=20)
    assert 20 <= begun.done < 40
    assert_board(variations, stored(variations, tmp_path / "s.db"))


spans = st.lists(st.integers(0, 60), min_size=2, max_size=10, unique=True).map(sorted)


@given(spans, st.booleans())
def test_the_rest_is_what_is_in_no_block(ends, inside) -> None:
    span = RunRange(ends[0], ends[-1])
    inner = ends[1:-1] if inside else ends
    todo = [RunRange(a, b) for a, b in zip(inner[::2], inner[1::2], strict=False)]
    rest = rest_of(span, todo)
    assert all(block.size > 0 for block in rest)
    runs = [run for block in [*rest, *todo] for run in range(*block)]
    assert sorted(runs) == list(range(*span))
    assert rest == sorted(rest)


def test_the_rest_of_nothing_and_of_all() -> None:
    assert rest_of(RunRange(3, 9), []) == [(3, 9)]
    assert rest_of(RunRange(3, 9), [RunRange(3, 9)]) == []
    assert rest_of(RunRange(3, 9), [RunRange(3, 5), RunRange(6, 9)]) == [(5, 6)]


@given(st.integers(0, 100), st.integers(0, 500), st.integers(1, 40))
def test_shards_have_every_run_once_and_nearly_equal_sizes(first, size, count) -> None:
    span = RunRange(first, first + size)
    shards = [shard_of(span, number, count) for number in range(1, count + 1)]
    assert [run for shard in shards for run in range(*shard)] == list(range(*span))
    sizes = [shard.size for shard in shards]
    assert max(sizes) - min(sizes) <= 1


def jobs_for(width: int, n_iter: int, size: int, *, runs_code: bool = False) -> int:
    variations = SimpleNamespace(
        runs_code=runs_code,
        width=width,
        first=SimpleNamespace(n_iter=n_iter),
        plan=SimpleNamespace(axes=[]),
    )
    variations.guess = partial(Variations.guess, variations)
    return default_jobs(variations, RunRange(0, size))


def test_workers_are_started_where_they_are_worth_it(monkeypatch) -> None:
    monkeypatch.setattr(module, "cores", lambda: 8)
    assert jobs_for(10_000, 60, 1000) == 1
    assert jobs_for(10_000, 60, 1_000_000) == 8
    assert jobs_for(10_000, 1_000_000, 600) == 2
    assert jobs_for(10_000, 10**9, 1) == 1
    assert jobs_for(1, 10, 3, runs_code=True) == 3
    assert jobs_for(1, 10, 100, runs_code=True) == 8
    assert jobs_for(1, 10, 0, runs_code=True) == 1


def test_an_estimate_is_positive_and_grows_with_the_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(study_module, "TIMED_SECONDS", 1e-9)
    for axis in ("seed=0..99", "n_iter=1,2,3", "bounds.x=[-1, 1],[-2, 2]"):
        assert variations_of(tmp_path, axes=[axis]).seconds(10) > 0
    variations = variations_of(tmp_path, axes=["seed=0..99"])
    monkeypatch.setattr(study_module, "_step_seconds", lambda task, starts: 0.5 * starts.shape[1])
    assert variations.seconds(100) == pytest.approx(100 * 10 * 0.5)
    assert variations.seconds(1) == pytest.approx(10 * 0.5)


def test_there_is_a_core() -> None:
    assert 1 <= cores() <= 100_000
