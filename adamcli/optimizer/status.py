"""How a run may end; importing this does not import NumPy."""

from __future__ import annotations

from enum import Enum

from adamcli.errors import ExitCode


class Status(Enum):
    """How a run ended; the value is the word in results.

    `code` is its position, which stands for it in batches. `exit_code` is that of the process.
    `meaning` says what happened and may name `{nit}` and `{n_iter}`; `remedy` says what to do.
    """

    FINISHED = ("finished", ExitCode.OK, "all {n_iter} steps were taken")
    DIVERGED = (
        "diverged",
        ExitCode.FAILED,
        "the score, the point, the gradient or an average of it stopped being finite",
        "set a smaller alpha, or bounds within which the objective is finite",
    )
    FAILED = (
        "failed",
        ExitCode.FAILED,
        "the objective raised an error, or a hyperparameter left its range",
        "correct what the message names",
    )
    INTERRUPTED = (
        "interrupted",
        ExitCode.INTERRUPTED,
        "stopped after {nit} of {n_iter} steps",
        "run it again, or set a smaller n_iter",
    )
    TERMINATED = (
        "terminated",
        ExitCode.TERMINATED,
        "stopped after {nit} of {n_iter} steps",
        "run it again, with more time or a smaller n_iter",
    )

    _value_: str
    code: int
    exit_code: ExitCode
    meaning: str
    remedy: str

    def __new__(
        cls, word: str, exit_code: ExitCode = ExitCode.OK, meaning: str = "", remedy: str = ""
    ) -> Status:
        """Return the status, numbered in the order of definition."""
        status = object.__new__(cls)
        status._value_ = word
        status.code = len(cls.__members__)
        status.exit_code, status.meaning, status.remedy = exit_code, meaning, remedy
        return status

    @property
    def success(self) -> bool:
        """Whether the run took all its steps."""
        return self.exit_code is ExitCode.OK


STATUSES = tuple(Status)
"""The statuses in the order of their codes."""
