"""What to type in place of names that formulas do not have, but other languages do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.diagnostics import did_you_mean
from adamcli.objective.functions import ARITY, CONSTANTS

if TYPE_CHECKING:
    from collections.abc import Iterable

FUNCTIONS = {
    "ln": "log(x), which is the natural logarithm",
    "lg": "log10(x), or log2(x)",
    "pow": "x**y",
    "power": "x**y",
    "fabs": "abs(x)",
    "sqr": "x**2",
    "average": "mean(x)",
    "gammaln": "lgamma(x)",
    "expit": "sigmoid(x)",
    "logit": "log(p/(1 - p))",
    "iif": "where(condition, a, b)",
    "if": "where(condition, a, b)",
}
"""What stands here for functions of other languages."""

NAMES = {
    "inf": "formulas have no infinity; where(condition, a, b) chooses between numbers",
    "nan": "formulas have no NaN; where(condition, a, b) chooses between numbers",
}
"""What is said of numbers of other languages."""


def function_hint(name: str) -> str:
    """Return what to type for a function that does not exist."""
    return f"write {FUNCTIONS[name]}" if name in FUNCTIONS else did_you_mean(name, ARITY)


def name_hint(name: str, known: Iterable[str]) -> str:
    """Return what to type for a name that is none of those `known`; empty if none is near.

    A name that stands for a number is never a function.
    """
    if name in NAMES:
        return NAMES[name]
    near = did_you_mean(name, [*known, *CONSTANTS])
    return near if near.startswith("did") else ""
