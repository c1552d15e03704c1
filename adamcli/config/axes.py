"""The axes of a sweep: `alpha=log(1e-4,1e-1,20)`, `seed=0..99`, `bounds.x=[-1,1],[-2,2]`.

An axis is a key of the config with the values it takes. Its text is a list of pieces between
commas: a value as YAML has it, `a..b` or `a..b..step`, `lin(a,b,n)` or `log(a,b,n)`. Where values
are drawn, it is one of `uniform(a,b)`, `loguniform(a,b)` and `choice(...)`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from math import isfinite, isinf
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config.axis_values import (
    Axis,
    AxisValues,
    Drawn,
    LinePlaces,
    PiecePlaces,
    shown,
    value_of,
)
from adamcli.config.document import List, Scalar, read_node, resolve
from adamcli.config.ranges import (
    MAX_VALUES,
    NUMBER,
    RangeError,
    linear,
    logarithmic,
    parse_count,
    parse_number,
    stepped,
)
from adamcli.config.write import flow
from adamcli.diagnostics import ConfigError, Problems, Source, did_you_mean, fail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adamcli.config.document import Node
    from adamcli.diagnostics import Excerpt, Span


RANGES = {"lin": linear, "log": logarithmic}

FORMULAS = ("objective", "alpha", "beta1", "beta2", "eps")
"""The keys whose values may be formulas."""

MOST_WHOLE = 2**53
"""Beyond it not every whole number is a float."""

DRAWN = ("uniform", "loguniform", "choice")

_PLAIN_NUMBER = re.compile(rf"\s*{NUMBER}\s*")
_FRACTION = re.compile(r"[.eE]")
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)
_STEPS = re.compile(rf"\s*({NUMBER})\s*\.\.\s*({NUMBER})(?:\s*\.\.\s*({NUMBER}))?\s*")


def parse_axis(key: str, excerpt: Excerpt, span: Span) -> Axis:
    """Return the axis whose values `excerpt` describes; `span` is where its key stands.

    Raises `ConfigError` for an axis that is empty, has a value twice, or cannot be read.
    """
    pieces = _pieces(excerpt)
    text = ",".join(piece.strip() for _, piece in pieces)
    if not text:
        raise fail(f"the axis `{key}` is empty", span, "write, for example, 0.01,0.1 or 0..9")
    call = _call(pieces[0][1]) if len(pieces) == 1 else None
    if call is not None and call[1] in DRAWN:
        return Axis(key, text, _drawn(key, excerpt, call, pieces[0][0]), span)
    return Axis(key, text, _checked(key, [_piece(key, excerpt, *p) for p in pieces]), span)


def listed_axis(key: str, nodes: Sequence[Node], span: Span) -> Axis:
    """Return the axis of values that stand in a list, each as a config has it."""
    if not nodes:
        raise fail(f"the axis `{key}` is empty", span, "write, for example, [0.01, 0.1]")
    text = ",".join(shown(node) for node in nodes)
    return Axis(key, text, _checked(key, [_of_node(node) for node in nodes]), span)


def axis_of_values(key: str, values: Any) -> Axis:
    """Return the axis of values in Python: a text as `-p` has it, an array, or anything listed.

    Raises `ConfigError` for an axis that is empty, has a value twice, or cannot be read.
    """
    if isinstance(values, str):
        source = Source(key, values)
        return parse_axis(key, source.whole(), source.span(0, max(1, len(values))))
    numbers = np.asarray(values if hasattr(values, "dtype") or isinstance(values, range) else ())
    if numbers.ndim == 1 and numbers.size and numbers.dtype.kind in "iuf":
        whole = bool(numbers.dtype.kind in "iu" and (abs(numbers) <= MOST_WHOLE).all())
        if np.isfinite(numbers).all():
            places = PiecePlaces(((0, Source(key, "[...]").span(0, 5)),))
            found = AxisValues(numbers.astype(float), (), whole, places)
            return Axis(key, "", _checked(key, [found]), places.at(0))
    text = flow(list(values))
    problems, source = Problems(), Source(key, text)
    node = read_node(source, 0, problems)
    problems.raise_if_any()
    assert isinstance(node, List)
    return listed_axis(key, node.items, source.span(0, 1))


def column_axis(key: str, cells: Sequence[str], rows: LinePlaces, span: Span) -> Axis:
    """Return the axis of a column of a plan, in which values may come again.

    `span` is where its header stands.
    """
    if all(map(_PLAIN_NUMBER.fullmatch, cells)):
        numbers = np.array([float(cell) for cell in cells])
        if np.isfinite(numbers).all():
            whole = not any(map(_FRACTION.search, cells)) and (abs(numbers) <= MOST_WHOLE).all()
            # A whole number has no negative zero.
            numbers = numbers + 0.0 if whole else numbers
            return Axis(key, "", AxisValues(numbers, (), bool(whole), rows), span)
    known: dict[str, Node] = {}
    for number, cell in enumerate(cells):
        if cell not in known:
            known[cell] = _cell(key, cell, number, rows, span)
    return Axis(key, "", AxisValues(None, tuple(known[cell] for cell in cells), False, rows), span)


def _cell(key: str, cell: str, number: int, rows: LinePlaces, span: Span) -> Node:
    text = cell.strip()
    if not text:
        raise fail(f"the column `{key}` has an empty cell", rows.at(number))
    try:
        # The place of a value is looked for when it is asked for.
        return _value(Source("", text).whole(), 0, text, span)
    except ConfigError as error:
        raise fail(error.problems[0].message, rows.at(number), error.problems[0].hint) from None


def _pieces(excerpt: Excerpt) -> list[tuple[int, str]]:
    """Return the pieces between the commas outside all brackets and quotes, with their offsets."""
    text, found, start = excerpt.text, [], 0
    for i, c, depth in _outside_quotes(text):
        if c == "," and depth <= 0:
            found.append((start, text[start:i]))
            start = i + 1
    return [*found, (start, text[start:])]


def _outside_quotes(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield the characters outside of quotes, with their places and how many brackets are open.

    A quote begins where a value does; inside single quotes a doubled one stands for itself, and
    inside double quotes one behind a backslash.
    """
    depth, i, before = 0, 0, ","
    while i < len(text):
        c = text[i]
        if c in "\"'" and before in ",[{(:":
            closing = _DOUBLE_QUOTED if c == '"' else _SINGLE_QUOTED
            match = closing.match(text, i)
            i = match.end() if match is not None else len(text)
            before = c
            continue
        depth += (c in "([{") - (c in ")]}")
        yield i, c, depth
        before = c if not c.isspace() else before
        i += 1


