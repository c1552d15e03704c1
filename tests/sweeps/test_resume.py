"""A sweep with a store may be killed or interrupted at any moment: the same command goes on, does
what is missing alone, and ends as if nothing had happened."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress

import pytest

from tests.conftest import QUIET_ENVIRONMENT, signalled_until_it_ends
from tests.sweeps.test_store import contents, picky_config

SEED = 20_240_607
STORES = 3
KILLS_OF_A_STORE = 4
PATIENCE = 30


def started(*arguments: str, **options) -> subprocess.Popen:
    """Start a sweep in a process group of its own."""
    env = {**QUIET_ENVIRONMENT, **options.pop("env", {})}
    command = [sys.executable, "-m", "adamcli", "sweep", *arguments]
    return subprocess.Popen(command, env=env, start_new_session=True, text=True, **options)


def killed(running: subprocess.Popen) -> None:
    """Kill whatever is left of a sweep and its workers."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.communicate()


def wait_until(condition) -> None:
    """Wait until something is so; fail if it never is."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def runs_in(path) -> int:
    """Return how many runs are safe in a store, which need not be there yet."""
    if not path.exists():
        return 0
    # Only who may write can put right what a killed sweep has left.
    with closing(sqlite3.connect(path, timeout=30)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        return db.execute("SELECT count(*) FROM runs").fetchone()[0] if "runs" in tables else 0


def lines_in(path) -> int:
    """Return how many lines a log has, which need not be there yet."""
    return path.read_text().count("\n") if path.exists() else 0


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """Return the arguments of a sweep of about a second, its store, its table and its duration."""
    folder = tmp_path_factory.mktemp("unbroken")
    config, path = folder / "article.yaml", folder / "s.db"
    config.write_text("objective: x**2 + y**2\nbounds: {x: [-1, 1], y: [-1, 1]}\nalpha: 0.02\n")
    arguments = [str(config), "--set", "n_iter=1200", "-p", "beta1=0.7,0.8", "-p", "seed=0..14999"]
    arguments += ["-j", "2"]
    began = time.monotonic()
    output = ["-o", str(folder / "rows.csv"), "--store", str(path)]
    running = started(*arguments, *output, stdout=subprocess.PIPE)
    table, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    return arguments, path, table, time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize("number", range(STORES))
@pytest.mark.parametrize("whole_group", [False, True])
def test_a_sweep_survives_being_killed_at_any_moment(
    tmp_path, unbroken, whole_group, number
) -> None:
    arguments, whole, table, seconds = unbroken
    path, rows = tmp_path / "s.db", tmp_path / "rows.csv"
    chance = random.Random(SEED + 2 * number + whole_group)
    kills, kept = 0, 0
    while kills < KILLS_OF_A_STORE:
        with open(tmp_path / "stderr", "w+") as stderr:
            running = started(
                *arguments, "--store", str(path), stdout=subprocess.DEVNULL, stderr=stderr
            )
            with suppress(subprocess.TimeoutExpired):
                running.wait(chance.uniform(0, 0.6 * seconds))
            if running.poll() is None:
                kills += 1
                os.kill(running.pid, signal.SIGKILL)
                if whole_group:
                    os.killpg(running.pid, signal.SIGKILL)
            else:
                stderr.seek(0)
                assert (running.returncode, stderr.read()) == (0, "")
            running.wait()
        there = runs_in(path)
        assert there >= kept
        kept = there
    last = started(
        *arguments, "-o", str(rows), "--store", str(path), stdout=-1, stderr=subprocess.PIPE
    )
    shown, complaints = last.communicate(timeout=PATIENCE)
    assert (shown, complaints, last.returncode) == (table, "", 0)
    assert contents(path) == contents(whole)
    assert len(contents(path)["blocks"]) == 1
    assert rows.read_bytes() == (whole.parent / "rows.csv").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["rows.csv", "s.db", "stderr"]


def test_a_finished_sweep_does_nothing_again_and_shows_the_same(tmp_path, unbroken) -> None:
    arguments, whole, table, _ = unbroken
    before, changed = whole.read_bytes(), whole.stat().st_mtime_ns
    rows = tmp_path / "again.csv"
    running = started(*arguments, "-o", str(rows), "--store", str(whole), stdout=subprocess.PIPE)
    assert running.communicate(timeout=PATIENCE)[0] == table
    assert running.returncode == 0
    assert (whole.read_bytes(), whole.stat().st_mtime_ns) == (before, changed)
    assert rows.read_bytes() == (whole.parent / "rows.csv").read_bytes()


def test_a_finished_sweep_calls_no_objective_again(cli, tmp_path) -> None:
    log = tmp_path / "calls"
    sweep = ["sweep", picky_config(tmp_path), "-p", "seed=0..9", "--allow-python"]
    sweep += ["--store", str(tmp_path / "s.db")]
    first = cli(*sweep, env={"CALLS": str(log)})
    calls = lines_in(log)
    second = cli(*sweep, env={"CALLS": str(log)})
    assert calls > 10
    assert lines_in(log) == calls
    assert (second.stdout, second.code) == (first.stdout, first.code)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_only_what_is_missing_is_computed_after_a_kill(process, tmp_path, jobs) -> None:
    path, log, again = tmp_path / "s.db", tmp_path / "calls", tmp_path / "again"
    sweep = [picky_config(tmp_path), "-p", "seed=0..99", "--allow-python", "--fail-on", "never"]
    sweep += ["--set", "bounds.x=[-1, 0.4]", "-j", jobs]
    whole = process("sweep", *sweep, "--store", f"{path}-whole", env={"CALLS": str(log)})
    calls = lines_in(log) // 100
    assert calls * 100 == lines_in(log)
    slow = {"NAP": "0.01"}
    running = started(*sweep, "--store", str(path), env=slow, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: runs_in(path) > 0)
    finally:
        killed(running)
    kept = runs_in(path)
    assert kept < 100
    ended = process("sweep", *sweep, "--store", str(path), env={"CALLS": str(again)})
    assert (ended.stdout, ended.code) == (whole.stdout, 0)
    assert lines_in(again) == calls * (100 - kept)
    assert contents(path) == contents(f"{path}-whole")


@contextmanager
def two_sleepers(folder):
    """A sweep whose two workers are both in a call that takes long."""
    log = folder / "calls"
    sweep = [picky_config(folder), "-p", "seed=0..3", "--allow-python", "-j", "2"]
    slow, pipe = {"NAP": "100", "CALLS": str(log)}, subprocess.PIPE
    running = started(*sweep, env=slow, stdout=pipe, stderr=pipe)
    try:
        wait_until(lambda: lines_in(log) == 2)
        yield running
    finally:
        killed(running)


def test_workers_do_not_outlive_their_parent(tmp_path) -> None:
    with two_sleepers(tmp_path) as running:
        running.kill()
        # The workers have the pipes too: this waits for the last of them, and raises if it stays.
        running.communicate(timeout=20)
    assert lines_in(tmp_path / "calls") == 2


def test_a_store_is_free_at_once_though_its_sweep_was_killed(process, tmp_path) -> None:
    path, log = tmp_path / "s.db", tmp_path / "calls"
    sweep = [picky_config(tmp_path), "-p", "seed=0..3", "--allow-python", "--fail-on", "never"]
    sweep += ["--store", str(path), "-j", "2"]
    running = started(*sweep, env={"NAP": "100", "CALLS": str(log)}, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: lines_in(log) == 2)
        running.kill()
        running.wait()
        ended = process("sweep", *sweep)
    finally:
        killed(running)
    assert (ended.code, "another sweep" in ended.stderr) == (0, False)
    assert not os.path.exists(f"{path}-lock")


def test_a_second_sweep_is_refused_while_the_first_one_runs(process, tmp_path) -> None:
    path, log = tmp_path / "s.db", tmp_path / "calls"
    sweep = [picky_config(tmp_path), "-p", "seed=0..3", "--allow-python", "--store", str(path)]
    running = started(*sweep, env={"NAP": "100", "CALLS": str(log)}, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: lines_in(log) > 0)
        second = process("sweep", *sweep)
        assert running.poll() is None
    finally:
        killed(running)
    assert second == ("", f"{path}: another sweep is writing to it\n", 4)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_a_signal_ends_a_sweep_and_the_same_command_goes_on(
    process, tmp_path, number, code, word, jobs
) -> None:
    path, rows = tmp_path / "s.db", tmp_path / "rows.csv"
    sweep = [picky_config(tmp_path), "-p", "seed=0..99", "--allow-python", "--fail-on", "never"]
    sweep += ["-j", jobs]
    whole = process("sweep", *sweep, "--store", f"{path}-whole", "-o", str(tmp_path / "whole.csv"))
    outputs = ["--store", str(path), "-o", str(rows)]
    running = started(
        *sweep, *outputs, env={"NAP": "0.01"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        wait_until(lambda: runs_in(path) > 0)
        before = runs_in(path)
        running.send_signal(number)
        _, complaints = running.communicate(timeout=PATIENCE)
    finally:
        killed(running)
    assert running.returncode == code
    assert complaints.splitlines()[-1] == (
        f"{word} after {runs_in(path)} of 100 runs; the same command resumes from {path}"
    )
    assert before <= runs_in(path) < 100
    assert f"{rows}: {runs_in(path)} of 100 runs" in complaints.splitlines()
    header, *lines = rows.read_text().splitlines()
    every = (tmp_path / "whole.csv").read_text().splitlines()
    assert header == every[0]
    assert sorted(set(every) & set(lines)) == sorted(lines)
    assert len(lines) == runs_in(path)
    left = set(os.listdir(tmp_path)) - {"__pycache__"}
    assert left == {"picky.py", "picky.yaml", "rows.csv", "s.db", "s.db-whole", "whole.csv"}
    ended = process("sweep", *sweep, *outputs)
    assert (ended.stdout, ended.code) == (whole.stdout, 0)
    assert contents(path) == contents(f"{path}-whole")
    assert rows.read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_sweep_at_once(process, tmp_path, number, jobs) -> None:
    path, log = tmp_path / "s.db", tmp_path / "calls"
    sweep = [picky_config(tmp_path), "-p", "seed=0..3", "--allow-python", "--fail-on", "never"]
    sweep += ["--store", str(path), "-j", jobs]
    slow = {"NAP": "100", "CALLS": str(log)}
    running = started(*sweep, env=slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: lines_in(log) == int(jobs))
        _, complaints = signalled_until_it_ends(running, number)
    finally:
        killed(running)
    assert running.returncode in (130, 143)
    assert "Traceback" not in complaints
    assert not os.path.exists(f"{path}-lock")
    assert process("sweep", *sweep).code == 0


def test_the_signal_of_a_terminal_reaches_the_workers_too_and_does_no_harm(
    process, tmp_path
) -> None:
    path = tmp_path / "s.db"
    sweep = [picky_config(tmp_path), "-p", "seed=0..99", "--allow-python", "--fail-on", "never"]
    sweep += ["--store", str(path), "-j", "2"]
    running = started(*sweep, env={"NAP": "0.01"}, stdout=-1, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: runs_in(path) > 0)
        os.killpg(running.pid, signal.SIGINT)
        _, complaints = running.communicate(timeout=PATIENCE)
    finally:
        killed(running)
    assert running.returncode == 130
    told = f"interrupted after {runs_in(path)} of 100 runs; the same command resumes from {path}"
    assert complaints.splitlines()[-1] == told
    assert process("sweep", *sweep).code == 0
    assert len(contents(path)["runs"]) == 100


@pytest.mark.slow
def test_an_interrupted_sweep_of_formulas_keeps_what_was_done(tmp_path, unbroken) -> None:
    arguments, whole, table, _ = unbroken
    path = tmp_path / "s.db"
    running = started(*arguments, "--store", str(path), stdout=-1, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: runs_in(path) > 0)
        before = runs_in(path)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=PATIENCE)
    finally:
        killed(running)
    assert running.returncode == 130
    assert before <= runs_in(path) < 30_000
    again = started(*arguments, "--store", str(path), stdout=subprocess.PIPE)
    assert again.communicate(timeout=PATIENCE)[0] == table
    assert contents(path) == contents(whole)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_sweep_without_a_store_keeps_its_rows_in_its_files(cli, tmp_path, number) -> None:
    files = {name: tmp_path / f"rows.{name}" for name in ("csv", "db", "json")}
    log, best = tmp_path / "calls", tmp_path / "best.yaml"
    sweep = [picky_config(tmp_path), "-p", "alpha=0.1,0.2", "-p", "seed=0..9", "-q"]
    sweep += ["--allow-python", "--set", "bounds.x=[-1, 0.4]", "-j", "1"]
    outputs = [part for path in files.values() for part in ("-o", str(path))]
    outputs += ["--save-best", str(best)]
    slow = {"NAP": "0.03", "CALLS": str(log)}
    running = started(*sweep, *outputs, env=slow, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: lines_in(log) > 30)
        running.send_signal(number)
        _, complaints = running.communicate(timeout=PATIENCE)
    finally:
        killed(running)
    _, *lines = files["csv"].read_text().splitlines()
    named = ", ".join(map(str, files.values()))
    assert complaints == f"{named}: {len(lines)} of 20 runs\n"
    assert 0 < len(lines) < 20
    assert json.loads(files["json"].read_text())["runs"] == len(lines)
    assert "alpha" in best.read_text()
    # The store can be completed.
    assert len(contents(files["db"])["runs"]) == len(lines)
    assert cli("sweep", *sweep, "--store", str(files["db"])).code == 0
    assert cli("sweep", *sweep, "--store", str(tmp_path / "whole.db")).code == 0
    assert contents(files["db"]) == contents(tmp_path / "whole.db")


def test_a_sweep_that_was_stopped_before_its_first_run_says_so_plainly(tmp_path) -> None:
    with two_sleepers(tmp_path) as running:
        running.send_signal(signal.SIGTERM)
        _, complaints = running.communicate(timeout=20)
    assert "4 not run" in complaints
    assert ": ;" not in complaints
