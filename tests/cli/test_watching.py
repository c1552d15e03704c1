"""A long run at a terminal can be watched, where that disturbs nothing."""

import os
import pty
import select
import signal
import subprocess
import sys

import pytest

from tests.conftest import QUIET_ENVIRONMENT, left_on_screen, on_a_terminal

ENDLESS = ["--set", "n_iter=1e12"]


class Watched:
    """A run whose standard error is a terminal, and its standard output too unless it is given."""

    def __init__(self, *arguments: str, stdout: int | None = None, **env: str) -> None:
        self._leader, follower = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "adamcli", "run", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=follower if stdout is None else stdout,
            stderr=follower,
            env={**QUIET_ENVIRONMENT, "TERM": "xterm", "COLUMNS": "80", **env},
        )
        os.close(follower)

    def read(self) -> bool:
        """Read what is there, or wait for it; return whether the run goes on."""
        assert select.select([self._leader], [], [], 60)[0], self.shown
        try:
            part = os.read(self._leader, 65536)
        except OSError:
            part = b""
        self.shown += part.decode(errors="replace")
        return bool(part)

    def until(self, text: str, times: int = 1) -> None:
        while self.shown.count(text) < times:
            assert self.read(), self.shown

    def end(self) -> list[str]:
        """Return what is left on the screen after the run has ended."""
        while self.read():
            pass
        self.process.wait(60)
        return left_on_screen(self.shown.replace("\r\n", "\n"))


@pytest.fixture
def watch():
    """Return a function that starts a run, which is killed if the test leaves it running."""
    runs = []

    def start(*arguments: str, **options) -> Watched:
        runs.append(Watched(*arguments, **options))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.process.wait()
        os.close(run._leader)


@pytest.mark.parametrize("form", ["none", "json"])
def test_a_run_without_rows_can_be_watched_and_leaves_only_its_end(article, watch, form) -> None:
    run = watch(article, *ENDLESS, "--format", form)
    # Drawn again and again, though the loop hardly ever pauses.
    run.until("step ", times=5)
    for figure in ("/1,000,000,000,000", "  0%", "steps/s", "ETA", "best", "score", "▁"):
        assert figure in run.shown
    run.process.send_signal(signal.SIGINT)
    left = run.end()
    assert run.process.returncode == 130
    assert left[:2] == ["", "stopping after this step; once more to stop at once"]
    assert not [line for line in left if "steps/s" in line or "▁" in line]
    assert any(line.startswith("       status  interrupted: stopped after") for line in left)


def test_where_rows_go_into_a_file_the_run_can_be_watched(article, watch, tmp_path) -> None:
    path = tmp_path / "rows.txt"
    with path.open("w") as file:
        run = watch(article, *ENDLESS, stdout=file.fileno())
        run.until("steps/s")
        run.process.send_signal(signal.SIGINT)
        run.end()
    rows = path.read_text().splitlines()
    assert [row.split()[0] for row in rows] == [f">{t}" for t in range(len(rows))]


def test_the_result_into_a_pipe_leaves_the_terminal_free(article, watch) -> None:
    reader, writer = os.pipe()
    run = watch(article, *ENDLESS, "--format", "json", stdout=writer)
    os.close(writer)
    run.until("steps/s")
    run.process.send_signal(signal.SIGTERM)
    with os.fdopen(reader) as pipe:
        assert '"status": "terminated"' in pipe.read()
    run.end()


PYTHON = """
import time
from pathlib import Path

calls = []

def slow(x):
    # The steps are slow, what comes after them is not.
    calls.append(x)
    time.sleep(0.1 if len(calls) <= 6 else 0)
    return x**2

def steady(x):
    time.sleep(0.1)
    return 2 * x

def fails(x):
    if Path(__file__).with_name("now").exists():
        raise ValueError("as asked")
    print("hello")
    return x**2
"""


@pytest.fixture
def python_config(tmp_path):
    """Return a function that gives the path of a config with a function of `PYTHON`."""
    (tmp_path / "code.py").write_text(PYTHON)

    def write(name: str, n_iter: int) -> str:
        path = tmp_path / "c.yaml"
        path.write_text(
            f"objective: {{python: code.py:{name}}}\nbounds: {{x: [-1, 1]}}\nn_iter: {n_iter}\n"
            f"gradient: {{python: code.py:{'slow' if name == 'slow' else 'steady'}}}\n"
        )
        return str(path)

    return write


# Its 12 evaluations take more than a second on any machine, and half of one is long.
SLOW = ("slow", 5)


@pytest.mark.parametrize("options", [("-q",), ("-q", "--format", "none"), ("--format", "lines")])
def test_with_rows_or_quietly_nothing_is_drawn(python_config, options) -> None:
    shown, code = on_a_terminal("run", python_config(*SLOW), "--allow-python", *options)
    assert code == 0
    assert "steps/s" not in shown
    assert "\x1b[2K" not in shown


def test_a_dumb_terminal_is_never_drawn_on(python_config) -> None:
    arguments = ("run", python_config(*SLOW), "--allow-python", "--format", "none")
    assert "\x1b" not in on_a_terminal(*arguments, env={"TERM": "dumb"})[0]


def test_rows_into_a_pipe_may_end_on_the_terminal_so_nothing_is_drawn(python_config, watch) -> None:
    reader, writer = os.pipe()
    run = watch(python_config(*SLOW), "--allow-python", stdout=writer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        assert len(pipe.read().splitlines()) == 7
    run.end()
    assert "\x1b[2K" not in run.shown


def test_a_failed_run_leaves_what_was_printed_and_its_end(python_config, watch, tmp_path) -> None:
    run = watch(python_config("fails", 10**6), "--allow-python", "--format", "none")
    run.until("steps/s")
    (tmp_path / "now").touch()
    left = run.end()
    assert run.process.returncode == 3
    count = left.index(next(line for line in left if line != "hello"))
    assert count > 3
    assert "status  failed:" in left[count]
    assert not [line for line in left if "steps/s" in line]
