"""Blocks in worker processes: the bits of one process, and what happens when workers die."""

import multiprocessing
import os
import pickle
import signal
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import adamcli.sweeps.blocks as blocks
import adamcli.sweeps.variations as study_module
from adamcli import processes
from adamcli.config.load import open_config
from adamcli.errors import ExitCode, FileError, UsageError
from adamcli.optimizer.loop import Control
from adamcli.optimizer.status import Status
from adamcli.sweeps.blocks import (
    Cutter,
    RunRange,
    Work,
    WorkerError,
    compute_here,
    compute_in_workers,
)
from adamcli.sweeps.rows import joined
from adamcli.sweeps.variations import SweepOptions, vary
from tests.conftest import assert_same_columns

TEXT = "objective: log(x + 0.5) + k*y**2\nconstants: {k: 2}\nbounds: {x: [-1, 1], y: [-1, 1]}\n"
STEPS = "n_iter: 20\nalpha: 0.3\nbounds_mode: start\n"
AXES = ("alpha=0.1,0.3/t,0.2", "constants.k=1,2", "seed=0..29")


def variations_of(folder, text: str = TEXT + STEPS, axes=AXES, allow_python: bool = False):
    (folder / "c.yaml").write_text(text)
    options = SweepOptions(tuple(axes), allow_python=allow_python)
    return vary(open_config(str(folder / "c.yaml")), options)


