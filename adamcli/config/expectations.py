"""`--expect` and `expect:`: comparisons over the fields of a result, such as best.score < 1e-6."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.document import List
from adamcli.config.values import ValueReader
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
    from collections.abc import Iterable, Mapping, Sequence

    from adamcli.config.document import Node
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


class Comparison:
    """One comparison, or several in a chain: `0 <= best.score < 1e-6`.

    Raises `ConfigError` if the text is not one.
    """

    def __init__(self, excerpt: Excerpt) -> None:
        self._formula = parse(excerpt, dotted=True)
        self._links = self._comparisons()

    def over(self, fields: Variables) -> Expectation:
        """Return what is expected of some fields; raises `ConfigError` for one they lack."""
        links = [
            (operator, self._text(left), self._program(left, fields), self._program(right, fields))
            for operator, left, right in self._links
        ]
        return Expectation(self._formula.excerpt.text.strip(), fields, links)

    def _comparisons(self) -> list[tuple[str, Expression, Expression]]:
        links: list[tuple[str, Expression, Expression]] = []
        stack = [self._formula.value]
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

    def _text(self, side: Expression) -> str:
        return self._formula.excerpt.text[side.start : side.end]

    def _program(self, side: Expression, fields: Variables) -> Program:
        part = Formula(self._formula.excerpt, self._formula.assignments, side)
        for node in _fields_in(side):
            if node.name not in fields.by_name:
                known = fields.by_name
                hint = did_you_mean(node.name, known) or "fields: " + ", ".join(known)
                raise fail(f"a result has no field `{node.name}`", part.span(node), hint)
        return Program([Compiler(Graph(), part, Scope(fields)).compile()])


class Expectation(NamedTuple):
    """A comparison over the `fields` of a result.

    `links` has the name of NumPy's function, the text of the left side, and both sides.
    """

    text: str
    fields: Variables
    links: list[tuple[str, str, Program, Program]]

    def shortfalls(self, numbers: Mapping[str, float]) -> list[Shortfall]:
        """Return the comparisons that do not hold for the `numbers` of a result.

        A comparison with NaN does not hold.
        """
        x = np.array([[numbers[name]] for name in self.fields.coordinate_names()])
        found = []
        for operator, text, left, right in self.links:
            a, b = float(left.value(x)[0]), float(right.value(x)[0])
            if not bool(getattr(np, operator)(a, b)) or np.isnan(a) or np.isnan(b):
                found.append(Shortfall(self.text, text, a, COMPARISONS[operator], b))
        return found


def parse_expectations(texts: Sequence[str]) -> list[Comparison]:
    """Return what `--expect` says.

    Raises `ConfigError` with everything wrong in it.
    """
    problems, found = Problems(), []
    for text in texts:
        try:
            found.append(Comparison(Source("--expect", text).whole()))
        except ConfigError as error:
            problems.extend(error)
    problems.raise_if_any()
    return found


def read_expectations(node: Node, problems: Problems) -> list[Comparison]:
    """Return what the key `expect` says; what is wrong goes to `problems`."""
    reader, found = ValueReader(problems), []
    for item in node.items if isinstance(node, List) else (node,):
        scalar = reader.text(item, "expect", "a comparison such as best.score < 1e-6")
        if scalar is not None:
            try:
                found.append(Comparison(scalar.excerpt()))
            except ConfigError as error:
                problems.extend(error)
    return found


def over_fields(comparisons: Iterable[Comparison], fields: Variables) -> list[Expectation]:
    """Return what is expected of some fields.

    Raises `ConfigError` with every field that they lack.
    """
    problems, found = Problems(), []
    for comparison in comparisons:
        try:
            found.append(comparison.over(fields))
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
