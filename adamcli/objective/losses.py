"""Losses of residuals: what a fit minimises in place of their squares.

They are those of SciPy's `least_squares` (Triggs et al. 2000, section 4.3), with the scale d where
SciPy has `f_scale`: d**2 * rho((r/d)**2), so all are r**2 near 0. A fit minimises their sum; SciPy
minimises half of it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from adamcli.objective.derivatives import gradient
from adamcli.objective.graph import Graph
from adamcli.objective.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import FloatArray
    from adamcli.objective.graph import Node


def _of(z: Node, name: str, *args: Node) -> Node:
    return z.graph.apply(name, *args)


def _huber(z: Node) -> Node:
    one, two = z.graph.constant(1.0), z.graph.constant(2.0)
    outer = two * _of(z, "sqrt", z) - one
    return _of(z, "where", _of(z, "less_equal", z, one), z, outer)


def _soft_l1(z: Node) -> Node:
    # 2*(sqrt(1 + z) - 1), without the loss of digits near 0.
    one, two = z.graph.constant(1.0), z.graph.constant(2.0)
    return two * z / (one + _of(z, "sqrt", one + z))


RHO: dict[str, Callable[[Node], Node]] = {
    "linear": lambda z: z,
    "huber": _huber,
    "soft_l1": _soft_l1,
    "cauchy": lambda z: _of(z, "log1p", z),
    "arctan": lambda z: _of(z, "arctan", z),
}
"""The function rho of each loss, by the word used in configs."""


LEAST = 0.1
"""The least curvature of a row, as a part of its slope over its residual. Where a loss is straight
or concave it has none, and steps would be as long as they please; with all of the slope over the
residual they are those of iteratively reweighted least squares, which always go down."""


class Loss:
    """The loss `name` with the scale `d`, a positive number; `linear` is the plain square."""

    def __init__(self, name: str = "linear", scale: float = 1.0) -> None:
        self.name, self.scale = name, scale

    @property
    def is_linear(self) -> bool:
        """Whether the loss is the square."""
        return self.name == "linear"

    def node(self, residual: Node) -> Node:
        """Return the loss of each entry of `residual`."""
        square = residual.graph.apply("square", residual)
        if self.is_linear:
            return square
        # The same for all runs, so that it is one number in every graph.
        area = residual.graph.constant(self.scale * self.scale)
        return area * RHO[self.name](square / area)

    def values(self, residuals: FloatArray) -> FloatArray:
        """Return the loss of each residual."""
        if self.is_linear:
            return residuals * residuals
        area = self.scale * self.scale
        found: FloatArray = area * self._rho(residuals * residuals / area)[0]
        return found

    def reweigh(self, system: FloatArray) -> None:
        """Scale the rows of `system`, columns of a Jacobian and then the residuals.

        Afterwards the least-squares step of the system is that of the loss, by Triggs' correction
        of second order (Triggs et al. 2000, section 4.3, as in SciPy's `least_squares`).
        """
        if self.is_linear:
            return
        r = system[-1]
        z = r * r / (self.scale * self.scale)
        _, first, second = self._rho(z)
        curvature = np.maximum(first + 2.0 * second * z, LEAST * first)
        root = np.sqrt(np.where(np.isfinite(curvature), curvature, 0.0))
        system[:-1] *= root
        r *= np.divide(first, root, out=np.zeros_like(root), where=root > 0)

    def _rho(self, z: FloatArray) -> FloatArray:
        """Return rho and its two derivatives at every entry of `z`, along the first axis."""
        found = np.empty((3, z.size))
        with np.errstate(all="ignore"):
            for call in self._program.bind(np.ascontiguousarray(z).reshape(1, -1), list(found)):
                call()
        return found.reshape(3, *z.shape)

    @cached_property
    def _program(self) -> Program:
        graph = Graph()
        z = graph.leaf(0)
        value = RHO[self.name](z)
        (first,) = gradient(graph, value, [z])
        (second,) = gradient(graph, first, [z])
        return Program([value, first, second])

    def __reduce__(self) -> tuple[type[Loss], tuple[str, float]]:
        return Loss, (self.name, self.scale)

    def __repr__(self) -> str:
        return self.name if self.is_linear else f"{self.name}({self.scale!r})"
