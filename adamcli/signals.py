"""The signals that end the process, and what is undone before it ends.

An exception raised by a handler would come up anywhere: in the middle of an import, of the clean-up
after an error, of code that catches everything. So a signal raises none. Work that can stop by
itself is asked to; otherwise the process ends in the handler, once everything unfinished is undone.

The program begins here. What this imports is there already: while `signal`, `enum` or `typing` are
loaded, Ctrl-C would end in a traceback.
"""

from __future__ import annotations

import _signal as signal
import atexit
import os
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Ask = Callable[[], bool]
    Undo = Callable[[], object]

_ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


TOGETHER = 0.5
"""Seconds in which signals are one: `timeout`, terminals and others send theirs to a process and to
its group."""


class _Ending:
    """How this process would end now: what to `undo`, the last first, and whom to `ask` before.

    `came` are the signals so far, and `asked` is when work was first asked to stop by itself.
    While any code `holds` them, they wait.
    """

    def __init__(self) -> None:
        self.undo: dict[object, Undo] = {}
        self.ask: Ask | None = None
        self.came: list[int] = []
        self.asked: float | None = None
        self.holds = 0
        self.waiting = False

    def take(self, number: int, _: Any = None) -> None:
        """Handle a signal."""
        self.came.append(number)
        if self.asked is not None and monotonic() - self.asked < TOGETHER:
            return
        if self.holds:
            self.waiting = True
        else:
            self.pass_on()

    def pass_on(self) -> None:
        """Ask the work to stop, or leave."""
        if self.asked is None:
            self.asked = monotonic()
        if self.ask is None or not self.ask():
            self.leave()

    def leave(self) -> None:
        """Undo what is unfinished, and end the process."""
        # Another signal waits for ever.
        self.holds += 1
        for undo in reversed(list(self.undo.values())):
            try:
                undo()
            except Exception:
                # The others are undone all the same.
                continue
        os._exit(exit_code())

    def forget(self) -> None:
        """Leave what is unfinished to the process that this one was forked from."""
        self.undo.clear()


_ending = _Ending()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ending.forget)


def handle_signals() -> None:
    """Take the signals that end the process, from now on until it ends.

    Those that are ignored, as by `nohup`, stay so.
    """
    for number in _ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _ending.take)
    # The handlers of Python end before the interpreter does, whose work is done by then.
    atexit.register(_ignore)


def _ignore() -> None:
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


def exit_code() -> int:
    """Return the exit code of a process that signals have ended, which the first one decides.

    It is that of a shell: `ExitCode.INTERRUPTED`, or `ExitCode.TERMINATED` for all but Ctrl-C.
    """
    terminated = _ending.came and _ending.came[0] != signal.SIGINT
    return 128 + int(signal.SIGTERM if terminated else signal.SIGINT)


class _Asking:
    def __init__(self, ask: Ask) -> None:
        self._ask, self._before = ask, _ending.ask

    def __enter__(self) -> None:
        self._before, _ending.ask = _ending.ask, self._ask

    def __exit__(self, *_: object) -> None:
        _ending.ask = self._before


class _Held:
    def __enter__(self) -> None:
        _ending.holds += 1

    def __exit__(self, *_: object) -> None:
        _ending.holds -= 1
        if _ending.waiting and not _ending.holds:
            _ending.waiting = False
            _ending.pass_on()


def asking(ask: Ask) -> _Asking:
    """Let `ask` know of every signal first, and say whether the process goes on."""
    return _Asking(ask)


def held() -> _Held:
    """Let signals wait for the end of something short, so that all of it is done or nothing."""
    return _Held()


def undoing(undo: Undo) -> Undo:
    """Let a signal that ends the process call `undo`; return what takes that back.

    It is called between any two instructions, so it must be right at each of them.
    """
    key = object()
    _ending.undo[key] = undo
    return lambda: _ending.undo.pop(key, None)
