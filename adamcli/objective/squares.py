"""Whether a value is a weighted sum of squares, however it is grouped."""

from __future__ import annotations

from math import copysign, prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.objective.linear import ratio, without_constant
from adamcli.objective.rearranging import joined_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import Array
    from adamcli.objective.graph import Node

    Weighted = tuple[Array, Node]


class Square(NamedTuple):
    """A part sum(weight * root**2) of a sum of squares; weights > 0 have the root's shape."""

    weight: Array
    root: Node


class Squares(NamedTuple):
    """A value that is, up to a constant, `multiple` > 0 times the sum of all `parts`."""

    multiple: float
    parts: list[Square]


def squares_in(value: Node, sign: float = 1.0) -> Squares | None:
    """Return the squares whose sum is `sign * value`, up to a constant; None if it is no such sum.

    Sums, means, multiples, quotients, products with constant arrays, dot products, norms squared
    and products of equal factors are seen through.
    """
    # A weight that is not finite is no weight, and nothing to warn of.
    with np.errstate(all="ignore"):
        found = _merged(_squares(value, sign) or [])
    if not found:
        return None
    multiples = [multiple for multiple, _ in found]
    if all(multiple == multiples[0] for multiple in multiples):
        return Squares(multiples[0], [square for _, square in found])
    return Squares(1.0, [Square(multiple * s.weight, s.root) for multiple, s in found])


def _squares(value: Node, sign: float) -> list[tuple[float, Square]] | None:
    """Return the squares with positive multiples, none for a constant; None if it is no sum."""
    found: list[tuple[float, Square]] = []
    stack: list[tuple[float, Weighted]] = [(sign, (np.ones(()), value))]
    while stack:
        multiple, (weight, node) = stack.pop()
        if node.differs:
            return None
        if node.is_constant:
            continue
        number, rest = _without_number(node)
        if rest is not node:
            stack.append((multiple * number, (weight, rest)))
            continue
        inner = _linear_in(weight, node)
        if inner is not None:
            stack += [(multiple, each) for each in reversed(inner)]
            continue
        root = _root_of(node)
        if root is None or not _is_positive(multiple * weight):
            return None
        # Both are negative where one undoes the other, as in a maximum of 1 - sum(...).
        side = copysign(1.0, multiple)
        found.append((side * multiple, Square(side * weight, root)))
    return found


def _merged(squares: list[tuple[float, Square]]) -> list[tuple[float, Square]]:
    """Return the squares with those of the same residuals as one, as each row counts once."""
    found: list[tuple[float, Square]] = []
    for each in squares:
        for k, other in enumerate(found):
            both = _sum_as_one(other, each) or _sum_as_one(each, other)
            if both is not None:
                found[k] = both
                break
        else:
            found.append(each)
    return found


def _sum_as_one(
    one: tuple[float, Square], other: tuple[float, Square]
) -> tuple[float, Square] | None:
    """Return the sum of two squares if the second is of a multiple of the root of the first."""
    (multiple, square), (own, more) = one, other
    factor = _factor(more.root, square.root)
    if factor is None:
        return None
    weight = multiple * square.weight + own * factor * factor * more.weight
    return _with_number(weight, square.root)


def _factor(root: Node, other: Node) -> Array | None:
    """Return what an array is times another one, None if it is no multiple or they are numbers."""
    return ratio(root, other) if root.shape and root.shape == other.shape else None


def _with_number(weight: Array, root: Node) -> tuple[float, Square]:
    """Return a square whose weights are 1 if they are all the same."""
    first = float(weight.flat[0])
    if (weight == first).all():
        return first, Square(np.ones(root.shape), root)
    return 1.0, Square(weight, root)


def _without_number(node: Node) -> tuple[float, Node]:
    """Return the factor of a node that is a single constant number, and the rest of it."""
    if node.operation.name in ("multiply", "divide", "negative"):
        factor, rest = without_constant(node)
        if factor is not None and not factor.shape and rest.shape == node.shape:
            return float(factor), rest
    return 1.0, node


def _is_positive(weight: Array) -> bool:
    return bool((np.isfinite(weight) & (weight > 0)).all())


def _linear_in(weight: Array, node: Node) -> list[Weighted] | None:
    """Return weighted nodes whose sum is `weight * node` when summed; None if there are none."""
    rule = _LINEAR.get(node.operation.name)
    return rule(weight, node) if rule is not None else None


