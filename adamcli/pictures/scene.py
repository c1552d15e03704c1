"""What a picture shows, whatever draws it: panels with axes, and marks in them.

A mark names its role, and `style.LOOKS` says how a role looks. Marks with `steps` belong to the
course of a run: up to a step, only what was reached by then is drawn, which makes animations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from adamcli.diagnostics import harmless
from adamcli.pictures.scales import SCALES

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray, IntArray

FRAMES = 200
"""The most frames of an animation, however long the run."""


class Axis(NamedTuple):
    """An axis from `low` to `high`, both finite, low < high.

    `scale` is an entry of `SCALES`. `ticks` are places with their texts; without them whoever draws
    chooses round numbers. On the scale `symlog` numbers up to `unit` are spaced evenly.
    """

    label: str
    low: float
    high: float
    scale: str = "linear"
    ticks: tuple[tuple[float, str], ...] | None = None
    unit: float = 1.0

    def shares(self, values: FloatArray) -> FloatArray:
        """Return where values are on the way from `low` (0) to `high` (1); NaN stays NaN.

        On a logarithmic axis numbers that are not positive are far below 0.
        """
        place = SCALES[self.scale]
        with np.errstate(all="ignore"):
            low, high = place(np.array([self.low, self.high]), self.unit)
            found: FloatArray = (place(np.asarray(values, dtype=float), self.unit) - low) / (
                high - low
            )
        return found


class Line(NamedTuple):
    """A line through points (n,); it is interrupted where a coordinate is NaN.

    `colour` is a share of the way through the colour map, in place of the colour of the role.
    """

    x: FloatArray
    y: FloatArray
    role: str
    label: str = ""
    steps: IntArray | None = None
    colour: float | None = None


class Dots(NamedTuple):
    """Points (n,), each a marker.

    `low` and `high` (n,) are the ends of an error bar at each. With `newest` only the last point
    that was reached is drawn. `colours` (n,) are shares of the way through the colour map.
    """

    x: FloatArray
    y: FloatArray
    role: str
    label: str = ""
    steps: IntArray | None = None
    low: FloatArray | None = None
    high: FloatArray | None = None
    newest: bool = False
    colours: FloatArray | None = None


class Band(NamedTuple):
    """The area between `low` and `high` (n,) over `x` (n,)."""

    x: FloatArray
    low: FloatArray
    high: FloatArray
    role: str
    label: str = ""


class Field(NamedTuple):
    """Numbers over the plane: `values` (rows, columns) at `y` (rows,) and `x` (columns,).

    Both ascend and are evenly spaced on the scale of their axis. Colours change at the
    `levels` (n,), which ascend: a value below the first has the first of n + 1 colours. `cells`
    says whether each value is a cell of its own, as in a heat map, or a sample of a surface with
    contours. A value that is NaN is not drawn. `label` says what the numbers are.
    """

    x: FloatArray
    y: FloatArray
    values: FloatArray
    levels: FloatArray
    label: str
    cells: bool = False

    def bands(self) -> IntArray:
        """Return which of the colours (0, 1, …, n) each value has; -1 for NaN."""
        found = np.searchsorted(self.levels, self.values, side="right")
        return np.where(np.isnan(self.values), -1, found)


class Bars(NamedTuple):
    """Horizontal bars from 0 to `lengths` (n,), at the places 0, 1, … of the vertical axis."""

    lengths: FloatArray
    role: str
    label: str = ""


class Box(NamedTuple):
    """A rectangle; an end may be infinite."""

    left: float
    right: float
    bottom: float
    top: float
    role: str
    label: str = ""


class Rule(NamedTuple):
    """A straight line through the whole panel at one value of the axis `along`, x or y."""

    at: float
    along: str
    role: str
    label: str = ""


class Text(NamedTuple):
    """A text at one place, which `anchor` says is its left end, its middle or its right end."""

    x: float
    y: float
    text: str
    role: str
    anchor: str = "left"


Mark: TypeAlias = "Line | Dots | Band | Field | Bars | Box | Rule | Text"


class Panel(NamedTuple):
    """Axes with marks in them, the later ones above the earlier."""

    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    title: str = ""


class Picture(NamedTuple):
    """Rows of panels below a title; `heights` are the relative heights of the rows.

    `kind` is the name of its kind. `notes` are sentences that belong to what is shown, such as
    which coordinates are fixed. All panels of a row are equally wide.
    """

    kind: str
    title: str
    rows: tuple[tuple[Panel, ...], ...]
    heights: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def panels(self) -> list[Panel]:
        """All panels, row by row."""
        return [panel for row in self.rows for panel in row]

    @property
    def marks(self) -> list[Mark]:
        """All marks of all panels."""
        return [mark for panel in self.panels for mark in panel.marks]

    def frames(self, most: int = FRAMES) -> list[int]:
        """Return the steps at which the picture changes, evenly thinned, with the last one.

        There are none unless the picture shows a course.
        """
        courses = [mark.steps for mark in self.marks if isinstance(mark, Line | Dots)]
        known = [steps for steps in courses if steps is not None and len(steps)]
        if not known:
            return []
        steps = np.unique(np.concatenate(known))
        places = np.unique(np.linspace(0, len(steps) - 1, min(most, len(steps))).round())
        found: list[int] = steps[places.astype(int)].tolist()
        return found


def legible(part: Any) -> Any:
    """Return a part of a picture without what no file could hold or what would control a terminal.

    Names of files and of columns may be any characters.
    """
    if isinstance(part, str):
        return harmless(part)
    if isinstance(part, tuple):
        parts = map(legible, part)
        return part._make(parts) if hasattr(part, "_make") else tuple(parts)
    return part


def reached(mark: Line | Dots, step: int) -> slice:
    """Return which points of a mark are drawn when a run is at `step`."""
    if mark.steps is None:
        return slice(None)
    end = int(np.searchsorted(mark.steps, step, side="right"))
    newest = isinstance(mark, Dots) and mark.newest
    return slice(max(0, end - 1) if newest else 0, end)
