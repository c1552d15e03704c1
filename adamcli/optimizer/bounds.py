"""Bounds of the coordinates, and the modes in which steps treat them.

A mode is a subclass of `Bounds` and an entry of `BOUNDS_MODES`; no other code compares its name.

Steps are taken in inner coordinates. These are those of the objective, except where a scale is
logarithmic, or where a mode maps all numbers onto the open box.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from adamcli.arrays import each, is_same_for_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.arrays import Array, BoolArray, FloatArray, IntArray
    from adamcli.optimizer.initial import Initial

    Call = Callable[[], object]


class Inner(NamedTuple):
    """How steps are taken: they change `y` (dim, runs), against the gradient in another array.

    `place`, if it is needed, is called after each step and sets the points. `slope`, if the inner
    coordinates differ, is called after each evaluation and turns the gradient into that of `y`.
    """

    y: FloatArray
    place: Call | None
    slope: Call | None = None


class Bounds:
    """Lower and upper bounds of all coordinates, arrays of shape (dim,), which may be infinite.

    Starts are drawn between the two arrays of `draws`, the bounds unless given, or by the rules of
    `initial`. Where `logarithmic` is true, starts are drawn and steps taken in the logarithm; these
    bounds are positive.

    `mode` is the word used in configs. `stays_inside` promises that the objective is never called
    outside; the start must then lie inside, and bounds can be active.
    """

    mode: ClassVar[str]
    stays_inside: ClassVar[bool] = False
    maps: ClassVar[bool] = False

    def __init__(
        self,
        low: FloatArray,
        high: FloatArray,
        logarithmic: BoolArray | None = None,
        draws: tuple[FloatArray, FloatArray] | None = None,
        initial: Initial | None = None,
    ) -> None:
        self.low, self.high, self.initial = low, high, initial
        self.draws = draws or (low, high)
        self.logarithmic = np.zeros(len(low), dtype=bool) if logarithmic is None else logarithmic
        self._logs = np.flatnonzero(self.logarithmic)
        ends = (end[self._logs, np.newaxis] for end in (low, high))
        self._log_ends = [(end, np.log(end)) for end in ends]

    @property
    def width(self) -> FloatArray:
        """The width of each coordinate (dim,), of its logarithm where that is the scale."""
        width: FloatArray = each(np.subtract, self._scaled(self.high), self._scaled(self.low))
        return width

    @property
    def box(self) -> tuple[FloatArray, FloatArray] | None:
        """The least and greatest values that the objective is called with; None if any will do."""
        return (self.low, self.high) if self.stays_inside else None

    def touched(self) -> Bounds:
        """Return the bounds for steps that may end on the border of the box, if there is one.

        Their inner coordinates are those of the objective, or logarithms of them.
        """
        if self.box is None:
            return self
        low, high = self.box
        draws = np.clip(self.draws[0], low, high), np.clip(self.draws[1], low, high)
        return ClippedBounds(low, high, self.logarithmic, draws, self.initial)

    @property
    def draw_ends(self) -> tuple[FloatArray, FloatArray]:
        """The ends (dim,) of `draws`, or of their logarithms.

        They are 0 for a coordinate without finite ends, which must be given or have a rule.
        """
        low, high = (each(_finite_or_0, self._scaled(end)) for end in self.draws)
        return low, each(np.maximum, low, high)

    @property
    def start_ends(self) -> tuple[FloatArray, FloatArray]:
        """The ends (dim,) between which numbers are drawn for `drawn`."""
        return self.draw_ends if self.initial is None else self.initial.ends(*self.draw_ends)

    def drawn(self, numbers: FloatArray) -> FloatArray:
        """Return the starts (dim, runs) that belong to numbers between `start_ends`."""
        if self.initial is not None:
            numbers = self.initial.drawn(numbers)
            if self.box is not None:
                numbers = self.initial.within(numbers, *self.box)
        if not self._logs.size:
            return numbers
        low, high = (end[self._logs, np.newaxis] for end in self.draws)
        starts = numbers.copy()
        starts[self._logs] = np.clip(np.exp(numbers[self._logs]), low, high)
        return starts

    def inner(self, x: FloatArray, gradient: FloatArray, slope: FloatArray) -> Inner:
        """Return how steps move the points `x` (dim, runs).

        `slope` gets the gradient of the inner coordinates from `gradient`, if `has_inner`.
        """
        if not self.has_inner:
            return Inner(x, self.projection(x, self.low, self.high))
        y = self.inner_of(x)
        ends = self._scaled(self.low), self._scaled(self.high)
        project = None if self.maps else self.projection(y, *ends)
        box = None if self.box is None else [end[:, np.newaxis] for end in self.box]

        def place() -> None:
            if project is not None:
                project()
            x[:] = self.from_inner(y)
            if box is not None:
                np.clip(x, *box, out=x)

        def turn() -> None:
            np.multiply(gradient, self._derivative(y, x), slope)

        return Inner(y, place, turn)

    @property
    def has_inner(self) -> bool:
        """Whether the inner coordinates are not those of the objective."""
        return self.maps or bool(self._logs.size)

    def warp(self, k: int) -> str:
        """Return what makes the inner coordinate `k` another one, as in a config; "" if nothing."""
        if self.maps:
            return f"bounds_mode: {self.mode}"
        return "scale: log" if self.logarithmic[k] else ""

    def allows(self, k: int | slice | IntArray, start: FloatArray) -> BoolArray:
        """Return whether coordinates `k` may start at the values of `start`, one by one.

        One ulp outside is rounding, which `inside` removes.
        """
        good: BoolArray = np.isfinite(start) & ~(self.logarithmic[k] & (start <= 0))
        if self.stays_inside:
            low = each(lambda end: np.nextafter(end, -np.inf), self.low)[k]
            high = each(lambda end: np.nextafter(end, np.inf), self.high)[k]
            good &= (start >= low) & (start <= high)
        return good

    def allowed(self, k: int) -> str:
        """Return a description of the numbers at which coordinate `k` may start."""
        if self.stays_inside:
            return f"its bounds [{self.low[k].item()!r}, {self.high[k].item()!r}]"
        return "the numbers with a logarithm" if self.logarithmic[k] else "the finite numbers"

    def inside(self, k: int | slice | IntArray, start: FloatArray) -> FloatArray:
        """Return the allowed values of `start` for coordinates `k`, with rounding removed."""
        if self.box is None:
            return start
        low, high = (end[k] for end in self.box)
        # Unlike numpy.clip, this keeps the sign of a zero.
        return np.where(start < low, low, np.where(start > high, high, start))

    def active(
        self, x: FloatArray, gradient: FloatArray, places: slice = slice(None)
    ) -> tuple[BoolArray, BoolArray]:
        """Return which entries of `x` (dim, ...) are pushed against their lower and upper bounds.

        `gradient` is that of what is minimised. Both may hold only the coordinates at `places`.
        """
        if self.box is None:
            none = np.zeros(x.shape, dtype=bool)
            return none, none
        low, high = (end[places].reshape(-1, *[1] * (x.ndim - 1)) for end in self.box)
        return (x <= low) & (gradient > 0), (x >= high) & (gradient < 0)

    def projection(self, x: FloatArray, low: FloatArray, high: FloatArray) -> Call | None:
        """Return the call that brings `x` (dim, runs) between `low` and `high`, if there is one."""
        return None

    def _scaled(self, x: FloatArray) -> FloatArray:
        """Return `x` (dim, ...), with logarithms where those are the scale."""
        if not self._logs.size:
            return x
        scaled = x.copy()
        scaled[self._logs] = np.log(x[self._logs])
        return scaled

    def inner_of(self, x: FloatArray) -> FloatArray:
        """Return the inner coordinates of the points `x` (dim, points)."""
        return self._scaled(x)

    def from_inner(self, y: FloatArray) -> FloatArray:
        """Return the points (dim, points) of the inner coordinates `y`."""
        x, logs = y.copy(), self._logs
        logarithm = y[logs]
        power = np.exp(logarithm)
        # Rounding must not keep a point off the bound on which its logarithm is.
        for end, scaled in self._log_ends:
            np.copyto(power, end, where=logarithm == scaled)
        x[logs] = power
        return x

    def _derivative(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """Return the derivative of the points `x` with respect to their inner coordinates `y`."""
        slope = np.ones_like(y)
        slope[self._logs] = x[self._logs]
        return slope


def _finite_or_0(ends: FloatArray) -> FloatArray:
    return np.where(np.isfinite(ends), ends, 0.0)


class ClippedBounds(Bounds):
    """Every step is projected onto the box."""

    mode = "clip"
    stays_inside = True

    def projection(self, x: FloatArray, low: FloatArray, high: FloatArray) -> Call:
        """Return the call that moves `x` to the nearest point inside."""
        # NumPy is fastest on equal shapes; for many runs the memory would cost more than that.
        if x.size <= 1024:
            ends = [np.broadcast_to(end[:, np.newaxis], x.shape).copy() for end in (low, high)]
        else:
            ends = [
                (end[:1] if is_same_for_all(end) else end)[:, np.newaxis] for end in (low, high)
            ]
        return partial(_clip, x, *ends, x)


class StartBounds(Bounds):
    """Bounds are only used to draw the start."""

    mode = "start"


class ReflectedBounds(Bounds):
    """A step that would leave the box is reflected at the bound, as often as it takes."""

    mode = "reflect"
    stays_inside = True

    def projection(self, x: FloatArray, low: FloatArray, high: FloatArray) -> Call:
        """Return the call that folds `x` into the box."""
        low, high = low[:, np.newaxis], high[:, np.newaxis]
        width = high - low
        both = np.isfinite(width) & (width > 0)
        period = np.where(both, 2.0 * width, 1.0)
        middle = np.where(both, width, 0.0)

        def fold() -> None:
            outside = (x < low) | (x > high)
            if not outside.any():
                return
            # The distance from the middle of the box, were it repeated as in two mirrors.
            folded = low + middle - np.abs(np.mod(x - low, period) - middle)
            mirrored = np.where(x < low, low + (low - x), high - (x - high))
            np.copyto(x, np.where(both, folded, mirrored), where=outside)
            _clip(x, low, high, x)

        return fold


class TransformedBounds(Bounds):
    """A smooth map takes all numbers onto the open box, and steps are taken before the map.

    Between two finite bounds it is the logistic function, with slope 1 in the middle; above one it
    is softplus (Dugas et al. 2001), whose slope is nearly 1 from a distance of some units on.
    """

    mode = "transform"
    stays_inside = True
    maps = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        low, high = self._scaled(self.low)[:, np.newaxis], self._scaled(self.high)[:, np.newaxis]
        self._low, self._high, self._width = low, high, high - low
        above, below = np.isfinite(low), np.isfinite(high)
        # Which bounds a coordinate has: both, one below, one above, both at one place.
        self._kinds = (
            above & below & (self._width > 0),
            above & ~below,
            below & ~above,
            above & below & (self._width == 0),
        )

    @property
    def box(self) -> tuple[FloatArray, FloatArray]:
        """The ends of the open box."""
        return each(_open_low, self.low, self.high), each(_open_high, self.low, self.high)

    def allows(self, k: int | slice | IntArray, start: FloatArray) -> BoolArray:
        """Return whether the values of `start` lie within the open box."""
        low, high = (end[k] for end in self.box)
        good: BoolArray = np.isfinite(start) & (start >= low) & (start <= high)
        return good

    def allowed(self, k: int) -> str:
        """Return a description of the numbers at which coordinate `k` may start."""
        return f"its open bounds ({self.low[k].item()!r}, {self.high[k].item()!r})"

    def drawn(self, numbers: FloatArray) -> FloatArray:
        """Return the starts (dim, runs) that belong to numbers between the ends of the draw."""
        low, high = (end[:, np.newaxis] for end in self.box)
        return np.clip(super().drawn(numbers), low, high)

    def inner_of(self, x: FloatArray) -> FloatArray:
        """Return the inner coordinates of the points `x` (dim, points)."""
        u = super().inner_of(x)
        above, below = u - self._low, self._high - u
        # A difference of logarithms has no digits left where a point is next to a bound.
        point = x[self._logs]
        for distance, (end, _), sign in zip(
            (above, below), self._log_ends, (1.0, -1.0), strict=True
        ):
            near = sign * np.log1p((point - end) / end)
            far = distance[self._logs]
            distance[self._logs] = np.where(far < 0.5, near, far)
        logit = 0.25 * self._width * np.log(above / below)
        return self._chosen(logit, _softplus_inverse(above), -_softplus_inverse(below), u)

    def from_inner(self, y: FloatArray) -> FloatArray:
        """Return the points (dim, points) of the inner coordinates `y`."""
        logistic = self._low + self._width / (1.0 + np.exp(-4.0 * y / self._width))
        above, below = self._low + np.logaddexp(0.0, y), self._high - np.logaddexp(0.0, -y)
        return super().from_inner(self._chosen(logistic, above, below, y))

    def _derivative(self, y: FloatArray, x: FloatArray) -> FloatArray:
        small = np.exp(-np.abs(4.0 * y / self._width))
        logistic = 4.0 * small / (1.0 + small) ** 2
        above, below = 1.0 / (1.0 + np.exp(-y)), 1.0 / (1.0 + np.exp(y))
        own = self._chosen(logistic, above, below, np.ones_like(y), fixed=0.0)
        return own * super()._derivative(y, x)

    def _chosen(
        self, both: Array, above: Array, below: Array, neither: Array, fixed: Any = None
    ) -> Array:
        """Return, for each coordinate, the value for the bounds that it has."""
        fixed = self._low if fixed is None else fixed
        return np.select(self._kinds, (both, above, below, fixed + 0.0 * neither), neither)


def _open_low(low: FloatArray, high: FloatArray) -> FloatArray:
    return np.where(low == high, low, np.nextafter(low, np.inf))


def _open_high(low: FloatArray, high: FloatArray) -> FloatArray:
    return np.where(low == high, high, np.nextafter(high, -np.inf))


def _softplus_inverse(distance: FloatArray) -> FloatArray:
    return distance + np.log(-np.expm1(-distance))


BOUNDS_MODES: dict[str, type[Bounds]] = {
    kind.mode: kind for kind in (ClippedBounds, StartBounds, ReflectedBounds, TransformedBounds)
}
"""The modes by their words; the first is the default."""


class _Revealing(np.ndarray[Any, Any]):
    """An array for which every call of a ufunc returns that ufunc."""

    def __array_ufunc__(self, ufunc: np.ufunc, *_: object, **__: object) -> Any:
        return ufunc


# The ufunc that `numpy.clip` calls, which has no public name. The wrapper costs a tenth of a step;
# so would calling `maximum` and `minimum` instead.
_revealed: Any = np.zeros(1).view(_Revealing).clip(0.0, 1.0)
_clip = _revealed if getattr(_revealed, "__name__", "") == "clip" else np.clip
