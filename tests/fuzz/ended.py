"""How commands end that are run within this process, and what is wrong with that in any case."""

from __future__ import annotations

import io
import signal
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, NamedTuple

from typer.main import get_command

from adamcli.cli.app import app
from adamcli.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SECONDS = 30
"""A command that takes longer than this, which none should by far, hangs."""

DOCUMENTED = {*ExitCode} - {ExitCode.BUG}


_PROGRAM = get_command(app)
"""The program; its commands are made once."""


class Ended(NamedTuple):
    """How a command ended: its exit code, what it showed and wrote, and what it said."""

    code: int
    output: bytes
    said: str


def end_of(command: Sequence[str]) -> Ended:
    """Run a command in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err), _within(SECONDS):
        try:
            _PROGRAM(command)
        except SystemExit as end:
            code = int(end.code or 0)
    return Ended(code, out.getvalue().encode(), err.getvalue())


def fault_of(ended: Ended) -> str:
    """Return what is wrong with the end of any command, or nothing."""
    if ended.code not in DOCUMENTED:
        return f"exit code {ended.code}: {ended.said}"
    if any(ord(c) < 32 and c != "\n" for c in ended.said):
        return f"control characters in {ended.said!r}"
    return (
        ""
        if ended.code == 0 or ended.said or ended.output
        else f"exit code {ended.code} without a message"
    )


def broken_by(try_one: Callable[[], object], count: int) -> list[str]:
    """Try something so often, and return what broke, as `AssertionError`s tell it."""
    found: list[str] = []
    for _ in range(count):
        try:
            try_one()
        except AssertionError as error:
            found.append(str(error))
    return found


@contextmanager
def _within(seconds: int) -> Iterator[None]:
    """Raise `AssertionError` if what is done here takes longer."""

    def hangs(*_: object) -> None:
        raise AssertionError(f"it took more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
