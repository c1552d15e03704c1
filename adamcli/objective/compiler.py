"""Writes the tree of a formula into a graph: resolves names and checks kinds."""

from __future__ import annotations

from copy import copy
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.diagnostics import Problems, cited, fail, quoted
from adamcli.objective.arrays import REDUCTIONS, STRUCTURES
from adamcli.objective.functions import ALIASES, ARITY, CONSTANTS, WITH_AXIS
from adamcli.objective.graph import Refilled, ShapeError
from adamcli.objective.hints import NAMES, name_hint
from adamcli.objective.products import PRODUCTS
from adamcli.objective.rearranging import REARRANGING, WITH_LENGTHS, part
from adamcli.objective.tree import Call, Index, Name, Number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adamcli.arrays import FloatArray
    from adamcli.diagnostics import ConfigError
    from adamcli.objective.graph import Graph, Node
    from adamcli.objective.tree import Expression, Formula
    from adamcli.objective.variables import Variables


MOST_LISTED = 30
"""The most names that a hint lists."""


class Constant(NamedTuple):
    """A named number (shape ()) or array of numbers; what it holds is never written to."""

    array: FloatArray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.array.shape


class PerRun(NamedTuple):
    """A named number whose values in the runs are `values` (runs,)."""

    values: FloatArray


class Scope:
    """The names a formula may use: its variables and named constants.

    `unusable` maps names that are known but cannot be used to the reason. `headers` has those of
    columns whose names were made of them, by these names: lines of a formula may hide them.
    `missing` returns what to type for a variable that has no bounds, by its name and whether it is
    indexed; it is left out where there can be no other variables.
    """

    def __init__(
        self,
        variables: Variables,
        constants: Mapping[str, Constant | PerRun | Refilled] | None = None,
        unusable: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        missing: Callable[[str, bool], str] | None = None,
    ) -> None:
        self.variables = variables.by_name
        self.unusable = unusable or {}
        values = {name: value for name, value in CONSTANTS.items() if name not in self.unusable}
        own = {name: Constant(np.array(value)) for name, value in values.items()}
        self.constants: dict[str, Constant | PerRun | Refilled] = {**own, **(constants or {})}
        self.headers = headers or {}
        self.missing = missing

    def shown(self, name: str) -> str:
        """Return a name as it is typed, with the header that it stands for if it is another one."""
        return f"{name} ({quoted(self.headers[name])})" if name in self.headers else name

    def is_taken(self, name: str) -> bool:
        """Return whether a line of the formula cannot have a name."""
        return name in self.variables or (name in self.constants and name not in self.headers)

    def with_values(self, values: Mapping[str, FloatArray]) -> Scope:
        """Return the scope with `values` (runs,) of some constants, one per run."""
        scope = copy(self)
        own = {name: PerRun(array) for name, array in values.items()}
        scope.constants = {**self.constants, **own}
        return scope

    def with_arrays(self, arrays: Mapping[str, FloatArray | Refilled]) -> Scope:
        """Return the scope with other values of some constants."""
        scope = copy(self)
        own = {
            name: a if isinstance(a, Refilled) else Constant(np.asarray(a, dtype=float))
            for name, a in arrays.items()
        }
        scope.constants = {**self.constants, **own}
        return scope

    @property
    def is_refilled(self) -> bool:
        """Whether some constants are replaced between evaluations."""
        return any(isinstance(constant, Refilled) for constant in self.constants.values())

    def without_variables(self, reason: str) -> Scope:
        """Return the scope of constants alone; `reason`, with a variable's name, is its error."""
        scope = copy(self)
        scope.variables, scope.missing = {}, None
        scope.unusable = {**self.unusable, **{v: reason.format(v) for v in self.variables}}
        return scope


