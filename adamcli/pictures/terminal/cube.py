"""The 256 colours of terminals: the one nearest to a colour, and which show on which."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray, IntArray

NONE = -1
"""No colour: that of the terminal."""

BLACK, WHITE = 16, 231

_LEVELS = np.array([0, 95, 135, 175, 215, 255])
"""The amounts of red, green and blue of the colours 16 to 231."""

_GREYS = 8 + 10 * np.arange(24)
_LEAST_CONTRAST = 0.25

# From linear RGB to the responses of the eye, and from their cube roots to OKLab.
_EYE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(rgb: FloatArray | IntArray) -> FloatArray:
    """Return colours (n, 3), 0 to 255, as lightness, 0 to 1, green-red and blue-yellow (n, 3).

    Distances are about those that are seen (Ottosson 2020, "A perceptual color space").
    """
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    found: FloatArray = np.cbrt(linear @ _EYE.T) @ _LAB.T
    return found


@lru_cache(maxsize=1)
def _known() -> FloatArray:
    """Return the colours 16 to 255 in OKLab."""
    cube = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS, indexing="ij"), axis=-1).reshape(-1, 3)
    return oklab(np.concatenate([cube, np.repeat(_GREYS[:, None], 3, axis=1)]))


def nearest(rgb: IntArray) -> IntArray:
    """Return the colours of the cube, 16 to 231, that look most like `rgb` (n, 3)."""
    apart = oklab(rgb)[:, None] - _known()[:216]
    found: IntArray = 16 + (apart**2).sum(axis=-1).argmin(axis=-1)
    return found


def shown(inks: IntArray, grounds: IntArray) -> IntArray:
    """Return the colours, but black or white where one would hardly show on its background.

    Without a background, white is the colour of the terminal's text, whatever that is.
    """
    # The first 16 colours are the terminal's own.
    light = np.concatenate([np.full(16, 0.5), _known()[:, 0]])
    close = (inks == NONE) | (np.abs(light[inks] - light[grounds]) < _LEAST_CONTRAST)
    plain = np.where(light[grounds] > 0.6, BLACK, WHITE)
    on_ground = np.where(close, plain, inks)
    return np.where(grounds == NONE, np.where(inks == WHITE, NONE, inks), on_ground)
