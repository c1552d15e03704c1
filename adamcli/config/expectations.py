"""`--expect` and `expect:`: comparisons over the fields of a result, such as best.score < 1e-6."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.document import List
from adamcli.config.values import ValueReader, make_each
from adamcli.diagnostics import Source, did_you_mean, fail
from adamcli.fields import ROW_FIELDS, RUN_FIELDS, SWEEP_FIELDS, WORDS, Kind, shapes_of
from adamcli.objective.compiler import Compiler, Constant, Scope
from adamcli.objective.functions import CONSTANTS
from adamcli.objective.graph import Graph
from adamcli.objective.program import Program
from adamcli.objective.syntax import parse
from adamcli.objective.tree import Call, Formula, Name, Number, names_in
from adamcli.objective.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adamcli.config.document import Node
    from adamcli.diagnostics import Excerpt, Problems
    from adamcli.objective.tree import Expression

COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}
"""The comparisons of the formula language, by their names in NumPy."""


_FLAGS = [f.name for f in (*RUN_FIELDS, *SWEEP_FIELDS, *ROW_FIELDS) if f.kind is Kind.FLAG]

_WORDED = ("status", "verdict", "verdict.code")
"""The fields whose numbers stand for words."""

_WORD_OF = {number: word for word, number in WORDS.items()}


class Shortfall(NamedTuple):
    """An expectation that was not met: the comparison, and the values of both sides.

    `words` are what the values stand for if they are not numbers.
    """

    text: str
    left: str
    left_value: float
    operator: str
    right_value: float
    word: str = ""

    def __str__(self) -> str:
        if self.word:
            return f"expected {self.text}, found {self.left} = {self.word}"
        distance = abs(self.left_value - self.right_value)
        return (
            f"expected {self.text}, found {self.left} = {self.left_value!r}, off by {distance:.6g}"
        )


class Comparison:
    """One comparison, or several in a chain: `0 <= best.score < 1e-6`; or a flag: `converged`.

    Raises `ConfigError` if the text is not one.
    """

    def __init__(self, excerpt: Excerpt) -> None:
        self._formula = parse(excerpt, dotted=True)
        self._links: list[tuple[str, Expression, Expression]] = []
        stack = [self._formula.value]
        while stack:
            node = stack.pop()
            if isinstance(node, Call) and node.function == "logical_and":
                stack.extend(reversed(node.args))
            elif isinstance(node, Call) and node.function in COMPARISONS:
                self._links.append((node.function, node.args[0], node.args[1]))
            elif isinstance(node, Name) and node.name in _FLAGS:
                self._links.append(("equal", node, Number(1.0, node.start, node.end)))
            else:
                hint = "write, for example, best.score < 1e-6"
                raise fail("expected a comparison", self._formula.span(node), hint)

    def over(self, fields: Variables, owner: str = "a result") -> Expectation:
        """Return the expectation over `fields`; raises `ConfigError` for any other field."""
        text, links = self._formula.excerpt.text, []
        for operator, left, right in self._links:
            programs = self._program(left, fields, owner), self._program(right, fields, owner)
            links.append((operator, text[left.start : left.end], *programs))
        names = {
            node.name for _, *sides in self._links for side in sides for node, _ in names_in(side)
        }
        return Expectation(text.strip(), fields, links, frozenset(names))

    def _program(self, side: Expression, fields: Variables, owner: str) -> Program:
        part = Formula(self._formula.excerpt, self._formula.assignments, side)
        known = fields.by_name
        for node, _ in names_in(side):
            if node.name not in known and node.name not in CONSTANTS and node.name not in WORDS:
                hint = did_you_mean(node.name, known) or "fields: " + ", ".join(known)
                raise fail(f"{owner} has no field `{node.name}`", part.span(node), hint)
        words = {w: Constant((), [number]) for w, number in WORDS.items() if w not in known}
        return Program([Compiler(Graph(), part, Scope(fields, words)).compile()])


class Expectation(NamedTuple):
    """A comparison over the `fields` of a result.

    A link is the name of NumPy's function, the text of the left side, and both sides. `names` are
    all names in them.
    """

    text: str
    fields: Variables
    links: list[tuple[str, str, Program, Program]]
    names: frozenset[str]

    def threshold(self, field: str) -> tuple[str, float] | None:
        """Return the comparison and the number if this compares just `field` with one number."""
        if len(self.links) != 1 or self.names - CONSTANTS.keys() != {field}:
            return None
        operator, text, _, right = self.links[0]
        constant = right.value(np.full((self.fields.dim, 2), [[0.0, 1.0]]))
        alone = text.strip() == field and constant[0] == constant[1]
        return (operator, float(constant[0])) if alone else None

    def shortfalls(self, numbers: Mapping[str, float]) -> list[Shortfall]:
        """Return the links that do not hold for the `numbers` of a result; with NaN none does."""
        x = np.array([[numbers[name]] for name in self.fields.coordinate_names()])
        found = []
        for operator, text, left, right in self.links:
            a, b = float(left.value(x)[0]), float(right.value(x)[0])
            if not bool(getattr(np, operator)(a, b)) or np.isnan(a) or np.isnan(b):
                word = _WORD_OF.get(a, "") if text.strip() in _WORDED else ""
                found.append(Shortfall(self.text, text, a, COMPARISONS[operator], b, word))
        return found


def parse_expectations(texts: Sequence[str]) -> list[Comparison]:
    """Return the comparisons that `--expect` gives; raises `ConfigError` with all problems."""
    return make_each(Comparison, [Source("--expect", text).whole() for text in texts])


def read_expectations(node: Node, problems: Problems) -> list[Comparison]:
    """Return the comparisons of the key `expect`; what is wrong goes to `problems`."""
    reader = ValueReader(problems)
    items = node.items if isinstance(node, List) else (node,)
    expected = "a comparison such as best.score < 1e-6"
    scalars = [reader.text(item, "expect", expected) for item in items]
    found = [reader.attempt(Comparison, s.excerpt()) for s in scalars if s is not None]
    return [comparison for comparison in found if comparison is not None]


def over_fields(comparisons: Iterable[Comparison], fields: Variables) -> list[Expectation]:
    """Return what is expected of `fields`; raises `ConfigError` with every other field named."""
    return make_each(lambda comparison: comparison.over(fields), comparisons)


def result_fields(variables: Variables) -> Variables:
    """Return the fields that an expectation of a run may name."""
    return Variables(shapes_of(RUN_FIELDS, variables))


def sweep_fields(variables: Variables) -> Variables:
    """Return the fields that an expectation of a sweep may name: of its best run, and counts."""
    # The words for a status are the names of counts here.
    fields = [field for field in (*SWEEP_FIELDS, *ROW_FIELDS) if not field.words]
    return Variables(shapes_of(fields, variables))
