"""`--expect` and `expect:`: comparisons over the fields of a result, such as best.score < 1e-6."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.diagnostics import ConfigError, Problems, Source, did_you_mean, fail
from adamcli.fields import ROW_FIELDS, RUN_FIELDS, SWEEP_FIELDS, shapes_of
from adamcli.objective.compiler import Compiler, Scope
from adamcli.objective.functions import CONSTANTS
from adamcli.objective.graph import Graph
from adamcli.objective.program import Program
from adamcli.objective.syntax import parse
from adamcli.objective.tree import Call, Formula, names_in
from adamcli.objective.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adamcli.arrays import FloatArray
    from adamcli.diagnostics import Excerpt
    from adamcli.objective.tree import Expression, Name


COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}


class Shortfall(NamedTuple):
    """An expectation that was not met: the comparison, both sides, and how far they are off."""

    text: str
    left: str
    left_value: float
    operator: str
    right_value: float

    def __str__(self) -> str:
        distance = abs(self.left_value - self.right_value)
        return (
            f"expected {self.text}, found {self.left} = {self.left_value!r}, off by {distance:.6g}"
        )


class _Side(NamedTuple):
    """One side of a comparison: how it is written, and how it is computed."""

    text: str
    program: Program

    def value(self, x: FloatArray) -> float:
        return float(self.program.value(x)[0])


class _Link(NamedTuple):
    """A comparison of two sides, by the name of NumPy's function."""

    comparison: str
    left: _Side
    right: _Side


class Expectation:
    """One comparison, or several in a chain: `0 <= best.score < 1e-6`.

    Raises `ConfigError` if the text is not a comparison over `fields`.
    """

    def __init__(self, excerpt: Excerpt, fields: Variables) -> None:
        self._formula = parse(excerpt, dotted=True)
        self._fields = fields
        self.text = excerpt.text.strip()
        self._links = [
            _Link(comparison, self._side(left), self._side(right))
            for comparison, left, right in self._comparisons()
        ]

    def shortfalls(self, fields: Mapping[str, float]) -> list[Shortfall]:
        """Return the comparisons that do not hold for the `fields` of a result.

        A comparison with NaN does not hold.
        """
        x = np.array([[fields[name]] for name in self._fields.coordinate_names()])
        found = []
        for comparison, left, right in self._links:
            a, b = left.value(x), right.value(x)
            if not bool(getattr(np, comparison)(a, b)) or np.isnan(a) or np.isnan(b):
                found.append(Shortfall(self.text, left.text, a, COMPARISONS[comparison], b))
        return found

    def _comparisons(self) -> list[tuple[str, Expression, Expression]]:
        value = self._formula.value
        links: list[tuple[str, Expression, Expression]] = []
        stack = [value]
        while stack:
            node = stack.pop()
            if isinstance(node, Call) and node.function == "logical_and":
                stack.extend(reversed(node.args))
            elif isinstance(node, Call) and node.function in COMPARISONS:
                links.append((node.function, node.args[0], node.args[1]))
            else:
                raise fail(
                    "expected a comparison",
                    self._formula.span(node),
                    "write, for example, best.score < 1e-6",
                )
        return links

    def _side(self, side: Expression) -> _Side:
        part = Formula(self._formula.excerpt, self._formula.assignments, side)
        for node in _fields_in(side):
            name = node.name
            if name not in self._fields.by_name:
                known = self._fields.by_name
                hint = did_you_mean(name, known) or "fields: " + ", ".join(known)
                raise fail(f"a result has no field `{name}`", part.span(node), hint)
        program = Program([Compiler(Graph(), part, Scope(self._fields)).compile()])
        return _Side(self._formula.excerpt.text[side.start : side.end], program)


def parse_expectations(
    texts: Sequence[str], fields: Variables, name: str = "--expect"
) -> list[Expectation]:
    """Return the expectations over some fields; `name` is how errors call where they stand.

    Raises `ConfigError` with everything wrong in them.
    """
    problems, found = Problems(), []
    for text in texts:
        try:
            found.append(Expectation(Source(name, text).whole(), fields))
        except ConfigError as error:
            problems.extend(error)
    problems.raise_if_any()
    return found


def result_fields(variables: Variables) -> Variables:
    """Return the fields an expectation may name, for a problem with these variables."""
    return Variables(shapes_of(RUN_FIELDS, variables))


def sweep_fields(variables: Variables) -> Variables:
    """Return the fields an expectation of a sweep may name: of its best run, and counts of runs."""
    return Variables(shapes_of([*SWEEP_FIELDS, *ROW_FIELDS], variables))


def _fields_in(expression: Expression) -> list[Name]:
    return [name for name, _ in names_in(expression) if name.name not in CONSTANTS]
