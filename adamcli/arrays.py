"""The types of arrays, for annotations; points whose numbers stay in arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Array = NDArray[Any]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Coordinates(Sequence[float]):
    """The numbers of a flat point: a sequence like a tuple of floats, held in a read-only array.

    It equals the tuple of its numbers; to other such points NaN is equal as well.
    `numpy.asarray` returns the array without a copy.
    """

    __slots__ = ("_array",)

    def __init__(self, array: FloatArray) -> None:
        self._array = array.view()
        self._array.flags.writeable = False

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = self._array if dtype is None else self._array.astype(dtype, copy=False)
        return array.copy() if copy and array is self._array else array

    def __len__(self) -> int:
        return len(self._array)

    @overload
    def __getitem__(self, k: int) -> float: ...
    @overload
    def __getitem__(self, k: slice) -> tuple[float, ...]: ...
    def __getitem__(self, k: int | slice) -> float | tuple[float, ...]:
        if isinstance(k, slice):
            return tuple(self._array[k].tolist())
        return float(self._array[k])

    def __iter__(self) -> Iterator[float]:
        return iter(self._array.tolist())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Coordinates):
            return np.array_equal(self._array, other._array, equal_nan=True)
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(nan if value != value else value for value in self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __reduce__(self) -> tuple[type[Coordinates], tuple[FloatArray]]:
        return Coordinates, (self._array,)


FEW = 1000
"""Of so many numbers a tuple is made faster than an array is copied and read."""


def sequence_of(numbers: FloatArray) -> Sequence[float]:
    """Return a copy of an array (dim,): a tuple of few numbers, else `Coordinates`."""
    return tuple(numbers.tolist()) if len(numbers) <= FEW else Coordinates(numbers.copy())


def same_for_all(value: float, length: int) -> FloatArray:
    """Return a read-only array (length,) of one number, which takes the memory of one."""
    return np.broadcast_to(np.float64(value), (length,))


def is_same_for_all(array: Array) -> bool:
    """Return whether an array (dim,) is known to hold one number, as those of `same_for_all`."""
    return array.strides == (0,) and len(array) > 0


def each(function: Callable[..., Any], *arrays: Array) -> Any:
    """Return `function(*arrays)` of arrays (dim,), which works element by element.

    It is computed once if every array is the same for all coordinates; so is the result then.
    """
    if not all(map(is_same_for_all, arrays)):
        return function(*arrays)
    one = function(*(array[:1] for array in arrays))
    return np.broadcast_to(one, arrays[0].shape)
