"""Pictures drawn by matplotlib: figures for Python, and files of pixels and of vectors."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from warnings import catch_warnings, filterwarnings

import numpy as np

from adamcli.errors import needs_extra
from adamcli.pictures import style
from adamcli.pictures.figure_marks import DRAWN
from adamcli.pictures.lettering import broken, inches
from adamcli.pictures.scales import ticks
from adamcli.pictures.scene import Dots, Line, reached
from adamcli.signals import held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from adamcli.pictures.scene import Axis, Panel, Picture

METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}
"""What files say of their making: nothing, so that the same picture gives the same bytes."""

PLOT = 0.7
"""The share of a panel that is between its axes; around it are numbers and labels."""

LINE = 0.16
"""The height of a tick on a vertical axis, in inches."""

USUAL = 3
"""Lines of text around the axes of a picture that its height allows for."""

END = 2**62
"""After every step."""

NAMES = 12
"""The most names in a legend."""


def require_matplotlib(what: str) -> None:
    """Raise `UsageError` if matplotlib is not installed; `what` needs it."""
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise needs_extra(what, "matplotlib", "plot")


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of all pictures, whatever the settings of the user are."""
    with held():
        # The first import of all finds the fonts, under a lock that would outlive the process.
        import_module("matplotlib.font_manager")
    from matplotlib import rc_context, rcParamsDefault

    # What is drawn does not depend on a backend, and to set one has effects.
    usual = {key: rcParamsDefault[key] for key in rcParamsDefault if "backend" not in key}
    with rc_context(usual | style.RC), catch_warnings():
        # A letter that the font does not have is drawn as a box, which says enough.
        filterwarnings("ignore", "Glyph .* missing from")
        yield


def file_of(picture: Picture, form: str) -> bytes:
    """Return the picture as a file of the format `png`, `svg` or `pdf`."""
    with styled():
        figure, buffer = Drawing(picture).figure, BytesIO()
        figure.savefig(buffer, format=form, metadata=METADATA[form])
    return buffer.getvalue()


def figure_of(picture: Picture) -> Figure:
    """Return the picture as a figure."""
    with styled():
        return Drawing(picture).figure


def draw_into(axes: Axes, picture: Picture) -> Figure:
    """Draw the first panel of a picture into axes of the user's, and return their figure."""
    panel, figure = picture.panels[0], cast("Figure", axes.get_figure())
    share = axes.get_position()
    width, height = figure.get_size_inches() * (share.width, share.height)
    with styled():
        _draw_panel(axes, panel._replace(title=panel.title or picture.title), Room(width, height))
    return figure


class Room(NamedTuple):
    """The size of the axes of a panel in inches, as far as it is known before they are laid out."""

    width: float
    height: float


class Drawing:
    """A figure with a picture drawn in it.

    `moving` pairs the marks that belong to steps with what draws them, for `show`.
    """

    def __init__(self, picture: Picture) -> None:
        from matplotlib.figure import Figure

        columns, rows = max(map(len, picture.rows)), len(picture.rows)
        heights = np.array(picture.heights or (1.0,) * rows)
        width, height = _size(columns, rows)
        self.figure: Figure = Figure(figsize=(width, height), layout="constrained")
        self.moving: list[tuple[Line | Dots, Any]] = []
        grid = self.figure.add_gridspec(rows, columns, height_ratios=heights)
        lines = self._entitle(picture, 0.92 * width)
        for r, (row, share) in enumerate(zip(picture.rows, heights / heights.sum(), strict=True)):
            room = Room(PLOT * width / len(row), PLOT * height * share)
            above = 0
            for c, panel in enumerate(row):
                wide = slice(c, c + 1) if len(row) > 1 else slice(None)
                drawn = _draw_panel(self.figure.add_subplot(grid[r, wide]), panel, room)
                self.moving += drawn.moving
                above = max(above, drawn.lines)
            lines += above
        # What is said around the axes does not make them smaller.
        self.figure.set_size_inches(width, height + LINE * max(0, lines - USUAL))
        self.show(END)

    def _entitle(self, picture: Picture, room: float) -> int:
        """Write the title and the notes, and return how many lines they have."""
        size, small = style.FONT_SIZE + 1, style.FONT_SIZE - 1.5
        title = broken(picture.title, room, size)
        notes = "\n".join(broken(note, room, small) for note in picture.notes)
        self.figure.suptitle(title, fontsize=size)
        if notes:
            self.figure.supxlabel(notes, fontsize=small, color="#555555")
        return len(title.splitlines()) + len(notes.splitlines())

    def show(self, step: int) -> list[Artist]:
        """Let the moving marks show what was reached at `step`, and return them."""
        for mark, artist in self.moving:
            some = reached(mark, step)
            artist.set_data(mark.x[some], mark.y[some])
        return [artist for _, artist in self.moving]


