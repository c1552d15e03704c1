"""What residuals compare with data, and whether they do so as least squares suppose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.objective.linear import common_factors, is_one_of, stripped, terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import Array
    from adamcli.objective.graph import Node


class Observed(NamedTuple):
    """What a residual compares with data: it is factor * (values - fitted), all of its shape."""

    values: Array
    factor: Array


def observed_in(residual: Node, columns: Sequence[Array] = ()) -> Observed | None:
    """Return the data that a residual compares with what is fitted, or None if there are none.

    Of a sum or difference, the constant terms are the data. What all other terms are multiplied by
    is a weight, as in y/s - a*x/s, if the data without it are one of the `columns`.
    """
    outer, inner = stripped(residual)[-1]
    parts = [each for each in terms(inner) if not (each[1].differs or each[1].is_condition)]
    known = [(factor, node.value) for factor, node in parts if node.value is not None]
    weight = next((factor for factor, value in known if value.shape == residual.shape), None)
    if weight is None or not np.all(weight):
        return None
    total = np.zeros(residual.shape) + sum(factor * value for factor, value in known)
    varying = [(factor, node) for factor, node in parts if node.value is None]
    for common in common_factors(varying):
        if np.all(common) and is_one_of(total / common, columns):
            weight = common
            break
    return Observed(total / weight, np.broadcast_to(outer * weight, residual.shape))
