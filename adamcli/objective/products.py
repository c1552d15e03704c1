"""Products of matrices and vectors: when BLAS multiplies, and their derivatives."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from adamcli.objective.arrays import expand, reduce, spread
from adamcli.objective.blas import Form, product_calls
from adamcli.objective.functions import Operation
from adamcli.objective.graph import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.objective.graph import Node

ALWAYS = 1024
"""So many multiplications are always left to BLAS."""

OFTEN, COPIES = 128, 3
"""From so many on, if they are that many times the numbers to copy. Measured with 1 to 4,096 runs:
smaller products, entry by entry for all runs at once, are up to 30 times faster than by BLAS."""


def matmul(a: Node, b: Node) -> Node:
    """Return the matrix product of arrays of one or two axes.

    A small one is a sum of products in a fixed order. The shapes decide, and whether a factor
    varies; so a run has the same bits in any batch.
    """
    fits = a.shape and b.shape and max(len(a.shape), len(b.shape)) <= 2
    if not fits or a.shape[-1] != b.shape[0]:
        raise ShapeError(f"the shapes {a.shape} and {b.shape} do not fit a matrix product")
    rows, columns = prod(a.shape[:-1]), prod(b.shape[1:])
    count = rows * a.shape[-1] * columns
    copied = rows * columns + sum(prod(node.shape) for node in (a, b) if node.varies)
    worth = count >= ALWAYS or (count >= OFTEN and count >= COPIES * copied)
    if worth and a.shape[-1] > 1 and rows * columns > 1:
        return product(*_unturned(a), *_unturned(b))
    left = expand(a, len(a.shape)) if len(b.shape) == 2 else a
    right = expand(b, 0) if len(a.shape) == 2 and len(b.shape) == 2 else b
    return reduce("sum", left * right, len(a.shape) - 1)


def dot(a: Node, b: Node) -> Node:
    """Return the dot product of vectors, the matrix product of matrices."""
    return a * b if a.shape == () or b.shape == () else matmul(a, b)


def _unturned(node: Node) -> tuple[Node, bool]:
    """Return a node without `transpose`, and whether it had one: BLAS needs no copy for it."""
    turned = node.operation.name == "transpose" and len(node.shape) == 2
    return (node.args[0], True) if turned else (node, False)


def product(
    a: Node, left: bool, b: Node, right: bool, masked: int | None = None, mask: Node | None = None
) -> Node:
    """Return the product of `a`, transposed if `left`, and `b`, transposed if `right`, by BLAS.

    A vector on the left is a row, on the right a column. With a `mask` of the shape of the factor
    `masked`, terms where it is false are 0; see `Form`.
    """
    form = Form(left, right, masked if mask else None)
    rows, columns = a.shape[::-1] if left else a.shape, b.shape[::-1] if right else b.shape
    shape = (*rows[:-1], *columns[1:])
    emit = partial(product_calls, form)
    factors = (a, b, mask) if mask else (a, b)
    operation = Operation("matmul", len(factors), params=form, emit=emit)
    return a.graph.structural(operation, shape, *factors)


def derivative(place: int, d: Node, y: Node, a: Node, b: Node, *, mask: Node | None = None) -> Node:
    """Return the derivative of `y`, a product, by its factor at `place`, times `d`.

    Where `mask` is false, `d` is 0 in a branch that was not taken, and contributes nothing.
    """
    form, d, other = y.operation.params, spread(d, y.shape), (b, a)[place]
    left, right = form[:2]
    if other.value is not None and np.isfinite(other.value).all():
        # Zeros of finite factors are zeros of products.
        mask = None
    mask = mask and spread(mask, y.shape)
    if len(d.shape) == 1 and len((a, b)[place].shape) == 2:
        # Of a matrix and a vector, by the matrix.
        row, column = (d, b) if place == 0 else (a, d)
        return _outer(column, row, d, mask) if form[place] else _outer(row, column, d, mask)
    if place == 0:
        if left or len(a.shape) == 1:
            return product(b, right, d, len(d.shape) == 2, 1, mask)
        return product(d, False, b, not right, 0, mask)
    if right:
        return product(d, True, a, left, 0, mask)
    return product(a, not left, d, False, 1, mask)


def _outer(a: Node, b: Node, d: Node, mask: Node | None) -> Node:
    """Return the products of all entries of vectors; `d` is the one to which `mask` belongs."""
    term = expand(a, 1) * expand(b, 0)
    if mask is None:
        return term
    return d.graph.apply("where", expand(mask, 1 if d is a else 0), term, d.graph.constant(0.0))


PRODUCTS: dict[str, Callable[[Node, Node], Node]] = {"matmul": matmul, "dot": dot}
"""Products of whole arrays."""
