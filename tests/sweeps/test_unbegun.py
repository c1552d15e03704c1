"""A sweep that ends before it has a run leaves its store as it was: none, or the runs of before."""

import os
import resource
import signal
import subprocess
import sys
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from adamcli.errors import FileError
from tests.conftest import QUIET_ENVIRONMENT
from tests.sweeps.test_resume import started, wait_until
from tests.sweeps.test_store import contents, open_store, variations_of

UNUSABLE = {
    "an extension": (["-o", "x.foo"], 2),
    "a missing folder": (["-o", "missing/x.csv"], 4),
    "a trailing slash": (["-o", "x.csv/"], 4),
    "a store in a missing folder": (["-o", "missing/x.db"], 4),
    "the second of two": (["-o", "x.csv", "-o", "missing/x.csv"], 4),
    "a config": (["--save-best", "missing/b.yaml"], 4),
    "no repeats": (["--save-setting", "b.yaml"], 2),
    "a cluster": (["--scheduler", "somewhere"], 2),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", UNUSABLE)
def test_outputs_that_cannot_be_opened_leave_no_store(cli, here, article, name) -> None:
    output, code = UNUSABLE[name]
    axis = "alpha=0.1,0.2" if name == "no repeats" else "seed=0..3"
    sweep = ["sweep", article, "-q", "-p", axis, "--store", "s.db"]
    assert cli(*sweep, *output).code == code
    assert os.listdir(here) == []
    assert cli(*sweep, "--set", "beta1=0.8").code == 0


@pytest.mark.parametrize("name", UNUSABLE)
def test_outputs_that_cannot_be_opened_do_not_let_a_store_grow(cli, here, article, name) -> None:
    output, code = UNUSABLE[name]
    key = "alpha=0.1,0.2" if name == "no repeats" else "seed=0,1"
    assert cli("sweep", article, "-q", "-p", key, "--store", "s.db").code == 0
    before = contents(here / "s.db")
    assert cli("sweep", article, "-q", "-p", f"{key},3", "--store", "s.db", *output).code == code
    assert contents(here / "s.db") == before
    assert os.listdir(here) == ["s.db"]
    assert cli("sweep", article, "-q", "-p", key, "--store", "s.db").code == 0


def test_an_empty_file_stays_one(cli, here, article) -> None:
    Path("s.db").touch()
    sweep = ["sweep", article, "-q", "-p", "seed=0..3", "--store", "s.db"]
    assert cli(*sweep, "-o", "x.foo").code == 2
    assert Path("s.db").read_bytes() == b""
    assert cli(*sweep).code == 0


def test_a_link_stays_one(cli, here, article) -> None:
    Path("s.db").symlink_to("far.db")
    sweep = ["sweep", article, "-q", "-p", "seed=0..3", "--store", "s.db"]
    assert cli(*sweep, "-o", "x.foo").code == 2
    assert os.listdir(here) == ["s.db"]
    assert cli(*sweep).code == 0
    assert sorted(os.listdir(here)) == ["far.db", "s.db"]


def test_a_run_that_fails_before_any_other_leaves_no_store(cli, here) -> None:
    Path("f.py").write_text("raise ValueError\n")
    sweep = ["sweep", "-q", "--set", "objective={python: f.py:f}", "-b", "x=-1,1", "-p", "seed=0,1"]
    assert cli(*sweep, "--allow-python", "-j", "1", "--store", "s.db").code == 3
    assert {*os.listdir(here)} - {"__pycache__"} == {"f.py"}


def test_a_part_of_a_plan_without_runs_is_a_store(cli, here, article) -> None:
    sweep = ["sweep", article, "-q", "-p", "seed=0,1"]
    stores = [f"{k}.db" for k in (1, 2, 3)]
    for k, store in enumerate(stores, 1):
        assert cli(*sweep, "--shard", f"{k}/3", "--store", store).code == 0
    assert cli("merge", *stores, "-o", "all.db", "-q").code == 0
    assert len(contents(here / "all.db")["runs"]) == 2


def test_a_kill_before_the_first_run_leaves_a_file_for_any_sweep(here) -> None:
    code = """
import os, sys
sys.path.insert(0, sys.argv[1])
from tests.sweeps.test_store import open_store, variations_of
store = open_store("s.db", variations_of("seed=0..3"))
os.kill(os.getpid(), 9)
"""
    root = str(Path(__file__).parents[2])
    killed = subprocess.run([sys.executable, "-c", code, root], env=QUIET_ENVIRONMENT, check=False)
    assert killed.returncode == -signal.SIGKILL
    with closing(open_store("s.db", variations_of("beta1=0.1,0.2"))) as store:
        assert len(store.missing()) == 1


@pytest.mark.parametrize("grows", [False, True])
def test_a_signal_before_the_first_run_leaves_stores_as_they_were(
    cli, here, article, grows
) -> None:
    if grows:
        assert cli("sweep", article, "-q", "-p", "seed=0,1", "--store", "s.db").code == 0
    before = contents("s.db") if grows else None
    # Nobody reads it, so the sweep waits there with an open store.
    os.mkfifo("rows.csv")
    sweep = [article, "-q", "-p", "seed=0..9", "--store", "s.db", "-o", "rows.csv"]
    running = started(*sweep, stderr=subprocess.PIPE)
    wait_until(Path("s.db-lock").exists if grows else Path("s.db").exists)
    running.send_signal(signal.SIGTERM)
    _, complaints = running.communicate(timeout=30)
    assert (running.returncode, "Traceback" in complaints) == (143, False)
    assert sorted(os.listdir(here)) == (["rows.csv", "s.db"] if grows else ["rows.csv"])
    assert not grows or contents("s.db") == before


@contextmanager
def files_left(count: int):
    """Let this process open so many more files."""
    limits, taken = resource.getrlimit(resource.RLIMIT_NOFILE), []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(count):
            os.close(taken.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for descriptor in taken:
            os.close(descriptor)


def test_a_store_that_cannot_be_opened_is_no_file(here) -> None:
    variations = variations_of("seed=0..3")
    # One is its lock and one the database, which needs another.
    with files_left(2), pytest.raises(FileError, match="unable to open database file"):
        open_store("s.db", variations)
    assert os.listdir(here) == []
