"""The rule `init` of a variable: `normal(0.1)`, `uniform(-1, 1)`, `glorot`."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING

from adamcli.config.document import Scalar, resolve
from adamcli.diagnostics import meant
from adamcli.optimizer.initial import KINDS, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adamcli.config.document import Node
    from adamcli.config.values import ValueReader

_CALL = re.compile(r"\s*(\w+)\s*(?:\((.*)\)\s*)?", re.DOTALL)


def read_rule(
    values: ValueReader, node: Node, what: str, shape: tuple[int, ...] | None
) -> Rule | None:
    """Return the rule in `node` for a variable of that shape (None: a number), if it is one."""
    text = node.value if isinstance(node, Scalar) else None
    found = _CALL.fullmatch(text) if isinstance(text, str) else None
    if found is None or found[1] not in KINDS:
        hint = meant(found[1], KINDS) if found else ""
        if isinstance(text, str) and "(" in text and ")" not in text:
            hint = 'within braces, quote it: init: "uniform(-1, 1)"'
        values.wrong(what, "one of " + ", ".join(map(_form, KINDS)), node, hint)
        return None
    name, kind = found[1], KINDS[found[1]]
    numbers = _numbers(found[2])
    if numbers is None or len(numbers) != len(kind.parameters):
        values.wrong(what, _form(name), node, f"write {_EXAMPLES.get(name, name)}")
        return None
    wrong = _CHECKS[name](*numbers) if name in _CHECKS else ""
    if wrong:
        values.problems.add(f"{what}: {wrong}", node.span, f"write {_EXAMPLES[name]}")
        return None
    if kind.needs_shape and shape is None:
        message = f"{what}: {name} depends on the shape, and there is none"
        values.problems.add(message, node.span, "add, for example, shape: [64, 32]")
        return None
    return Rule(_form(name, map(repr, numbers)), *kind.make(shape, *numbers))


def _numbers(text: str | None) -> list[float] | None:
    """Return the numbers between the brackets, none if there are no brackets; None if wrong."""
    found: list[float] = []
    for part in text.split(",") if text is not None else ():
        value = resolve(part.strip())
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            return None
        found.append(float(value))
    return found


def _form(name: str, arguments: Iterable[str] | None = None) -> str:
    """Return the rule `name` as a config has it."""
    inner = ", ".join(KINDS[name].parameters if arguments is None else arguments)
    return f"{name}({inner})" if inner else name


def _wrong_deviation(s: float) -> str:
    return "" if s > 0 else f"a standard deviation is above 0, found {s!r}"


def _wrong_ends(a: float, b: float) -> str:
    good = a <= b and isfinite(b - a)
    return "" if good else f"no number can be drawn from {a!r} to {b!r}"


_EXAMPLES = {"normal": "normal(0.1)", "uniform": "uniform(-1, 1)"}

_CHECKS: dict[str, Callable[..., str]] = {"normal": _wrong_deviation, "uniform": _wrong_ends}
"""What is wrong with the numbers of a rule, a text that is empty if nothing is."""