class Compiler:
    """Writes one formula into a graph; `named` has the node of each line before the last.

    It begins with those `given`, the lines of another formula, which has named all variables.
    """

    def __init__(
        self, graph: Graph, formula: Formula, scope: Scope, given: Mapping[str, Node] | None = None
    ) -> None:
        self._graph = graph
        self._formula = formula
        self._scope = scope
        self.named: dict[str, Node] = dict(given or {})
        self._missing = scope.missing if given is None else None
        self._problems = Problems()

    def compile(self) -> Node:
        """Return the node of the formula's value, which is a number.

        Raises `ConfigError` for an unknown name, an index that does not exist, or a condition where
        a number is expected and vice versa.
        """
        (value,) = self.nodes(self._formula.value)
        if value.shape:
            message = f"the formula is an array of shape {value.shape}, expected one number"
            raise self._error(self._formula.value, message, "reduce it, for example with sum(...)")
        if value.is_condition:
            message = "the formula is a condition, expected a number"
            raise self._error(self._formula.value, message, "write where(condition, a, b)")
        return value

    def nodes(self, *expressions: Expression) -> list[Node]:
        """Return the nodes of expressions that may use the lines of the formula before its last.

        They may be arrays or conditions. Raises `ConfigError` as `compile` does.
        """
        for target, expression in self._formula.assignments:
            if self._scope.is_taken(target.name):
                raise self._error(target, f"`{target.name}` is already a variable or constant")
            self.named[target.name] = self._node(expression)
        found = [self._node(expression) for expression in expressions]
        self._problems.raise_if_any()
        return found

    def _node(self, root: Expression) -> Node:
        # Post-order without recursion: a sum of a thousand terms is a thousand levels deep.
        tasks: list[tuple[Expression, bool]] = [(root, False)]
        done: list[Node] = []
        while tasks:
            expression, ready = tasks.pop()
            inner = _operands(expression)
            if inner and not ready:
                tasks.append((expression, True))
                tasks.extend((arg, False) for arg in reversed(inner))
                continue
            first = len(done) - len(inner)
            args = done[first:]
            del done[first:]
            try:
                done.append(self._one(expression, args))
            except ShapeError as error:
                # A name that is not known has no shape that could be wrong.
                self._problems.raise_if_any()
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
        # A name that is not known has no entries that could be wrong.
        self._problems.raise_if_any()
        name = expression.array.name if isinstance(expression.array, Name) else ""
        what = f"`{name}`" if name else "this"
        if array.shape == () and any(k is not None for k in expression.key):
            hint = f"write {name}" if name else ""
            raise self._error(expression, f"{what} is a single number and has no entries", hint)
        try:
            return part(array, expression.key)
        except ShapeError as error:
            last = ", ".join(str(length - 1) for length in array.shape)
            hint = f"the last entry is {name}[{last}]" if name else ""
            raise self._error(expression, f"{what}: {error}", hint) from None

    def _named_value(self, name: Name) -> Node:
        if name.name in self.named:
            return self.named[name.name]
        constant = self._scope.constants.get(name.name)
        if isinstance(constant, PerRun):
            return self._graph.per_run(constant.values)
        if isinstance(constant, Refilled):
            return self._graph.data(constant)
        if constant is not None:
            return self._graph.constant(constant.array)
        variable = self._scope.variables.get(name.name)
        if variable is None:
            # Go on, so that all unknown names are reported together.
            self._problems.extend(self._unknown(name))
            return self._graph.constant(nan)
        return self._graph.leaf(variable.offset, variable.shape)

    def _unknown(self, name: Name) -> ConfigError:
        scope = self._scope
        if name.name in scope.unusable:
            return self._error(name, scope.unusable[name.name])
        if name.name in ARITY:
            return self._error(name, f"`{name.name}` is a function", f"write {name.name}(...)")
        hints = [name_hint(name.name, [*self.named, *scope.variables, *scope.constants])]
        hints = hints if hints[0] else [self._names()]
        free = self._formula.free_names()
        if self._missing is not None and name.name in free and name.name not in NAMES:
            hints.append(self._missing(name.name, free[name.name]))
        return self._error(name, f"unknown name `{name.name}`", "\n".join(hints))

    def _names(self) -> str:
        """Return the names that the formula may use."""
        scope = self._scope
        names = [name for name in scope.constants if name not in CONSTANTS][:MOST_LISTED]
        data = ", ".join(cited(scope.shown(name)) for name in names)
        return f"variables: {', '.join(scope.variables)}" + (f"; data: {data}" if data else "")

    def _call(self, call: Call, args: list[Node]) -> Node:
        name = ALIASES.get(call.function, call.function)
        self._check_kinds(name, call, args)
        if name in _COUNTING and args[0].is_condition:
            args = [self._graph.counted(args[0])]
        if name in REDUCTIONS:
            return REDUCTIONS[name](args[0], call.axis)
        if name in STRUCTURES:
            return STRUCTURES[name](*args)
        if name in REARRANGING:
            named = {"axis": call.axis} if name in WITH_AXIS else {}
            return REARRANGING[name](*args, **named)
        if name in WITH_LENGTHS:
            free = -1 if name == "reshape" else 1
            pairs = zip(call.args[1:], args[1:], strict=True)
            return WITH_LENGTHS[name](args[0], [self._length(*pair, free) for pair in pairs])
        if name in PRODUCTS:
            return PRODUCTS[name](*args)
        if name == "len":
            if not args[0].shape:
                raise self._error(call, "a single number has no length")
            return self._graph.constant(float(args[0].shape[0]))
        if name in _MAKERS:
            lengths = [self._length(arg, node) for arg, node in zip(call.args, args, strict=True)]
            return self._graph.made(_MAKERS[name], tuple(lengths))
        return self._graph.apply(name, *args)

    def _length(self, expression: Expression, node: Node, free: int = 1) -> int:
        """Return a constant length, or the number `free` that stands for one."""
        value = node.number
        most = self._graph.limit.entries
        is_length = value is not None and value.is_integer() and 1 <= value <= most
        if value is None or not (is_length or value == free):
            more = f", or {free}" if free < 1 else ""
            message = f"expected a whole number from 1 to {most:,}{more}"
            raise self._error(expression, message)
        return int(value)

    def _check_kinds(self, name: str, call: Call, args: list[Node]) -> None:
        logical = name.startswith("logical_")
        for position, (arg, expression) in enumerate(zip(args, call.args, strict=True)):
            wants_condition = logical or (name == "where" and position == 0)
            if arg.is_condition and not wants_condition and name not in _COUNTING:
                message = "expected a number, found a condition"
                raise self._error(expression, message, "use it in where(condition, a, b)")
            if wants_condition and not arg.is_condition:
                message = "expected a condition such as x > 0, found a number"
                raise self._error(expression, message)

    def _error(self, node: Expression, message: str, hint: str = "") -> ConfigError:
        return fail(message, self._formula.span(node), hint)


def _operands(expression: Expression) -> tuple[Expression, ...]:
    if isinstance(expression, Call):
        return expression.args
    return (expression.array,) if isinstance(expression, Index) else ()


_COUNTING = ("sum", "mean")
"""Functions that also take conditions, which count as 1 where they are true, else as 0."""

_MAKERS: dict[str, Callable[[tuple[int, ...]], FloatArray]] = {
    "arange": lambda lengths: np.arange(lengths[0], dtype=float),
    "zeros": np.zeros,
    "ones": np.ones,
}
"""Functions that return a constant array, given the lengths of its axes."""
