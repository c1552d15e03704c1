"""The fields of results, each declared once: its name, its kind, and where it comes from.

Everything that shows results follows from these tables: the rows of every format, JSON, the columns
of a sweep in Python, and what `--expect` may name.
"""

from __future__ import annotations

from enum import Enum
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.optimizer.result import STATUSES, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adamcli.objective.variables import Variables

Path = tuple["str | int", ...]
"""Where a value stands in nested mappings and lists: `("best", "x", "w", 0, 1)`."""


class Kind(Enum):
    """What a field holds, with the types that SQLite and Arrow have for a column of it.

    In a REAL column SQLite would lose the sign of -0.0, and in a TEXT column the digits of a number
    that stands among formulas; so neither is declared. A POINT has a number for each coordinate,
    and a column for each; a MAPPING has no column.
    """

    INTEGER = ("integer", "INTEGER", "int64")
    REAL = ("real", "", "float64")
    TEXT = ("text", "", "string")
    FLAG = ("flag", "INTEGER", "bool_")
    POINT = ("point", "", "")
    MAPPING = ("mapping", "", "")

    def __init__(self, label: str, sql: str, arrow: str) -> None:
        self.label, self.sql, self.arrow = label, sql, arrow

    @property
    def is_number(self) -> bool:
        """Whether a comparison may be made with it."""
        return self in (Kind.INTEGER, Kind.REAL, Kind.FLAG)


class Field(NamedTuple):
    """A field of results. `of` takes its value out of whatever has it.

    A dotted name is nested: `best.score` is the `score` of `best`. With `words`, the value is the
    place of one of them. Tables of the best runs show a field that has a `title`.
    """

    name: str
    kind: Kind
    of: Callable[[Any], Any]
    words: tuple[str, ...] = ()
    title: str = ""


def _field(name: str, kind: Kind) -> Field:
    return Field(name, kind, attrgetter(name))


_SECONDS = Field("seconds", Kind.REAL, lambda result: round(result.seconds, 6))


def _point(name: str) -> tuple[Field, ...]:
    return (
        _field(f"{name}.t", Kind.INTEGER),
        _field(f"{name}.x", Kind.POINT),
        _field(f"{name}.score", Kind.REAL),
    )


RUN_FIELDS = (
    Field("status", Kind.TEXT, lambda result: result.status.value),
    _field("success", Kind.FLAG),
    _field("message", Kind.TEXT),
    _field("nit", Kind.INTEGER),
    _field("nfev", Kind.INTEGER),
    _field("njev", Kind.INTEGER),
    _SECONDS,
    *_point("start"),
    *_point("best"),
    *_point("last"),
    _field("gradient", Kind.POINT),
    _field("active_bounds", Kind.MAPPING),
    Field("divergence", Kind.MAPPING, lambda result: result.described_divergence()),
    Field("fit", Kind.MAPPING, lambda result: result.fit and result.fit._asdict()),
)
"""The fields of the result of one run, which is a `Result`."""

ROW_FIELDS = (
    _field("status", Kind.TEXT)._replace(
        words=tuple(status.value for status in STATUSES), title="status"
    ),
    _field("nit", Kind.INTEGER),
    _field("best.score", Kind.REAL)._replace(title="score"),
    _field("best.x", Kind.POINT)._replace(title="x"),
    _field("last.score", Kind.REAL),
    _field("last.x", Kind.POINT),
)
"""What the row of a sweep has of a run, beside its number and what was varied; each is taken out of
a `BatchResult`, with the runs on its last axis."""

COUNTED = (Status.FINISHED, Status.DIVERGED, Status.FAILED)
"""The statuses by which a sweep counts its runs."""


def _count(name: str) -> Field:
    return Field(name, Kind.INTEGER, lambda result: result.counts[name])


SWEEP_FIELDS = (
    *map(_count, ("runs", *(status.value for status in COUNTED))),
    _SECONDS,
)
"""The fields of a sweep as a whole, which is a `SweepResult`."""


def shapes_of(fields: Iterable[Field], variables: Variables) -> list[tuple[str, tuple[int, ...]]]:
    """Return what a comparison may name, each with its shape: numbers, points, and their parts."""
    found: list[tuple[str, tuple[int, ...]]] = []
    for field in fields:
        if field.kind.is_number:
            found.append((field.name, ()))
        elif field.kind is Kind.POINT:
            found.append((field.name, (variables.dim,)))
            found += [(f"{field.name}.{v.name}", v.shape) for v in variables.all]
    return found


def numbers_of(
    fields: Iterable[Field], value_of: Callable[[Field], Any], variables: Variables
) -> dict[str, float]:
    """Return the numbers that `shapes_of` names, entry by entry; `value_of` returns a field."""
    names, found = variables.coordinate_names(), {}
    for field in fields:
        if field.kind.is_number:
            found[field.name] = float(value_of(field))
        elif field.kind is Kind.POINT:
            for k, (name, entry) in enumerate(zip(names, value_of(field), strict=True)):
                found[f"{field.name}[{k}]"] = found[f"{field.name}.{name}"] = float(entry)
    return found


def nested(values: Iterable[tuple[Path, Any]]) -> dict[str, Any]:
    """Return values in nested mappings, and in lists where a part of their paths is a number."""
    root: dict[Any, Any] = {}
    for path, value in values:
        place = root
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    found: dict[str, Any] = _with_lists(root)
    return found


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(entry) for key, entry in value.items()}
    return list(inner.values()) if any(isinstance(key, int) for key in inner) else inner


def finite(value: Any) -> Any:
    """Return `value` with every float that is not finite replaced by None, all the way down."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def json_text(value: Any) -> str:
    """Return `value` as strict JSON, indented; what is not finite is null."""
    import json

    return json.dumps(finite(value), indent=2, allow_nan=False) + "\n"
