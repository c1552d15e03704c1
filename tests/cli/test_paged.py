"""A pager that reads standard output has the terminal to itself; what is said comes after it."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time

import pytest

from tests.conftest import QUIET_ENVIRONMENT, ROOT

PAGER = """\
import os, signal, termios, tty
signal.signal(signal.SIGINT, signal.SIG_IGN)
terminal = os.open("/dev/tty", os.O_RDWR)
usual = termios.tcgetattr(terminal)
tty.setcbreak(terminal)
os.write(terminal, b"<opened>")
open("ready", "w").write("now\\n")
size = 0
while {waits}:
    part = os.read(0, 65536)
    size += len(part)
    if not part:
        break
os.write(terminal, b"<read %d>" % size)
while os.read(terminal, 1) != b"q":
    pass
os.write(terminal, b"<closed>")
termios.tcsetattr(terminal, termios.TCSADRAIN, usual)
"""
"""A program that owns the terminal until `q` is typed, and reads all of its input before."""

RUN = f"run {ROOT}/configs/article.yaml"
SEARCH = "solve rastrigin --dim 2 --rounds 2"
LONG = f"{RUN} --set n_iter=20000 --every 1"


class Session:
    """A shell command on a terminal of its own, and what it shows there."""

    def __init__(self, command: str, folder) -> None:
        (folder / "pager.py").write_text(PAGER.format(waits=True))
        (folder / "early.py").write_text(PAGER.format(waits=False))
        os.mkfifo(folder / "ready")
        # A pager that begins later is not disturbed by what was said before.
        names = {
            "once": "read _ < ready; exec",
            "a": f"{sys.executable} -m adamcli",
            "page": f"{sys.executable} pager.py",
            "early": f"{sys.executable} early.py",
        }
        whole = command.format(**names)
        self.shown = ""
        self._child, self._terminal = pty.fork()
        if not self._child:
            os.chdir(folder)
            # Tests that run in the background ignore Ctrl-C.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            environment = {**QUIET_ENVIRONMENT, "TERM": "xterm", "NO_COLOR": "1"}
            os.execve("/bin/sh", ["sh", "-c", whole], environment)

    def until(self, text: str, seconds: float = 30.0) -> None:
        """Wait until a text is shown."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            self._read(0.1)

    def still(self, seconds: float) -> None:
        """Read what is shown in some time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._read(0.05)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._terminal, text.encode())

    def end(self) -> int:
        """Wait for the end of the command, and return its exit code."""
        end = time.monotonic() + 30
        while self._read(0.1):
            assert time.monotonic() < end, self.shown
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])

    def _read(self, seconds: float) -> bool:
        """Read what is there, and return whether there may be more."""
        if select.select([self._terminal], [], [], seconds)[0]:
            try:
                part = os.read(self._terminal, 65536)
            except OSError:
                return False
            self.shown += part.decode(errors="replace").replace("\r\n", "\n")
            return bool(part)
        return True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (RUN, "status  finished"),
        (LONG, "status  finished"),
        (SEARCH, "status  finished"),
        (f"sweep {ROOT}/configs/article.yaml -p seed=0..9", "10 runs in "),
        ("run -e 'x^2' -b x=0,1", "`^` is not a power"),
        ("run --nonsense", "No such option"),
    ],
)
def test_what_is_said_waits_for_the_pager(arguments, said, tmp_path) -> None:
    session = Session(f"({{once}} {{a}} {arguments}) | {{page}}", tmp_path)
    # The pager gets to the end of its input although the command waits for it.
    session.until("<read ")
    session.still(0.2)
    assert session.shown.split("<read")[0].strip() == "<opened>"
    session.type("q")
    assert session.end() == 0
    paged, _, after = session.shown.partition("<closed>")
    assert said not in paged
    assert said in after


def test_a_pager_that_ends_early_ends_the_run_without_a_word(tmp_path) -> None:
    session = Session(f"({{once}} {{a}} {LONG}) | {{early}}", tmp_path)
    session.until("<read 0>")
    session.type("q")
    assert session.end() == 0
    assert session.shown.endswith("<closed>")


def test_progress_is_not_drawn_over_a_pager(tmp_path) -> None:
    """A search of more than half a second, after which its line would be drawn."""
    seconds = "--dim 8 --patience 1000 --rounds 1000 --seconds 1.2"
    session = Session(f"({{once}} {{a}} solve rastrigin {seconds}) | {{page}}", tmp_path)
    session.until("<read ")
    assert session.shown.split("<read")[0].strip() == "<opened>"
    session.type("q")
    session.end()
    assert "\x1b" not in session.shown


@pytest.mark.parametrize(
    "reader", ["| cat", "| head -1", "| grep f", "| tee file", "> file", "| sort | cat"]
)
def test_nothing_waits_for_what_leaves_the_terminal_alone(reader, tmp_path) -> None:
    session = Session(f"{{a}} {RUN} --every 59 {reader}", tmp_path)
    assert session.end() == 0
    assert ("status  finished" in session.shown) or reader == "| head -1"


def test_standard_error_in_a_file_has_the_summary_at_once(tmp_path) -> None:
    session = Session(f"({{once}} {{a}} {RUN} --summary 2> said) | {{page}}", tmp_path)
    session.until("<read ")
    assert "status  finished" in (tmp_path / "said").read_text()
    session.type("q")
    assert session.end() == 0


def test_nothing_waits_while_others_write_to_the_pager(tmp_path) -> None:
    """What comes next would be shown only when the pager has ended, which may wait for it."""
    session = Session(f"(read _ < ready; {{a}} {RUN}; echo next) | {{page}}", tmp_path)
    session.until("<read ")
    session.type("q")
    assert session.end() == 0


def test_ctrl_c_ends_the_waiting(tmp_path) -> None:
    session = Session(f"({{once}} {{a}} {RUN}) | {{page}}", tmp_path)
    session.until("<read ")
    session.type("\x03")
    session.still(0.3)
    session.type("q")
    session.end()
    assert session.shown.endswith("<closed>")
