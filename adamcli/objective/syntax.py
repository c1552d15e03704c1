"""The formula language: Python's expression syntax, cut down to an allow-list.

`parse` turns text into the small tree of `tree`. Whatever is not listed below is an error that
points at its first character. Python never evaluates anything: `ast.parse` only builds a tree.
"""

from __future__ import annotations

import ast
import warnings
from itertools import accumulate
from math import inf, nan
from typing import TYPE_CHECKING, TypeGuard, TypeVar

from adamcli.diagnostics import ConfigError, Problems, fail
from adamcli.objective.characters import refuse_characters
from adamcli.objective.functions import ARITY, CONSTANTS, WITH_AXIS, WITH_TUPLE
from adamcli.objective.hints import (
    COLON,
    EQUAL,
    OF_CONDITIONS,
    STATEMENT,
    arity_hint,
    attribute_hint,
    function_hint,
    method_hint,
)
from adamcli.objective.tree import Call, Formula, Index, Name, Number
from adamcli.paths import joined

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.diagnostics import Excerpt
    from adamcli.objective.tree import Expression

S = TypeVar("S")
T = TypeVar("T")

MAX_LENGTH = 20_000
"""The most characters in a formula: enough for a thousand terms, too few to stall a parser."""

MAX_DEPTH = 90
"""The most levels of nesting; Python's own parser fails at 200 parentheses."""


def parse(excerpt: Excerpt, *, dotted: bool = False) -> Formula:
    """Return the tree of a formula.

    `dotted` allows names with dots (`best.score`), as in expectations; elsewhere they count as
    plain names.

    Raises `ConfigError`, which points at the character.
    """
    _refuse_hostile(excerpt)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(excerpt.text)
    except SyntaxError as error:
        from adamcli.objective.unreadable import syntax_error

        raise syntax_error(excerpt, error) from None
    except (RecursionError, MemoryError):
        raise _too_deep(excerpt) from None
    except ValueError as error:
        raise fail(f"the formula cannot be read: {error}", excerpt.span(0, 1)) from None
    return _Reader(excerpt, dotted).formula(module)


def _refuse_hostile(excerpt: Excerpt) -> None:
    text = excerpt.text
    if not text.strip():
        raise fail("expected a formula, found nothing", excerpt.span(0, 1))
    if len(text) > MAX_LENGTH:
        message = f"the formula has {len(text):,} characters; the most is {MAX_LENGTH:,}"
        raise fail(message, excerpt.span(MAX_LENGTH, MAX_LENGTH + 1))
    refuse_characters(excerpt)
    depth = 0
    for offset, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise _too_deep(excerpt, offset)


def _too_deep(excerpt: Excerpt, offset: int = 0) -> ConfigError:
    hint = "name intermediate values on lines of their own: r = x + y"
    return fail("the formula is nested too deeply", excerpt.span(offset, offset + 1), hint)


_OPERATORS = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.MatMult: "matmul",
    ast.USub: "negative",
    ast.Not: "logical_not",
    ast.And: "logical_and",
    ast.Or: "logical_or",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
"""The function of each operator."""

_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.BitXor: ("`^` is not a power", "write `**`"),
    ast.Mod: ("`%` is not part of the formula language", "write x - y*floor(x/y)"),
    ast.FloorDiv: ("`//` is not part of the formula language", "write floor(x/y)"),
    ast.BitOr: ("`|` is not part of the formula language", "write abs(x), or `or` in a condition"),
    ast.BitAnd: ("`&` is not part of the formula language", "write `and`"),
    ast.Invert: ("`~` is not part of the formula language", "write `not`"),
    ast.IfExp: ("`if` ... `else` is not part of the formula language", f"write {OF_CONDITIONS}"),
    ast.Lambda: ("functions cannot be defined in a formula", ""),
    ast.JoinedStr: ("text is not part of the formula language", ""),
    ast.List: (
        "lists are not part of the formula language",
        "write stack(a, b), or group by (...)",
    ),
    ast.Set: ("braces are not part of the formula language", "group by (...)"),
    ast.Starred: ("expected a value, found `*`", ""),
    ast.Tuple: ("a formula has one value, found several", "remove the comma"),
    ast.NamedExpr: ("`:=` is not part of the formula language", "write name = ... on its own line"),
}
"""Messages and hints for what is likely to be typed but is not part of the language."""


