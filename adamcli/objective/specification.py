"""An objective as a config names it: what is known of it before any code of the user's runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adamcli.objective.base import Objective
    from adamcli.objective.residuals import Residuals


class Specification:
    """What one kind of objective answers; a subclass sets what differs from what stands here.

    `gradient` is how the gradient is found: `derived`, `by hand`, a scheme, a package, or the name
    of a function. `code` describes the code that `make` runs; it is empty where there is none.
    `files` are the names of the files with that code. `takes_batches` tells whether many runs are
    evaluated in one call, and `takes_constants` whether constants may differ between those runs.
    `residuals` are there where the objective is known to be a sum of squares.
    """

    gradient: str
    code: str = ""
    files: tuple[str, ...] = ()
    takes_batches: bool = True
    takes_constants: bool = False
    residuals: Residuals | None = None

    def make(self) -> Objective:
        """Return the objective, ready to be bound.

        Raises `ObjectiveError` or `FileError` if its code cannot be loaded.
        """
        raise NotImplementedError
