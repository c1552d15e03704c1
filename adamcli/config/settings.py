"""The keys `alpha`, `beta1`, `beta2` and `eps`: numbers, or formulas of t and n_iter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config.document import Scalar
from adamcli.diagnostics import ConfigError
from adamcli.objective.formula import FormulaOfTime
from adamcli.optimizer.hyperparameters import (
    NAMES,
    Hyperparameters,
    allowed,
    expected,
    first_bad,
)

if TYPE_CHECKING:
    from collections.abc import Mapping as Dict

    from adamcli.config.document import Node
    from adamcli.config.values import ValueReader
    from adamcli.objective.compiler import Constant

CHECKED_STEPS = 100_000
"""A formula of t is checked for so many steps and the last before the run, else as they come."""


def read_hyperparameters(
    values: ValueReader,
    nodes: Dict[str, Node],
    constants: Dict[str, Constant],
    n_iter: int,
) -> Hyperparameters:
    """Return the hyperparameters, the paper's where the config gives none."""
    found: dict[str, Any] = {}
    for name in NAMES:
        node = nodes.get(name)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            function = _read_formula(values, name, node, constants, n_iter)
            if function is not None:
                found[name] = function
        elif node is not None:
            number = _number(values, name, node)
            if number is not None:
                found[name] = number
    return Hyperparameters(**found)


def _number(values: ValueReader, name: str, node: Node) -> float | None:
    wanted = f"{expected(name)}, or a formula of t"
    number = values.number(node, name, expected=wanted)
    if number is not None and not allowed(name, number):
        values.wrong(name, wanted, node)
        return None
    return number


def _read_formula(
    values: ValueReader, name: str, node: Scalar, constants: Dict[str, Constant], n_iter: int
) -> FormulaOfTime | None:
    formula = values.formula(node, name)
    if formula is None:
        return None
    try:
        function = FormulaOfTime(formula, constants)
    except ConfigError as error:
        values.problems.extend(error)
        return None
    bad = None
    for first in range(1, min(n_iter, CHECKED_STEPS) + 1, 4096):
        t = np.arange(first, min(first + 4096, n_iter + 1, CHECKED_STEPS + 1))
        bad = bad or first_bad(name, t, function(t, n_iter))
    last = np.array([max(n_iter, 1)])
    bad = bad or first_bad(name, last, function(last, n_iter))
    if bad is not None:
        message = f"{name} is {bad[1]!r} at t = {bad[0]}, expected {expected(name)}"
        values.problems.add(message, node.span, "the steps are t = 1, 2, ..., n_iter")
    return function
