"""The keys `alpha`, `beta1`, `beta2`, `eps` and `weight_decay`: numbers, and formulas of the step.

All but the decay rates may differ between variables: by a mapping, or by `width` in a formula,
which is the width of each variable's bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.document import Mapping, Scalar
from adamcli.objective.formula import FormulaOfTime
from adamcli.optimizer.hyperparameters import (
    NAMES,
    Hyperparameters,
    allowed,
    expected,
    first_bad,
    is_rate,
)
from adamcli.optimizer.methods import METHODS, OPTIONS, method_of

if TYPE_CHECKING:
    from collections.abc import Mapping as Dict
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.config.bounds import Domain
    from adamcli.config.document import Node
    from adamcli.config.values import KeyReader
    from adamcli.objective.compiler import Constant
    from adamcli.objective.variables import Variable
    from adamcli.optimizer.method import Method

CHECKED_STEPS = 100_000
"""A formula of t is checked for this many steps and the last before the run, then as they come."""

CHECKED_NUMBERS = 4096

CHECKED_IN_ALL = 10**8
"""Numbers that are computed for the check: of a formula of many, fewer steps are checked."""


def refuse_unused(keys: KeyReader, name: str, method: type[Method]) -> None:
    """Note every key of other methods that the one of this name does not use."""
    hint = f"{name} uses {', '.join(method.uses())}"
    for key in (*NAMES, *OPTIONS):
        if key in keys.nodes and key not in method.uses():
            keys.problems.add(f"{key}: {name} does not use it", keys.nodes[key].span, hint)


def unused_keys(node: Node) -> set[str]:
    """Return the keys of other methods that the one a node names does not use."""
    name = node.value if isinstance(node, Scalar) else None
    if name not in METHODS:
        return set()
    return {*NAMES, *OPTIONS}.difference(method_of(str(name)).uses())


def read_hyperparameters(
    keys: KeyReader, constants: dict[str, Constant], n_iter: int, domain: Domain | None
) -> Hyperparameters:
    """Return the hyperparameters, with the paper's values where the config gives none."""
    reader = _Reader(keys, constants, n_iter, domain)
    given = [name for name in NAMES if name in keys.nodes]
    found: dict[str, Any] = {name: reader.setting(name, keys.nodes[name]) for name in given}
    return Hyperparameters(**{name: s for name, s in found.items() if s is not None})


class PerVariable(NamedTuple):
    """A hyperparameter with a `setting` of its own for each of the `variables`, in their order."""

    variables: Sequence[Variable]
    settings: Sequence[float | FormulaOfTime]

    def __call__(self, t: IntArray, n_iter: int) -> FloatArray:
        """Return the values (dim, steps) at the steps `t` (1, 2, …)."""
        found = np.empty((sum(v.size for v in self.variables), len(t)))
        for variable, setting in zip(self.variables, self.settings, strict=True):
            part = slice(variable.offset, variable.offset + variable.size)
            found[part] = setting(t, n_iter) if callable(setting) else setting
        return found

    @property
    def plain(self) -> dict[str, Any]:
        """The settings by variable, as a config has them."""
        pairs = zip(self.variables, self.settings, strict=True)
        return {v.name: s.plain if isinstance(s, FormulaOfTime) else s for v, s in pairs}


class _Reader:
    def __init__(
        self,
        keys: KeyReader,
        constants: Dict[str, Constant],
        n_iter: int,
        domain: Domain | None,
    ) -> None:
        self._keys, self._constants, self._n_iter = keys, constants, n_iter
        self._domain = domain

    def setting(self, name: str, node: Node) -> Any:
        """Return a hyperparameter; None if something is wrong with it, which is noted."""
        if isinstance(node, Mapping):
            return self._per_variable(name, node)
        return self._one(name, name, node, None)

    def _one(self, name: str, what: str, node: Node, variable: Variable | None) -> Any:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return self._formula(name, what, node, variable)
        wanted = f"{expected(name)}, or a formula of t"
        number = self._keys.number(node, what, expected=wanted)
        if number is not None and not allowed(name, number):
            self._keys.wrong(what, wanted, node)
            return None
        return number

    def _per_variable(self, name: str, node: Mapping) -> PerVariable | None:
        if self._domain is None:
            return None
        if is_rate(name):
            self._keys.wrong(name, "one setting, the same for all variables", node)
            return None
        variables = self._domain.variables
        self._keys.refuse_others(node, name, variables.by_name, "variable")
        given = {key.text: value for key, value in node.entries}
        missing = [v.name for v in variables.all if v.name not in given]
        if missing:
            hint = f"add, for example, {missing[0]}: {getattr(Hyperparameters(), name)}"
            self._keys.problems.add(f"{name}: nothing for `{missing[0]}`", node.span, hint)
            return None
        found = [self._one(name, f"{name}.{v.name}", given[v.name], v) for v in variables.all]
        return None if any(s is None for s in found) else PerVariable(variables.all, found)

    def _formula(
        self, name: str, what: str, node: Scalar, variable: Variable | None
    ) -> FormulaOfTime | None:
        formula = self._keys.formula(node, what)
        if formula is None:
            return None
        width = None
        if "width" in formula.free_names() and "width" not in self._constants:
            width = self._width(name, node, variable)
            if width is None:
                return None
        function = self._keys.attempt(FormulaOfTime, formula, self._constants, width)
        if function is not None:
            self._check(name, what, function, node)
        return function

    def _width(self, name: str, node: Scalar, variable: Variable | None) -> FloatArray | None:
        """Return the widths of the bounds that a formula means."""
        if is_rate(name):
            message = f"{name}: is the same for all variables, so it cannot use `width`"
            self._keys.problems.add(message, node.span)
            return None
        if self._domain is None:
            return None
        first = 0 if variable is None else variable.offset
        size = self._domain.variables.dim if variable is None else variable.size
        width = self._domain.bounds.width[first : first + size]
        endless = np.flatnonzero(~np.isfinite(width))
        if endless.size:
            which = self._domain.variables.coordinate_names()[first + int(endless[0])]
            message = f"{name}: `{which}` has no width, as its bounds are not finite"
            each = ", ".join(f"{v.name}: ..." for v in self._domain.variables.all[:3])
            hint = f"write {name} for each variable: {{{each}}}"
            hint = hint if variable is None else "use a number, or another formula"
            self._keys.problems.add(message, node.span, hint)
            return None
        return width

    def _check(self, name: str, what: str, function: FormulaOfTime, node: Scalar) -> None:
        bad, n_iter = None, self._n_iter
        length = max(1, CHECKED_NUMBERS // function.size)
        most = min(n_iter, max(1, CHECKED_STEPS // function.size))
        most = min(most, max(1, CHECKED_IN_ALL // function.numbers))
        for first in range(1, most + 1, length):
            t = np.arange(first, min(first + length, most + 1))
            bad = bad or first_bad(name, t, function(t, n_iter))
        last = np.array([max(n_iter, 1)])
        bad = bad or first_bad(name, last, function(last, n_iter))
        if bad is not None:
            message = f"{what} is {bad[1]!r} at t = {bad[0]}, expected {expected(name)}"
            self._keys.problems.add(message, node.span, "the steps are t = 1, 2, ..., n_iter")
