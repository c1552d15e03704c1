"""From the tree of a formula to nodes of a graph: names are resolved and kinds are checked."""

from __future__ import annotations

from copy import copy
from math import nan, prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from adamcli.diagnostics import ConfigError, Problems, did_you_mean, fail
from adamcli.objective.arrays import REDUCTIONS, STRUCTURES, entry
from adamcli.objective.functions import ALIASES, ARITY, CONSTANTS
from adamcli.objective.graph import MAX_ENTRIES, ShapeError
from adamcli.objective.tree import Call, Index, Name, Number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adamcli.arrays import FloatArray
    from adamcli.objective.graph import Graph, Node
    from adamcli.objective.tree import Expression, Formula
    from adamcli.objective.variables import Variable, Variables


class Constant(NamedTuple):
    """A named number (shape ()) or array of numbers, its entries in row-major order."""

    shape: tuple[int, ...]
    entries: list[float]


class PerRun(NamedTuple):
    """A named number that has one of `values` (runs,) in each run."""

    values: FloatArray


class Scope:
    """What names mean to a formula: its variables (leaf k is coordinate k), and named constants.

    `unusable` tells of names that are known but cannot be used, each with the reason.
    """

    def __init__(
        self,
        variables: Variables,
        constants: Mapping[str, Constant | PerRun] | None = None,
        unusable: Mapping[str, str] | None = None,
    ) -> None:
        self.variables = variables.by_name
        own = {name: Constant((), [value]) for name, value in CONSTANTS.items()}
        self.constants: dict[str, Constant | PerRun] = {**own, **(constants or {})}
        self.unusable = unusable or {}

    def with_values(self, values: Mapping[str, FloatArray]) -> Scope:
        """Return the scope with some constants that have a value for each run."""
        scope = copy(self)
        own = {name: PerRun(array) for name, array in values.items()}
        scope.constants = {**self.constants, **own}
        return scope

    def known(self) -> list[str]:
        """Return every name a formula may use, for a near-miss hint."""
        return [*self.variables, *self.constants, *ARITY]


_Task: TypeAlias = "tuple[Expression, bool]"


