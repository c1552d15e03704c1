"""The tree of a parsed formula: numbers, names, calls and parts of arrays, with their places."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from adamcli.objective.functions import CONSTANTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.diagnostics import Excerpt, Span


class Number(NamedTuple):
    """A literal; every number is a float64, so `9**9**9` is inf instead of a hang."""

    value: float
    start: int
    end: int


class Name(NamedTuple):
    """A variable, a constant or an intermediate value."""

    name: str
    start: int
    end: int


class Call(NamedTuple):
    """An operator or function, by its name in `functions`, applied to its arguments.

    `axis` is the argument of that name. `at` is where an operator stands between its operands.
    """

    function: str
    args: tuple[Expression, ...]
    start: int
    end: int
    axis: int | None = None
    at: tuple[int, int] | None = None


class Index(NamedTuple):
    """An entry or a part of an array: `x[0]`, `w[1, -1]`, `x[1:]`, with new axes: `x[:, None]`."""

    array: Expression
    key: tuple[int | slice | None, ...]
    start: int
    end: int


Expression: TypeAlias = Number | Name | Call | Index


class Formula(NamedTuple):
    """A parsed formula: intermediate values in order, then the value itself."""

    excerpt: Excerpt
    assignments: tuple[tuple[Name, Expression], ...]
    value: Expression

    def span(self, node: Expression) -> Span:
        """Return where `node`, or its operator if it has one, stands in the user's text."""
        if isinstance(node, Call) and node.at is not None:
            return self.excerpt.span(*node.at)
        return self.excerpt.span(node.start, node.end)

    @property
    def lines(self) -> list[str]:
        """The names of the intermediate values."""
        return list(dict.fromkeys(target.name for target, _ in self.assignments))

    def lines_for(self, names: Iterable[str]) -> Formula:
        """Return the formula without the intermediate values that none of the names needs."""
        needed, kept = {*names}, []
        for target, expression in reversed(self.assignments):
            if target.name in needed:
                kept.append((target, expression))
                needed.update(name.name for name, _ in names_in(expression))
        return self._replace(assignments=tuple(reversed(kept)))

    def needed(self, names: Iterable[str] = ()) -> set[str]:
        """Return the names that the value and `names` need, these and lines included."""
        needed = {*names, *(name.name for name, _ in names_in(self.value))}
        for _, expression in self.lines_for(needed).assignments:
            needed.update(name.name for name, _ in names_in(expression))
        return needed

    def free_names(self) -> dict[str, bool]:
        """Return the names the formula does not define, each with whether it is indexed."""
        found: dict[str, bool] = {}
        assigned: set[str] = set()
        for target, expression in (*self.assignments, (None, self.value)):
            for node, indexed in names_in(expression):
                if node.name not in assigned and node.name not in CONSTANTS:
                    found[node.name] = found.get(node.name, False) or indexed
            if target is not None:
                assigned.add(target.name)
        return found


def names_in(expression: Expression) -> list[tuple[Name, bool]]:
    """Return every name in an expression, in order of appearance, with whether it is indexed."""
    found: list[tuple[Name, bool]] = []
    stack: list[tuple[Expression, bool]] = [(expression, False)]
    while stack:
        node, indexed = stack.pop()
        if isinstance(node, Name):
            found.append((node, indexed))
        elif isinstance(node, Index):
            stack.append((node.array, True))
        elif isinstance(node, Call):
            stack.extend((arg, False) for arg in node.args)
    return sorted(found, key=lambda pair: pair[0].start)