_SINGLE_QUOTED = re.compile(r"'(?:[^']|'')*'")
_DOUBLE_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _call(text: str) -> re.Match[str] | None:
    """Return the name and the arguments of a call, if `text` is one and nothing behind it."""
    match = _CALL.fullmatch(text)
    if match is None:
        return None
    closed = [i for i, c, depth in _outside_quotes(text) if c == ")" and depth == 0]
    return match if closed[:1] == [len(text.rstrip()) - 1] else None


def _piece(key: str, excerpt: Excerpt, start: int, text: str) -> AxisValues:
    span = excerpt.span(start + len(text) - len(text.lstrip()), start + max(1, len(text.rstrip())))
    if not text.strip():
        raise fail(f"the axis `{key}` has an empty value", span, "remove one of the commas")
    try:
        call, steps = _call(text), _STEPS.fullmatch(text)
        if steps is not None:
            ends = [parse_number(part) for part in steps.groups("1")]
            return _of_range(stepped(*ends), [p for p in steps.groups() if p], span)
        if call is not None and call[1] in RANGES and not _is_formula(key, call):
            parts = _arguments(call, 3, "a first value, a last value and how many")
            first, last, count = *map(parse_number, parts[:2]), parse_count(parts[2])
            return _of_range(RANGES[call[1]](first, last, count), parts, span)
    except RangeError as error:
        raise fail(f"{key}: {text.strip()}: {error}", span) from None
    if call is not None and call[1] in DRAWN:
        message = f"{key}: {call[1]}(...) draws all values of an axis, and stands alone"
        raise fail(message, span)
    if call is not None and key not in FORMULAS:
        hint = did_you_mean(call[1], [*RANGES, *DRAWN])
        raise fail(f"{key}: there is no range `{call[1]}`", span, hint)
    return _of_node(_value(excerpt, start, text, span))


def _is_formula(key: str, call: re.Match[str]) -> bool:
    """Return whether a call is a formula, as in alpha=log(t), and not a range."""
    inner = call[2].strip()
    return key in FORMULAS and bool(inner) and "," not in inner and not re.fullmatch(NUMBER, inner)


