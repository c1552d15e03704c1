"""Everything that can go wrong on purpose: one root class, and the exit code of each kind."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.diagnostics import Problem
    from adamcli.optimizer.result import Result


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

    `result` is what a run had reached by then, if it had begun.
    """

    exit_code = ExitCode.USAGE
    result: Result | None = None


class ConfigError(AdamcliError):
    """The config or a formula is wrong; holds every problem found, in the order of the text."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.render() for problem in self.problems))


class UsageError(AdamcliError):
    """The command line, or a call of the Python API, asks for something that does not exist."""


class ObjectiveError(AdamcliError):
    """The objective or its gradient raised, or returned something that is not a number."""

    exit_code = ExitCode.FAILED


class FileError(AdamcliError):
    """A file could not be read or written."""

    exit_code = ExitCode.FILE
