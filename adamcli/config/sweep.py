"""What is varied: the key `sweep` of a config, `-p key=values`, and plans that are files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.axes import axis_of_values, column_axis, is_several, listed_axis, parse_axis
from adamcli.config.axis_values import as_written
from adamcli.config.cells import CellPlaces, broken_cell
from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.keys import KEYS, PARAMETER, SET
from adamcli.config.ranges import MAX_VALUES
from adamcli.config.values import ValueReader, make_each
from adamcli.counted import counted
from adamcli.diagnostics import Source, did_you_mean, fail
from adamcli.names import is_name, normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Mapping as Dict

    from adamcli.arrays import IntArray
    from adamcli.config.axis_values import Axis
    from adamcli.config.document import Node
    from adamcli.diagnostics import Problems, Span

SAMPLERS = ("sobol", "uniform")

OPTIONS = ("zip", "samples", "sampler", "sample_seed")
"""The keys of `sweep` that are not axes."""


class SweepSettings(NamedTuple):
    """What is varied and how the axes are combined.

    `zipped` pairs the axes instead of combining each value with all others. `samples` is the number
    of values drawn for the axes that are distributions. `table` holds the columns of a plan file.
    """

    axes: tuple[Axis, ...] = ()
    zipped: bool = False
    samples: int | None = None
    sampler: str = "sobol"
    sample_seed: int = 0
    table: tuple[Axis, ...] = ()


def read_section(node: Node, problems: Problems) -> SweepSettings:
    """Return the settings in the key `sweep`; what is wrong goes to `problems`."""
    reader, found = ValueReader(problems), SweepSettings()
    if not isinstance(node, Mapping):
        reader.wrong("sweep", "axes, such as {alpha: [0.01, 0.1], seed: 0..9}", node)
        return found
    axes = []
    for key, value in node.entries:
        if key.text in OPTIONS:
            found = _with_option(found, key.text, value, reader)
        else:
            axis = reader.attempt(_section_axis, key, value)
            axes += [axis] if axis is not None else []
    reader.attempt(refuse_overlaps, axes)
    return found._replace(axes=tuple(axes))


def _section_axis(key: Scalar, value: Node) -> Axis:
    check_key(key.text, key.span, as_written(value))
    if isinstance(value, Scalar):
        return parse_axis(key.text, value.excerpt(), key.span)
    return listed_axis(key.text, value.items if isinstance(value, List) else [value], key.span)


def _with_option(found: SweepSettings, key: str, value: Node, reader: ValueReader) -> SweepSettings:
    what = f"sweep.{key}"
    if key == "zip":
        return found._replace(zipped=reader.truth(value, what) or False)
    if key == "sampler":
        return found._replace(sampler=reader.choice(value, what, SAMPLERS) or found.sampler)
    if key == "samples":
        return found._replace(samples=reader.whole(value, what, 1, MAX_VALUES))
    return found._replace(sample_seed=reader.whole(value, what, 0, 2**32 - 1) or 0)


def check_key(key: str, span: Span, values: str | None = None) -> None:
    """Raise `ConfigError` if `key` cannot be varied; its `values` go into what to write instead."""
    root = key.split(".")[0]
    if root in ("sweep", "expect"):
        raise fail(f"`{key}` cannot be an axis of a sweep", span)
    if root in OPTIONS:
        hint = f"on the command line it is --{root.replace('_', '-')}"
        raise fail(f"`{key}` is not a key of the config", span, hint)
    if not all(map(is_name, key.split("."))) or root not in KEYS:
        from adamcli.config.elsewhere import hint_for

        equals = "=" if span.source.name == PARAMETER else ": "
        hint = hint_for(key, values, equals) or did_you_mean(root, [*KEYS, *OPTIONS])
        hint = hint or "write key=values, with a key of the config"
        raise fail(f"`{key}` is not a key of the config", span, hint)


def read_parameters(texts: Iterable[str]) -> tuple[Axis, ...]:
    """Return the axes that `-p` gives; raises `ConfigError` with everything wrong in them."""
    return tuple(make_each(_parameter_axis, texts))


def _parameter_axis(text: str) -> Axis:
    source = Source(PARAMETER, text)
    key, equals, values = text.partition("=")
    name = normal(key.strip())
    if not (name and equals):
        hint = "write, for example, -p 'alpha=log(1e-4,1e-1,20)' or -p seed=0..99"
        raise fail("expected key=values", source.span(0, max(1, len(text))), hint)
    span = source.span(len(key) - len(key.lstrip()), len(key.rstrip()))
    check_key(name, span, values)
    # The key is blanked so that errors in the values keep their places.
    excerpt = source.whole()._replace(text=" " * (len(key) + 1) + values)
    return parse_axis(name, excerpt, span)


def meant_as_axes(tree: Mapping) -> list[str]:
    """Return what `-p` takes of the keys that `--set` has given several values."""
    return [
        f"{key.text}={value.text.strip()}"
        for key, value in tree.entries
        if key.span.source.name == SET
        and isinstance(value, Scalar)
        and is_several(key.text, value.text)
    ]


def read_values(axes: Dict[str, Any]) -> tuple[Axis, ...]:
    """Return the axes with these keys and values; raises `ConfigError` with everything wrong."""
    return tuple(make_each(lambda entry: _value_axis(*entry), axes.items()))


def _value_axis(key: str, values: Any) -> Axis:
    name = normal(key)
    check_key(name, Source("axes", key).span(0, max(1, len(key))))
    return axis_of_values(name, values)


def combined(section: Sequence[Axis], own: Sequence[Axis]) -> tuple[Axis, ...]:
    """Return the axes of a config, each replaced by the `own` axis with its key, and other `own`.

    Raises `ConfigError` for an axis that is given twice, and for two that set the same key.
    """
    given: dict[str, Axis] = {}
    for axis in own:
        if axis.key in given:
            raise fail(f"the axis `{axis.key}` is given twice", axis.span)
        given[axis.key] = axis
    replaced = [given.pop(axis.key, axis) for axis in section]
    found = (*replaced, *given.values())
    refuse_overlaps(found)
    return found


def refuse_overlaps(axes: Sequence[Axis]) -> None:
    """Raise `ConfigError` where one axis sets a key inside that of another."""
    for axis in axes:
        for other in axes:
            if other.key.startswith(axis.key + "."):
                message = f"the axes `{axis.key}` and `{other.key}` set the same key"
                raise fail(message, other.span, "remove one of them")


def read_plan(text: str, name: str) -> tuple[Axis, ...]:
    """Return the columns of a plan: a CSV or TSV text with a header of keys and one row per run.

    Raises `ConfigError` that points into the file.
    """
    source = Source(name, text.replace("\r\n", "\n").replace("\r", "\n"))
    rows, lines, delimiter = _rows_of(source)
    if len(rows) < 2:
        raise fail("expected a line of keys and a row for each run", source.span(0, 1))
    if len(rows) - 1 > MAX_VALUES:
        raise fail(f"has {len(rows) - 1:,} rows; the most is {MAX_VALUES:,}", source.span(0, 1))
    header = [normal(cell.strip()) for cell in rows.pop(0)]
    places = [CellPlaces(source, lines, k, delimiter) for k in range(len(header))]
    heads = [place.at(0) for place in places]
    for k, (key, head) in enumerate(zip(header, heads, strict=True)):
        check_key(key, head)
        if key in header[:k]:
            raise fail(f"the column `{key}` is given twice", head)
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            last = min(len(row), len(header) + 1) - 1
            where = CellPlaces(source, lines, last, delimiter).at(number)
            raise fail(f"expected {counted(len(header), 'value')}, found {len(row)}", where)
    below = [place._replace(lines=lines[1:]) for place in places]
    columns = zip(header, zip(*rows, strict=True), below, heads, strict=True)
    axes = tuple(column_axis(*column) for column in columns)
    refuse_overlaps(axes)
    return axes


def _rows_of(source: Source) -> tuple[list[list[str]], IntArray, str]:
    """Return the rows of a table that are not empty, the line of each, and the delimiter."""
    import csv
    import io

    first_line = source.text.lstrip("\n").partition("\n")[0]
    delimiter = "\t" if "\t" in first_line else ","
    reader = csv.reader(io.StringIO(source.text), delimiter=delimiter, strict=True)
    rows, lines, line = [], [], 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        where = broken_cell(source, line, delimiter)
        raise fail(f"this is not a table: {error}", where) from None
    return rows, np.array(lines, dtype=np.int64), delimiter
