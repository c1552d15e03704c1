"""PNG files of few colours, read back by an independent reader, and by Pillow if it is there."""

import io
import struct
import zlib

import numpy as np
import pytest

from adamcli.pictures.page.png import MOST_COLOURS, png

PALETTE = ["#440154", "#21918c", "#fde725"]


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the names and contents of all chunks, after a check of their sums."""
    assert data[:8] == bytes([137, 80, 78, 71, 13, 10, 26, 10])
    found, place = [], 8
    while place < len(data):
        (size,) = struct.unpack(">I", data[place : place + 4])
        name, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        (total,) = struct.unpack(">I", data[place + 8 + size : place + 12 + size])
        assert total == zlib.crc32(name + content)
        found.append((name, content))
        place += 12 + size
    return found


def read(data: bytes) -> tuple[np.ndarray, list[str | None]]:
    """Return the numbers of the colours (rows, columns) and the colours, None if transparent."""
    chunks = dict(chunks_of(data))
    columns, rows, depth, kind, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, kind, rest) == (8, 3, [0, 0, 0])
    colours: list[str | None] = [
        "#" + chunks[b"PLTE"][k : k + 3].hex() for k in range(0, len(chunks[b"PLTE"]), 3)
    ]
    for k, opacity in enumerate(chunks[b"tRNS"]):
        colours[k] = None if opacity == 0 else colours[k]
    raw = zlib.decompress(chunks[b"IDAT"])
    assert len(raw) == rows * (columns + 1)
    lines = np.frombuffer(raw, dtype=np.uint8).reshape(rows, columns + 1)
    pixels = np.zeros((rows, columns), dtype=np.uint8)
    for k, (number, *line) in enumerate(lines.tolist()):
        assert number in (0, 2)
        above = pixels[k - 1].tolist() if number == 2 and k else [0] * columns
        pixels[k] = [(a + b) % 256 for a, b in zip(line, above, strict=True)]
    return pixels, colours


def shown(data: bytes) -> list[list[str | None]]:
    """Return the colour of each pixel."""
    pixels, colours = read(data)
    return [[colours[k] for k in line] for line in pixels.tolist()]


def expected(indices: np.ndarray, palette: list[str]) -> list[list[str | None]]:
    return [[None if k < 0 else palette[k] for k in line] for line in indices.tolist()]


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (9, 1), (13, 21)])
def test_each_pixel_has_the_colour_of_its_number(shape) -> None:
    indices = np.random.RandomState(0).randint(-1, 3, shape)
    assert shown(png(indices, PALETTE)) == expected(indices, PALETTE)


def test_smooth_pictures_are_read_back_as_well() -> None:
    rows, columns = np.mgrid[:80, :90]
    indices = (rows + columns) // 60
    data = png(indices, PALETTE)
    assert shown(data) == expected(indices, PALETTE)
    assert len(data) < indices.size / 10


def test_the_whole_palette_can_be_used() -> None:
    palette = [f"#{k:02x}{255 - k:02x}7f" for k in range(MOST_COLOURS)]
    indices = np.arange(-1, MOST_COLOURS).reshape(16, 16)
    assert shown(png(indices, palette)) == expected(indices, palette)


def test_the_chunks_are_in_their_order() -> None:
    names = [name for name, _ in chunks_of(png(np.zeros((2, 2), dtype=int), PALETTE))]
    assert names == [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"]


def test_pillow_reads_the_same() -> None:
    image = pytest.importorskip("PIL.Image")
    indices = np.random.RandomState(1).randint(-1, 3, (11, 17))
    with image.open(io.BytesIO(png(indices, PALETTE))) as opened:
        pixels = np.asarray(opened.convert("RGBA"))
    for (row, column), index in np.ndenumerate(indices):
        *rgb, opacity = pixels[row, column].tolist()
        assert opacity == (0 if index < 0 else 255)
        assert index < 0 or bytes(rgb).hex() == PALETTE[index][1:]