def _sum_of(second: float) -> Callable[[Array, Node], list[Weighted]]:
    return lambda weight, node: [
        (_onto(sign * weight, arg.shape), arg)
        for sign, arg in zip((1.0, second), node.args, strict=True)
    ]


def _over_axis(weight: Array, node: Node) -> list[Weighted]:
    (arg,) = node.args
    wide = np.expand_dims(weight, node.operation.params[0])
    return [(np.broadcast_to(wide, arg.shape), arg)]


def _reshaped(weight: Array, node: Node) -> list[Weighted] | None:
    (arg,) = node.args
    return [(weight.reshape(arg.shape), arg)] if weight.size == prod(arg.shape) else None


def _multiplied(weight: Array, node: Node) -> list[Weighted] | None:
    for one, other in (node.args, node.args[::-1]):
        if one.value is not None and not one.differs:
            return [(_onto(weight * one.value, other.shape), other)]
    # A constant may stand further inside, as in (w*r)*r, which has two equal factors.
    for one, other in (node.args, node.args[::-1]):
        if one.operation.name in ("multiply", "divide", "negative") and one.args:
            factor, rest = without_constant(one)
            if rest is other and factor is not None:
                return [(_onto(weight * factor, node.shape), _squared(rest, node.shape))]
    one, other = node.args
    factor = _factor(one, other)
    if factor is not None:
        return [(_onto(weight * factor, node.shape), _squared(other, node.shape))]
    return None


def _squared(node: Node, shape: tuple[int, ...]) -> Node:
    from adamcli.objective.arrays import spread

    return spread(node.graph.apply("square", node), shape)


def _divided(weight: Array, node: Node) -> list[Weighted] | None:
    a, b = node.args
    if b.value is None or b.differs:
        return None
    return [(_onto(weight / b.value, a.shape), a)]


def _multiplied_matrix(weight: Array, node: Node) -> list[Weighted] | None:
    """Return the other factor of a product with a constant matrix or vector."""
    a, b = node.args
    left, right, _ = node.operation.params
    constant = next((arg for arg in node.args if arg.value is not None and not arg.differs), None)
    if constant is None:
        return None
    # As matrices, a vector on the left being a row and one on the right a column.
    weight = weight.reshape(_rows(a, left), -1)
    assert constant.value is not None
    if constant is a:
        first = constant.value.reshape(_rows(a, left), -1) if not left else constant.value.T
        own = first.T @ weight
        return [((own.T if right else own).reshape(b.shape), b)]
    second = constant.value.T if right else constant.value.reshape(-1, weight.shape[1])
    own = weight @ second.T
    return [((own.T if left else own).reshape(a.shape), a)]


def _rows(a: Node, turned: bool) -> int:
    """Return the rows of the left factor of a product."""
    return a.shape[1] if turned else 1 if len(a.shape) == 1 else a.shape[0]


def _power_of_two(weight: Array, node: Node) -> list[Weighted] | None:
    """Return the sum under a root that is squared."""
    (arg,) = node.args
    if arg.operation.name in ("length", "sqrt") and arg.args:
        return [(weight, arg.args[0])]
    return None


_LINEAR: dict[str, Callable[[Array, Node], list[Weighted] | None]] = {
    "add": _sum_of(1.0),
    "subtract": _sum_of(-1.0),
    "multiply": _multiplied,
    "divide": _divided,
    "sum": _over_axis,
    "entry": _reshaped,
    "expand": _reshaped,
    "reshape": _reshaped,
    "concat": lambda weight, node: [(weight[key], arg) for arg, key in joined_parts(node)],
    "spread": lambda weight, node: [(_onto(weight, node.args[0].shape), node.args[0])],
    "transpose": lambda weight, node: [(weight.transpose(), node.args[0])],
    "square": _power_of_two,
    "matmul": _multiplied_matrix,
}
"""How a weighted sum of the entries of a node is one of the entries of its arguments."""


def _root_of(node: Node) -> Node | None:
    if node.operation.name != "square":
        return None
    (root,) = node.args
    return root.args[0] if root.operation.name == "abs" else root


def _onto(weight: Array, shape: tuple[int, ...]) -> Array:
    """Return weights summed over the axes along which an argument of `shape` is repeated."""
    weight = np.broadcast_to(weight, np.broadcast_shapes(weight.shape, shape))
    summed = weight.sum(axis=tuple(range(weight.ndim - len(shape))))
    axes = tuple(k for k, length in enumerate(shape) if length == 1 and summed.shape[k] > 1)
    return np.asarray(summed.sum(axis=axes, keepdims=True) if axes else summed)
