"""What is varied: the key `sweep` of a config, `-p key=values`, and plans that are files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.axes import axis_of_values, column_axis, listed_axis, parse_axis
from adamcli.config.axis_values import Axis, LinePlaces
from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.keys import KEYS
from adamcli.config.overrides import KEY
from adamcli.config.ranges import MAX_VALUES
from adamcli.config.values import ValueReader
from adamcli.diagnostics import ConfigError, Problems, Source, did_you_mean, fail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Mapping as Dict

    from adamcli.config.document import Node
    from adamcli.diagnostics import Span

SAMPLERS = ("sobol", "uniform")

OPTIONS = ("zip", "samples", "sampler", "sample_seed")
"""The keys of `sweep` that are not axes."""


class SweepSettings(NamedTuple):
    """What is varied and how the axes are combined.

    `zipped` pairs the axes instead of taking every combination. `samples` is how many values are
    drawn for the axes that are distributions. `table` are the columns of a plan that is a file.
    """

    axes: tuple[Axis, ...] = ()
    zipped: bool = False
    samples: int | None = None
    sampler: str = "sobol"
    sample_seed: int = 0
    table: tuple[Axis, ...] = ()


def read_section(node: Node, problems: Problems) -> SweepSettings:
    """Return what the key `sweep` says; what is wrong goes to `problems`."""
    reader = ValueReader(problems)
    if not isinstance(node, Mapping):
        example = "axes, such as {alpha: [0.01, 0.1], seed: 0..9}"
        reader.wrong("sweep", example, node)
        return SweepSettings()
    found = SweepSettings()
    axes = []
    for key, value in node.entries:
        if key.text in OPTIONS:
            found = _with_option(found, key.text, value, reader)
            continue
        try:
            check_key(key.text, key.span)
            if isinstance(value, List):
                axes.append(listed_axis(key.text, value.items, key.span))
            elif isinstance(value, Scalar):
                axes.append(parse_axis(key.text, value.excerpt(), key.span))
            else:
                axes.append(listed_axis(key.text, [value], key.span))
        except ConfigError as error:
            problems.extend(error)
    try:
        refuse_overlaps(axes)
    except ConfigError as error:
        problems.extend(error)
    return found._replace(axes=tuple(axes))


def _with_option(found: SweepSettings, key: str, value: Node, reader: ValueReader) -> SweepSettings:
    what = f"sweep.{key}"
    if key == "zip":
        if not (isinstance(value, Scalar) and isinstance(value.value, bool)):
            reader.wrong(what, "true or false", value)
            return found
        return found._replace(zipped=value.value)
    if key == "sampler":
        return found._replace(sampler=reader.choice(value, what, SAMPLERS) or found.sampler)
    if key == "samples":
        return found._replace(samples=reader.whole(value, what, 1, MAX_VALUES))
    return found._replace(sample_seed=reader.whole(value, what, 0, 2**32 - 1) or 0)


def check_key(key: str, span: Span) -> None:
    """Raise `ConfigError` if `key` cannot be varied."""
    root = key.split(".")[0]
    if root in ("sweep", "expect"):
        raise fail(f"`{key}` cannot be an axis of a sweep", span)
    if root in OPTIONS:
        hint = f"on the command line it is --{root.replace('_', '-')}"
        raise fail(f"`{key}` is not a key of the config", span, hint)
    if not re.fullmatch(KEY, key) or root not in KEYS:
        hint = did_you_mean(root, [*KEYS, *OPTIONS]) or "write key=values, with a key of the config"
        raise fail(f"`{key}` is not a key of the config", span, hint)


def read_parameters(texts: Iterable[str]) -> tuple[Axis, ...]:
    """Return the axes that `-p` names.

    Raises `ConfigError` with everything wrong in them.
    """
    problems, axes = Problems(), []
    for text in texts:
        source = Source("-p", text)
        key, equals, values = text.partition("=")
        name = key.strip()
        span = source.span(len(key) - len(key.lstrip()), max(1, len(key.rstrip())))
        try:
            if not (name and equals):
                hint = "write, for example, -p 'alpha=log(1e-4,1e-1,20)' or -p seed=0..99"
                raise fail("expected key=values", source.span(0, max(1, len(text))), hint)
            check_key(name, span)
            # The key is blanked so that errors in the values keep their places.
            excerpt = source.whole()._replace(text=" " * (len(key) + 1) + values)
            axes.append(parse_axis(name, excerpt, span))
        except ConfigError as error:
            problems.extend(error)
    problems.raise_if_any()
    return tuple(axes)


def read_values(axes: Dict[str, Any]) -> tuple[Axis, ...]:
    """Return axes that are given as Python's values by their keys.

    Raises `ConfigError` with everything wrong in them.
    """
    problems, found = Problems(), []
    for key, values in axes.items():
        try:
            check_key(key, Source("axes", key).span(0, max(1, len(key))))
            found.append(axis_of_values(key, values))
        except ConfigError as error:
            problems.extend(error)
    problems.raise_if_any()
    return tuple(found)


def combined(section: Sequence[Axis], own: Sequence[Axis]) -> tuple[Axis, ...]:
    """Return the axes of a config with those of the command line, which take their places.

    Raises `ConfigError` for one that is given twice, and for two that set the same key.
    """
    given: dict[str, Axis] = {}
    for axis in own:
        if axis.key in given:
            raise fail(f"the axis `{axis.key}` is given twice", axis.span)
        given[axis.key] = axis
    found = [given.pop(axis.key, axis) for axis in section]
    found += given.values()
    refuse_overlaps(found)
    return tuple(found)


def refuse_overlaps(axes: Sequence[Axis]) -> None:
    """Raise `ConfigError` where one axis sets a key inside that of another."""
    for axis in axes:
        for other in axes:
            if other.key.startswith(axis.key + "."):
                message = f"the axes `{axis.key}` and `{other.key}` set the same key"
                raise fail(message, other.span, "remove one of them")


def read_plan(text: str, name: str) -> tuple[Axis, ...]:
    """Return the columns of a plan: a CSV or TSV text with keys as header and a row a run.

    Raises `ConfigError` that points into the file.
    """
    import csv
    import io

    source = Source(name, text.replace("\r\n", "\n").replace("\r", "\n"))
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
        where = LinePlaces(source, np.array([line])).at(0)
        raise fail(f"this is not a table: {error}", where) from None
    places = LinePlaces(source, np.array(lines[1:], dtype=np.int64))
    if len(rows) < 2:
        raise fail("expected a line of keys and a row for each run", source.span(0, 1))
    if len(rows) - 1 > MAX_VALUES:
        raise fail(f"has {len(rows) - 1:,} rows; the most is {MAX_VALUES:,}", source.span(0, 1))
    header, head = [cell.strip() for cell in rows[0]], LinePlaces(source, np.array(lines[:1])).at(0)
    for key in header:
        check_key(key, head)
        if header.count(key) > 1:
            raise fail(f"the column `{key}` is given twice", head)
    for number, row in enumerate(rows[1:]):
        if len(row) != len(header):
            count = f"{len(header)} value{'s' if len(header) > 1 else ''}"
            raise fail(f"expected {count}, found {len(row)}", places.at(number))
    columns = zip(*rows[1:], strict=True)
    axes = tuple(
        column_axis(key, column, places, head) for key, column in zip(header, columns, strict=True)
    )
    refuse_overlaps(axes)
    return axes