class Compiler:
    """Writes one formula into a graph."""

    def __init__(self, graph: Graph, formula: Formula, scope: Scope) -> None:
        self._graph = graph
        self._formula = formula
        self._scope = scope
        self._named: dict[str, Node] = {}
        self._problems = Problems()

    def compile(self) -> Node:
        """Return the node of the formula's value, which is a number.

        Raises `ConfigError` for an unknown name, an index that does not exist, or a condition where
        a number is expected (and the other way round).
        """
        for target, expression in self._formula.assignments:
            if target.name in self._scope.variables or target.name in self._scope.constants:
                raise self._error(target, f"`{target.name}` is a variable or constant already")
            self._named[target.name] = self._node(expression)
        value = self._node(self._formula.value)
        self._problems.raise_if_any()
        if value.shape:
            raise self._error(
                self._formula.value,
                f"the formula is an array of shape {value.shape}, expected one number",
                "write, for example, sum(...) around it",
            )
        if value.is_condition:
            raise self._error(
                self._formula.value,
                "the formula is a condition, expected a number",
                "write where(condition, a, b)",
            )
        return value

    def _node(self, root: Expression) -> Node:
        # Post-order without recursion: a sum of a thousand terms is a thousand levels deep.
        tasks: list[_Task] = [(root, False)]
        done: list[Node] = []
        while tasks:
            expression, ready = tasks.pop()
            inner = _operands(expression)
            if inner and not ready:
                tasks.append((expression, True))
                tasks.extend((arg, False) for arg in reversed(inner))
                continue
            args = done[len(done) - len(inner) :]
            del done[len(done) - len(inner) :]
            try:
                done.append(self._one(expression, args))
            except ShapeError as error:
                raise self._error(expression, str(error)) from None
        return done.pop()

    def _one(self, expression: Expression, args: list[Node]) -> Node:
        if isinstance(expression, Number):
            return self._graph.constant(expression.value)
        if isinstance(expression, Name):
            return self._named_value(expression)
        if isinstance(expression, Index):
            return self._part(expression, args[0])
        return self._call(expression, args)

    def _part(self, expression: Index, array: Node) -> Node:
        name = expression.array.name if isinstance(expression.array, Name) else ""
        what = f"`{name}`" if name else "this"
        if array.shape == ():
            hint = f"write {name}" if name else ""
            raise self._error(expression, f"{what} is a single number and has no entries", hint)
        try:
            return entry(array, expression.key)
        except ShapeError as error:
            last = ", ".join(str(length - 1) for length in array.shape)
            hint = f"the last entry is {name}[{last}]" if name else ""
            raise self._error(expression, f"{what}: {error}", hint) from None

    def _named_value(self, name: Name) -> Node:
        if name.name in self._named:
            return self._named[name.name]
        constant = self._scope.constants.get(name.name)
        if isinstance(constant, PerRun):
            return self._graph.per_run(constant.values)
        if constant is not None:
            return self._graph.constant(np.array(constant.entries).reshape(constant.shape))
        try:
            variable = self._variable(name)
        except ConfigError as error:
            # Go on, so that a second unknown name is told as well.
            self._problems.extend(error)
            return self._graph.constant(nan)
        return self._graph.leaf(variable.offset, variable.shape)

    def _variable(self, name: Name) -> Variable:
        variable = self._scope.variables.get(name.name)
        if variable is not None:
            return variable
        if name.name in self._scope.unusable:
            raise self._error(name, self._scope.unusable[name.name])
        if name.name in ARITY:
            raise self._error(name, f"`{name.name}` is a function", f"write {name.name}(...)")
        hint = did_you_mean(name.name, [*self._named, *self._scope.known()])
        if not hint.startswith("did"):
            hint = "variables: " + ", ".join(self._scope.variables)
        raise self._error(name, f"unknown name `{name.name}`", hint)

    def _call(self, call: Call, args: list[Node]) -> Node:
        name = ALIASES.get(call.function, call.function)
        self._check_kinds(name, call, args)
        if name in REDUCTIONS:
            return REDUCTIONS[name](args[0], call.axis)
        if name in STRUCTURES:
            return STRUCTURES[name](*args)
        if name == "len":
            if not args[0].shape:
                raise self._error(call, "a single number has no length")
            return self._graph.constant(float(args[0].shape[0]))
        if name in _MAKERS:
            lengths = [self._length(arg, node) for arg, node in zip(call.args, args, strict=True)]
            if prod(lengths) > MAX_ENTRIES:
                raise ShapeError(f"this has more than {MAX_ENTRIES:,} entries")
            return self._graph.constant(_MAKERS[name](tuple(lengths)))
        return self._graph.apply(name, *args)

    def _length(self, expression: Expression, node: Node) -> int:
        value = node.number
        if value is None or not (value.is_integer() and 1 <= value <= MAX_ENTRIES):
            raise self._error(expression, f"expected a whole number from 1 to {MAX_ENTRIES:,}")
        return int(value)

    def _check_kinds(self, name: str, call: Call, args: list[Node]) -> None:
        logical = name.startswith("logical_")
        for position, (arg, expression) in enumerate(zip(args, call.args, strict=True)):
            wants_condition = logical or (name == "where" and position == 0)
            if arg.is_condition and not wants_condition:
                message = "expected a number, found a condition"
                raise self._error(expression, message, "a condition goes into where(c, a, b)")
            if wants_condition and not arg.is_condition:
                message = "expected a condition such as x > 0, found a number"
                raise self._error(expression, message)

    def _error(self, node: Expression, message: str, hint: str = "") -> ConfigError:
        return fail(message, self._formula.span(node), hint)


def _operands(expression: Expression) -> tuple[Expression, ...]:
    if isinstance(expression, Call):
        return expression.args
    return (expression.array,) if isinstance(expression, Index) else ()


_MAKERS: dict[str, Callable[[tuple[int, ...]], FloatArray]] = {
    "arange": lambda lengths: np.arange(lengths[0], dtype=float),
    "zeros": np.zeros,
    "ones": np.ones,
}
"""Functions whose result is a constant array, of the lengths of its axes."""
