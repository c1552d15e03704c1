"""Pipes as data, configs and plans: each is waited for, and read once."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time

import pytest

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
