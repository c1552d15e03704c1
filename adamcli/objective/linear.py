"""Nodes as sums of terms with constant factors."""

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


def stripped(node: Node) -> list[tuple[Array, Node]]:
    """Return a node without 0, 1, 2, ... of its constant factors, each time with their product."""
    found: list[tuple[Array, Node]] = [(np.ones(()), node)]
    while node.value is None and node.operation.name in ("multiply", "divide", "negative"):
        own, node = without_constant(node)
        if own is None:
            break
        found.append((found[-1][0] * own, node))
    return found


def terms(node: Node) -> Iterator[tuple[Array, Node]]:
    """Yield the terms of nested sums and differences, each with its constant factor."""
    stack: list[tuple[Array, Node]] = [(np.ones(()), node)]
    while stack:
        factor, term = stack.pop()
        own, inside = stripped(term)[-1]
        name = inside.operation.name
        if inside.value is None and name in ("add", "subtract"):
            second = 1.0 if name == "add" else -1.0
            stack.append((factor * own, inside.args[0]))
            stack.append((factor * own * second, inside.args[1]))
        else:
            yield factor, term


def common_factors(terms: Sequence[tuple[Array, Node]]) -> Iterator[Array]:
    """Yield constant arrays that all terms are multiplied by, with either sign."""
    factors = [[factor * own for own, _ in stripped(node)] for factor, node in terms]
    for common in factors[0] if factors else ():
        if all(any(is_nearly(abs(own), abs(common)) for own in each) for each in factors[1:]):
            yield common
            yield -common


def is_one_of(values: Array, columns: Sequence[Array]) -> bool:
    """Return whether an array has the entries of one of the `columns`, up to rounding."""
    return any(each.shape == values.shape and is_nearly(values, each) for each in columns)


def is_nearly(a: Array, b: Array) -> bool:
    """Return whether two arrays are equal, up to rounding."""
    return np.allclose(a, b, rtol=1e-13, atol=0.0)
