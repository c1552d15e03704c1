"""The checksum of rows: the sum of a hash of each, so that it is the same however rows are cut."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from adamcli.arrays import Array

    Words = NDArray[np.uint64]

_SIZE = 2**64

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""An odd number, so that no product loses a bit."""


def row_hashes(columns: Sequence[Array | Sequence[Any]]) -> Words:
    """Return a hash of each row, given column by column as Python or SQLite has the values."""
    hashes: Words = np.full(len(columns[0]), len(columns), dtype=np.uint64)
    for values in columns:
        hashes ^= _words(values)
        hashes *= _FACTOR
        hashes ^= hashes >> np.uint64(29)
    return hashes


def message_hashes(messages: Mapping[int, str]) -> Words:
    """Return a hash of each message and the number of its run."""
    return row_hashes([list(messages), list(messages.values())])


def total(*hashes: Words) -> int:
    """Return the checksum of rows with these hashes."""
    return added(int(each.sum(dtype=np.uint64)) for each in hashes)


def added(checksums: Iterable[int]) -> int:
    """Return the checksum of all rows from those of their parts."""
    return sum(checksums) % _SIZE


def _words(values: Array | Sequence[Any]) -> Words:
    """Return 64 bits for each value, which depend on it and its type alone."""
    if isinstance(values, np.ndarray):
        return _bits(values)
    kinds = set(map(type, values))
    if len(kinds) == 1:
        return _of_kind(kinds.pop(), values)
    if kinds == {float, type(None)}:
        # NULL is what SQLite makes of NaN.
        return _of_kind(float, values)
    found: Words = np.empty(len(values), dtype=np.uint64)
    for kind in kinds:
        places = [k for k, value in enumerate(values) if type(value) is kind]
        found[places] = _of_kind(kind, [values[k] for k in places])
    return found


def _of_kind(kind: type, values: Sequence[Any]) -> Words:
    """Return 64 bits for each of some values of one type."""
    if kind in (float, type(None)):
        return _bits(np.array(values, dtype=float))
    if kind in (int, bool):
        return _bits(np.array(values, dtype=np.int64))
    known = {value: _hash_of(kind, value) for value in set(values)}
    return np.array([known[value] for value in values], dtype=np.uint64)


def _bits(numbers: Array) -> Words:
    """Return the bits of numbers; those of floats are inverted, to tell 0.0 from 0."""
    if numbers.dtype.kind != "f":
        return numbers.astype(np.int64).view(np.uint64)
    # All NaN are one.
    return ~np.where(np.isnan(numbers), np.nan, numbers).astype(float).view(np.uint64)


def _hash_of(kind: type, value: Any) -> int:
    content = value.encode("utf-8", "surrogatepass") if kind is str else repr(value).encode()
    return int.from_bytes(blake2b(kind.__name__.encode() + content, digest_size=8).digest(), "big")
