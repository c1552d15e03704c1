"""How pictures look: the one place for colours, widths, markers and sizes, whatever draws them.

Colours are told apart by their lightness as well, so that neither colour-blind readers nor black
and white print lose anything. Surfaces use viridis (van der Walt and Smith 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray, IntArray


class Look(NamedTuple):
    """How the marks of a role look.

    `colour` is for light pages, `dark` for dark ones, and `ansi`, a colour of 256, for terminals,
    whose background is unknown. `width` is that of lines in points, `dash` a pattern of lengths in
    widths. `marker` is one of MARKERS, `size` its diameter in points. With `edge` a thin outline of
    that colour sets the mark off from what is below it.
    """

    colour: str
    dark: str
    ansi: int
    width: float = 1.4
    dash: tuple[float, ...] = ()
    marker: str = "dot"
    size: float = 5.0
    edge: str = ""
    opacity: float = 1.0


MARKERS = {
    "dot": ("·", "."),
    "disc": ("●", "o"),
    "ring": ("○", "o"),
    "star": ("★", "*"),
    "cross": ("✕", "x"),
    "diamond": ("◆", "+"),
}
"""Every marker, as a character for terminals and as one of ASCII."""

INK, PALE = "#1b1b1b", "#9a9a9a"
DEEP, BRIGHT = "#0b3c6f", "#e8890c"
"""The two colours of lines: a dark blue and a light orange, which no kind of colour blindness, and
no printer, makes alike."""

LOOKS = {
    # A course over a surface, whose colours go from dark to light: white with a dark outline.
    "path": Look("#ffffff", "#ffffff", 231, width=1.5, edge=INK),
    "step": Look(DEEP, "#7db8f0", 39, marker="dot", size=3.5),
    "curve": Look(PALE, "#8a8a8a", 245, width=1.2),
    "start": Look("#ffffff", "#ffffff", 231, marker="ring", size=7, edge=INK),
    "best": Look("#ffd400", "#ffd400", 220, marker="star", size=12, edge=INK),
    "end": Look("#ff5a36", "#ff5a36", 203, marker="disc", size=6, edge=INK),
    "lost": Look("#ff5a36", "#ff5a36", 203, marker="cross", size=8, edge=INK),
    "known": Look("#ffffff", "#ffffff", 231, marker="diamond", size=6, edge=INK),
    "place": Look("#ffffff", "#ffffff", 231, marker="disc", size=5, edge=INK),
    "bounds": Look(INK, "#d8d8d8", 245, width=1.0, dash=(4.0, 2.0)),
    # Courses over the steps.
    "pale": Look("#b9c4cf", "#55606b", 248, width=0.9),
    "deep": Look(DEEP, "#7db8f0", 39, width=1.8),
    "bright": Look(BRIGHT, "#ffb454", 214, width=1.4),
    "thin": Look("#5f6b76", "#a8b3bd", 245, width=1.0, dash=(1.0, 1.2)),
    "rule": Look(PALE, "#6a6a6a", 240, width=0.8, dash=(1.0, 2.0)),
    # Fits.
    "data": Look(INK, "#e4e4e4", 250, marker="disc", size=4.0, width=0.8),
    "fitted": Look(BRIGHT, "#ffb454", 214, width=1.8),
    "band": Look(BRIGHT, "#ffb454", 214, opacity=0.25, width=0.0),
    # Sweeps.
    "bars": Look(DEEP, "#7db8f0", 39),
    "run": Look(DEEP, "#7db8f0", 39, marker="dot", size=4.0, opacity=0.6),
    "mean": Look(BRIGHT, "#ffb454", 214, width=1.6, marker="disc", size=5),
    "spread": Look(DEEP, "#7db8f0", 39, width=7.0, opacity=0.3),
    "through": Look(DEEP, "#7db8f0", 39, width=0.8, opacity=0.7),
    "upright": Look("#444444", "#8a8a8a", 245, width=1.0),
    "value": Look("#444444", "#b0b0b0", 250),
    **{
        # Several of a kind, from dark to light (Okabe and Ito 2008).
        f"series{k}": Look(colour, dark, ansi, width=1.5)
        for k, (colour, dark, ansi) in enumerate(
            [
                (DEEP, "#7db8f0", 39),
                (BRIGHT, "#ffb454", 214),
                ("#008f6b", "#3fd0a8", 36),
                ("#a3316f", "#f08cc0", 175),
                ("#56b4e9", "#2f86c0", 75),
                ("#6b6b6b", "#b0b0b0", 244),
            ]
        )
    },
}
"""The looks of all roles."""

SERIES = sum(name.startswith("series") for name in LOOKS)
"""How many things of a kind have a look of their own."""

_VIRIDIS = (
    0x440154,
    0x482475,
    0x414487,
    0x355F8D,
    0x2A788E,
    0x21918C,
    0x22A884,
    0x44BF70,
    0x7AD151,
    0xBDDF26,
    0xFDE725,
)


def colours(count: int) -> list[str]:
    """Return `count` colours through viridis, dark to light, as `#rrggbb`."""
    shares = np.linspace(0, 1, count) if count > 1 else np.array([0.5])
    return ["#{:02x}{:02x}{:02x}".format(*rgb) for rgb in rgb_of(shares).tolist()]


def rgb_of(shares: FloatArray) -> IntArray:
    """Return the colours (n, 3), 0 to 255, at `shares` (n,) of the way through viridis."""
    stops = np.array([[stop >> 16, stop >> 8 & 255, stop & 255] for stop in _VIRIDIS])
    places = np.linspace(0, 1, len(stops))
    found = [np.interp(shares, places, stops[:, k]) for k in range(3)]
    return np.stack(found, axis=-1).round().astype(np.int64)


WIDTH, HEIGHT, DPI = 5.2, 3.9, 160
"""The size of a picture of one panel in inches, and the dots of each in a file of pixels."""

SCREEN_DPI = 100
"""The dots of an inch in an animation."""

FONT_SIZE = 9.0

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": FONT_SIZE,
    "axes.titlesize": FONT_SIZE,
    "axes.labelsize": FONT_SIZE,
    "axes.linewidth": 0.7,
    "axes.edgecolor": "#444444",
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": True,
    "xtick.labelsize": FONT_SIZE - 1,
    "ytick.labelsize": FONT_SIZE - 1,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.fontsize": FONT_SIZE - 1,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.facecolor": "white",
    "text.parse_math": False,  # a name may hold a dollar sign
    "svg.hashsalt": "adamcli",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}
"""What matplotlib is set to while it draws."""
