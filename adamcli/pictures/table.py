"""The runs of a sweep as pictures need them: their scores, and the values on each axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.diagnostics import did_you_mean
from adamcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from adamcli.arrays import FloatArray, IntArray


class TableAxis(NamedTuple):
    """A key that was varied, and which of its levels each run (runs,) has.

    The levels are `numbers` (levels,), ascending, or else `words` in the order in which they first
    occur. `places` (runs,) are indices into them. Runs that differ in axes that `repeats` alone are
    repeats of one setting.
    """

    key: str
    places: IntArray
    numbers: FloatArray | None = None
    words: tuple[str, ...] = ()
    repeats: bool = False

    @property
    def size(self) -> int:
        """How many levels there are."""
        return len(self.words) if self.numbers is None else len(self.numbers)

    @classmethod
    def of_numbers(cls, key: str, numbers: FloatArray, *, repeats: bool = False) -> TableAxis:
        """Return the axis on which runs have these `numbers` (runs,), all of them finite."""
        levels, places = np.unique(numbers, return_inverse=True)
        return cls(key, places.reshape(-1).astype(np.int64, copy=False), levels, (), repeats)

    @classmethod
    def of_values(cls, key: str, values: Iterable[Hashable], *, repeats: bool = False) -> TableAxis:
        """Return the axis on which runs have these values; if all are numbers, it has numbers.

        Texts that are numbers count as such. Raises `TypeError` for a value that is no text, number
        or truth value.
        """
        raw: dict[Hashable, int] = {}
        places = np.array([raw.setdefault(value, len(raw)) for value in values], dtype=np.int64)
        numbers = _numbers(list(map(_text, raw)))
        if numbers is not None:
            levels, back = np.unique(numbers, return_inverse=True)
            return cls(key, back.reshape(-1).astype(np.int64)[places], levels, (), repeats)
        known: dict[str, int] = {}
        back = np.array([known.setdefault(_text(value), len(known)) for value in raw])
        return cls(key, back.astype(np.int64)[places], None, tuple(known), repeats)

    def used(self) -> TableAxis:
        """Return the axis without levels that no run has."""
        has = np.bincount(self.places, minlength=self.size) > 0
        if has.all():
            return self
        places = (np.cumsum(has) - 1)[self.places]
        if self.numbers is not None:
            return self._replace(places=places, numbers=self.numbers[has])
        return self._replace(places=places, words=tuple(np.array(self.words, object)[has]))


class Table(NamedTuple):
    """The runs of a sweep: their best scores (runs,), NaN where there is none, and the axes.

    `total` is how many runs the sweep has, of which these are the ones done.
    """

    axes: tuple[TableAxis, ...]
    score: FloatArray
    total: int

    @classmethod
    def of(cls, axes: Iterable[TableAxis], score: FloatArray, total: int | None = None) -> Table:
        """Return the table of these axes; those that are varied come first, then the repeats.

        A score that is infinite counts as none, and an axis of repeats with one level is left out.
        """
        kept = [axis for axis in axes if not axis.repeats or axis.size > 1]
        kept.sort(key=lambda axis: axis.repeats)
        known = np.where(np.isfinite(score), score, np.nan)
        return cls(tuple(kept), known, len(known) if total is None else total)

    @property
    def varied(self) -> list[TableAxis]:
        """The axes with several levels that are no repeats."""
        return [axis for axis in self.axes if axis.size > 1 and not axis.repeats]

    @property
    def repeated(self) -> list[TableAxis]:
        """The axes of repeats."""
        return [axis for axis in self.axes if axis.size > 1 and axis.repeats]

    def axis(self, key: str) -> TableAxis:
        """Return the axis of a key; raises `UsageError` if it was not varied."""
        axes = {axis.key: axis for axis in (*self.varied, *self.repeated)}
        if key not in axes:
            hint = did_you_mean(key, axes)
            raise UsageError(f"`{key}` was not varied in this sweep\n  {hint}".rstrip())
        return axes[key]

    def finite(self) -> IntArray:
        """Return the runs that have a score."""
        return np.flatnonzero(~np.isnan(self.score))


def _text(value: Hashable) -> str:
    """Return a value as a plan shows it."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        # The numbers of NumPy are written otherwise.
        return repr(float(value) if isinstance(value, float) else value)
    raise TypeError(f"found {value!r}")


def _numbers(texts: Sequence[str]) -> FloatArray | None:
    """Return the numbers that all texts are, or None if one is not or is not finite."""
    try:
        found = np.array(list(map(float, texts)), dtype=float)
    except ValueError:
        return None
    # float() takes 1_000, which a config does not.
    plain = not any("_" in text for text in texts)
    return found if len(found) and plain and bool(np.isfinite(found).all()) else None
