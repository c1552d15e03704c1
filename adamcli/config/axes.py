"""The axes of a sweep: `alpha=log(1e-4,1e-1,20)`, `seed=0..99`, `bounds.x=[-1,1],[-2,2]`.

An axis is a key of the config with the values it takes. Its text is either a list of pieces between
commas, each a YAML value, `a..b`, `a..b..step`, `lin(a,b,n)` or `log(a,b,n)`; or one distribution:
`uniform(a,b)`, `loguniform(a,b)` or `choice(...)`.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from math import isinf
from sys import float_info
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config import ranges
from adamcli.config.axis_values import Axis, AxisValues, Drawn, PiecePlaces, shown, value_of
from adamcli.config.commas import comma_problem, decimal_comma
from adamcli.config.document import (
    List,
    Scalar,
    number_of,
    read_node,
    relocated,
    require_text,
    resolve,
)
from adamcli.config.keys import OBJECTIVE_KEYS
from adamcli.config.notations import DOTS, hint_for, meant_by_dots
from adamcli.config.ranges import MAX_VALUES, NUMBER, RangeError, parse_number
from adamcli.config.write import flow
from adamcli.diagnostics import ConfigError, Problems, Source, did_you_mean, fail
from adamcli.objective.functions import ARITY
from adamcli.optimizer.hyperparameters import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from adamcli.config.cells import CellPlaces
    from adamcli.config.document import Node
    from adamcli.diagnostics import Excerpt, Span


_RANGES = {"lin": ranges.linear, "log": ranges.logarithmic}

_DISTRIBUTIONS = ("uniform", "loguniform", "choice")

_FORMULAS = ("objective", "model", "sigma", "loss", *NAMES)
"""The keys whose values may be formulas."""

_MAX_WHOLE = 2**53
"""Above it, not every whole number is a float."""

_PLAIN_NUMBER = re.compile(rf"\s*{NUMBER}\s*")
_FRACTION = re.compile(r"[.eE]")
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)
_BEGUN = re.compile(rf"\s*(?:{NUMBER}|[-+]?\.?(?:inf|nan))\s*\.\.", re.IGNORECASE)
_STEPS = re.compile(rf"\s*({NUMBER})\s*\.\.\s*({NUMBER})(?:\s*\.\.\s*({NUMBER}))?\s*")


def parse_axis(key: str, excerpt: Excerpt, span: Span) -> Axis:
    """Return the axis with the values in `excerpt`; `span` is that of its key.

    Raises `ConfigError` for an axis that is empty, has a value twice, or cannot be read.
    """
    require_text(excerpt.source)
    comma = decimal_comma(excerpt.text)
    if comma is not None:
        raise comma_problem(excerpt.text[slice(*comma)], excerpt.span(*comma))
    pieces = _pieces(excerpt)
    text = ",".join(piece.strip() for _, piece in pieces)
    if not text:
        raise fail(f"the axis `{key}` is empty", span, "write, for example, 0.01,0.1 or 0..9")
    _refuse_dots(key, excerpt, pieces)
    call = _match_call(pieces[0][1]) if len(pieces) == 1 else None
    if call is not None and call[1] in _DISTRIBUTIONS:
        return Axis(key, text, _read_distribution(key, excerpt, call), span)
    return Axis(key, text, _joined(key, [_read_piece(key, excerpt, *p) for p in pieces]), span)


def is_several(key: str, text: str) -> bool:
    """Return whether the values of an axis, as `-p` takes them, are more than one."""
    source = Source(key, text)
    try:
        values = parse_axis(key, source.whole(), source.span(0, 1)).values
    except ConfigError:
        return False
    return isinstance(values, Drawn) or values.size > 1


def listed_axis(key: str, nodes: Sequence[Node], span: Span) -> Axis:
    """Return the axis with the values of a list in a config."""
    if not nodes:
        raise fail(f"the axis `{key}` is empty", span, "write, for example, [0.01, 0.1]")
    text = ",".join(shown(node) for node in nodes)
    return Axis(key, text, _joined(key, [_one_value(node) for node in nodes]), span)


def axis_of_values(key: str, values: Any) -> Axis:
    """Return the axis with Python values: a text as `-p` takes it, an array, or any iterable.

    Raises `ConfigError` for an axis that is empty, has a value twice, or cannot be read.
    """
    if isinstance(values, str):
        source = Source(key, values)
        return parse_axis(key, source.whole(), source.span(0, max(1, len(values))))
    numbers = np.asarray(values if hasattr(values, "dtype") or isinstance(values, range) else ())
    kind = numbers.dtype.kind
    if numbers.ndim == 1 and numbers.size and kind in "iuf" and np.isfinite(numbers).all():
        span = Source(key, "[...]").span(0, 5)
        whole = kind in "iu" and bool((abs(numbers) <= _MAX_WHOLE).all())
        found = AxisValues(numbers.astype(float), (), whole, PiecePlaces(((0, span),)))
        return Axis(key, "", _joined(key, [found]), span)
    source = Source(key, flow(list(values)))
    node = _read_yaml(source)
    assert isinstance(node, List)
    return listed_axis(key, node.items, source.span(0, 1))


def column_axis(key: str, cells: Sequence[str], rows: CellPlaces, span: Span) -> Axis:
    """Return the axis of a column of a plan, where values may repeat; `span` is its header's."""
    if all(map(_PLAIN_NUMBER.fullmatch, cells)):
        numbers = np.array([float(cell) for cell in cells])
        if np.isfinite(numbers).all():
            whole = not any(map(_FRACTION.search, cells)) and (abs(numbers) <= _MAX_WHOLE).all()
            # A whole number has no negative zero.
            numbers = numbers + 0.0 if whole else numbers
            return Axis(key, "", AxisValues(numbers, (), bool(whole), rows), span)
    known: dict[str, Node] = {}
    for i, cell in enumerate(cells):
        if cell in known:
            continue
        if not cell.strip():
            raise fail(f"the column `{key}` has an empty cell", rows.at(i))
        # The place of a value is looked up only when it is needed.
        with _pointing(rows.within(i)):
            known[cell] = _read_value(cell)
    return Axis(key, "", AxisValues(None, tuple(known[cell] for cell in cells), False, rows), span)


