"""Nodes as sums of terms with constant factors, and which of them are multiples of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adamcli.arrays import Array
    from adamcli.objective.graph import Node


def without_constant(node: Node) -> tuple[Array | None, Node]:
    """Return the constant factor of a product or quotient, and the rest of it."""
    if node.operation.name == "negative":
        return np.array(-1.0), node.args[0]
    a, b = node.args
    if b.value is not None and not b.differs:
        value: Array = b.value
        return (1.0 / value if node.operation.name == "divide" else value), a
    if a.value is not None and not a.differs and node.operation.name == "multiply":
        return a.value, b
    return None, node


def constant_factors(node: Node) -> Iterator[tuple[Array, Node]]:
    """Yield the constant factors of a node from the outermost on, each with what it multiplies."""
    while not node.is_constant and node.operation.name in ("multiply", "divide", "negative"):
        own, node = without_constant(node)
        if own is None:
            return
        yield own, node


def stripped(node: Node) -> list[tuple[Array, Node]]:
    """Return a node without 0, 1, 2, ... of its constant factors, each time with their product."""
    found: list[tuple[Array, Node]] = [(np.ones(()), node)]
    for own, rest in constant_factors(node):
        found.append((found[-1][0] * own, rest))
    return found


def terms(node: Node) -> list[tuple[Array, Node]]:
    """Return the terms of nested sums and differences, each once with its constant factor."""
    found: list[tuple[Array, Node]] = []
    factors, stack = {node.index: np.ones(())}, [node]
    while stack:
        term = _latest(stack)
        factor = factors.pop(term.index)
        own, inside = stripped(term)[-1]
        signs = _SIGNS.get(inside.operation.name, ()) if not inside.is_constant else ()
        if not signs:
            found += [(factor, term)] if np.any(factor) else []
        for arg, sign in zip(inside.args, signs, strict=False):
            stack += [] if arg.index in factors else [arg]
            factors[arg.index] = factors.get(arg.index, 0.0) + sign * (factor * own)
    return found


def whole_factor(node: Node) -> Array:
    """Return all constants that a product multiplies, also those within its varying factors."""
    found, powers, stack = np.ones(()), {node.index: 1}, [node]
    while stack:
        node = _latest(stack)
        power = powers.pop(node.index)
        if node.value is not None:
            found = found * node.value**power
        elif node.operation.name == "negative":
            found = -found if power % 2 else found
        for arg, sign in zip(node.args, _POWERS.get(node.operation.name, ()), strict=False):
            stack += [] if arg.index in powers else [arg]
            powers[arg.index] = powers.get(arg.index, 0) + sign * power
    return found


def _latest(stack: list[Node]) -> Node:
    """Take the last node of the graph: all that uses it has been seen, as that comes later."""
    stack.sort(key=lambda node: node.index)
    return stack.pop()


_SIGNS = {"add": (1.0, 1.0), "subtract": (1.0, -1.0)}
"""What the arguments of a sum are multiplied by."""

_POWERS = {"multiply": (1, 1), "divide": (1, -1), "negative": (1,)}
"""The powers of the arguments in a product."""


def common_factors(
    terms: Sequence[tuple[Array, Node]], columns: Sequence[Array]
) -> Iterator[Array]:
    """Yield constant arrays that all terms are multiplied by, with either sign.

    What a term has besides may be a number or one of the `columns`, as in w*x*a.
    """
    wholes = [factor * whole_factor(node) for factor, node in terms]
    parts = [[factor * own for own, _ in stripped(node)] for factor, node in terms]
    for common in _candidates(parts[:1], wholes[:1], columns):
        if all(
            any(is_nearly(abs(own), abs(common)) for own in each)
            or is_plain(whole / common, columns)
            for each, whole in zip(parts, wholes, strict=True)
        ):
            yield common
            yield -common


def _candidates(
    parts: Sequence[Sequence[Array]], wholes: Sequence[Array], columns: Sequence[Array]
) -> Iterator[Array]:
    """Yield what a term may be multiplied by, given its factors one by one and as a whole."""
    yield from (own for each in parts for own in each)
    yield from wholes
    yield from (whole / column for whole in wholes for column in columns)


def is_plain(factor: Array, columns: Sequence[Array]) -> bool:
    """Return whether a factor is a number or a column."""
    size = abs(factor)
    is_number = size.size > 0 and is_nearly(size, size.flat[:1])
    return is_number or is_one_of(size, [abs(column) for column in columns])


@np.errstate(all="ignore")
def ratio(a: Node, b: Node) -> Array | None:
    """Return the constant, a number or an array, that `b` is multiplied by in `a`, if one is."""
    (one, a), (other, b) = stripped(a)[-1], stripped(b)[-1]
    of_a, of_b = ({0: np.ones(())},) * 2 if a is b else (_factors(a), _factors(b))
    if of_a.keys() != of_b.keys():
        return None
    pairs = [(one * of_a[key], other * of_b[key]) for key in of_a]
    found = _quotient(pairs)
    same = all(is_nearly(up, found * down) for up, down in pairs)
    return found if same else None


def _factors(node: Node) -> dict[int, Array]:
    """Return what each varying node is multiplied by in a sum, by index; at -1 is the constant."""
    found: dict[int, Array] = {-1: np.zeros(())}
    for factor, term in terms(node):
        own, inner = stripped(term)[-1]
        fixed = inner.value is not None and not inner.differs
        key, part = (-1, own * inner.value) if fixed else (inner.index, own)
        found[key] = found.get(key, np.zeros(())) + factor * part
    return found


def _quotient(pairs: Sequence[tuple[Array, Array]]) -> Array:
    """Return in each row the quotient of the first pair whose second number is not 0.

    In a row of zeros any number would do; it has that of another row.
    """
    found = np.full(np.broadcast_shapes(*(down.shape for _, down in pairs)), np.nan)
    for up, down in pairs:
        found = np.where(np.isnan(found) & (down != 0), up / down, found)
    known = found[np.isfinite(found)]
    return np.where(np.isnan(found), known[0], found) if known.size else found


def is_one_of(values: Array, columns: Sequence[Array]) -> bool:
    """Return whether an array has the entries of one of the `columns`, up to rounding."""
    return any(each.shape == values.shape and is_nearly(values, each) for each in columns)


def is_nearly(a: Array, b: Array) -> bool:
    """Return whether two arrays are equal, up to rounding."""
    # Long columns mostly differ in their first row.
    if a.shape and a.shape == b.shape and not _all_near(a[:1], b[:1]):
        return False
    return _all_near(a, b)


def _all_near(a: Array, b: Array) -> bool:
    return bool((abs(a - b) <= 1e-13 * abs(b)).all())
