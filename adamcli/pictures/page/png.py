"""A picture of few colours as the bytes of a PNG file (ISO/IEC 15948), with zlib alone."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import IntArray

MOST_COLOURS = 255
"""The palette of a PNG has 256 places, the first of which is the transparent one."""


def png(indices: IntArray, palette: Sequence[str]) -> bytes:
    """Return the file that shows colour `palette[i]` where `indices` (rows, columns) are i.

    The first row is at the top. Colours are `#rrggbb`; where an index is -1 nothing is drawn.
    """
    assert len(palette) <= MOST_COLOURS
    rows, columns = indices.shape
    colours = b"\0\0\0" + b"".join(bytes.fromhex(colour[1:]) for colour in palette)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", colours), (b"tRNS", b"\0")]
    chunks += [(b"IDAT", _packed((indices + 1).astype(np.uint8))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _packed(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """Return the compressed lines, as they are or each less the one above, whichever is shorter."""
    above = np.zeros_like(pixels)
    above[1:] = pixels[:-1]
    kinds = ((0, pixels), (2, pixels - above))  # the numbers of the filters None and Up
    packed = [
        zlib.compress(np.insert(lines, 0, number, axis=1).tobytes(), 9) for number, lines in kinds
    ]
    return min(packed, key=len)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
