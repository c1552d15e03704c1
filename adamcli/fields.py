"""The fields of results and the columns of rows, each with its name and kind.

The tables of fields determine everything that shows results: the rows of every format, JSON, the
columns of a sweep in Python, and what `--expect` may name.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cached_property
from math import isfinite, nan
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli import examples
from adamcli.listed import MOST_LISTED, listed_bounds
from adamcli.optimizer.status import STATUSES, Code, Status
from adamcli.paths import numbers_in, shapes_in, texts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Sequence

    from adamcli.examples import Known
    from adamcli.objective.variables import Variables

Path = tuple["str | int", ...]
"""The place of a value in nested mappings and lists, such as `("best", "x", "w", 0, 1)`."""


class Kind(Enum):
    """What a field holds, with the types of its column in SQLite and Arrow.

    SQLite would lose the sign of -0.0 in a REAL column, and digits of a number among formulas in a
    TEXT column, so neither is declared. A POINT has one column per coordinate, MEASURES one for
    each, a MAPPING none.
    """

    INTEGER = ("integer", "INTEGER", "int64")
    REAL = ("real", "", "float64")
    TEXT = ("text", "", "string")
    FLAG = ("flag", "INTEGER", "bool_")
    POINT = ("point", "", "")
    MEASURES = ("measures", "", "")
    MAPPING = ("mapping", "", "")

    def __init__(self, _word: str, sql: str, arrow: str) -> None:
        self.sql, self.arrow = sql, arrow

    @property
    def is_number(self) -> bool:
        """Whether comparisons may name it."""
        return self in (Kind.INTEGER, Kind.REAL, Kind.FLAG)


class Field(NamedTuple):
    """A field of results; `of` returns its value for a result.

    A dotted name is nested: `best.score` is the `score` of `best`. Tables of the best runs show a
    field that has a `title`. With `words`, the value is one of them, in rows its position. `inside`
    returns an example of a MAPPING with all numbers that can be in it, as JSON has it. MEASURES
    stand next to what is nested in their name: `best.validation`.
    """

    name: str
    kind: Kind
    of: Callable[[Any], Any]
    title: str = ""
    words: tuple[str, ...] = ()
    inside: Callable[[Known], Any] = lambda known: {}


def _field(name: str, kind: Kind, title: str = "", words: tuple[str, ...] = ()) -> Field:
    return Field(name, kind, attrgetter(name), title, words)


_SECONDS = Field("seconds", Kind.REAL, lambda result: round(result.seconds, 6))


def _point(name: str) -> tuple[Field, ...]:
    return (
        _field(f"{name}.t", Kind.INTEGER),
        _field(f"{name}.x", Kind.POINT),
        _field(f"{name}.score", Kind.REAL),
        Field(name, Kind.MEASURES, lambda result: result.measured(getattr(result, name))),
    )


STATUS_WORDS = tuple(status.value for status in STATUSES)
CODE_WORDS = tuple(code.value for code in Code)

WORDS = {word: float(k) for k, word in enumerate(dict.fromkeys((*STATUS_WORDS, *CODE_WORDS)))}
"""The words that comparisons may name, as in `status == converged`, each with a number."""

RUN_FIELDS = (
    Field("status", Kind.TEXT, lambda result: result.status.value, words=STATUS_WORDS),
    _field("success", Kind.FLAG),
    _field("converged", Kind.FLAG),
    _field("message", Kind.TEXT),
    Field("stop", Kind.MAPPING, attrgetter("stop"), inside=examples.stop),
    _field("nit", Kind.INTEGER),
    _field("nfev", Kind.INTEGER),
    _field("njev", Kind.INTEGER),
    _SECONDS,
    *_point("start"),
    *_point("best"),
    *_point("last"),
    Field("verdict.code", Kind.TEXT, lambda result: result.verdict.code.value, words=CODE_WORDS),
    _field("verdict.message", Kind.TEXT),
    _field("verdict.remedy", Kind.TEXT),
    _field("verdict.gradient_norm", Kind.REAL),
    _field("verdict.predicted_decrease", Kind.REAL),
    _field("verdict.tolerance", Kind.REAL),
    _field("verdict.recent_decrease", Kind.REAL),
    _field("verdict.more_steps", Kind.INTEGER),
    _field("verdict.noise", Kind.REAL),
    _field("verdict.nfev", Kind.INTEGER),
    _field("verdict.njev", Kind.INTEGER),
    Field(
        "verdict.active_bounds",
        Kind.MAPPING,
        lambda result: listed_bounds(result.verdict.active_bounds),
        inside=examples.active_bounds,
    ),
    _field("gradient", Kind.POINT),
    Field(
        "active_bounds",
        Kind.MAPPING,
        lambda result: listed_bounds(result.active_bounds),
        inside=examples.active_bounds,
    ),
    Field(
        "divergence",
        Kind.MAPPING,
        lambda result: result.described_divergence(),
        inside=examples.divergence,
    ),
    Field(
        "fit",
        Kind.MAPPING,
        lambda result: result.fit and result.fit.to_dict(),
        inside=examples.fit,
    ),
)
"""The fields of a `Result`."""

_OF_A_COURSE = ("verdict.recent_decrease", "verdict.more_steps", "verdict.noise")

SOLUTION_FIELDS = (
    *(field for field in RUN_FIELDS if field.name in ("status", "success", "message")),
    _field("rounds", Kind.INTEGER),
    _field("idle_rounds", Kind.INTEGER),
    _field("starts", Kind.INTEGER),
    _field("descents", Kind.INTEGER),
    _field("agreement", Kind.REAL),
    _field("nfev", Kind.INTEGER),
    _field("njev", Kind.INTEGER),
    _SECONDS,
    _field("best.x", Kind.POINT),
    _field("best.score", Kind.REAL),
    *(
        field
        for field in RUN_FIELDS
        if field.name.startswith("verdict.") and field.name not in _OF_A_COURSE
    ),
    Field(
        "minima",
        Kind.MAPPING,
        lambda result: [m.to_dict() for m in result.minima],
        inside=examples.minima,
    ),
    *(field for field in RUN_FIELDS if field.name == "fit"),
    Field(
        "bootstrap",
        Kind.MAPPING,
        lambda result: result.bootstrap and result.bootstrap.to_dict(),
        inside=examples.bootstrap,
    ),
    Field(
        "profile",
        Kind.MAPPING,
        lambda result: result.profile and result.profile.to_dict(),
        inside=examples.profile,
    ),
)
"""The fields of a `Solution`."""

ROW_FIELDS = (
    _field("status", Kind.TEXT, "status", STATUS_WORDS),
    _field("nit", Kind.INTEGER),
    _field("best.score", Kind.REAL, "score"),
    Field("best", Kind.MEASURES, attrgetter("best.measures"), "measured"),
    _field("best.x", Kind.POINT, "x"),
    _field("last.score", Kind.REAL),
    Field("last", Kind.MEASURES, attrgetter("last.measures")),
    _field("last.x", Kind.POINT),
)
"""The fields of a row of a sweep, besides the run's number and what was varied; `of` takes them
from a `BatchResult`, with the runs on the last axis."""

OF_VARIABLES = frozenset(
    field.name
    for field in (*RUN_FIELDS, *SOLUTION_FIELDS, *ROW_FIELDS)
    if field.kind in (Kind.POINT, Kind.MAPPING)
)
"""The fields that only the variables of a config tell what is in them."""

COUNTED = (Status.FINISHED, Status.CONVERGED, Status.DIVERGED, Status.FAILED)
"""The statuses whose runs a sweep counts."""


def _count(name: str) -> Field:
    return Field(name, Kind.INTEGER, lambda result: result.counts[name])


SWEEP_FIELDS = (*map(_count, ("runs", *(status.value for status in COUNTED))), _SECONDS)
"""The fields of a `SweepResult`."""


def ranked_by(names: Container[str]) -> str:
    """Return which column of the rows of a sweep says what run is best."""
    return "best.validation" if "best.validation" in names else "best.score"


def shapes_of(fields: Iterable[Field], known: Known) -> list[tuple[str, tuple[int, ...]]]:
    """Return the names and shapes that comparisons may use: numbers, points and their variables."""
    variables = known.variables
    large = [v.name for v in variables.all if v.size > MOST_LISTED]
    example = examples.point(known) if large else {}
    summaries = {name: example[name] for name in large}
    found: list[tuple[str, tuple[int, ...]]] = []
    for field in fields:
        found += shapes_in(field.inside(known), field.name).items()
        if field.kind is Kind.MEASURES:
            found += [(f"{field.name}.{name}", ()) for name in known.measures]
        if field.kind.is_number or field.words:
            found += [(name, ()) for name in _names_of(field)]
        elif field.kind is Kind.POINT:
            found.append((field.name, (variables.dim,)))
            found += [(f"{field.name}.{v.name}", v.shape) for v in variables.all]
            found += shapes_in(summaries, field.name).items()
    return [*found, *shapes_in(dict(known.more)).items()]


def texts_of(fields: Iterable[Field], known: Known) -> list[str]:
    """Return the names of what holds texts that comparisons cannot name."""
    found = [*texts_in(dict(known.more))]
    for field in fields:
        found += [field.name] if field.kind is Kind.TEXT and not field.words else []
        found += texts_in(field.inside(known), field.name)
    return found


def numbers_of(
    fields: Iterable[Field],
    value_of: Callable[[Field], Any],
    variables: Variables,
    wanted: Collection[str] | None = None,
) -> dict[str, float]:
    """Return the numbers that fields are, and words stand for; `value_of` returns their values.

    Of points only those are there that `wanted` names, or a variable of theirs; None names all.
    """
    names, found = variables.coordinate_names(), dict[str, float]()
    for field in fields:
        if field.kind.is_number:
            value = value_of(field)
            kind = int if field.kind is not Kind.REAL and value == value else float
            found[field.name] = nan if value is None else kind(value)
        elif field.words:
            value = value_of(field)
            word = value if isinstance(value, str) else field.words[int(value)]
            found.update(dict.fromkeys(_names_of(field), WORDS[word]))
        elif field.kind is Kind.MEASURES:
            found.update(numbers_in(value_of(field), field.name))
        elif field.kind is Kind.POINT and (
            wanted is None or any(f"{each}.".startswith(f"{field.name}.") for each in wanted)
        ):
            for k, (name, entry) in enumerate(zip(names, value_of(field), strict=True)):
                found[f"{field.name}[{k}]"] = found[f"{field.name}.{name}"] = float(entry)
    return found


def _names_of(field: Field) -> tuple[str, ...]:
    """Return what comparisons call a field: `verdict.code` is `verdict` as well."""
    owner, dot, own = field.name.rpartition(".")
    return (field.name, owner) if dot and own == "code" else (field.name,)


def nested(values: Iterable[tuple[Path, Any]]) -> dict[str, Any]:
    """Return the values in nested mappings, and in lists where parts of their paths are numbers."""
    root: dict[Any, Any] = {}
    for path, value in values:
        place = root
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return {name: _with_lists(value) for name, value in root.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(entry) for key, entry in value.items()}
    return list(inner.values()) if any(isinstance(key, int) for key in inner) else inner


def finite(value: Any) -> Any:
    """Return `value` with every float in it that is not finite replaced by None."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def json_text(value: Any) -> str:
    """Return `value` as strict, indented JSON; a number that is not finite is null."""
    return json_of(finite(value), indent=2) + "\n"


