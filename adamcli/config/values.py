"""Reading single values: numbers, choices, texts and formulas, each with its error."""

from __future__ import annotations

import re
from math import inf, isfinite, isnan
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np

from adamcli.config.commas import ungrouped, with_point
from adamcli.config.document import ArrayList, List, Mapping, Scalar, describe, number_of
from adamcli.diagnostics import ConfigError, Problems, did_you_mean, meant, quoted
from adamcli.names import RULE, is_name, is_word, normal
from adamcli.objective.functions import ARITY, CONSTANTS
from adamcli.objective.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from adamcli.arrays import FloatArray
    from adamcli.config.document import Node
    from adamcli.diagnostics import Problem
    from adamcli.objective.tree import Formula

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


class ValueReader:
    """Reads nodes into Python values; where one does not fit, notes a problem and returns None."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def wrong(self, what: str, expected: str, node: Node, hint: str = "") -> None:
        """Note that `what` should have been `expected`."""
        message = f"{what}: expected {expected}, found {describe(node)}"
        self.problems.add(message, node.span, hint)

    def refuse_others(
        self, node: Mapping, what: str, known: Collection[str], kind: str = "key"
    ) -> None:
        """Note every key of `node` that is not one of the `known` ones."""
        for key, _ in node.entries:
            if key.text not in known:
                hint = did_you_mean(key.text, known)
                self.problems.add(f"{what}: unknown {kind} `{key.text}`", key.span, hint)

    def attempt(self, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return `make(*args)`; None if it raises `ConfigError`, whose problems are noted."""
        try:
            return make(*args, **kwargs)
        except ConfigError as error:
            self.problems.extend(error)
            return None

    def number(
        self, node: Node, what: str, *, infinite: bool = False, expected: str = "a number"
    ) -> float | None:
        """Return a number; NaN never, an infinite one only if `infinite`, and written as one.

        It may be written as a formula of numbers, `pi`, `e` and `inf`: `2*pi`.
        """
        number = _number_in(node)
        if number is None:
            hint = _without_quotes(node) or _with_point(node)
            self.wrong(what, expected, node, hint)
        elif isnan(number) or not (infinite or isfinite(number)):
            self.wrong(what, expected if infinite else f"{expected} that is finite", node)
        elif isfinite(number) or "inf" in _text_of(node).lower():
            return number
        else:
            sign = "-" if number < 0 else ""
            expected = f"{expected} that a float can hold"
            self.wrong(what, expected, node, f"write {sign}inf if that is meant")
        return None

    def whole(self, node: Node, what: str, low: int, high: int) -> int | None:
        """Return a whole number from `low` to `high`; 1e3 and 10**3 are one."""
        value, digits = number_of(node), ungrouped(_text_of(node))
        if value is None and not digits:
            value = _constant_of(node)
        if value is not None and value % 1 == 0 and low <= value <= high:
            return int(value)
        hint = f"write {digits}" if digits else _without_quotes(node)
        self.wrong(what, f"a whole number from {low} to {high}", node, hint)
        return None

    def constant(self, node: Node) -> float | None:
        """Return the number that a node holds; None if it holds none, which is no mistake."""
        return _number_in(node)

    def truth(self, node: Node, what: str) -> bool | None:
        """Return true or false."""
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.wrong(what, "true or false", node)
        return None

    def choice(self, node: Node, what: str, choices: Collection[str]) -> str | None:
        """Return one of the `choices`."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, str) and value in choices:
            return value
        hint = meant(value, choices) if isinstance(value, str) else ""
        self.wrong(what, f"one of {', '.join(choices)}", node, hint)
        return None

    def name(self, key: Scalar) -> str | None:
        """Return the name of a variable or constant, if formulas can use it."""
        name = normal(key.text)
        if is_word(name):
            message = f"`{name}` has a meaning in formulas"
            hint = f"choose another name, such as {name}_"
        elif not is_name(name):
            message = f"`{name}` is not a name that formulas can use"
            hint = f"names are made of {RULE}"
        elif name in ARITY or name in CONSTANTS:
            kind = "function" if name in ARITY else "constant"
            message = f"`{name}` is a {kind} of the formula language"
            hint = "choose another name"
        else:
            return name
        self.problems.add(message, key.span, hint)
        return None

    def text(self, node: Node, what: str, expected: str) -> Scalar | None:
        """Return a scalar that holds a text, if it is not empty."""
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node
        hint = "" if isinstance(node, Scalar) else "quote a formula that begins with { or ["
        self.wrong(what, expected, node, hint)
        return None

    def formula(self, node: Node, what: str, *, number: bool = False) -> Formula | None:
        """Return a parsed formula; a plain number counts as one only if `number`."""
        if number and isinstance(node, Scalar) and number_of(node) is not None:
            return None if self.number(node, what) is None else parse(node.excerpt())
        if comma := _with_point(node):
            self.wrong(what, "a number or a formula", node, comma)
            return None
        scalar = self.text(node, what, "a formula such as x**2 + y**2")
        return None if scalar is None else self.attempt(parse, scalar.excerpt())

    def numbers(
        self, node: Node, what: str, *, infinite: bool = False
    ) -> tuple[tuple[int, ...], list[float]] | None:
        """Return the shape and the entries of a number or of nested lists of numbers."""
        if not isinstance(node, List):
            number = self.number(node, what, infinite=infinite)
            return None if number is None else ((), [number])
        parts = [self.numbers(item, what, infinite=infinite) for item in node.items]
        if not parts:
            self.wrong(what, "at least one number", node)
            return None
        known = [part for part in parts if part is not None]
        for part, item in zip(parts, node.items, strict=True):
            if part is not None and part[0] != known[0][0]:
                message = f"{what}: the rows of an array must have the same length"
                self.problems.add(message, item.span)
                return None
        if len(known) < len(parts):
            return None
        return (len(parts), *known[0][0]), [entry for part in known for entry in part[1]]

    def array(self, node: Node, what: str, *, infinite: bool = False) -> FloatArray | None:
        """Return a number or nested lists of numbers as an array of their shape."""
        if isinstance(node, ArrayList):
            return self._array_in_memory(node, what, infinite=infinite)
        numbers = self.numbers(node, what, infinite=infinite)
        return None if numbers is None else np.array(numbers[1], dtype=float).reshape(numbers[0])

    def _array_in_memory(self, node: ArrayList, what: str, *, infinite: bool) -> FloatArray | None:
        found = node.array.astype(float, copy=False)
        wrong = np.isnan(found) if infinite else ~np.isfinite(found)
        if not wrong.any():
            return found
        place = [int(k) for k in np.unravel_index(int(np.argmax(wrong)), wrong.shape)]
        value = float(found[tuple(place)])
        message = f"{what}: expected a number, found `{value}` at {place}"
        self.problems.add(message, node.span)
        return None


class KeyReader(ValueReader):
    """Reads the keys of one config, `nodes`; the paths of files are relative to `folder`.

    `headers` of a file of data are those that are no names, by the names made of them.
    """

    def __init__(self, problems: Problems, tree: Mapping, folder: Path) -> None:
        super().__init__(problems)
        self.nodes: dict[str, Node] = {key.text: value for key, value in tree.entries}
        self.folder = folder
        self.headers: dict[str, str] = {}

    def attempt(self, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what `ValueReader.attempt` does; where a header was typed, say its name."""
        first = len(self.problems.found)
        found = super().attempt(make, *args, **kwargs)
        if self.headers:
            noted = self.problems.found
            noted[first:] = [self._with_name(problem) for problem in noted[first:]]
        return found

    def _with_name(self, problem: Problem) -> Problem:
        if problem.span is None:
            return problem
        text, place = problem.span.source.text, problem.span.start
        for name, title in sorted(self.headers.items(), key=lambda entry: -len(entry[1])):
            is_there = 0 <= text.find(title, max(0, place - len(title) + 1)) <= place
            if is_there and any(map(str.isalpha, title)):
                return problem._replace(hint=f"write {name} for the column {quoted(title)}")
        return problem

    def choice_of(self, key: str, choices: Collection[str]) -> str:
        """Return one of the `choices`, the first where the key is absent or wrong."""
        node, default = self.nodes.get(key), next(iter(choices))
        return default if node is None else self.choice(node, key, choices) or default

    def whole_of(self, key: str, low: int, high: int, default: int) -> int:
        """Return a whole number, or `default` where the key is absent or wrong."""
        node = self.nodes.get(key)
        found = None if node is None else self.whole(node, key, low, high)
        return default if found is None else found


