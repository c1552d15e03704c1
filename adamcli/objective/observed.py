"""What residuals compare with data, and whether they do so as least squares suppose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.objective.linear import (
    common_factors,
    constant_factors,
    is_one_of,
    is_plain,
    stripped,
    terms,
    whole_factor,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.arrays import Array
    from adamcli.objective.graph import Node


_SUMS = {"add", "subtract"}


def _always(node: Node) -> bool:
    return True


def _never(node: Node) -> bool:
    return False


def _of_one(node: Node) -> bool:
    return sum(arg.varies for arg in node.args) == 1


_LINEAR: dict[str, Callable[[Node], bool]] = {
    **dict.fromkeys((*_SUMS, "negative", "sum", "cumsum", "concat"), _always),
    **dict.fromkeys(("entry", "expand", "spread", "reshape", "transpose"), _always),
    **dict.fromkeys(("multiply", "matmul"), _of_one),
    "divide": lambda node: not node.args[1].varies,
    "take": lambda node: not node.args[1].varies,
    "where": lambda node: not node.args[0].varies,
}
"""Operations that are linear in what varies among their arguments, and when."""


_LOGARITHMS = {"log": np.log, "log2": np.log2, "log10": np.log10}


class Observed(NamedTuple):
    """What a residual compares with data: it is factor * (values - fitted), all of its shape.

    `is_weighted` says whether arrays are in the factor, and not numbers alone.
    """

    values: Array
    factor: Array
    is_weighted: bool


@np.errstate(all="ignore")
def observed_in(residual: Node, columns: Sequence[Array] = ()) -> Observed | None:
    """Return the data that a residual compares with what is fitted, or None if there are none.

    Of a sum or difference, the constant terms are the data. What all other terms are multiplied by
    is a weight, as in y/s - a*x/s, if the data without it are one of the `columns`, or what other
    terms are divided by, as in 1 - a*x/y.
    """
    outer, inner = stripped(residual)[-1]
    parts = [each for each in terms(inner) if not (each[1].differs or each[1].is_condition)]
    varying = [(factor, node) for factor, node in parts if not node.is_constant]
    known = [(factor, node.value) for factor, node in parts if node.value is not None]
    known = known or list(_logarithms(varying, columns))
    alike = [column for column in columns if column.shape == inner.shape]
    weight = _weight_of(known, varying, alike, inner) if known else None
    if weight is None or not np.all(weight):
        return None
    total = np.zeros(residual.shape) + sum(factor * value for factor, value in known)
    factor = np.broadcast_to(outer * weight, residual.shape)
    return Observed(total / weight, factor, is_weighted(residual) or _weighs(weight))


def _weight_of(
    known: Sequence[tuple[Array, Array]],
    varying: Sequence[tuple[Array, Node]],
    columns: Sequence[Array],
    residual: Node,
) -> Array | None:
    """Return what data and all `varying` terms of a residual are multiplied by, if it has data."""
    measured = [*columns, *_divisors(residual)]
    for common in common_factors(varying, columns):
        if np.all(common) and _are_data([f * value / common for f, value in known], measured):
            return common
    whole = [f for f, value in known if value.shape == residual.shape]
    # What is divided by an array is rather a part of what is fitted.
    return min(whole, key=lambda factor: len(factor.shape), default=None)


def _are_data(parts: Sequence[Array], measured: Sequence[Array]) -> bool:
    """Return whether parts are columns, one at least, and numbers, as of 1 - (a*x + 0.1)/y."""
    plain = all(is_plain(part, measured) for part in parts)
    return plain and any(is_one_of(part, measured) for part in parts)


def _divisors(node: Node) -> Iterator[Array]:
    """Yield the constants that parts of a sum are divided by."""
    stack, seen = [node], set[int]()
    while stack:
        node = stack.pop()
        if node.index in seen:
            continue
        seen.add(node.index)
        name = node.operation.name
        if name == "divide" and node.args[1].value is not None:
            yield node.args[1].value
        if name in (*_SUMS, "multiply", "divide", "negative"):
            stack += (arg for arg in node.args if arg.varies)


def _logarithms(
    parts: Sequence[tuple[Array, Node]], columns: Sequence[Array]
) -> Iterator[tuple[Array, Array]]:
    """Yield the constants in logarithms of quotients with their factors: log(y) of log(y/f)."""
    for factor, node in parts:
        logarithm = _LOGARITHMS.get(node.operation.name)
        if logarithm is None:
            continue
        whole = whole_factor(node.args[0])
        if whole.shape == node.shape and (whole > 0).all():
            turned = is_one_of(1.0 / whole, columns)
            yield (-factor, logarithm(1.0 / whole)) if turned else (factor, logarithm(whole))


def is_weighted(residual: Node) -> bool:
    """Return whether a residual is multiplied or divided by an array, as by errors of the data."""
    return any(_weighs(factor) for factor, _ in constant_factors(residual))


def _weighs(factor: Array) -> bool:
    return bool(factor.shape) and bool((factor != 1).any())


def is_bent(residual: Node, columns: Sequence[Array]) -> bool:
    """Return whether a residual is a function of comparisons with data that is not linear in them.

    Such are (y - f)**2 and tanh(y - f), whose squares are no least squares of y - f: what these say
    of errors does not hold. A residual with a constant term compares something with that, and one
    as sqrt((x - a)**2 + (y - b)**2) - r compares it with r.
    """
    bent: list[Node] = []
    stack = [residual]
    while stack:
        node = stack.pop()
        varying = [arg for arg in node.args if arg.varies]
        if node.operation.name in _SUMS and len(varying) == 1:
            return False
        if _LINEAR.get(node.operation.name, _never)(node):
            stack += varying
        elif observed_in(node, columns) is not None:
            return False
        else:
            bent.append(node)
    return all(_is_of_comparisons(node, columns) for node in bent)


def _is_of_comparisons(node: Node, columns: Sequence[Array]) -> bool:
    """Return whether a node depends on variables only in arrays that compare data with a fit."""
    stack, seen = [node], {node.index}
    while stack:
        node = stack.pop()
        if node.shape and observed_in(node, columns) is not None:
            continue
        if not node.args:
            return False
        # A condition chooses between arguments; by itself it has no slope.
        own = [arg for arg in node.args if arg.varies and not arg.is_condition]
        stack += (arg for arg in own if arg.index not in seen)
        seen.update(arg.index for arg in own)
    return True
