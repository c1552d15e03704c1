"""The keys `alpha`, `beta1`, `beta2` and `eps`: numbers, or formulas of t and n_iter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config.document import Scalar
from adamcli.objective.formula import FormulaOfTime
from adamcli.optimizer.hyperparameters import NAMES, Hyperparameters, allowed, expected, first_bad

if TYPE_CHECKING:
    from adamcli.config.document import Node
    from adamcli.config.values import KeyReader
    from adamcli.objective.compiler import Constant

CHECKED_STEPS = 100_000
"""A formula of t is checked for this many steps and the last before the run, then as they come."""


def read_hyperparameters(
    keys: KeyReader, constants: dict[str, Constant], n_iter: int
) -> Hyperparameters:
    """Return the hyperparameters, with the paper's values where the config gives none."""
    found: dict[str, Any] = {}
    for name in NAMES:
        node = keys.nodes.get(name)
        if node is None:
            continue
        if isinstance(node, Scalar) and isinstance(node.value, str):
            found[name] = _read_formula(keys, name, node, constants, n_iter)
        else:
            found[name] = _read_number(keys, name, node)
    return Hyperparameters(**{name: s for name, s in found.items() if s is not None})


def _read_number(keys: KeyReader, name: str, node: Node) -> float | None:
    wanted = f"{expected(name)}, or a formula of t"
    number = keys.number(node, name, expected=wanted)
    if number is not None and not allowed(name, number):
        keys.wrong(name, wanted, node)
        return None
    return number


def _read_formula(
    keys: KeyReader, name: str, node: Scalar, constants: dict[str, Constant], n_iter: int
) -> FormulaOfTime | None:
    formula = keys.formula(node, name)
    function = formula and keys.attempt(FormulaOfTime, formula, constants)
    if function is None:
        return None
    bad = None
    for first in range(1, min(n_iter, CHECKED_STEPS) + 1, 4096):
        t = np.arange(first, min(first + 4096, n_iter + 1, CHECKED_STEPS + 1))
        bad = bad or first_bad(name, t, function(t, n_iter))
    last = np.array([max(n_iter, 1)])
    bad = bad or first_bad(name, last, function(last, n_iter))
    if bad is not None:
        message = f"{name} is {bad[1]!r} at t = {bad[0]}, expected {expected(name)}"
        keys.problems.add(message, node.span, "the steps are t = 1, 2, ..., n_iter")
    return function