def _value(excerpt: Excerpt, start: int, text: str, span: Span) -> Node:
    """Return the node of one value; a plain text keeps its place in the file."""
    if text.strip()[0] not in "\"'[{":
        return Scalar(resolve(text.strip()), text.strip(), span, True)
    problems = Problems()
    try:
        node = read_node(Source("", text), 0, problems)
        problems.raise_if_any()
    except ConfigError as error:
        raise fail(error.problems[0].message, span, error.problems[0].hint) from None
    assert node is not None
    return node._replace(span=span)


def _of_range(values: list[float], parts: Iterable[str], span: Span) -> AxisValues:
    numbers = np.array(values)
    written_whole = all(re.fullmatch(r"\s*[-+]?\d+\s*", part) for part in parts)
    whole = written_whole and not (numbers % 1).any() and bool((abs(numbers) <= MOST_WHOLE).all())
    return AxisValues(numbers, (), whole, PiecePlaces(((0, span),)))


def _of_node(node: Node) -> AxisValues:
    places = PiecePlaces(((0, node.span),))
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):
            if isfinite(float(value)):
                whole = isinstance(value, int) and abs(value) <= MOST_WHOLE
                return AxisValues(np.array([float(value)]), (), whole, places)
    return AxisValues(None, (node,), False, places)


def _joined(parts: Sequence[AxisValues]) -> AxisValues:
    if len(parts) == 1:
        return parts[0]
    firsts = np.cumsum([0, *(part.size for part in parts)]).tolist()
    pieces = PiecePlaces(tuple((f, p.places.at(0)) for f, p in zip(firsts, parts, strict=False)))
    numbers = [part.numbers for part in parts if part.numbers is not None]
    if len(numbers) == len(parts):
        whole = all(part.whole for part in parts)
        return AxisValues(np.concatenate(numbers), (), whole, pieces)
    nodes = [part.node(i) for part in parts for i in range(part.size)]
    return AxisValues(None, tuple(nodes), False, pieces)


def _checked(key: str, parts: Sequence[AxisValues]) -> AxisValues:
    """Return all parts as one; a value that comes twice would be a run that is made twice."""
    values = _joined(parts)
    if values.size > MAX_VALUES:
        message = f"the axis `{key}` has {values.size:,} values; the most is {MAX_VALUES:,}"
        raise fail(message, values.places.at(0))
    again = _again(values)
    if again is not None:
        message = f"the axis `{key}` has the value {values.text(again)} twice"
        raise fail(message, values.places.at(again))
    return values


def _again(values: AxisValues) -> int | None:
    """Return the place of the first value that was there before, if there is one."""
    if values.numbers is not None:
        order = np.argsort(values.numbers, kind="stable")
        equal = np.flatnonzero(np.diff(values.numbers[order]) == 0)
        return int(order[equal + 1].min()) if equal.size else None
    seen: set[object] = set()
    for i, node in enumerate(values.nodes):
        value = value_of(node)
        if value in seen:
            return i
        seen.add(value)
    return None


def _drawn(key: str, excerpt: Excerpt, call: re.Match[str], start: int) -> Drawn:
    span = excerpt.span(start + call.start(1), start + len(call[0].rstrip()))
    kind = call[1]
    if kind == "choice":
        # What stands in the brackets is an axis of its own; the rest is blanked to keep positions.
        inner = " " * (start + call.start(2)) + call[2]
        choices = parse_axis(key, excerpt._replace(text=inner), span).values
        if isinstance(choices, Drawn):
            raise fail(f"{key}: choice(...) takes values and ranges", span)
        return Drawn(kind, 0.0, 0.0, choices, span)
    try:
        low, high = map(float, map(parse_number, _arguments(call, 2, "two ends")))
    except RangeError as error:
        raise fail(f"{key}: {call[0].strip()}: {error}", span) from None
    if not low < high or isinf(high - low):
        reason = "the first end is below the second" if not low < high else "too far apart"
        raise fail(f"{key}: {kind}: {reason}", span)
    if kind == "loguniform" and low <= 0:
        raise fail(f"{key}: loguniform: both ends are above 0", span)
    return Drawn(kind, low, high, None, span)


def _arguments(call: re.Match[str], count: int, expected: str) -> list[str]:
    parts = call[2].split(",")
    if len(parts) != count:
        found = len(parts) if call[2].strip() else "none"
        raise RangeError(f"expected {expected}, found {found}")
    return parts
