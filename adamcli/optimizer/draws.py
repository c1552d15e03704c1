"""The starts that seeds draw from bounds, as published results drew them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from adamcli.arrays import FloatArray, IntArray


def draw_start(seed: int, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the article's `low + rand(dim) * (high - low)` after `numpy.random.seed(seed)`."""
    drawn: FloatArray = low + np.array(legacy_rand(seed, len(low))) * (high - low)
    # Rounding may carry a draw one ulp past the upper bound.
    return np.clip(drawn, low, high)


def legacy_rand(seed: int, count: int) -> list[float]:
    """Return what `numpy.random.rand(count)` returns after `numpy.random.seed(seed)`.

    Python's Mersenne Twister (Matsumoto and Nishimura 1998) is the same generator with the same
    53-bit output; only the seeding differs. Importing `numpy.random` would add a quarter to the
    start-up time.
    """
    from random import Random

    state = [seed & 0xFFFFFFFF]
    for i in range(1, 624):
        previous = state[-1]
        state.append((1812433253 * (previous ^ (previous >> 30)) + i) & 0xFFFFFFFF)
    generator = Random()
    generator.setstate((3, (*state, 624), None))
    return [generator.random() for _ in range(count)]


def draw_starts(seeds: IntArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return `draw_start` of every seed as an array (dim, seeds)."""
    distinct, back = np.unique(seeds, return_inverse=True)
    if len(distinct) == 1:
        return np.repeat(draw_start(int(distinct[0]), low, high)[:, None], len(seeds), axis=1)
    return _draw_each(distinct.tobytes(), low.tobytes(), high.tobytes())[:, back]


# The next block of a sweep often has the same seeds again.
@lru_cache(maxsize=1)
def _draw_each(*arrays: bytes) -> FloatArray:
    seeds = np.frombuffer(arrays[0], np.int64)
    low, high = (np.frombuffer(end)[:, None] for end in arrays[1:])
    drawn = np.empty((len(low), len(seeds)))
    for first in range(0, len(seeds), _SEEDS_AT_ONCE):
        part = slice(first, first + _SEEDS_AT_ONCE)
        drawn[:, part] = low + _legacy_rands(seeds[part], len(low)) * (high - low)
    return np.clip(drawn, low, high, out=drawn)


_SEEDS_AT_ONCE = 4096
"""As many generator states as roughly fit into the cache."""

_WORDS, _SHIFT = 624, 397
_HIGH_BIT, _LOW_BITS, _MATRIX = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(0x9908B0DF)


def _legacy_rands(seeds: IntArray, count: int) -> FloatArray:
    """Return `legacy_rand` of every seed (count, seeds): MT19937 with one column per seed."""
    state = np.empty((_WORDS, len(seeds)), dtype=np.uint32)
    state[0] = seeds
    for i in range(1, _WORDS):
        previous = state[i - 1]
        np.right_shift(previous, 30, out=state[i])
        state[i] ^= previous
        state[i] *= np.uint32(1812433253)
        state[i] += np.uint32(i)
    drawn = np.empty((count, len(seeds)))
    for first in range(0, count, _WORDS // 2):
        part = drawn[first : first + _WORDS // 2]
        _twist(state, 2 * len(part) if first + len(part) == count else _WORDS)
        words = _tempered(state[: 2 * len(part)])
        # 27 and 26 bits combine into 53.
        part[:] = (words[::2] >> 5) * 67108864.0 + (words[1::2] >> 6)
    drawn /= 9007199254740992.0
    return drawn


def _twist(state: NDArray[np.uint32], needed: int) -> None:
    """Advance the first `needed` words of the state; each depends on the word 397 further on."""
    rest = _WORDS - _SHIFT
    for first, end in ((0, rest), (rest, 2 * rest), (2 * rest, _WORDS - 1), (_WORDS - 1, _WORDS)):
        last = min(end, needed)
        if first >= last:
            break
        following = state[first + 1 : last + 1] if last < _WORDS else state[:1]
        mixed = (state[first:last] & _HIGH_BIT) | (following & _LOW_BITS)
        source = (first + _SHIFT) % _WORDS
        state[first:last] = state[source : source + last - first] ^ (mixed >> 1)
        state[first:last] ^= (mixed & np.uint32(1)) * _MATRIX


def _tempered(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    out = words.copy()
    out ^= out >> np.uint32(11)
    out ^= (out << np.uint32(7)) & np.uint32(0x9D2C5680)
    out ^= (out << np.uint32(15)) & np.uint32(0xEFC60000)
    out ^= out >> np.uint32(18)
    return out
