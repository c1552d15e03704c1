"""The variables of a problem and where each stands in the flat vector of all coordinates."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Variable(NamedTuple):
    """A named scalar (shape ()) or array; its entries start at `offset` in the flat vector."""

    name: str
    shape: tuple[int, ...]
    offset: int

    @property
    def size(self) -> int:
        """The number of coordinates."""
        return prod(self.shape)


class Variables:
    """All variables of a problem, in the order of its bounds."""

    def __init__(self, shapes: Iterable[tuple[str, tuple[int, ...]]]) -> None:
        self.all: list[Variable] = []
        self.dim = 0
        for name, shape in shapes:
            self.all.append(Variable(name, shape, self.dim))
            self.dim += self.all[-1].size
        self.by_name = {variable.name: variable for variable in self.all}

    def coordinate_names(self) -> list[str]:
        """Return the names of all coordinates: `x`, `x[0]`, `w[0,1]`."""
        return [variable.name + suffix for variable in self.all for suffix in _suffixes(variable)]

    def coordinate_paths(self) -> list[tuple[str | int, ...]]:
        """Return the path of each coordinate in the result of `unpack`: `("w", 0, 1)`."""
        return [
            (variable.name, *indices)
            for variable in self.all
            for indices in product(*map(range, variable.shape))
        ]

    def split(self, x: Any) -> list[Any]:
        """Return one view of the array `x` per variable, in its shape; in a batch, runs come last.

        `x` has the shape (dim,) or (dim, runs) and may be an array of another package.
        """
        return [x[v.offset : v.offset + v.size].reshape((*v.shape, *x.shape[1:])) for v in self.all]

    def unpack(self, x: Sequence[Any]) -> dict[str, Any]:
        """Return the flat point `x` (dim,) by variable name, arrays as nested lists."""
        return {v.name: _nest(list(x[v.offset : v.offset + v.size]), v.shape) for v in self.all}


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key that puts x2 before x10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, len(p.lstrip("0")), p.lstrip("0")) if p.isdigit() else (1, 0, p) for p in parts]


def _suffixes(variable: Variable) -> list[str]:
    if not variable.shape:
        return [""]
    axes = [map(str, range(length)) for length in variable.shape]
    return [f"[{','.join(indices)}]" for indices in product(*axes)]


def _nest(values: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return values[0]
    if len(shape) == 1:
        return [*values]
    step = prod(shape[1:])
    return [_nest(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