def _pieces(excerpt: Excerpt) -> list[tuple[int, str]]:
    """Return the pieces between the commas outside brackets and quotes, with their offsets."""
    text, found, start = excerpt.text, [], 0
    for i, c, depth in _outside_quotes(text):
        if c == "," and depth <= 0:
            found.append((start, text[start:i]))
            start = i + 1
    return [*found, (start, text[start:])]


_SINGLE_QUOTED = re.compile(r"'(?:[^']|'')*'")
_DOUBLE_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _outside_quotes(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield the characters outside quotes, with their offsets and the number of open brackets.

    A quote begins where a value does. Inside single quotes a doubled one stands for itself, and
    inside double quotes one after a backslash.
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


def _match_call(text: str) -> re.Match[str] | None:
    """Return the name and the arguments of a call, if `text` is one and nothing else."""
    match = _CALL.fullmatch(text)
    if match is None:
        return None
    closed = [i for i, c, depth in _outside_quotes(text) if c == ")" and depth == 0]
    return match if closed[:1] == [len(text.rstrip()) - 1] else None


def _read_piece(key: str, excerpt: Excerpt, start: int, text: str) -> AxisValues:
    span = _span_of(excerpt, start, text)
    if not text.strip():
        raise fail(f"the axis `{key}` has an empty value", span, "remove one of the commas")
    call = _match_call(text)
    try:
        found = _read_range(key, text, call, span)
    except RangeError as error:
        raise fail(f"{key}: {text.strip()}: {error}", span, hint_for(key, text)) from None
    if found is not None:
        return found
    if call is not None and call[1] in _DISTRIBUTIONS:
        message = f"{key}: {call[1]}(...) draws all values of an axis, so it must stand alone"
        raise fail(message, span)
    _refuse_others(key, text, call, span)
    with _pointing(lambda part: _within(excerpt, start, part)):
        node = _read_value(text)
    return _one_value(relocated(node, lambda part: _within(excerpt, start, part)))


def _read_range(key: str, text: str, call: re.Match[str] | None, span: Span) -> AxisValues | None:
    """Return the values of a range, or None for another text; raises `RangeError`."""
    steps = _STEPS.fullmatch(text)
    if steps is not None:
        ends = [parse_number(part) for part in steps.groups("1")]
        return _range_values(ranges.stepped(*ends), [p for p in steps.groups() if p], span)
    if _BEGUN.match(text):
        for part in text.split(".."):
            parse_number(part)
        raise RangeError("expected a..b, or a..b..step")
    if call is not None and call[1] in _RANGES and not _is_formula(key, call):
        parts = _arguments(call, 3, "a first value, a last value and a count")
        first, last, count = *map(parse_number, parts[:2]), ranges.parse_count(parts[2])
        return _range_values(_RANGES[call[1]](first, last, count), parts, span)
    return None


def _refuse_others(key: str, text: str, call: re.Match[str] | None, span: Span) -> None:
    """Raise `ConfigError` for values in the notation of other programs, and ranges of no name."""
    hint = "" if _takes_texts(key) else hint_for(key, text)
    if hint:
        raise fail(f"{key}: `{text.strip()}` is not how values are written here", span, hint)
    if call is not None and (not _takes_formulas(key) or _is_unknown_range(call)):
        hint = did_you_mean(call[1], [*_RANGES, *_DISTRIBUTIONS])
        raise fail(f"{key}: there is no kind of range called `{call[1]}`", span, hint)


def _refuse_dots(key: str, excerpt: Excerpt, pieces: Sequence[tuple[int, str]]) -> None:
    """Raise `ConfigError` for dots in place of values that would go on."""
    for start, text in pieces:
        if text.strip() in DOTS:
            hint = f"write {meant_by_dots([piece for _, piece in pieces])}"
            raise fail(f"{key}: dots stand for no values", _span_of(excerpt, start, text), hint)


def _is_unknown_range(call: re.Match[str]) -> bool:
    """Return whether a call is of numbers as ranges are, and of no function of formulas."""
    parts = call[2].split(",")
    numbers = len(parts) > 1 and all(map(_PLAIN_NUMBER.fullmatch, parts))
    return numbers and call[1] not in ARITY


def _span_of(excerpt: Excerpt, start: int, text: str) -> Span:
    """Return the span of the piece that begins at `start` of an excerpt, without blanks."""
    first = start + len(text) - len(text.lstrip())
    return excerpt.span(first, start + max(1, len(text.rstrip())))


def _within(excerpt: Excerpt, start: int, part: Span) -> Span:
    """Return the span of a part of the text that begins at `start` of an excerpt."""
    return excerpt.span(start + part.start, start + part.end)


def _is_formula(key: str, call: re.Match[str]) -> bool:
    """Return whether a call is a formula, as in alpha=log(t), and not a range."""
    inner = call[2].strip()
    return (
        _takes_formulas(key)
        and bool(inner)
        and "," not in inner
        and not re.fullmatch(NUMBER, inner)
    )


def _takes_texts(key: str) -> bool:
    """Return whether the values of a key may be any text, as a formula of several lines is."""
    return key.partition(".")[0] in (*OBJECTIVE_KEYS, "data", "stop", "metrics")


def _takes_formulas(key: str) -> bool:
    """Return whether the values of a key may be formulas, as those of alpha and alpha.x."""
    return key in _FORMULAS or key.partition(".")[0] in NAMES


def _read_value(text: str) -> Node:
    """Return the value of a text, with spans in that text, as those of a `ConfigError` are."""
    source, word = Source("", text), text.strip()
    if word[0] not in "\"'[{":
        start = len(text) - len(text.lstrip())
        return Scalar(resolve(word), word, source.span(start, start + len(word)), True)
    return _read_yaml(source)


@contextmanager
def _pointing(place: Callable[[Span], Span]) -> Iterator[None]:
    """Let the first problem of a text point to where `place` has its span."""
    try:
        yield
    except ConfigError as error:
        problem = error.problems[0]
        span = None if problem.span is None else place(problem.span)
        raise fail(problem.message, span, problem.hint) from None


def _read_yaml(source: Source) -> Node:
    problems = Problems()
    node = read_node(source, 0, problems)
    problems.raise_if_any()
    assert node is not None
    return node


def _range_values(values: list[float], parts: Iterable[str], span: Span) -> AxisValues:
    numbers = np.array(values)
    written_whole = all(re.fullmatch(r"\s*[-+]?\d+\s*", part) for part in parts)
    whole = written_whole and not (numbers % 1).any() and bool((abs(numbers) <= _MAX_WHOLE).all())
    return AxisValues(numbers, (), whole, PiecePlaces(((0, span),)))


def _one_value(node: Node) -> AxisValues:
    places, number = PiecePlaces(((0, node.span),)), number_of(node)
    if number is not None and abs(number) <= float_info.max:
        whole = isinstance(number, int) and abs(number) <= _MAX_WHOLE
        return AxisValues(np.array([float(number)]), (), whole, places)
    return AxisValues(None, (node,), False, places)


def _joined(key: str, parts: Sequence[AxisValues]) -> AxisValues:
    """Return all parts as one, without a duplicated value, which would repeat a run."""
    values = parts[0] if len(parts) == 1 else _concatenated(parts)
    if values.size > MAX_VALUES:
        message = f"the axis `{key}` has {values.size:,} values; the most is {MAX_VALUES:,}"
        raise fail(message, values.places.at(0))
    again = _first_duplicate(values)
    if again is not None:
        message = f"the axis `{key}` has the value {values.text(again)} twice"
        raise fail(message, values.places.at(again))
    return values


def _concatenated(parts: Sequence[AxisValues]) -> AxisValues:
    firsts = np.cumsum([0, *(part.size for part in parts)]).tolist()
    pieces = PiecePlaces(tuple((f, p.places.at(0)) for f, p in zip(firsts, parts, strict=False)))
    numbers = [part.numbers for part in parts if part.numbers is not None]
    if len(numbers) == len(parts):
        whole = all(part.whole for part in parts)
        return AxisValues(np.concatenate(numbers), (), whole, pieces)
    nodes = [part.node(i) for part in parts for i in range(part.size)]
    return AxisValues(None, tuple(nodes), False, pieces)


def _first_duplicate(values: AxisValues) -> int | None:
    """Return the place of the first value that repeats an earlier one, or None."""
    if values.numbers is not None:
        order = np.argsort(values.numbers, kind="stable")
        equal = np.flatnonzero(np.diff(values.numbers[order]) == 0)
        return int(order[equal + 1].min()) if equal.size else None
    seen: set[object] = set()
    for i, value in enumerate(map(value_of, values.nodes)):
        if value in seen:
            return i
        seen.add(value)
    return None


def _read_distribution(key: str, excerpt: Excerpt, call: re.Match[str]) -> Drawn:
    kind, span = call[1], excerpt.span(call.start(1), len(call[0].rstrip()))
    if kind == "choice":
        # Its arguments are an axis; what stands before them is blanked to keep their places.
        inner = " " * call.start(2) + call[2]
        choices = parse_axis(key, excerpt._replace(text=inner), span).values
        if isinstance(choices, Drawn):
            raise fail(f"{key}: choice(...) takes values and ranges", span)
        return Drawn(kind, 0.0, 0.0, choices, span)
    try:
        low, high = map(float, map(parse_number, _arguments(call, 2, "two ends")))
    except RangeError as error:
        raise fail(f"{key}: {call[0].strip()}: {error}", span) from None
    if not low < high:
        raise fail(f"{key}: {kind}: the first end must be below the second", span)
    if isinf(high - low):
        raise fail(f"{key}: {kind}: the ends are too far apart", span)
    if kind == "loguniform" and low <= 0:
        raise fail(f"{key}: loguniform: both ends must be above 0", span)
    return Drawn(kind, low, high, None, span)


def _arguments(call: re.Match[str], count: int, expected: str) -> list[str]:
    parts = call[2].split(",")
    if len(parts) != count:
        found = len(parts) if call[2].strip() else "none"
        raise RangeError(f"expected {expected}, found {found}")
    return parts
