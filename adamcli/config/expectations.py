"""`--expect` and `expect:`: comparisons over the fields of a result, such as best.score < 1e-6."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.document import List
from adamcli.config.values import ValueReader, make_each
from adamcli.diagnostics import Source, did_you_mean, fail
from adamcli.fields import (
    CODE_WORDS,
    ROW_FIELDS,
    RUN_FIELDS,
    SOLUTION_FIELDS,
    STATUS_WORDS,
    SWEEP_FIELDS,
    WORDS,
    Kind,
    shapes_of,
)
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
    from adamcli.fields import Known
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

_MIRRORED = {
    "less": "greater",
    "less_equal": "greater_equal",
    "greater": "less",
    "greater_equal": "less_equal",
}
"""The comparisons that hold for the same numbers the other way round."""

_FLAGS = [f.name for f in (*RUN_FIELDS, *SWEEP_FIELDS, *ROW_FIELDS) if f.kind is Kind.FLAG]

_COUNTS = frozenset(
    f.name for f in (*RUN_FIELDS, *SOLUTION_FIELDS, *SWEEP_FIELDS) if f.kind is Kind.INTEGER
) | {"fit.points", "fit.dof"}
"""The fields that are whole numbers."""

_WORDED = {"status": STATUS_WORDS, "verdict": CODE_WORDS, "verdict.code": CODE_WORDS}
"""The fields whose numbers stand for words, with those words."""

_WORD_OF = {number: word for word, number in WORDS.items()}


class Shortfall(NamedTuple):
    """An expectation that was not met: the comparison, and the values of both sides.

    `word` is what the left value stands for if it is no number; `counts` says that it is a count.
    """

    text: str
    left: str
    left_value: float
    operator: str
    right_value: float
    word: str = ""
    counts: bool = False

    def __str__(self) -> str:
        if self.word:
            return f"expected {self.text}, found {self.left} = {self.word}"
        distance = abs(self.left_value - self.right_value)
        is_whole = self.counts and self.left_value.is_integer()
        value = int(self.left_value) if is_whole else self.left_value
        return f"expected {self.text}, found {self.left} = {value!r}, off by {distance:.6g}"


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
        links, text = [], self._formula.excerpt.text
        # Others may hold millions of numbers.
        named = Variables((v.name, v.shape) for v in fields.all if v.name in text)
        for operator, left, right in self._links:
            words = self._words(operator, left, right, fields)
            sides = [self._side(side, fields, named, words, owner) for side in (left, right)]
            links.append(Link(operator, sides[0], sides[1]))
        return Expectation(text.strip(), named, links)

    def _words(
        self, operator: str, left: Expression, right: Expression, fields: Variables
    ) -> tuple[str, ...]:
        """Return the words that a link may name: those of the field on one of its sides."""
        for side, other in ((left, right), (right, left)):
            if isinstance(side, Name) and side.name in _WORDED and side.name in fields.by_name:
                words = _WORDED[side.name]
                if operator in _MIRRORED or not (isinstance(other, Name) and other.name in words):
                    hint = f"write {side.name} == WORD, with one of {', '.join(words)}"
                    message = f"`{side.name}` is a word"
                    raise fail(message, self._formula.span(side), hint)
                return words
        return ()

    def _side(
        self,
        side: Expression,
        fields: Variables,
        named: Variables,
        words: tuple[str, ...],
        owner: str,
    ) -> Side:
        part = Formula(self._formula.excerpt, self._formula.assignments, side)
        known, names = fields.by_name, [node for node, _ in names_in(side)]
        for node in names:
            if node.name not in known and node.name not in CONSTANTS and node.name not in words:
                hint = did_you_mean(node.name, known) or "fields: " + ", ".join(known)
                raise fail(f"{owner} has no field `{node.name}`", part.span(node), hint)
        numbers = {word: Constant(np.array(WORDS[word])) for word in words if word not in known}
        program = Program([Compiler(Graph(), part, Scope(named, numbers)).compile()])
        text = self._formula.excerpt.text[side.start : side.end].strip()
        return Side(text, program, frozenset(node.name for node in names) - CONSTANTS.keys())


class Side(NamedTuple):
    """One side of a comparison, and the fields and words that it names."""

    text: str
    program: Program
    names: frozenset[str]


class Link(NamedTuple):
    """One comparison of a chain: the name of NumPy's function, and both sides."""

    operator: str
    left: Side
    right: Side


class Expectation(NamedTuple):
    """A comparison over some `fields` of a result, or several in a chain."""

    text: str
    fields: Variables
    links: list[Link]

    @property
    def names(self) -> frozenset[str]:
        """All fields and words in it."""
        return frozenset().union(*(side.names for link in self.links for side in link[1:]))

    def threshold(self, field: str) -> tuple[str, float] | None:
        """Return the comparison and the number if this compares just `field` with one number."""
        if len(self.links) != 1:
            return None
        operator, left, right = self.links[0]
        if right.text == field:
            operator, left, right = _MIRRORED.get(operator, operator), right, left
        if left.text != field or right.names:
            return None
        return operator, float(right.program.value(np.zeros((self.fields.dim, 1)))[0])

    def shortfalls(self, numbers: Mapping[str, float]) -> list[Shortfall]:
        """Return the links that do not hold for the `numbers` of a result; with NaN none does."""
        x, used = np.full((self.fields.dim, 1), np.nan), self.names
        for field in self.fields.all:
            if field.name in used:
                own = Variables([(field.name, field.shape)]).coordinate_names()
                place = slice(field.offset, field.offset + field.size)
                x[place, 0] = [numbers[name] for name in own]
        found = []
        for operator, left, right in self.links:
            if right.text in _WORDED:
                left, right = right, left
            a, b = float(left.program.value(x)[0]), float(right.program.value(x)[0])
            if not bool(getattr(np, operator)(a, b)) or np.isnan(a) or np.isnan(b):
                word = _WORD_OF.get(a, "") if left.text in _WORDED else ""
                compared = (self.text, left.text, a, COMPARISONS[operator], b)
                counts = bool(left.names) and left.names <= _COUNTS
                found.append(Shortfall(*compared, word, counts))
        return found


def parse_expectations(texts: Sequence[str]) -> list[Comparison]:
    """Return the comparisons that `--expect` gives; raises `ConfigError` with all problems."""
    return make_each(Comparison, [Source("--expect", text).whole() for text in texts])


def read_texts(texts: Sequence[str], problems: Problems) -> list[Comparison]:
    """Return the comparisons that `--expect` gives; what is wrong goes to `problems`."""
    reader = ValueReader(problems)
    found = [reader.attempt(Comparison, Source("--expect", text).whole()) for text in texts]
    return [comparison for comparison in found if comparison is not None]


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


def result_fields(known: Known) -> Variables:
    """Return the fields that an expectation of a run may name."""
    return Variables(shapes_of(RUN_FIELDS, known))


def solution_fields(known: Known) -> Variables:
    """Return the fields that an expectation of a search may name."""
    return Variables(shapes_of(SOLUTION_FIELDS, known))


def sweep_fields(known: Known) -> Variables:
    """Return the fields that an expectation of a sweep may name: of its best run, and counts."""
    # The words for a status are the names of counts here.
    fields = [field for field in (*SWEEP_FIELDS, *ROW_FIELDS) if not field.words]
    return Variables(shapes_of(fields, known))
