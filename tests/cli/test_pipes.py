"""Pipes as data, configs and plans: each is waited for, and read once."""

import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import threading
import time

import pytest

from adamcli.pipes import read_standard_input
from tests.conftest import QUIET_ENVIRONMENT

ROWS = "t,y\r\n1,2\r\n2,3\r\n3,5\r\n"
CONFIG = "model: y ~ a*t\ndata: d.csv\nbounds: {a: [0, 9]}\nn_iter: 3\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a pipe, a config of it, and a config of a file that holds the same."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("d.csv")
    (tmp_path / "same.csv").write_bytes(ROWS.encode())
    (tmp_path / "pipe.yaml").write_text(CONFIG)
    (tmp_path / "file.yaml").write_text(CONFIG.replace("d.csv", "same.csv"))
    return tmp_path


@pytest.fixture
def writes():
    """Return a function that begins to write to a pipe, once."""
    threads = []

    def write(path, text: str, pause: float = 0.0) -> None:
        def work() -> None:
            with open(path, "wb") as pipe:
                for half in (text[: len(text) // 2], text[len(text) // 2 :]):
                    time.sleep(pause)
                    pipe.write(half.encode())
                    pipe.flush()

        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield write
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


COMMANDS = [
    "run {} --format csv",
    "solve {} --format csv",
    "sweep {} -p seed=0,1 --format csv",
    # Several programs, which read the data again.
    "sweep {} -p loss=linear,huber -p n_iter=1..3 -p seed=0,1 --format csv",
    "sweep {} -p seed=0..9 --jobs 2 --format csv",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_data_of_a_pipe_are_those_of_a_file(folder, cli, writes, command) -> None:
    expected = cli(*command.format("file.yaml").split())
    writes("d.csv", ROWS, pause=0.05)
    assert cli(*command.format("pipe.yaml").split()) == expected
    assert expected.code == 0


def test_a_store_knows_what_a_pipe_held(folder, cli, writes) -> None:
    sweep = ["sweep", "pipe.yaml", "-p", "seed=0,1", "--store", "s.db", "-q"]
    for text, code in ((ROWS, 0), (ROWS, 0), (ROWS.replace("5", "6"), 2)):
        writes("d.csv", text)
        ended = cli(*sweep)
        assert ended.code == code, ended.stderr
    assert "belongs to another sweep" in ended.stderr


def test_two_calls_of_python_read_a_pipe_twice(folder, writes) -> None:
    import adamcli

    scores = []
    for text in (ROWS, ROWS.replace("5", "6")):
        writes("d.csv", text)
        scores.append(adamcli.sweep("pipe.yaml", {"n_iter": [1, 2]}).columns["best.score"][1])
    assert scores[0] != scores[1]


def test_a_result_repeats_its_best_run_with_what_the_pipe_held(folder, writes) -> None:
    import adamcli

    writes("d.csv", ROWS)
    result = adamcli.sweep("pipe.yaml", {"n_iter": [1, 2], "loss": ["linear", "huber"]})
    # Nobody writes to the pipe again.
    assert result.best.best.score == result.columns["best.score"].min()


def test_configs_and_plans_may_be_pipes(folder, cli, writes) -> None:
    os.mkfifo("c.yaml")
    writes("c.yaml", CONFIG.replace("d.csv", "same.csv"))
    writes("d.csv", "seed\n1\n2\n")
    ended = cli("sweep", "c.yaml", "--plan", "d.csv", "--format", "csv")
    assert ended == cli("sweep", "file.yaml", "-p", "seed=1,2", "--format", "csv")


def test_a_process_substitution_is_a_table_and_its_files_are_here(folder) -> None:
    ours = f'"{sys.executable}" -m adamcli'
    script = (
        f"{ours} run <(cat file.yaml) --data <(cat same.csv) -q;"
        f"{ours} run <(cat file.yaml) --format none"
    )
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        env=QUIET_ENVIRONMENT,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "f([4.93632156]) = 152.070996\n")


def test_other_files_cannot_be_pipes(folder, cli) -> None:
    os.mkfifo("d.npz")
    ended = cli("run", "file.yaml", "--data", "d.npz")
    assert ended.code == 2
    assert "is a pipe" in ended.stderr
    assert "write it to a file first" in ended.stderr


def test_a_pipe_that_never_ends_is_an_error(folder, cli, monkeypatch) -> None:
    monkeypatch.setenv("ADAMCLI_MAX_DATA", "1MB")

    def pour() -> None:
        with open("d.csv", "wb", buffering=0) as pipe:
            try:
                while True:
                    pipe.write(b"1,2\n" * 10_000)
            except BrokenPipeError:
                pass

    writer = threading.Thread(target=pour)
    writer.start()
    ended = cli("run", "pipe.yaml")
    writer.join(10)
    assert ended.code == 2
    assert "ADAMCLI_MAX_DATA" in ended.stderr


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        ("run pipe.yaml", signal.SIGINT, 130),
        ("run pipe.yaml", signal.SIGTERM, 143),
        ("run d.csv", signal.SIGINT, 130),
        ("sweep file.yaml --plan d.csv", signal.SIGINT, 130),
        # These wait while signals would end the computation after its present step.
        ("sweep file.yaml -p data=same.csv,d.csv", signal.SIGINT, 130),
        ("plot pipe.yaml", signal.SIGINT, 130),
        ("plot pipe.yaml", signal.SIGTERM, 143),
    ],
)
def test_a_pipe_nobody_writes_to_is_named_and_can_be_interrupted(
    folder, command, number, code
) -> None:
    leader, follower = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "adamcli", *command.split()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env={**QUIET_ENVIRONMENT, "COLUMNS": "500"},
    )
    os.close(follower)
    said = os.read(leader, 1000).decode()
    assert "waiting for what is written to" in said
    assert "d.csv; Ctrl-C ends it" in said
    running.send_signal(number)
    assert running.wait(20) == code
    os.close(leader)


