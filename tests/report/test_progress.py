"""The lines of a run on its terminal: where they are drawn, and that nothing of them is left."""

import re
import sys
import threading
import time
from contextlib import suppress
from math import inf
from types import SimpleNamespace

import pytest

from adamcli.optimizer.loop import Control
from adamcli.optimizer.result import Glance
from adamcli.report import progress
from adamcli.report.progress import RunProgress, SweepProgress
from tests.conftest import Terminal, left_on_screen

pytestmark = pytest.mark.usefixtures("terminal")

FIRST, NOW = Glance(0, 4.0, 1.0), Glance(6_999, 2.5, 0.125)


@pytest.fixture(autouse=True)
def at_once(monkeypatch) -> None:
    """Let a run be drawn from its first moment on."""
    for name in ("AFTER_SECONDS", "FIRST_SECONDS", "LOOK_SECONDS", "REDRAW_SECONDS"):
        monkeypatch.setattr(progress, name, 0.001)


def control_of() -> Control:
    """Return what a run of 10,000 steps is looked at by, first in its first step."""
    control, glances = Control(), [FIRST]
    control.look = lambda: glances.pop() if glances else NOW
    return control


def wait_until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def wait_for(terminal: Terminal, text: str) -> None:
    wait_until(lambda: text in "\n".join(left_on_screen(terminal.getvalue())))


def test_lines_are_drawn_in_place_and_then_gone() -> None:
    terminal = Terminal()
    terminal.write("before\n")
    with RunProgress(control_of(), 10_000, terminal, shown=True):
        wait_until(lambda: terminal.getvalue().count("step ") > 3)
        wait_for(terminal, "best")
    assert left_on_screen(terminal.getvalue()) == ["before", "", "", ""]


def test_what_is_drawn() -> None:
    terminal = Terminal()
    with RunProgress(control_of(), 10_000, terminal, shown=True):
        wait_for(terminal, "step  7,000")
        first, second, *_ = left_on_screen(terminal.getvalue().rpartition("\x1b[2K")[2])
    assert first.startswith("step  7,000/10,000   70%")
    assert second == "best 0.125       score 2.5         " + "█" * 44 + "▁"


def test_without_colours_the_same_is_drawn(monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    with RunProgress(control_of(), 10_000, terminal, shown=True):
        wait_for(terminal, "▁")
    assert "\x1b[2K" in terminal.getvalue()
    assert set(re.findall(r"\x1b\[\d*(\w)", terminal.getvalue())) == {"A", "K"}


def test_ascii_where_the_encoding_has_nothing_else() -> None:
    terminal = Terminal("ascii")
    with RunProgress(control_of(), 10_000, terminal, shown=True):
        wait_for(terminal, "''''_")
    assert terminal.getvalue().isascii()


class Pipe(Terminal):
    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize("case", ["pipe", "dumb", "not shown", "none"])
def test_elsewhere_there_is_not_even_a_thread(monkeypatch, case) -> None:
    if case == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    stream = {"pipe": Pipe(), "none": None}.get(case, Terminal())
    threads = threading.active_count()
    with RunProgress(control_of(), 10_000, stream, shown=case != "not shown"):
        assert threading.active_count() == threads
    assert stream is None or stream.getvalue() == ""


def test_a_run_is_not_drawn_before_its_first_step_nor_after_its_last() -> None:
    terminal, control = Terminal(), Control()
    with RunProgress(control, 10_000, terminal, shown=True):
        time.sleep(0.05)
        # It is being evaluated for the first time.
        control.look = lambda: Glance(-1, 0.0, 0.0)
        time.sleep(0.05)
        # It has ended.
        control.look = lambda: Glance(9_999, 0.0, -inf)
        time.sleep(0.05)
        assert terminal.getvalue() == ""
        control.look = lambda: NOW
        wait_for(terminal, "step")


def test_an_error_leaves_nothing_behind(monkeypatch) -> None:
    terminal, threads, interval = Terminal(), threading.active_count(), sys.getswitchinterval()
    monkeypatch.setattr(sys, "stderr", terminal)
    with suppress(ZeroDivisionError), RunProgress(control_of(), 10_000, terminal, shown=True):
        wait_for(terminal, "best")
        assert threading.active_count() == threads + 1
        assert sys.getswitchinterval() < 0.001
        raise ZeroDivisionError
    assert sys.stderr is terminal
    assert set(left_on_screen(terminal.getvalue())) == {""}
    assert threading.active_count() == threads
    assert sys.getswitchinterval() == interval


def test_what_is_written_meanwhile_stays_above(monkeypatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    with RunProgress(control_of(), 10_000, terminal, shown=True):
        wait_for(terminal, "best")
        print("one")
        wait_for(terminal, "one\nstep")
        sys.stderr.write("two")
        # In the middle of a line nothing can be drawn.
        assert left_on_screen(terminal.getvalue())[:2] == ["one", "two"]
        time.sleep(0.01)
        print(" three", file=sys.stderr)
        wait_for(terminal, "one\ntwo three\nstep")
    assert "\n".join(left_on_screen(terminal.getvalue())).strip() == "one\ntwo three"
    assert (sys.stdout, sys.stderr) == (terminal, terminal)


def test_other_streams_are_left_alone(monkeypatch) -> None:
    terminal, file = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", file)
    with RunProgress(control_of(), 10_000, terminal, shown=True):
        wait_for(terminal, "best")
        assert sys.stdout is file


def test_a_terminal_that_goes_away_does_not_end_the_run() -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    with RunProgress(control_of(), 10_000, Gone(), shown=True):
        wait_until(lambda: not any(t.name == "progress" for t in threading.enumerate()))


def test_the_line_of_a_sweep_is_that_of_its_board_and_of_what_is_under_way() -> None:
    terminal, control = Terminal(), Control()
    board = SimpleNamespace(span=SimpleNamespace(size=1_000), done=250)
    control.passed, control.under_way = 200.0, lambda: 50.5
    with SweepProgress(board, control, terminal, shown=True):
        assert control.watched
        wait_for(terminal, " 50.0%")
        # What a stop would keep is what the board has.
        wait_for(terminal, "runs   250/1,000")
    assert set(left_on_screen(terminal.getvalue())) == {""}
