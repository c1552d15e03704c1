"""How well a formula fits data, if it is a sum or mean of squares."""

from __future__ import annotations

from math import nan, prod, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.objective.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.objective.graph import Node


class Fit(NamedTuple):
    """The residual sum of squares, its root mean square, and R² (NaN without observations).

    R² is 1 - RSS/TSS with the total sum of squares around the mean of the observations.
    """

    points: int
    rss: float
    rmse: float
    r_squared: float


class Residuals(NamedTuple):
    """The residuals of a formula that is `mean((y - model)**2)`, or a sum, or a multiple of one."""

    node: Node

    @classmethod
    def find(cls, value: Node) -> Residuals | None:
        """Return the residuals whose squares `value` sums, or None if it is no such sum."""
        node, summed = value, False
        while node.args:
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
        found = Program([self.node]).value(np.array(x, dtype=float)[:, None])
        count = prod(self.node.shape)
        rss = float(np.sum(found * found))
        return Fit(count, rss, sqrt(rss / count) if rss >= 0 else nan, self._r_squared(rss))

    def _r_squared(self, rss: float) -> float:
        if self.node.operation.name != "subtract":
            return nan
        constants = [arg for arg in self.node.args if arg.value is not None and not arg.differs]
        observed = next((arg.value for arg in constants if arg.shape == self.node.shape), None)
        if observed is None:
            return nan
        total = float(np.sum((observed - observed.mean()) ** 2))
        return 1.0 - rss / total if total > 0 else nan
