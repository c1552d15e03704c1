"""Random numbers of a search; they depend on its seed alone, whatever the version of NumPy."""

from __future__ import annotations

from math import prod
from random import Random
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray, IntArray


class Chance:
    """A stream of random numbers, from the Mersenne Twister of the standard library."""

    def __init__(self, seed: int) -> None:
        self._source = Random(seed)

    def uniform(self, *shape: int) -> FloatArray:
        """Return numbers of [0, 1), in 53 bits."""
        words = np.frombuffer(self._source.randbytes(8 * prod(shape)), dtype="<u8")
        return (words >> np.uint64(11)).astype(float).reshape(shape) * 2.0**-53

    def below(self, count: int, *shape: int) -> IntArray:
        """Return whole numbers from 0 to `count` - 1."""
        return (count * self.uniform(*shape)).astype(np.int64)

    def normal(self, *shape: int) -> FloatArray:
        """Return numbers of the standard normal distribution (Box and Muller 1958)."""
        radius, angle = self.uniform(2, *shape)
        found: FloatArray = np.sqrt(-2.0 * np.log1p(-radius)) * np.cos(2.0 * np.pi * angle)
        return found
