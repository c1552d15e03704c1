"""How a run may end, and what is to be thought of it; importing this does not import NumPy."""

from __future__ import annotations

from enum import Enum

from adamcli.counted import all_taken, plural
from adamcli.errors import ExitCode


class Status(Enum):
    """How a run ended; the value is the word in results.

    `code` is its position, which stands for it in batches. `exit_code` is that of the process.
    `meaning` says what happened and may name `{rule}`, the `{part}` of the steps that were taken,
    and `{all_taken}`; `remedy` says what to do.
    """

    FINISHED = ("finished", ExitCode.OK, "{all_taken}")
    CONVERGED = ("converged", ExitCode.OK, "{rule}, after {part}")
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
        "stopped after {part}",
        "run it again, or set a smaller n_iter",
    )
    TERMINATED = (
        "terminated",
        ExitCode.TERMINATED,
        "stopped after {part}",
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

    def sentence(self, nit: int, n_iter: int, rule: str = "") -> str:
        """Return what happened to a run after `nit` of `n_iter` steps, or because of a rule."""
        part = f"{nit} of {n_iter} {plural(n_iter, 'step')}"
        return self.meaning.format(all_taken=all_taken(n_iter, "step"), part=part, rule=rule)

    @property
    def success(self) -> bool:
        """Whether the run took all its steps, or a stopping rule ended it."""
        return self.exit_code is ExitCode.OK


STATUSES = tuple(Status)
"""The statuses in the order of their codes."""


class Code(Enum):
    """What a verdict says; the value is the word in results.

    `meaning` explains it. A verdict with `doubt` is told whenever it is reached; with `pending` if
    much is left to gain.
    """

    MINIMUM = ("minimum", "no point near the best one is lower, but for rounding")
    SADDLE = ("saddle", "the slope is 0, but the score falls to some sides", True)
    DESCENDING = ("descending", "the score is still falling", False, True)
    LIMITED = ("limited", "the steps are too few or too small for the way", True)
    OSCILLATING = ("oscillating", "the score jumps about its best", False, True)
    UNMOVED = ("unmoved", "no step improved the start", True)
    FLAT = ("flat", "the gradient is 0, or too small to move", True)
    NOISY = ("noisy", "the noise of the score hides what is left to gain")
    SETTLED = ("settled", "over minibatches, the score no longer falls")
    OVERFITTED = ("overfitted", "the score of the rows that are held out has risen again")
    DIVERGED = ("diverged", "the run left the finite numbers", True)
    UNKNOWN = ("unknown", "the run ended before it could be judged")

    _value_: str
    meaning: str
    doubt: bool
    pending: bool

    def __new__(
        cls, word: str, meaning: str = "", doubt: bool = False, pending: bool = False
    ) -> Code:
        """Return the code of a word."""
        code = object.__new__(cls)
        code._value_ = word
        code.meaning, code.doubt, code.pending = meaning, doubt, pending
        return code