class Drawn(NamedTuple):
    """The marks of a panel that belong to steps, with their artists, and its lines of text."""

    moving: list[tuple[Line | Dots, Any]]
    lines: int


def _size(columns: int, rows: int) -> tuple[float, float]:
    """Return the width and the height of a figure in inches."""
    width = style.WIDTH * (1.0 if columns == 1 else 1.55)
    if rows > 1:
        return width, style.HEIGHT * max(1.25, 0.36 * rows)
    return width, style.HEIGHT * (1.0 if columns == 1 else 0.9)


def _draw_panel(axes: Axes, panel: Panel, room: Room) -> Drawn:
    """Draw a panel into axes of about the size `room`."""
    _set_axis(axes, "x", panel.x, room.width)
    _set_axis(axes, "y", panel.y, room.height)
    moving = []
    for mark in panel.marks:
        artist = DRAWN[type(mark)](axes, mark)
        if isinstance(mark, Line | Dots) and mark.steps is not None:
            moving.append((mark, artist))
    # The title is above the legend.
    lines = _legend(axes, 1.1 * room.width)
    title = broken(panel.title, room.width, style.FONT_SIZE)
    axes.set_title(title, pad=6.0 + 1.5 * style.FONT_SIZE * lines)
    # Marks widen the axes while they are drawn.
    axes.set_xlim(panel.x.low, panel.x.high)
    axes.set_ylim(panel.y.low, panel.y.high)
    # Ticks are made now, in this style, and not when the figure is drawn.
    axes.get_xticklabels()
    axes.get_yticklabels()
    return Drawn(moving, lines + len(title.splitlines()) + axes.get_xlabel().count("\n"))


def _legend(axes: Axes, width: float) -> int:
    """Draw the legend above the axes, `width` inches wide, and return how many lines it has."""
    from matplotlib.lines import Line2D

    handles, labels = axes.get_legend_handles_labels()
    if not labels:
        return 0
    if len(labels) > NAMES:
        more = Line2D([], [], linestyle="none")
        labels = [*labels[: NAMES - 1], f"and {len(labels) - NAMES + 1} more"]
        handles = [*handles[: NAMES - 1], more]
    size, key = style.FONT_SIZE - 1, 0.45
    names = [broken(label, width - key, size, most=1) for label in labels]
    widths = np.array([inches(name, size) + key for name in names])
    columns = min(len(names), 6)
    while columns > 1 and sum(map(np.max, np.array_split(widths, columns))) > width:
        columns -= 1
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (-0.02, 1.0)}
    axes.legend(handles, names, ncols=columns, borderaxespad=0.1, columnspacing=1.2, **place)
    return -(-len(names) // columns)


def _set_axis(axes: Axes, which: str, axis: Axis, room: float) -> None:
    """Set up an axis that is `room` inches long."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator

    side = getattr(axes, f"{which}axis")
    if axis.scale != "linear":
        scale, more = _SCALES[axis.scale], {"linear_width": axis.unit}
        getattr(axes, f"set_{which}scale")(scale, **(more if scale == "asinh" else {}))
    side.set_minor_formatter(NullFormatter())
    if axis.scale != "log":
        side.set_minor_locator(NullLocator())
    chosen = axis.ticks if axis.ticks is not None else _round_ticks(axis, which, room)
    side.set_major_locator(FixedLocator([at for at, _ in chosen]))
    side.set_major_formatter(FixedFormatter([text for _, text in chosen]))
    if which == "x" and axis.ticks is not None and sum(map(_length, axis.ticks)) > room:
        axes.tick_params("x", labelrotation=45)
    label = broken(axis.label, room, style.FONT_SIZE, most=2)
    getattr(axes, f"set_{which}label")(label)
    getattr(axes, f"set_{which}lim")(axis.low, axis.high)


_SCALES = {"log": "log", "symlog": "asinh"}


def _round_ticks(axis: Axis, which: str, room: float) -> list[tuple[float, str]]:
    """Return as many round numbers as there is room for."""
    for most in (6, 5, 4, 3, 2, 1):
        found = ticks(axis.low, axis.high, most, axis.scale, axis.unit)
        if sum(map(_length, found)) <= room if which == "x" else len(found) * LINE <= room:
            return found
    return found[:1]


def _length(tick: tuple[float, str]) -> float:
    """Return the length of a tick on a horizontal axis, in inches."""
    return inches(tick[1], style.FONT_SIZE - 1) + 0.15
