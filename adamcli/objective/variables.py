"""The variables of a problem and where each stands in the flat vector of all coordinates."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Variable(NamedTuple):
    """A named scalar (shape ()) or array; its entries start at `offset` of the flat vector."""

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
        """Return a name for each coordinate: `x`, `x[0]`, `w[0,1]`."""
        names: list[str] = []
        for variable in self.all:
            names.extend(variable.name + suffix for suffix in _suffixes(variable.shape))
        return names

    def coordinate_paths(self) -> list[tuple[str | int, ...]]:
        """Return where each coordinate stands in what `unpack` returns: `("w", 0, 1)`."""
        return [
            (variable.name, *indices)
            for variable in self.all
            for indices in product(*map(range, variable.shape))
        ]

    def split(self, x: Any) -> list[Any]:
        """Return a view of the array `x` (dim,) or (dim, runs) for each variable, in its shape.

        It may be an array of another package; of a batch every view has the runs behind its shape.
        """
        return [x[v.offset : v.offset + v.size].reshape((*v.shape, *x.shape[1:])) for v in self.all]

    def unpack(self, x: Sequence[Any]) -> dict[str, Any]:
        """Return the flat point `x` (length dim) as a mapping by variable name.

        A number stays a number, an array becomes nested lists.
        """
        return {v.name: _nest(list(x[v.offset : v.offset + v.size]), v.shape) for v in self.all}


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key that puts x2 before x10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, len(p.lstrip("0")), p.lstrip("0")) if p.isdigit() else (1, 0, p) for p in parts]


def _suffixes(shape: tuple[int, ...]) -> list[str]:
    if not shape:
        return [""]
    indices = [""]
    for length in shape:
        indices = [f"{prefix}{i}," for prefix in indices for i in range(length)]
    return [f"[{index[:-1]}]" for index in indices]


def _nest(values: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return values[0]
    if len(shape) == 1:
        return [*values]
    step = prod(shape[1:])
    return [_nest(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