def json_of(value: Any, indent: int | None = None) -> str:
    """Return `value` as strict JSON, in which letters stand as they are.

    What is not printable, such as half of a surrogate pair, is escaped.
    """
    import json

    text = json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=False)
    return _UNUSUAL.sub(_escaped, text)


_UNUSUAL = re.compile(r"[^\n -~]")


def _escaped(found: re.Match[str]) -> str:
    if found[0].isprintable():
        return found[0]
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[k : k + 4]}" for k in range(0, len(units), 4))


class Encoding(NamedTuple):
    """How a text format writes values: `text` writes a text, numbers have all their digits.

    `missing` replaces numbers that are not finite; with None they are `nan`, `inf` or `-inf`.
    """

    text: Callable[[str], str]
    missing: str | None = None

    def numbers(self, values: Sequence[float]) -> list[str]:
        """Return the numbers as the format has them."""
        if self.missing is None:
            return list(map(repr, values))
        return [repr(value) if isfinite(value) else self.missing for value in values]

    def texts(self, values: Sequence[str]) -> list[str]:
        """Return the texts as the format has them, each written once."""
        known = {value: self.text(value) for value in set(values)}
        return list(map(known.__getitem__, values))


class Column:
    """A column of rows: its name, its place in nested formats, and its kind."""

    def __init__(self, name: str, path: Path, kind: Kind) -> None:
        self.name, self.path, self.kind = name, path, kind


class Layout:
    """The columns of rows in order."""

    @cached_property
    def columns(self) -> Sequence[Column]:
        """All columns."""
        raise NotImplementedError

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        return [column.name for column in self.columns]

    def nested(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return the values, one per column, in nested mappings and lists."""
        return nested(zip((column.path for column in self.columns), values, strict=True))
