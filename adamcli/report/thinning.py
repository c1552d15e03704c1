"""Which steps an output shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from adamcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    Shows: TypeAlias = Callable[[int], bool]

LONG, FEWEST = 1_000, 50
"""A table of more rows than the first is thinned at a terminal, to no fewer than the second."""


def every_step(t: int) -> bool:
    """Show all."""
    return True


def every(step: int) -> Shows:
    """Return the rule that shows t = 0, `step`, twice `step` and so on."""
    return lambda t: t % step == 0


def by_decades(t: int) -> bool:
    """Show t = 0, 1, …, 9, 10, 20, …, 90, 100, …."""
    decade: int = 10 ** (len(str(t)) - 1)
    return t % decade == 0


def parse_every(text: str) -> Shows:
    """Return the rule that `--every` asks for; raises `UsageError` if it is none."""
    if text == "log":
        return by_decades
    if text.isascii() and text.isdigit() and len(text) <= 18 and int(text) >= 1:
        return every(int(text))
    raise UsageError(f"--every: expected a whole number from 1, or log, found {text!r}")


def readable_step(n_iter: int) -> int:
    """Return the round number of steps from one row to the next in a table to be read.

    It is 1, 2 or 5 with zeros, such that a long table has between 50 and 126 rows.
    """
    if n_iter <= LONG:
        return 1
    power: int = 10 ** (len(str(n_iter // FEWEST)) - 1)
    return max(step for step in (power, 2 * power, 5 * power) if step * FEWEST <= n_iter)
