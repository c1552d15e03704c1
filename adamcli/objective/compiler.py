"""From the tree of a formula to nodes of a graph: names are resolved and kinds are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from adamcli.diagnostics import did_you_mean, fail
from adamcli.objective.functions import ALIASES, ARITY, CONSTANTS
from adamcli.objective.syntax import Call, Index, Name, Number
from adamcli.objective.variables import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adamcli.diagnostics import ConfigError
    from adamcli.objective.graph import Graph, Node
    from adamcli.objective.syntax import Expression, Formula
    from adamcli.objective.variables import Variables


class Constant(NamedTuple):
    """A named number (shape ()) or array of numbers, its entries in row-major order."""

    shape: tuple[int, ...]
    entries: list[float]


class Scope:
    """What names mean to a formula: its variables (leaf k is coordinate k), and named constants."""

    def __init__(
        self, variables: Variables, constants: Mapping[str, Constant] | None = None
    ) -> None:
        self.variables = variables.by_name
        own = {name: Constant((), [value]) for name, value in CONSTANTS.items()}
        self.constants = {**own, **(constants or {})}

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
            if isinstance(expression, Call):
                if not ready:
                    tasks.append((expression, True))
                    tasks.extend((arg, False) for arg in reversed(expression.args))
                    continue
                count = len(expression.args)
                args = done[-count:]
                del done[-count:]
                done.append(self._call(expression, args))
            else:
                done.append(self._atom(expression))
        return done.pop()

    def _atom(self, expression: Number | Name | Index) -> Node:
        if isinstance(expression, Number):
            return self._graph.constant(expression.value)
        if isinstance(expression, Index):
            return self._entry(expression)
        name = expression.name
        if name in self._named:
            return self._named[name]
        variable = self._variable(expression)
        if variable.shape:
            first = "[" + ", ".join("0" * len(variable.shape)) + "]"
            raise self._error(
                expression,
                f"`{name}` is an array of shape {variable.shape}, expected a number",
                f"pick one entry, such as {name}{first}",
            )
        return self._at(variable, variable.offset)

    def _entry(self, expression: Index) -> Node:
        variable = self._variable(expression.name)
        if not variable.shape:
            message = f"`{variable.name}` is a single number and has no entries"
            raise self._error(expression, message, f"write {variable.name}")
        position = variable.position(expression.entry)
        if position is None:
            shape = "x".join(map(str, variable.shape))
            message = f"`{variable.name}` has no such entry: its shape is {shape}"
            last = ", ".join(str(length - 1) for length in variable.shape)
            raise self._error(expression, message, f"the last entry is {variable.name}[{last}]")
        return self._at(variable, position)

    def _at(self, variable: Variable, position: int) -> Node:
        constant = self._scope.constants.get(variable.name)
        if constant is None:
            return self._graph.leaf(position)
        return self._graph.constant(constant.entries[position])

    def _variable(self, name: Name) -> Variable:
        constant = self._scope.constants.get(name.name)
        if constant is not None:
            return Variable(name.name, constant.shape, 0)
        variable = self._scope.variables.get(name.name)
        if variable is not None:
            return variable
        if name.name in ARITY:
            raise self._error(name, f"`{name.name}` is a function", f"write {name.name}(...)")
        hint = did_you_mean(name.name, [*self._named, *self._scope.known()])
        if not hint.startswith("did"):
            hint = "variables: " + ", ".join(self._scope.variables)
        raise self._error(name, f"unknown name `{name.name}`", hint)

    def _call(self, call: Call, args: list[Node]) -> Node:
        name = ALIASES.get(call.function, call.function)
        logical = name.startswith("logical_")
        for position, (arg, expression) in enumerate(zip(args, call.args, strict=True)):
            wants_condition = logical or (name == "where" and position == 0)
            if arg.is_condition and not wants_condition:
                message = "expected a number, found a condition"
                raise self._error(expression, message, "a condition goes into where(c, a, b)")
            if wants_condition and not arg.is_condition:
                message = "expected a condition such as x > 0, found a number"
                raise self._error(expression, message)
        return self._graph.apply(name, *args)

    def _error(self, node: Expression, message: str, hint: str = "") -> ConfigError:
        return fail(message, self._formula.span(node), hint)
