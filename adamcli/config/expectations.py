"""`--expect` and `expect:`: comparisons over the fields of a result, such as best.score < 1e-6."""

from __future__ import annotations

from math import isfinite, isnan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.comparable import fields_of
from adamcli.config.document import List
from adamcli.config.values import ValueReader, make_each
from adamcli.diagnostics import Source, fail
from adamcli.fields import (
    CODE_WORDS,
    ROW_FIELDS,
    RUN_FIELDS,
    SOLUTION_FIELDS,
    STATUS_WORDS,
    SWEEP_FIELDS,
    WORDS,
    Kind,
)
from adamcli.objective.compiler import Compiler, Constant, Scope
from adamcli.objective.functions import CONSTANTS
from adamcli.objective.graph import Graph
from adamcli.objective.program import Program
from adamcli.objective.syntax import parse
from adamcli.objective.tree import Call, Formula, Index, Name, Number, names_in
from adamcli.objective.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adamcli.config.comparable import Fields
    from adamcli.config.document import Node
    from adamcli.diagnostics import Excerpt, Problems, Span
    from adamcli.examples import Known
    from adamcli.objective.tree import Expression

EXAMPLE = "write, for example, best.score < 1e-6"

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

_WORDED = {"status": STATUS_WORDS, "verdict": CODE_WORDS, "verdict.code": CODE_WORDS}
"""The fields whose numbers stand for words, with those words."""

_WORD_OF = {number: word for word, number in WORDS.items()}


NOT_A_NUMBER = "null (not a number)"
"""What a result has where a number does not exist."""


class Shortfall(NamedTuple):
    """An expectation that was not met: the comparison, and the values of both sides.

    `word` is what the left value stands for if it is no number; `counts` says that it is a count.
    `missing` is a field that the result does not have, such as a fourth of three minima.
    """

    text: str
    left: str
    left_value: float
    operator: str
    right_value: float
    word: str = ""
    counts: bool = False
    missing: str = ""

    def __str__(self) -> str:
        if self.missing:
            return f"expected {self.text}, but the result has no {self.missing}"
        if self.word:
            return f"expected {self.text}, found {self.left} = {self.word}"
        is_whole = self.counts and self.left_value.is_integer()
        value = int(self.left_value) if is_whole else self.left_value
        found = NOT_A_NUMBER if isnan(value) else repr(value)
        return f"expected {self.text}, found {self.left} = {found}{self._distance()}"

    def _distance(self) -> str:
        """Return how far off the left value is, where that is a number."""
        distance = abs(self.left_value - self.right_value)
        if isfinite(distance):
            return f", off by {distance:.6g}"
        return f", compared with {NOT_A_NUMBER}" if isnan(self.right_value) else ""


class Comparison:
    """One comparison, or several in a chain: `0 <= best.score < 1e-6`; or a flag: `converged`.

    Raises `ConfigError`, with the `example` as hint, if the text is not one.
    """

    def __init__(self, excerpt: Excerpt, example: str = EXAMPLE) -> None:
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
                raise fail("expected a comparison", self._formula.span(node), _meant(node, example))

    def over(self, fields: Fields, owner: str = "a result") -> Expectation:
        """Return the expectation over `fields`; raises `ConfigError` for any other field."""
        links, text = [], self._formula.excerpt.text
        pairs = [(o, _with_keys(a, fields), _with_keys(b, fields)) for o, a, b in self._links]
        shapes = {n: fields.shape_of(n) for _, a, b in pairs for n in (*_names(a), *_names(b))}
        # Others may hold millions of numbers.
        named = Variables((name, s) for name, s in shapes.items() if s is not None)
        for operator, left, right in pairs:
            words = self._words(operator, left, right, fields)
            sides = [self._side(side, named, words, fields, owner) for side in (left, right)]
            links.append(Link(operator, sides[0], sides[1]))
        return Expectation(text.strip(), named, links)

    def is_open(self, fields: Fields) -> bool:
        """Return whether it is not known yet if its fields exist."""
        names = (name for _, a, b in self._links for name in (*_names(a), *_names(b)))
        return any(map(fields.is_open, names))

    def covers(self, span: Span | None) -> bool:
        """Return whether a place is in this comparison."""
        own = self._formula.excerpt.span(0, len(self._formula.excerpt.text))
        return span is not None and span.source == own.source and own.start <= span.start <= own.end

    def _words(
        self, operator: str, left: Expression, right: Expression, fields: Fields
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
        named: Variables,
        words: tuple[str, ...],
        fields: Fields,
        owner: str,
    ) -> Side:
        part = Formula(self._formula.excerpt, self._formula.assignments, side)
        known, names = named.by_name, [node for node, _ in names_in(side)]
        for node in names:
            if node.name not in known and node.name not in CONSTANTS and node.name not in words:
                message = f"{owner} has no field `{node.name}`"
                raise fail(message, part.span(node), fields.hint(node.name))
        numbers = {word: Constant(np.array(WORDS[word])) for word in words if word not in known}
        program = Program([Compiler(Graph(), part, Scope(named, numbers)).compile()])
        text = self._formula.excerpt.text[side.start : side.end].strip()
        return Side(text, program, frozenset(node.name for node in names) - CONSTANTS.keys())


