"""What all tests share: the command line in this process or in its own, and formulas made ready."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from typer.testing import CliRunner

from adamcli.cli.app import app
from adamcli.config.load import parse_config

# Commands inherit what is ignored, as in the background of a shell or by nohup.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"

settings.register_profile(
    "adamcli", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("adamcli")

QUIET_ENVIRONMENT = {
    key: value
    for key, value in os.environ.items()
    if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "ADAMCLI_ALLOW_PYTHON")
    and not key.startswith(("GITHUB_", "PY_COLORS", "PYTHONUNBUFFERED", "TTY_"))
}


class Ended(NamedTuple):
    """How a command ended."""

    stdout: str
    stderr: str
    code: int


@pytest.fixture
def cli():
    """Return a function that runs a command line in this process."""

    def run(*args: str, stdin: str | None = None, env: dict[str, str] | None = None) -> Ended:
        cleared = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "ADAMCLI_ALLOW_PYTHON"), None)
        result = CliRunner().invoke(app, args, input=stdin, env={**cleared, **(env or {})})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.stdout, result.stderr, result.exit_code)

    return run


@pytest.fixture
def process():
    """Return a function that runs `python -m adamcli` as a process of its own."""

    def run(*args: str, stdin: str = "", env: dict[str, str] | None = None) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "adamcli", *args],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**QUIET_ENVIRONMENT, **(env or {})},
            timeout=120,
            check=False,
        )
        return Ended(done.stdout, done.stderr, done.returncode)

    return run


@pytest.fixture
def article() -> str:
    """Return the path of the article's config."""
    return str(ROOT / "configs" / "article.yaml")


def signalled_until_it_ends(running: subprocess.Popen, number: int) -> tuple[str, str]:
    """Send a signal until a process ends, seldom enough that each counts; return what it wrote."""
    for patience in (1, 5, 20, 60):
        running.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            return running.communicate(timeout=patience)
    raise AssertionError("the process lives on")


class Terminal(io.StringIO):
    """A terminal of a given encoding, in memory."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch) -> None:
    """Let the environment be that of a terminal of 80 columns with colours."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


def on_a_terminal(*arguments: str, env: dict[str, str] | None = None) -> tuple[str, int]:
    """Return what a command line shows on a terminal of 80 columns, and its exit code."""
    leader, follower = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "adamcli", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        env={**QUIET_ENVIRONMENT, "TERM": "xterm", "COLUMNS": "80", **(env or {})},
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(leader)
    return shown.decode(), running.wait(60)


def left_on_screen(written: str) -> list[str]:
    """Return the lines on a terminal, as wide as it takes, after all that was written to it.

    It knows what is needed to redraw lines in place, and no other control sequence but colours.
    """
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|[^\x1b]", written):
        if part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row == len(lines))
        elif part == "\r":
            column = 0
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part[0] == "\x1b" and part[-1] == "A":
            row -= int(part[2:-1])
            assert row >= 0
        elif part[0] != "\x1b" or part[-1] != "m":
            assert len(part) == 1, part
            lines[row] = f"{lines[row]:<{column}}"[:column] + part + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]


def config_of(objective: str, bounds: str = "{x: [-1, 1], y: [-1, 1]}", **keys: object):
    """Return a checked config from a formula, bounds and other keys."""
    lines = [f"objective: {json.dumps(objective)}", f"bounds: {bounds}"]
    lines += [f"{key}: {value}" for key, value in keys.items()]
    return parse_config("\n".join(lines))


def objective_of(formula: str, bounds: str = "{x: [-1, 1], y: [-1, 1]}", **keys: object):
    """Return the objective of such a config, ready to be bound."""
    return config_of(formula, bounds, **keys).objective.make()


def evaluate(objective, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return values (runs,) and gradients (dim, runs) of an objective at `points` (dim, runs)."""
    x = np.array(points, dtype=float)
    f, g = np.empty(x.shape[1]), np.empty(x.shape)
    with np.errstate(all="ignore"):
        for call in objective.bind(x, f, g).calls:
            call()
    return f, g


def assert_same_columns(rows, other) -> None:
    """Check that rows have the same columns, equal bit for bit."""
    assert rows.columns.keys() == other.columns.keys()
    for name, array in rows.columns.items():
        assert same_bits(array, other.columns[name]), name


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether two arrays are equal bit for bit; every NaN is equal to every other."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        return False
    both_nan = np.isnan(a) & np.isnan(b)
    return bool(np.all(both_nan | (a.view(np.int64) == b.view(np.int64))))
