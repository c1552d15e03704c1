"""Designs: points of the unit cube, from which the values of drawn axes are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.errors import UsageError
from adamcli.optimizer.draws import legacy_rand

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray

BITS = 32


def design(sampler: str, count: int, dim: int, seed: int) -> FloatArray:
    """Return `count` points of [0, 1)**dim, an array of shape (dim, count).

    `uniform` draws from NumPy's legacy generator, point by point, so that the first points do not
    depend on how many follow. `sobol` is Sobol's sequence with a digital shift.
    """
    if sampler == "uniform":
        # Imported here: it adds a quarter to the start-up.
        from numpy.random import RandomState

        drawn: FloatArray = RandomState(seed).random_sample((count, dim)).T.copy()
        return drawn
    return sobol(count, dim, seed)


def sobol(count: int, dim: int, seed: int | None) -> FloatArray:
    """Return the first points of Sobol's sequence (1967), shape (dim, count), in Gray-code order.

    The direction numbers are those of Joe and Kuo (2008), file new-joe-kuo-6. A digital shift that
    depends on `seed` keeps the points evenly spread; with None there is no shift. Powers of two are
    the best counts.

    Raises `UsageError` for more dimensions than there are direction numbers.
    """
    if dim > len(_DIRECTIONS):
        raise UsageError(f"the sampler sobol has {len(_DIRECTIONS)} dimensions, found {dim} axes")
    number = np.arange(count, dtype=np.uint64)
    gray = number ^ (number >> np.uint64(1))
    bits = np.zeros((dim, count), dtype=np.uint64)
    for row, (polynomial, initial) in zip(bits, _DIRECTIONS, strict=False):
        for k, direction in enumerate(_direction_numbers(polynomial, initial)):
            if count >> k == 0:
                break
            row ^= ((gray >> np.uint64(k)) & np.uint64(1)) * np.uint64(direction)
    if seed is None:
        return bits.astype(float) / 2.0**BITS
    shift = np.array([int(u * 2**BITS) for u in legacy_rand(seed, dim)], dtype=np.uint64)
    # In the middle of its cell no point is 0, whose logarithm would be infinite.
    return ((bits ^ shift[:, None]).astype(float) + 0.5) / 2.0**BITS


def _direction_numbers(polynomial: int, initial: tuple[int, ...]) -> list[int]:
    """Return the direction numbers of one dimension, the first in the highest bit.

    The bits of `polynomial` are the coefficients of a primitive polynomial (Joe and Kuo, eq. 2).
    """
    degree = polynomial.bit_length() - 1
    m = [1] * BITS if degree == 0 else list(initial)
    for k in range(len(m), BITS):
        value = m[k - degree]
        for i in range(1, degree + 1):
            if polynomial >> (degree - i) & 1:
                value ^= m[k - i] << i
        m.append(value)
    return [value << (BITS - 1 - k) for k, value in enumerate(m)]


# fmt: off
_DIRECTIONS = (
    (1, (1,)), (3, (1,)), (7, (1, 3)), (11, (1, 3, 1)), (13, (1, 1, 1)), (19, (1, 1, 3, 3)),
    (25, (1, 3, 5, 13)), (37, (1, 1, 5, 5, 17)), (41, (1, 1, 5, 5, 5)), (47, (1, 1, 7, 11, 19)),
    (55, (1, 1, 5, 1, 1)), (59, (1, 1, 1, 3, 11)), (61, (1, 3, 5, 5, 31)),
    (67, (1, 3, 3, 9, 7, 49)), (91, (1, 1, 1, 15, 21, 21)), (97, (1, 3, 1, 13, 27, 49)),
    (103, (1, 1, 1, 15, 7, 5)), (109, (1, 3, 1, 15, 13, 25)), (115, (1, 1, 5, 5, 19, 61)),
    (131, (1, 3, 7, 11, 23, 15, 103)), (137, (1, 3, 7, 13, 13, 15, 69)),
    (143, (1, 1, 3, 13, 7, 35, 63)), (145, (1, 3, 5, 9, 1, 25, 53)),
    (157, (1, 3, 1, 13, 9, 35, 107)), (167, (1, 3, 1, 5, 27, 61, 31)),
    (171, (1, 1, 5, 11, 19, 41, 61)), (185, (1, 3, 5, 3, 3, 13, 69)),
    (191, (1, 1, 7, 13, 1, 19, 1)), (193, (1, 3, 7, 5, 13, 19, 59)),
    (203, (1, 1, 3, 9, 25, 29, 41)), (211, (1, 3, 5, 13, 23, 1, 55)),
    (213, (1, 3, 7, 3, 13, 59, 17)), (229, (1, 3, 1, 3, 5, 53, 69)),
    (239, (1, 1, 5, 5, 23, 33, 13)), (241, (1, 1, 7, 7, 1, 61, 123)),
    (247, (1, 1, 7, 9, 13, 61, 49)), (253, (1, 3, 3, 5, 3, 55, 33)),
    (285, (1, 3, 1, 15, 31, 13, 49, 245)), (299, (1, 3, 5, 15, 31, 59, 63, 97)),
    (301, (1, 3, 1, 11, 11, 11, 77, 249)),
)
"""The primitive polynomial of each dimension, and its first direction numbers."""
# fmt: on

DIMENSIONS = len(_DIRECTIONS)
"""The most dimensions of Sobol's sequence."""
