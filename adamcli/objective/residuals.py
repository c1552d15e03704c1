"""How well a formula fits data, where it is a sum or a mean of squares."""

from __future__ import annotations

from math import nan, prod, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.objective.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.objective.graph import Node


class Fit(NamedTuple):
    """The residual sum of squares, its root mean square, and R² (NaN where nothing is observed).

    R² is 1 - RSS/TSS with the total sum of squares around the mean of what was observed.
    """

    points: int
    rss: float
    rmse: float
    r_squared: float


class Residuals:
    """The residuals of a formula that is `mean((y - model)**2)`, or a sum, or a multiple of one."""

    def __init__(self, residual: Node) -> None:
        self._residual = residual
        self._program = Program([residual])

    @classmethod
    def find(cls, value: Node) -> Residuals | None:
        """Return the residuals that `value` sums the squares of, or None if it does not."""
        node, summed = value, False
        while node.operation is not None:
            name, args = node.operation.name, node.args
            if name in ("multiply", "divide") and any(arg.is_number for arg in args):
                node = next(arg for arg in args if not arg.is_number)
            elif name == "sum":
                node, summed = args[0], True
            elif name == "square" and summed:
                return cls(args[0])
            else:
                break
        return None

    def fit(self, x: Sequence[float]) -> Fit:
        """Return the quality of the fit at the flat point `x`."""
        found = self._program.value(np.array(x, dtype=float)[:, None])
        count = prod(self._residual.shape)
        rss = float(np.sum(found * found))
        return Fit(count, rss, sqrt(rss / count) if rss >= 0 else nan, self._r_squared(rss))

    def _r_squared(self, rss: float) -> float:
        operation, args = self._residual.operation, self._residual.args
        if operation is None or operation.name != "subtract":
            return nan
        observed = [a.value for a in args if a.value is not None and a.shape and not a.differs]
        if not observed or observed[0].shape != self._residual.shape:
            return nan
        total = float(np.sum((observed[0] - observed[0].mean()) ** 2))
        return 1.0 - rss / total if total > 0 else nan
