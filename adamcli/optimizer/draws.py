"""The starts that seeds draw from bounds, as published results drew them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from adamcli.arrays import each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from adamcli.arrays import FloatArray, IntArray


def draw_start(seed: int, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the article's `low + rand(dim) * (high - low)` after `numpy.random.seed(seed)`."""
    drawn = legacy_rand(seed, len(low))
    drawn *= each(np.subtract, high, low)
    drawn += low
    # Rounding may carry a draw one ulp past the upper bound.
    return np.clip(drawn, low, high, out=drawn)


FEW = 50_000
"""From more draws on, importing `numpy.random` pays off, which takes as long as these."""


FEW_SEEDS = 8
"""So many seeds take less time one by one, as those of more than `FEW` draws always do. With a
thousand draws eight seeds take a fifth of the time, with ten thousand two take a fortieth."""


def legacy_rand(seed: int, count: int) -> FloatArray:
    """Return what `numpy.random.rand(count)` returns after `numpy.random.seed(seed)`."""
    if count > FEW:
        return np.random.RandomState(seed).random_sample(count)
    return np.array(_few_rands(seed, count))


def _few_rands(seed: int, count: int) -> list[float]:
    """Return `legacy_rand` without NumPy's generator, whose import adds a quarter to the start-up.

    Python's Mersenne Twister (Matsumoto and Nishimura 1998) is the same generator with the same
    53-bit output; only the seeding differs.
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
    if len(seeds) == 1:
        return draw_start(int(seeds[0]), low, high)[:, None]
    # They often come sorted, and each once; then sorting them would take a tenth of the time.
    if not (seeds[1:] > seeds[:-1]).all():
        distinct, back = np.unique(seeds, return_inverse=True)
        return np.take(draw_starts(distinct, low, high), back, axis=1)
    if len(seeds) <= FEW_SEEDS or len(low) > FEW:
        return _draw_one_by_one(seeds, low, high)
    return _draw_each(seeds.tobytes(), low.tobytes(), high.tobytes()).copy()


def _draw_one_by_one(seeds: IntArray, low: FloatArray, high: FloatArray) -> FloatArray:
    drawn = np.empty((len(low), len(seeds)))
    for k, seed in enumerate(seeds.tolist()):
        drawn[:, k] = draw_start(seed, low, high)
    return drawn


# The next block of a sweep often has the same seeds again.
@lru_cache(maxsize=1)
def _draw_each(*arrays: bytes) -> FloatArray:
    seeds = np.frombuffer(arrays[0], np.int64)
    low, high = (np.frombuffer(end)[:, None] for end in arrays[1:])
    drawn = np.empty((len(low), len(seeds)))
    for first in range(0, len(seeds), _SEEDS_AT_ONCE):
        part = drawn[:, first : first + _SEEDS_AT_ONCE]
        _legacy_rands(seeds[first : first + _SEEDS_AT_ONCE], part)
        part *= high - low
        part += low
        np.clip(part, low, high, out=part)
    return drawn


_SEEDS_AT_ONCE = 16384
"""As many seeds as one word of each, and room to work on it, fit into the cache."""

_WORDS, _SHIFT = 624, 397

Words: TypeAlias = "NDArray[np.uint32]"
"""One word of the state of every seed, or a word () for all of them: with a plain number, a call
would take a microsecond more than for arrays alone, as long as for the work itself."""


def _word(number: int) -> Words:
    return np.array(number, dtype=np.uint32)


_SEED_SHIFT, _SEED_FACTOR = _word(30), _word(1812433253)
_HIGH_BIT, _ONE, _MATRIX = _word(0x80000000), _word(1), _word(0x9908B0DF)
_FIRST, _LAST = _word(11), _word(18)
_MIDDLE = ((_word(7), _word(0x9D2C5680)), (_word(15), _word(0xEFC60000)))
_HIGH_REST, _LOW_REST = _word(5), _word(6)


def _legacy_rands(seeds: IntArray, drawn: FloatArray) -> None:
    """Fill `drawn` (count, seeds) with `legacy_rand` of every seed: MT19937, word by word."""
    state = _seeded(seeds, 2 * len(drawn))
    word, work = np.empty_like(state[0]), np.empty_like(state[0])
    for k, row in enumerate(drawn):
        # 27 and 26 bits combine into 53.
        _next_word(state, 2 * k % _WORDS, word, work)
        word >>= _HIGH_REST
        np.multiply(word, 67108864.0, row)
        _next_word(state, (2 * k + 1) % _WORDS, word, work)
        word >>= _LOW_REST
        row += word
        # Exact, as it is a power of two.
        row *= 1.0 / 9007199254740992.0


def _seeded(seeds: IntArray, needed: int) -> dict[int, Words]:
    """Return those words of the state, by number, that the first `needed` outputs depend on.

    These are the same words, the next, and as many from the 397th on. To keep the others as well
    would take longer than to compute them.
    """
    last = min(_SHIFT + needed, _WORDS)
    word, work = seeds.astype(np.uint32), np.empty(len(seeds), dtype=np.uint32)
    state, numbers = {0: word.copy()}, np.arange(last, dtype=np.uint32)
    for k in range(1, last):
        np.right_shift(word, _SEED_SHIFT, work)
        word ^= work
        word *= _SEED_FACTOR
        word += numbers[k, ...]
        if k <= needed or k >= _SHIFT:
            state[k] = word.copy()
    return state


def _next_word(state: dict[int, Words], k: int, out: Words, work: Words) -> None:
    """Advance word `k` of the state, and set `out` to the output that is made of it."""
    word, following = state[k], state[(k + 1) % _WORDS]
    # The highest bit of one word and the others of the next.
    word ^= following
    word &= _HIGH_BIT
    word ^= following
    np.bitwise_and(word, _ONE, work)
    work *= _MATRIX
    word >>= _ONE
    word ^= work
    word ^= state[(k + _SHIFT) % _WORDS]
    np.right_shift(word, _FIRST, out)
    out ^= word
    for shift, mask in _MIDDLE:
        np.left_shift(out, shift, work)
        work &= mask
        out ^= work
    np.right_shift(out, _LAST, work)
    out ^= work
