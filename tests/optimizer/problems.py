"""Two problems whose gradients are plain formulas, so that any kind of number goes through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Problem(NamedTuple):
    """A formula, the point to begin at, and the gradient: one entry for each variable, from all."""

    formula: str
    start: dict[str, float]
    gradient: Callable[..., list[Any]]

    @property
    def bounds(self) -> dict[str, list[float]]:
        """Return a box around the start."""
        return {name: [-5.0, 5.0] for name in self.start}


def _valley_gradient(x: Any, y: Any) -> list[Any]:
    return [-400 * x * (y - x**2) - 2 * (1 - x), 200 * (y - x**2)]


def _bowl_gradient(x: Any, y: Any, z: Any) -> list[Any]:
    cube = (x + y - z) ** 3
    return [x + cube, 10 * y + cube, 100 * z - cube]


PROBLEMS = {
    "valley": Problem("100*(y - x**2)**2 + (1 - x)**2", {"x": -1.2, "y": 1.0}, _valley_gradient),
    "bowl": Problem(
        "x**2/2 + 5*y**2 + 50*z**2 + (x + y - z)**4/4",
        {"x": 1.5, "y": -0.75, "z": 0.3},
        _bowl_gradient,
    ),
}
"""Rosenbrock's valley, and an ill-scaled quadratic with a quartic term."""