@pytest.fixture
def variations(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_RUNS", 7)
    return variations_of(tmp_path)


@pytest.fixture(autouse=True)
def _no_process_is_left():
    yield
    assert multiprocessing.active_children() == []


def results(variations, jobs: int, *, points: bool = True, encoders=(), todo=None):
    work = Work(variations, points, encoders)
    cutter = Cutter(todo or [RunRange(0, variations.plan.size)], variations, jobs)
    if jobs == 1:
        return compute_here(work, cutter, Control())
    return compute_in_workers(work, cutter, Control(), jobs)


def assert_whole(variations, dones, *, points: bool = True, runs=None) -> None:
    runs = np.arange(variations.plan.size) if runs is None else np.array(runs)
    dones = sorted(dones, key=lambda done: done.block)
    rows, whole = joined([done.rows for done in dones]), variations.compute(runs, points=points)
    assert rows.messages == whole.messages
    assert_same_columns(rows, whole)


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("queued", [1, 2, 5])
def test_any_number_of_workers_gives_the_same_bits(variations, monkeypatch, jobs, queued) -> None:
    monkeypatch.setattr(blocks, "QUEUED", queued)
    dones = list(results(variations, jobs))
    assert len(dones) > 20
    assert_whole(variations, dones)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("most", [1, 1000])
def test_any_size_of_blocks_gives_the_same_bits(variations, monkeypatch, jobs, most) -> None:
    monkeypatch.setattr(blocks, "MOST_RUNS", most)
    assert_whole(variations, results(variations, jobs, points=False), points=False)


@pytest.mark.parametrize("jobs", [1, 3])
def test_only_what_is_to_be_done_is_done(variations, jobs) -> None:
    todo = [RunRange(3, 11), RunRange(50, 51), RunRange(100, 131)]
    runs = [run for block in todo for run in range(*block)]
    assert_whole(variations, results(variations, jobs, todo=todo), runs=runs)


def test_more_workers_than_blocks(variations) -> None:
    dones = list(results(variations, 3, todo=[RunRange(4, 6)]))
    assert_whole(variations, dones, runs=[4, 5])


def numbers_of(rows) -> str:
    return ",".join(map(str, rows.runs.tolist()))


def test_workers_make_the_texts(variations) -> None:
    for done in results(variations, 2, encoders=(numbers_of, repr)):
        assert done.texts == (numbers_of(done.rows), repr(done.rows))
        assert done.seconds >= 0


def test_spawned_workers_read_the_config_again(variations, monkeypatch) -> None:
    monkeypatch.setattr(processes, "FORKS", False)
    monkeypatch.setattr(blocks, "MOST_RUNS", 60)
    assert_whole(variations, results(variations, 2, encoders=(numbers_of,)))


def test_work_that_was_pickled_gives_the_same_bits(variations) -> None:
    work = pickle.loads(pickle.dumps(Work(variations, True, (numbers_of,))))
    done = work.compute(RunRange(0, variations.plan.size))
    assert_whole(variations, [done])
    assert done.texts == (numbers_of(done.rows),)


class Dies(NamedTuple):
    """An encoder that ends its process, once or always, when it comes to a run."""

    run: int
    file: Path
    code: int = 0
    always: bool = False

    def __call__(self, rows) -> str:
        if self.run in rows.runs and (self.always or not self.file.exists()):
            self.file.touch()
            if self.code:
                os._exit(self.code)
            os.kill(os.getpid(), signal.SIGKILL)
        return numbers_of(rows)


@pytest.mark.parametrize("jobs", [2, 3])
@pytest.mark.parametrize("code", [0, 7])
def test_a_worker_that_dies_loses_nothing_and_doubles_nothing(
    variations, tmp_path, jobs, code
) -> None:
    file = tmp_path / "died"
    assert_whole(variations, results(variations, jobs, encoders=(Dies(90, file, code),)))
    assert file.exists()


def test_workers_that_die_at_different_places(variations, tmp_path) -> None:
    encoders = tuple(Dies(run, tmp_path / str(run)) for run in (0, 61, 179))
    assert_whole(variations, results(variations, 2, encoders=encoders))
    assert all(one.file.exists() for one in encoders)


def test_workers_that_are_killed_from_outside_are_replaced(variations, monkeypatch) -> None:
    replaced, original = [], blocks._Pool.replace

    def replace(pool, connection):
        replaced.append(connection)
        return original(pool, connection)

    monkeypatch.setattr(blocks._Pool, "replace", replace)
    dones = []
    for number, done in enumerate(results(variations, 2)):
        dones.append(done)
        if number in (0, 4):
            victim = multiprocessing.active_children()[number // 4]
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
    assert_whole(variations, dones)
    assert len(replaced) == 2


def test_all_workers_may_die_at_once(variations) -> None:
    dones = []
    for number, done in enumerate(results(variations, 3)):
        dones.append(done)
        if number == 2:
            for victim in multiprocessing.active_children():
                os.kill(victim.pid, signal.SIGKILL)
                victim.join()
    assert_whole(variations, dones)


@pytest.mark.parametrize(
    ("code", "how"),
    [(0, "killed by signal 9"), (7, "ended with code 7")],
)
def test_workers_that_keep_dying_are_an_error(variations, tmp_path, code, how) -> None:
    with pytest.raises(WorkerError, match=f"workers keep dying: one (was )?{how}") as caught:
        list(results(variations, 2, encoders=(Dies(90, tmp_path / "x", code, True),)))
    assert caught.value.exit_code is ExitCode.FAILED
    assert ("use fewer workers" in str(caught.value)) is (code == 0)


class Raises(NamedTuple):
    """An encoder that raises an error when it comes to a run."""

    error: Exception
    run: int = 90

    def __call__(self, rows) -> str:
        if self.run in rows.runs:
            raise self.error
        return ""


def error_of(variations, error: Exception) -> WorkerError:
    with pytest.raises(WorkerError) as caught:
        list(results(variations, 2, encoders=(Raises(error),)))
    return caught.value


def test_an_error_in_a_worker_arrives_with_its_text_and_exit_code(variations) -> None:
    error = error_of(variations, FileError("c.yaml: cannot be read\n  a hint"))
    assert str(error) == "c.yaml: cannot be read\n  a hint"
    assert error.exit_code is ExitCode.FILE


def test_other_errors_in_a_worker_are_named_with_their_place(variations) -> None:
    error = error_of(variations, ZeroDivisionError("what"))
    assert str(error).startswith("a worker failed: ZeroDivisionError: what (")
    assert "test_workers.py:" in str(error)
    assert error.exit_code is ExitCode.FAILED
    error = error_of(variations, MemoryError())
    assert "a worker ran out of memory" in str(error)
    assert error.exit_code is ExitCode.FAILED


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_value_that_no_config_may_have_is_told_when_it_is_met(
    tmp_path, monkeypatch, jobs
) -> None:
    monkeypatch.setattr(study_module, "MOST_CHECKED", 1)
    variations = variations_of(tmp_path, axes=["eps_mode=hat,coat", "seed=0..9"])
    dones = results(variations, jobs, todo=[RunRange(0, 5), RunRange(15, 20)])
    with pytest.raises(Exception, match="-p:1:14: eps_mode: expected one of") as caught:
        list(dones)
    assert caught.value.exit_code is ExitCode.USAGE


def test_asking_to_stop_between_blocks(variations) -> None:
    for jobs in (1, 2):
        control = Control()
        work, cutter = (
            Work(variations),
            Cutter([RunRange(0, variations.plan.size)], variations, jobs),
        )
        dones = []
        several = compute_in_workers(work, cutter, control, jobs)
        for done in compute_here(work, cutter, control) if jobs == 1 else several:
            dones.append(done)
            if len(dones) == 3:
                control.stop = Status.INTERRUPTED
        assert 3 <= len(dones) < 8
        assert multiprocessing.active_children() == []


class Touches(NamedTuple):
    """An encoder that leaves a file."""

    file: Path

    def __call__(self, rows) -> str:
        self.file.touch()
        return ""


def test_asking_to_stop_in_the_middle_of_a_block(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(blocks, "TICK", 0.01)
    endless = variations_of(
        tmp_path, "objective: x**2\nbounds: {x: [-1, 1]}\nn_iter: 1000000\n", ["seed=0..9"]
    )
    control, looks = Control(), []

    def look(connections, timeout: float) -> list[object]:
        looks.append(len(multiprocessing.active_children()))
        if len(looks) == 3:
            control.stop = Status.TERMINATED
        return wait(connections, timeout)

    wait = multiprocessing.connection.wait
    monkeypatch.setattr(multiprocessing.connection, "wait", look)
    cutter = Cutter([RunRange(0, 10)], endless, 2)
    work = Work(endless, True, (Touches(tmp_path / "finished"),))
    assert list(compute_in_workers(work, cutter, control, 2)) == []
    assert looks == [2, 2, 2]
    assert not (tmp_path / "finished").exists()


def test_a_block_that_was_stopped_in_the_middle_is_not_a_result(variations) -> None:
    control = Control()

    def stop(rows) -> str:
        control.stop = Status.INTERRUPTED if 30 in rows.runs else None
        return ""

    cutter = Cutter([RunRange(0, variations.plan.size)], variations, 1)
    dones = list(compute_here(Work(variations, True, (stop,)), cutter, control))
    assert dones[-1].block.end <= 30
    assert [done.block.first for done in dones] == sorted(done.block.first for done in dones)


def test_leaving_early_leaves_no_workers(variations) -> None:
    dones = results(variations, 2)
    next(dones)
    dones.close()
    assert multiprocessing.active_children() == []


CODE = """
import os

def f(x, y):
    os.write(1, b"chatter")
    if x > 0.8:
        raise ValueError(f"too far: {x}")
    return -x*y - x
"""


def test_python_objectives_in_workers(tmp_path, capfd) -> None:
    (tmp_path / "code.py").write_text(CODE)
    text = "objective: {python: code.py:f}\nbounds: {x: [-1, 1], y: [-1, 1]}\nn_iter: 5\n"
    variations = variations_of(tmp_path, text, ["alpha=0.1,0.3", "seed=0..19"], allow_python=True)
    dones = list(results(variations, 2))
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "chatter" in shown.err
    assert_whole(variations, dones)
    messages = {run: text for done in dones for run, text in done.rows.messages.items()}
    assert 0 < len(messages) < 40


def test_a_python_file_that_cannot_be_loaded_ends_the_sweep(tmp_path) -> None:
    text = "objective: {python: code.py:f}\nbounds: {x: [-1, 1], y: [-1, 1]}\nn_iter: 5\n"
    variations = variations_of(tmp_path, text, ["seed=0..19"], allow_python=True)
    with pytest.raises(UsageError, match=r"code\.py"):
        list(results(variations, 1))
    with pytest.raises(WorkerError, match=r"code\.py") as caught:
        list(results(variations, 2))
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("jobs", [1, 2])
def test_how_far_the_runs_are_is_known_in_the_middle_of_a_block(
    tmp_path, monkeypatch, jobs
) -> None:
    monkeypatch.setattr(blocks, "TELL_SECONDS", 0.001)
    endless = variations_of(
        tmp_path, "objective: x**2\nbounds: {x: [-1, 1]}\nn_iter: 1000000\n", ["seed=0..9"]
    )
    control, seen = Control(), []
    cutter = Cutter([RunRange(0, 10)], endless, jobs)
    work = Work(endless, watched=True)

    def look() -> None:
        deadline = time.monotonic() + 60
        while len(set(seen)) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
            seen.append(control.progress())
        control.stop = Status.TERMINATED

    watcher = threading.Thread(target=look)
    watcher.start()
    several = compute_in_workers(work, cutter, control, jobs)
    assert list(compute_here(work, cutter, control) if jobs == 1 else several) == []
    watcher.join()
    assert len(set(seen)) >= 5
    assert seen == sorted(seen)
    assert 0 < seen[-1] < 10
