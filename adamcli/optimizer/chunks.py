"""Points that overflow the cache, chunk by chunk: their update, and what is said of them.

Scratch is then as small as a chunk, and what one call has written is still in the cache when the
next reads it. Every operation works element by element, so the bits are those of everything at
once.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adamcli.arrays import BoolArray, FloatArray
    from adamcli.optimizer.hyperparameters import Hyperparameters
    from adamcli.optimizer.method import Method

LARGE = 65_536
"""Numbers from which on a point is updated in chunks."""

CHUNK = 16_384
"""Coordinates of a chunk: Adam's seven arrays of 131 kB pass through a cache of 1 MB."""


def chunks(dim: int, size: int = LARGE) -> Iterator[slice]:
    """Yield the places of all chunks of a point, in order."""
    return (slice(first, min(first + size, dim)) for first in range(0, dim, size))


def largest(values: FloatArray) -> float:
    """Return the largest size of all numbers; NaN if one is NaN."""
    # Without an array of the sizes.
    return max(abs(float(values.max())), abs(float(values.min())))


def bind_checks(parts: Sequence[FloatArray], flags: BoolArray) -> list[Callable[[], object]]:
    """Return the calls that set each row of `flags` to whether all of a chunk is finite."""
    work = np.empty((max(map(len, parts)), flags.shape[1]), dtype=bool)

    def check(part: FloatArray, finite: BoolArray, flag: BoolArray) -> None:
        np.isfinite(part, finite)
        finite.all(axis=0, out=flag)

    return [
        partial(check, part, work[: len(part)], flag)
        for part, flag in zip(parts, flags, strict=True)
    ]


def bind_in_chunks(
    method: Method,
    x: FloatArray,
    states: FloatArray,
    samples: FloatArray,
    settings: Hyperparameters,
) -> Callable[..., None]:
    """Return what `method.bind` does; `samples` (1, dim, runs) is the gradient alone, and kept."""
    dim, runs = x.shape
    work = np.empty((1 + method.scratch, min(CHUNK, dim), runs))
    steps = []
    for some in chunks(dim, CHUNK):
        own = work[:, : some.stop - some.start]
        update = method.bind(x[some], states[:, some], own, settings)
        steps.append((some, samples[0, some], own[0], update))

    def update_all(*coefficients: Any) -> None:
        # Coordinates may differ in a coefficient, which then has an axis for them.
        differs = [np.ndim(each) == 2 for each in coefficients]
        for some, gradient, taken, update in steps:
            np.copyto(taken, gradient)
            pairs = zip(coefficients, differs, strict=True)
            update(*(each[some] if own else each for each, own in pairs))

    return update_all