class _Lines:
    """The lines of a text, as Python's parser counts: from 1, with columns in bytes of UTF-8."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True)
        self._starts = [*accumulate(map(len, self._lines), initial=0)]
        self._places: dict[int, list[int]] = {}

    def offset(self, line: int, column: int) -> int:
        """Return the place in the text."""
        number = line - 1
        if number < len(self._lines) and not self._lines[number].isascii():
            column = self._characters(number)[column]
        return self._starts[number] + column

    def _characters(self, number: int) -> list[int]:
        """Return the character in a line to which each of its bytes belongs, and the end."""
        if number not in self._places:
            text = self._lines[number]
            sizes = (len(c.encode()) for c in text)
            each = [k for k, size in enumerate(sizes) for _ in range(size)]
            self._places[number] = [*each, len(text)]
        return self._places[number]


class _Reader:
    """Turns the nodes of one `ast` tree into expressions and refuses all that is not listed."""

    def __init__(self, excerpt: Excerpt, dotted: bool) -> None:
        self._excerpt = excerpt
        self._dotted = dotted
        self._problems = Problems()
        self._lines = _Lines(excerpt.text)

    def formula(self, module: ast.Module) -> Formula:
        if not module.body:
            raise fail("expected a formula, found only a comment", self._excerpt.span(0, 1))
        lines = [self._noted(self._assignment, statement) for statement in module.body[:-1]]
        value = self._noted(self._value, module.body[-1])
        self._problems.raise_if_any()
        assert value is not None
        return Formula(self._excerpt, tuple(line for line in lines if line is not None), value)

    def _noted(self, read: Callable[[S], T], node: S) -> T | None:
        """Return what `read` makes of a node; None if it is wrong, which is noted."""
        try:
            return read(node)
        except ConfigError as error:
            self._problems.extend(error)
            return None

    def _value(self, statement: ast.stmt) -> Expression:
        if isinstance(statement, ast.Assign | ast.AugAssign):
            if self._dotted:
                raise self._refuse(statement, "expected a comparison, found `=`", EQUAL)
            raise self._refuse(statement, "the last line must be the value, a formula without `=`")
        if not isinstance(statement, ast.Expr):
            is_pair = isinstance(statement, ast.AnnAssign)
            raise self._refuse(statement, STATEMENT, COLON if is_pair else "")
        return self._expression(statement.value, 0)

    def _assignment(self, statement: ast.stmt) -> tuple[Name, Expression]:
        if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
            hint = "put parentheses around a formula that spans several lines"
            raise self._refuse(statement, "expected `name = formula` before the last line", hint)
        target = statement.targets[0]
        if not isinstance(target, ast.Name):
            raise self._refuse(target, "expected a plain name on the left of `=`")
        if target.id in ARITY or target.id in CONSTANTS:
            raise self._refuse(target, f"`{target.id}` already has a meaning, choose another name")
        return Name(target.id, *self._place(target)), self._expression(statement.value, 0)

    def _expression(self, node: ast.expr, depth: int) -> Expression:
        """Return the expression of a node; one that is wrong, which is noted, is NaN."""
        try:
            return self._read(node, depth)
        except ConfigError as error:
            # Go on, so that all problems of the formula are reported together.
            self._problems.extend(error)
            return Number(nan, *self._place(node))

    def _read(self, node: ast.expr, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise _too_deep(self._excerpt, self._place(node)[0])
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return Name(node.id, *self._place(node))
            case ast.BinOp():
                return self._binary(node, depth)
            case ast.UnaryOp():
                return self._unary(node, depth)
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.BoolOp():
                values = [self._expression(value, depth + 1) for value in node.values]
                return self._chain(_OPERATORS[type(node.op)], values)
            case ast.Call():
                return self._call(node, depth)
            case ast.Subscript() if self._dotted and _is_key(node.slice):
                return Name(self._dotted_name(node), *self._place(node))
            case ast.Subscript():
                return self._index(node, depth)
            case ast.Attribute() if self._dotted:
                return Name(self._dotted_name(node), *self._place(node))
            case ast.Attribute():
                message = "names with dots are not part of the formula language"
                raise self._refuse(node, message, attribute_hint(node.attr))
        raise self._unlisted(node, *self._place(node))

    def _number(self, node: ast.Constant) -> Number:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            found = "text" if isinstance(value, str | bytes) else f"`{value!r}`"
            raise self._refuse(node, f"expected a number, found {found}")
        try:
            number = float(value)
        except OverflowError:
            number = inf
        return Number(number, *self._place(node))

    def _binary(self, node: ast.BinOp, depth: int) -> Expression:
        # A sum of a thousand terms is a thousand levels deep on its left, too deep to recurse.
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        result = self._expression(chain[-1].left, depth + 1)
        for link in reversed(chain):
            at, name = self._operator(link), _OPERATORS.get(type(link.op))
            right = self._expression(link.right, depth + 1)
            if name is None:
                self._problems.extend(self._unlisted(link.op, *at))
            else:
                result = Call(name, (result, right), *self._place(link), at=at)
        return result

    def _operator(self, node: ast.BinOp) -> tuple[int, int]:
        start, end = self._place(node.left)[1], self._place(node.right)[0]
        between = self._excerpt.text[start:end]
        skip = len(between) - len(between.lstrip(" )\t\n"))
        return start + skip, max(start + skip + 1, start + len(between.rstrip(" (\t\n")))

    def _unary(self, node: ast.UnaryOp, depth: int) -> Expression:
        operand = self._expression(node.operand, depth + 1)
        if isinstance(node.op, ast.UAdd):
            return operand
        name = _OPERATORS.get(type(node.op))
        if name is None:
            raise self._unlisted(node.op, *self._place(node))
        return Call(name, (operand,), *self._place(node))

    def _comparison(self, node: ast.Compare, depth: int) -> Expression:
        operands = [self._expression(n, depth + 1) for n in (node.left, *node.comparators)]
        links: list[Expression] = []
        for operator, left, right in zip(node.ops, operands, operands[1:], strict=False):
            name = _OPERATORS.get(type(operator))
            if name is None:
                raise self._refuse(node, "expected one of < <= > >= == !=")
            links.append(Call(name, (left, right), left.start, right.end))
        return self._chain("logical_and", links)

    def _chain(self, name: str, values: list[Expression]) -> Expression:
        result = values[0]
        for value in values[1:]:
            result = Call(name, (result, value), result.start, value.end)
        return result

    def _call(self, node: ast.Call, depth: int) -> Expression:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        arity = ARITY.get(name, len(node.args))
        fewest, most = arity if isinstance(arity, tuple) else (arity, arity)
        given = _without_tuple(node.args, fewest) if name in WITH_TUPLE else node.args
        args = tuple(self._expression(arg, depth + 1) for arg in given)
        if name not in ARITY:
            raise self._no_function(node.func)
        if not fewest <= len(given) <= most:
            plural = "argument" if most == 1 else "arguments"
            many = str(fewest) if fewest == most else f"{fewest} or more"
            message = f"`{name}` takes {many} {plural}, found {len(given)}"
            raise self._refuse(node, message, arity_hint(name))
        return Call(name, args, *self._place(node), axis=self._axis(node, name))

    def _no_function(self, called: ast.expr) -> ConfigError:
        """Return the error of something that is called, but is no function of the language."""
        if isinstance(called, ast.Name):
            hint = function_hint(called.id)
            return self._refuse(called, f"unknown function `{called.id}`", hint)
        hint = "a product needs its sign: write 2*(x + 1)"
        if isinstance(called, ast.Attribute):
            hint = method_hint(called.attr)
        message = "only the functions of the formula language can be called"
        return self._refuse(called, message, hint)

    def _axis(self, node: ast.Call, name: str) -> int | None:
        for keyword in node.keywords:
            if keyword.arg != "axis" or name not in WITH_AXIS:
                allowed = "only axis=" if name in WITH_AXIS else "no named arguments"
                hint = EQUAL if name == "where" else ""
                raise self._refuse(keyword.value, f"`{name}` takes {allowed}", hint)
            return self._whole_number(keyword.value, "the axis, such as axis=0")
        return None

    def _index(self, node: ast.Subscript, depth: int) -> Expression:
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        key = tuple(map(self._position, items))
        return Index(self._expression(node.value, depth + 1), key, *self._place(node))

    def _position(self, node: ast.expr) -> int | slice | None:
        if isinstance(node, ast.Constant) and node.value is None:
            return None
        if not isinstance(node, ast.Slice):
            return self._whole_number(node)
        parts = (node.lower, node.upper, node.step)
        start, stop, step = (None if p is None else self._whole_number(p) for p in parts)
        if step == 0:
            raise self._refuse(node, "the step of a slice cannot be 0")
        return slice(start, stop, step)

    def _whole_number(self, node: ast.expr, what: str = "an index, such as x[0]") -> int:
        sign, inner = 1, node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            sign, inner = -1, node.operand
        if not (isinstance(inner, ast.Constant) and type(inner.value) is int):
            raise self._refuse(node, f"expected a whole number as {what}")
        return sign * inner.value

    def _dotted_name(self, node: ast.expr) -> str:
        """Return a field: `best.score`, or of an entry: `fit.parameters.w[0,1].stderr`."""
        if isinstance(node, ast.Attribute):
            return f"{self._dotted_name(node.value)}.{node.attr}"
        if isinstance(node, ast.Subscript):
            if _is_key(node.slice):
                return joined(self._dotted_name(node.value), str(node.slice.value))
            items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            key = ",".join(str(self._whole_number(item)) for item in items)
            return f"{self._dotted_name(node.value)}[{key}]"
        if not isinstance(node, ast.Name):
            raise self._refuse(node, "expected a field such as best.score")
        return node.id

    def _place(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        at = self._lines.offset
        return at(node.lineno, node.col_offset), at(end_line, end_column)

    def _refuse(self, node: ast.expr | ast.stmt, message: str, hint: str = "") -> ConfigError:
        return fail(message, self._excerpt.span(*self._place(node)), hint)

    def _unlisted(self, node: ast.AST, start: int, end: int) -> ConfigError:
        message, hint = _REFUSED.get(type(node), ("this is not part of the formula language", ""))
        return fail(message, self._excerpt.span(start, end), hint)


def _is_key(node: ast.expr) -> TypeGuard[ast.Constant]:
    """Return whether what stands in brackets is a text, as in `x["t (s)"]`."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _without_tuple(args: list[ast.expr], place: int) -> list[ast.expr]:
    """Return arguments of which the last, in that place, may be a tuple, replaced by its items."""
    last = args[-1] if len(args) == place else None
    return [*args[:-1], *last.elts] if isinstance(last, ast.Tuple) else args