def _meant(node: Expression, example: str) -> str:
    """Return what to type for what is no comparison."""
    if isinstance(node, Call) and node.function == "logical_not":
        (inner,) = node.args
        if isinstance(inner, Name) and inner.name in _FLAGS:
            return f"write {inner.name} == 0"
    return example


def _names(side: Expression) -> list[str]:
    return [node.name for node, _ in names_in(side)]


def _with_keys(node: Expression, fields: Fields) -> Expression:
    """Return an expression in which places are part of a name if a field has them in its name.

    The parameters of a fit are called so: `fit.correlation.a.w[0,1]`.
    """
    if isinstance(node, Call):
        return node._replace(args=tuple(_with_keys(arg, fields) for arg in node.args))
    if not isinstance(node, Index):
        return node
    if isinstance(node.array, Name):
        name = f"{node.array.name}[{','.join(map(str, node.key))}]"
        if fields.shape_of(name) is not None and fields.shape_of(node.array.name) is None:
            return Name(name, node.start, node.end)
    return node._replace(array=_with_keys(node.array, fields))


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
        x, found = np.full((self.fields.dim, 1), np.nan), []
        counts, lacking = dict[str, bool](), list[str]()
        for field in self.fields.all:
            own = [*Variables([(field.name, field.shape)]).coordinate_names()]
            lacking += [field.name] if any(name not in numbers for name in own) else []
            values = [numbers.get(name, np.nan) for name in own]
            counts[field.name] = all(isinstance(value, int) for value in values)
            x[field.offset : field.offset + field.size, 0] = values
        for operator, left, right in self.links:
            if right.text in _WORDED:
                left, right = right, left
            a, b = float(left.program.value(x)[0]), float(right.program.value(x)[0])
            if not bool(getattr(np, operator)(a, b)) or np.isnan(a) or np.isnan(b):
                word = _WORD_OF.get(a, "") if left.text in _WORDED else ""
                compared = (self.text, left.text, a, COMPARISONS[operator], b)
                whole = all(counts.get(name) for name in left.names)
                missing = next((n for n in lacking if n in left.names | right.names), "")
                found.append(Shortfall(*compared, word, whole, missing))
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


def over_fields(comparisons: Iterable[Comparison], fields: Fields) -> list[Expectation]:
    """Return what is expected of `fields`; raises `ConfigError` with every other field named."""
    told = [comparison for comparison in comparisons if not comparison.is_open(fields)]
    return make_each(lambda comparison: comparison.over(fields), told)


def result_fields(known: Known) -> Fields:
    """Return the fields that an expectation of a run may name."""
    return fields_of(RUN_FIELDS, known)


def solution_fields(known: Known) -> Fields:
    """Return the fields that an expectation of a search may name."""
    return fields_of(SOLUTION_FIELDS, known)


_PLANNED = ("plan", "top", "groups")
"""What JSON has of a sweep that only its plan tells."""


def sweep_fields(known: Known) -> Fields:
    """Return the fields that an expectation of a sweep may name: of its best run, and counts."""
    # The words for a status are the names of counts here.
    fields = [field for field in (*SWEEP_FIELDS, *ROW_FIELDS) if not field.words]
    planned = "plan" in known.more
    return fields_of(fields, known, () if planned else (*known.unsure, *_PLANNED))