class AtTerminal:
    """A command whose standard error is a terminal, and its standard input too unless it is given.

    It leads a session of its own, so that keys typed into the terminal are its own.
    """

    def __init__(self, command: str, stdin: int | None = None) -> None:
        self.leader, follower = pty.openpty()
        self.running = subprocess.Popen(
            [sys.executable, "-m", "adamcli", *shlex.split(command)],
            stdin=follower if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=follower,
            env={**QUIET_ENVIRONMENT, "COLUMNS": "500"},
            start_new_session=True,
        )
        os.close(follower)

    def said(self) -> str:
        assert select.select([self.leader], [], [], 20)[0], "it says nothing"
        return os.read(self.leader, 1000).decode()

    def typed(self, text: str) -> None:
        os.write(self.leader, text.encode())

    def end(self) -> tuple[str, int]:
        """Return what it wrote to standard output, and its exit code."""
        shown = self.running.communicate(timeout=20)[0].decode()
        os.close(self.leader)
        return shown, self.running.returncode


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        ("run -", signal.SIGINT, 130),
        ("check - --set alpha=3", signal.SIGTERM, 143),
        # It waits while signals would end the computation after its present step.
        ("plot -", signal.SIGINT, 130),
    ],
)
def test_a_terminal_nobody_types_at_is_named_and_can_be_interrupted(command, number, code) -> None:
    waiting = AtTerminal(command)
    assert waiting.said() == "waiting for a config on standard input; Ctrl-D ends it\r\n"
    waiting.running.send_signal(number)
    assert waiting.end() == ("", code)


def test_what_is_typed_at_a_terminal_is_a_config(cli) -> None:
    waiting = AtTerminal("run - --set n_iter=3 --format none -q")
    waiting.said()
    text = "objective: (x - 1)**2\nbounds: {x: [0, 3]}\n"
    waiting.typed(f"{text}\x04")
    same = cli("run", "-", "--set", "n_iter=3", "--format", "none", "-q", stdin=text)
    assert waiting.end() == (same.stdout, 0)


def test_a_pipe_that_stays_empty_is_named() -> None:
    reader, writer = os.pipe()
    waiting = AtTerminal("run - -e x**2 -b x=0,1 --format none -q", reader)
    os.close(reader)
    assert waiting.said() == "waiting for a config on standard input; Ctrl-C ends it\r\n"
    os.close(writer)
    assert waiting.end()[1] == 0


@pytest.mark.parametrize("keys", ["-e (x-1)**2 -b x=0,3", "--set objective=sphere"])
def test_nobody_has_to_type_what_the_options_say(keys) -> None:
    running = AtTerminal(f"run - {keys} --set n_iter=3 --format none -q")
    shown, code = running.end()
    assert (shown[:2], code) == ("f(", 0)


def test_standard_input_is_read_up_to_the_most(monkeypatch, tmp_path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"a" * 3_000_000)
    with path.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert len(read_standard_input(2_000_000)) == 2_000_000
