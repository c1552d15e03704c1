"""Reading single values: numbers, choices, texts and formulas, each with its error."""

from __future__ import annotations

from math import isfinite, isnan
from typing import TYPE_CHECKING

from adamcli.config.document import List, Mapping, Scalar, describe
from adamcli.diagnostics import ConfigError, did_you_mean
from adamcli.objective.functions import ARITY, CONSTANTS
from adamcli.objective.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.config.document import Node
    from adamcli.diagnostics import Problems
    from adamcli.objective.tree import Formula


class ValueReader:
    """Reads nodes into Python values; what does not fit becomes a problem, and None."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def wrong(self, what: str, expected: str, node: Node, hint: str = "") -> None:
        """Note that `what` should have been `expected`."""
        message = f"{what}: expected {expected}, found {describe(node)}"
        self.problems.add(message, node.span, hint)

    def number(
        self, node: Node, what: str, *, infinite: bool = False, expected: str = "a number"
    ) -> float | None:
        """Return a number; NaN never, an infinite one only if `infinite`."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            hint = ""
            if isinstance(value, str) and isinstance(node, Scalar) and _is_number(value):
                hint = f"write it without quotes: {value}" if not node.plain else ""
            self.wrong(what, expected, node, hint)
            return None
        try:
            number = float(value)
        except OverflowError:
            number = float("inf") if value > 0 else float("-inf")
        if isnan(number) or not (infinite or isfinite(number)):
            self.wrong(what, expected if infinite else f"{expected} that is finite", node)
            return None
        return number

    def whole(self, node: Node, what: str, low: int, high: int) -> int | None:
        """Return a whole number from `low` to `high`; 1e3 is one."""
        value = node.value if isinstance(node, Scalar) else None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(value, float) and not value.is_integer():
            is_number = False
        if is_number and isinstance(value, int | float):
            number = int(value)
            if low <= number <= high:
                return number
        hint = ""
        if isinstance(value, str) and _is_number(value.replace("_", "").replace(",", "")):
            hint = f"write {value.replace('_', '').replace(',', '')}, without quotes"
        self.wrong(what, f"a whole number from {low} to {high}", node, hint)
        return None

    def choice(self, node: Node, what: str, choices: Sequence[str]) -> str | None:
        """Return one of a few words."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, str) and value in choices:
            return value
        hint = did_you_mean(value, choices) if isinstance(value, str) else ""
        self.wrong(what, f"one of {', '.join(choices)}", node, hint)
        return None

    def name(self, key: Scalar) -> str | None:
        """Return the name of a variable or constant, if formulas can use it."""
        name = key.text
        if not (name.isidentifier() and name.isascii()):
            message = f"`{name}` is not a name that formulas can use"
            hint = "use letters, digits and _, and begin with a letter"
        elif name in ARITY or name in CONSTANTS:
            kind = "function" if name in ARITY else "constant"
            message = f"`{name}` is a {kind} of the formula language"
            hint = "choose another name"
        else:
            return name
        self.problems.add(message, key.span, hint)
        return None

    def text(self, node: Node, what: str, expected: str) -> Scalar | None:
        """Return a scalar that holds a text which is not empty."""
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node
        hint = ""
        if isinstance(node, Mapping | List):
            hint = "quote a formula that begins with { or ["
        self.wrong(what, expected, node, hint)
        return None

    def formula(self, node: Node, what: str, *, number: bool = False) -> Formula | None:
        """Return a parsed formula; a plain number is one only if `number`."""
        if number and isinstance(node, Scalar) and type(node.value) in (int, float):
            return None if self.number(node, what) is None else parse(node.excerpt())
        scalar = self.text(node, what, "a formula such as x**2 + y**2")
        if scalar is None:
            return None
        try:
            return parse(scalar.excerpt())
        except ConfigError as error:
            self.problems.extend(error)
            return None

    def numbers(
        self, node: Node, what: str, *, infinite: bool = False
    ) -> tuple[tuple[int, ...], list[float]] | None:
        """Return shape and entries of a number or of nested lists of numbers."""
        if not isinstance(node, List):
            number = self.number(node, what, infinite=infinite)
            return None if number is None else ((), [number])
        parts = [self.numbers(item, what, infinite=infinite) for item in node.items]
        if not parts:
            self.wrong(what, "at least one number", node)
            return None
        entries: list[float] = []
        for part, item in zip(parts, node.items, strict=True):
            if part is None or parts[0] is None:
                return None
            if part[0] != parts[0][0]:
                self.problems.add(f"{what}: the rows of an array have one length", item.span)
                return None
            entries += part[1]
        assert parts[0] is not None
        return (len(parts), *parts[0][0]), entries


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
