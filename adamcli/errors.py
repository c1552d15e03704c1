"""Everything that can go wrong on purpose: one root class, and the exit code of each kind."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """What the process tells the shell; the numbers are a promise to scripts."""

    OK = 0
    EXPECTATION = 1
    USAGE = 2
    FAILED = 3
    FILE = 4
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


class AdamcliError(Exception):
    """An error whose text is written for the user and shown without a traceback.

    `result` is the `Result` that a run had reached by then, or None if it had not begun.
    """

    exit_code = ExitCode.USAGE
    result: Any = None


class UsageError(AdamcliError):
    """The command line, or a call of the Python API, asks for something that does not exist."""


class ObjectiveError(AdamcliError):
    """The objective or its gradient raised, or returned something that is not a number."""

    exit_code = ExitCode.FAILED


class NoScoreError(AdamcliError):
    """No run has a finite score, so that there is no best one."""

    exit_code = ExitCode.FAILED


class FileError(AdamcliError):
    """A file could not be read or written."""

    exit_code = ExitCode.FILE


def needs_extra(what: str, package: str, extra: str) -> UsageError:
    """Return the error of a `package` that is not installed, with the extra that installs it."""
    return UsageError(f"{what}: needs the package {package}\n  pip install 'adamcli[{extra}]'")