def make_each(make: Callable[[S], T], items: Iterable[S]) -> list[T]:
    """Return `make(item)` for each item; raises `ConfigError` with the problems of all items."""
    reader = ValueReader(Problems())
    found = [reader.attempt(make, item) for item in items]
    reader.problems.raise_if_any()
    return [value for value in found if value is not None]


def _number_in(node: Node) -> float | None:
    """Return the number that a node holds, infinite if no float can; None if it has none."""
    value = number_of(node)
    if value is None:
        return _constant_of(node)
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _without_quotes(node: Node) -> str:
    """Return a hint where a number is in quotes; empty for anything else."""
    is_quoted = isinstance(node, Scalar) and not node.plain and _is_number(node.text)
    return f"write it without quotes: {_text_of(node)}" if is_quoted else ""


def _text_of(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _constant_of(node: Node) -> float | None:
    """Return the value of a formula without variables; None if a node holds anything else."""
    if not (isinstance(node, Scalar) and isinstance(node.value, str) and node.plain):
        return None
    text = node.text.strip()
    if not _CONSTANT.fullmatch(text):
        return None
    from adamcli.objective.compiler import Compiler, Constant, Scope
    from adamcli.objective.graph import Graph
    from adamcli.objective.variables import Variables

    scope = Scope(Variables([]), {"inf": Constant(np.array(np.inf))})
    try:
        return Compiler(Graph(), parse(node.excerpt()), scope).compile().number
    except ConfigError:
        return None


_CONSTANT = re.compile(r"[\w\s.+\-*/()]{1,100}")
"""What may be a formula of numbers: it is not tried for any other text."""


def _with_point(node: Node) -> str:
    """Return how a number is written that a node has with a comma; empty if it holds none."""
    found = with_point(node.text) if isinstance(node, Scalar) else ""
    return f"write {found}" if found else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
