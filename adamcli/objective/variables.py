"""The variables of a problem and where each stands in the flat vector of all coordinates."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Variable(NamedTuple):
    """A named scalar (shape ()) or array; its entries start at `offset` in the flat vector."""

    name: str
    shape: tuple[int, ...]
    offset: int

    @property
    def size(self) -> int:
        """The number of coordinates."""
        return prod(self.shape)

    def nested(self, x: Sequence[Any]) -> Any:
        """Return its entries in the flat point `x` (dim,) as nested lists, or as one number."""
        return _nest(list(x[self.offset : self.offset + self.size]), self.shape)


class Variables:
    """All variables of a problem, in the order of its bounds."""

    def __init__(self, shapes: Iterable[tuple[str, tuple[int, ...]]]) -> None:
        self.all: list[Variable] = []
        self.dim = 0
        for name, shape in shapes:
            self.all.append(Variable(name, shape, self.dim))
            self.dim += self.all[-1].size
        self.by_name = {variable.name: variable for variable in self.all}

    def of_coordinate(self, k: int) -> Variable:
        """Return the variable that coordinate `k` belongs to."""
        return next(variable for variable in self.all if k < variable.offset + variable.size)

    def coordinate_names(self) -> CoordinateNames:
        """Return the names of all coordinates: `x`, `x[0]`, `w[0,1]`."""
        return CoordinateNames(self)

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
        return {v.name: v.nested(x) for v in self.all}


class CoordinateNames(Sequence[str]):
    """The names of all coordinates, each written when it is asked for: there may be millions."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self._offsets = [variable.offset for variable in variables.all]

    def __len__(self) -> int:
        return self._variables.dim

    @overload
    def __getitem__(self, k: int) -> str: ...
    @overload
    def __getitem__(self, k: slice) -> list[str]: ...
    def __getitem__(self, k: int | slice) -> str | list[str]:
        if isinstance(k, slice):
            return [self[place] for place in range(len(self))[k]]
        place = range(len(self))[k]
        variable = self._variables.all[bisect_right(self._offsets, place) - 1]
        return variable.name + _suffix(variable.shape, place - variable.offset)

    def __iter__(self) -> Iterator[str]:
        for variable in self._variables.all:
            yield from (variable.name + suffix for suffix in _suffixes(variable))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CoordinateNames):
            # Names say which shapes they are of.
            return self._variables.all == other._variables.all
        return isinstance(other, Sequence) and len(self) == len(other) and [*self] == [*other]

    def __hash__(self) -> int:
        return hash(tuple(self))


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key that puts x2 before x10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, len(p.lstrip("0")), p.lstrip("0")) if p.isdigit() else (1, 0, p) for p in parts]


def _suffix(shape: tuple[int, ...], place: int) -> str:
    """Return the index of the entry at a place of a flat array of this shape."""
    if not shape:
        return ""
    indices = []
    for length in reversed(shape):
        place, index = divmod(place, length)
        indices.append(str(index))
    return f"[{','.join(reversed(indices))}]"


def _suffixes(variable: Variable) -> Iterator[str]:
    """Yield the indices of all entries of a variable in brackets, or nothing for a number."""
    if not variable.shape:
        yield ""
        return
    axes = [map(str, range(length)) for length in variable.shape]
    for indices in product(*axes):
        yield f"[{','.join(indices)}]"


def _nest(values: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return values[0]
    if len(shape) == 1:
        return [*values]
    step = prod(shape[1:])
    return [_nest(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
