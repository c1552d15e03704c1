"""The errors meant for users, with the exit code of each kind."""

import sys
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """The exit codes of the process; scripts rely on the numbers."""

    OK = 0
    EXPECTATION = 1
    USAGE = 2
    FAILED = 3
    FILE = 4
    BUG = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


class AdamcliError(Exception):
    """An error whose text is meant for the user and shown without a traceback.

    `result` is the `Result` the run had reached, or None if it had not begun.
    """

    exit_code = ExitCode.USAGE
    result: Any = None


class UsageError(AdamcliError):
    """The command line or a call of the Python API is wrong."""


class ObjectiveError(AdamcliError):
    """The objective or its gradient raised an error, or did not return numbers."""

    exit_code = ExitCode.FAILED


class NoScoreError(AdamcliError):
    """No run has a finite score."""

    exit_code = ExitCode.FAILED


class FileError(AdamcliError):
    """A file could not be read or written."""

    exit_code = ExitCode.FILE


def needs_extra(what: str, package: str, extra: str) -> UsageError:
    """Return the error that a `package` is not installed, with the extra that installs it."""
    command = install_command(package, extra)
    return UsageError(f"{what}: needs the package {package}\n  {command}")


def install_command(package: str, extra: str) -> str:
    """Return the command that installs a package of an extra where this program is installed."""
    places = sys.prefix.replace("\\", "/").split("/")
    if "pipx" in places:
        return f"pipx inject adamcli {package}"
    if "uv" in places and "tools" in places:
        return f"uv tool install --with {package} adamcli"
    return f"pip install 'adamcli[{extra}]'"
