"""The key `start`: the first point, or the coordinates of it that are given."""

from __future__ import annotations

from math import isfinite, nan, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.arrays import Coordinates, each, same_for_all
from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.keys import SET
from adamcli.config.places import is_typed, place_of_bounds
from adamcli.config.weights import is_weights, placed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adamcli.arrays import BoolArray, FloatArray, IntArray
    from adamcli.config.bounds import Domain
    from adamcli.config.document import Node
    from adamcli.config.values import KeyReader
    from adamcli.diagnostics import Span
    from adamcli.objective.variables import Variables
    from adamcli.optimizer.bounds import Bounds

MOST_TOLD = 100
"""Of how many coordinates it is told that their start is outside."""


class _Given(NamedTuple):
    """Given coordinates of the start: their `places`, their values, and where each is written."""

    places: slice | IntArray
    values: FloatArray
    span_of: Callable[[int], Span]


def read_start(keys: KeyReader, domain: Domain | None) -> Coordinates:
    """Return the given coordinates of the first point, NaN where they are to be drawn."""
    if domain is None:
        return Coordinates(np.empty(0))
    dim, bounds, node = domain.variables.dim, domain.bounds, keys.nodes.get("start")
    names = domain.variables.coordinate_names()
    parts, drawn = (
        ([], np.broadcast_to(True, (dim,))) if node is None else _given(keys, node, domain)
    )
    undrawn = _undrawable(bounds, drawn)
    if undrawn is not None:
        message = f"`{names[undrawn]}` has no finite bounds to draw a start from"
        if all(np.isfinite(end[undrawn]) for end in bounds.draws):
            within = bounds.allowed(undrawn)
            message = f"`{names[undrawn]}`: no start can be drawn within {within}"
        span = place_of_bounds(keys.nodes, domain.variables, undrawn)
        keys.problems.add(message, span, _start_hint(domain, undrawn, span))
    start = np.full(dim, nan) if parts else same_for_all(nan, dim)
    for places, values, span_of in parts:
        bad = np.flatnonzero(~bounds.allows(places, values))[:MOST_TOLD]
        for k, value in zip(
            np.arange(dim)[places][bad].tolist(), values[bad].tolist(), strict=True
        ):
            message = f"start: `{names[k]}` = {value!r} is outside {bounds.allowed(k)}"
            keys.problems.add(message, span_of(k))
        start[places] = bounds.inside(places, values)
    return Coordinates(start)


def given_start(keys: KeyReader, domain: Domain) -> FloatArray:
    """Return the given coordinates of the first point as they are written, NaN for the others."""
    start, node = np.full(domain.variables.dim, nan), keys.nodes.get("start")
    if node is not None:
        for places, values, _ in _given(keys, node, domain)[0]:
            start[places] = values
    return start


def _given(keys: KeyReader, node: Node, domain: Domain) -> tuple[list[_Given], BoolArray]:
    """Return the given coordinates, and which of all (dim,) are to be drawn."""
    drawn = np.ones(domain.variables.dim, dtype=bool)
    if isinstance(node, Scalar) and is_weights(node.value):
        arrays = placed_in(keys, node, domain.variables)
        parts = [_Given(slice(at, at + a.size), a, lambda k: node.span) for at, a in arrays]
        for part in parts:
            drawn[part.places] = False
        return parts, drawn
    placed = {k: (value, span) for k, value, span in _placed(keys, node, domain.variables)}
    drawn[[*placed]] = False
    # What is wrong is there, but has no value.
    found = {k: value for k, (value, _) in placed.items() if value is not None}
    places, values = np.array([*found], dtype=int), np.array([*found.values()], dtype=float)
    return [_Given(places, values, lambda k: placed[k][1])], drawn


def _undrawable(bounds: Bounds, drawn: BoolArray) -> int | None:
    """Return the first of the coordinates to be drawn that cannot be, if there is one.

    Such a one has no ends, or there is nothing between them.
    """
    low, high = bounds.draws
    empty = each(lambda low, high: np.isinf(low) | np.isinf(high), low, high)
    if bounds.box is not None:
        ends = low, high, *bounds.box
        apart = each(
            lambda low, high, *box: np.maximum(low, box[0]) > np.minimum(high, box[1]), *ends
        )
        empty = each(np.logical_or, empty, apart)
    if bounds.initial is not None:
        empty = empty.copy()
        empty[bounds.initial.places] = False
    found = each(np.logical_and, empty, drawn)
    first = int(np.argmax(found))
    return first if found[first] else None


def _start_hint(domain: Domain, k: int, span: Span | None) -> str:
    """Return what to write for a coordinate whose start cannot be drawn from its bounds."""
    low, high = domain.bounds.low[k], domain.bounds.high[k]
    first = low + 1 if isfinite(low) else high - 2 if isfinite(high) else 0.0
    if not low < first < first + 1 < high:
        return "move its bounds apart, or set another bounds_mode"
    name, shape, _ = domain.variables.of_coordinate(k)
    draw = f"draw: [{first:g}, {first + 1:g}]"
    inner = f"low: {low:g}, high: {high:g}"
    if shape:
        size = list(shape) if len(shape) > 1 else shape[0]
        return f"let {name} have the bounds {{{inner}, shape: {size}, {draw}}}"
    if is_typed(span):
        return f"add {SET} start.{name}={first:g}, or write the bounds as '{{{inner}, {draw}}}'"
    return f"add start: {{{name}: {first:g}}}, or {draw} to its bounds"


def _placed(
    keys: KeyReader, node: Node, variables: Variables
) -> Iterator[tuple[int, float | None, Span]]:
    """Yield the given coordinates by their places; None is the value of a wrong one."""
    if isinstance(node, Mapping):
        keys.refuse_others(node, "start", variables.by_name, "variable")
        for key, value in node.entries:
            if key.text in variables.by_name:
                _, shape, offset = variables.by_name[key.text]
                yield from _entries(keys, value, f"start.{key.text}", shape, offset)
    elif isinstance(node, List):
        yield from _entries(keys, node, "start", (variables.dim,), 0)
    else:
        hint = _point_hint(keys, node, variables)
        keys.wrong("start", "a point, such as {x: 0.5} or [0.5, 0.5], or weights.npz", node, hint)


def _point_hint(keys: KeyReader, node: Scalar, variables: Variables) -> str:
    """Return what to write for one number, where there is one variable for it; empty otherwise."""
    number, (first, *others) = keys.constant(node), variables.all
    if number is None or others or first.shape:
        return ""
    if is_typed(node.span):
        return f"write start.{first.name}={node.text}"
    return f"write start: {{{first.name}: {node.text}}}"


def _entries(
    keys: KeyReader, node: Node, what: str, shape: tuple[int, ...], offset: int
) -> Iterator[tuple[int, float | None, Span]]:
    if not shape:
        if not (isinstance(node, Scalar) and node.value is None):
            yield offset, keys.number(node, what), node.span
    elif not (isinstance(node, List) and len(node.items) == shape[0]):
        keys.wrong(what, f"a list of {shape[0]}", node)
    else:
        step = prod(shape[1:])
        for i, item in enumerate(node.items):
            yield from _entries(keys, item, f"{what}[{i}]", shape[1:], offset + i * step)
