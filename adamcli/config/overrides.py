"""Keys written at the command line: `--set key=value`, and the options that stand for one key.

adamcli run -e '(1 - x)**2 + 100*(y - x**2)**2' -b x=-2,2 -b y=-2,2 --set alpha=0.1

The text of each is a source of its own, into which its errors point.
"""

from __future__ import annotations

import re
from functools import partial
from math import inf
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, TypeAlias

from adamcli.config.commas import comma_problem, decimal_comma
from adamcli.config.document import List, Mapping, Scalar, read_node, resolve
from adamcli.config.keys import SET, with_value
from adamcli.diagnostics import Source, did_you_mean, fail
from adamcli.errors import FileError
from adamcli.names import is_path, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Mapping as Dict

    from adamcli.config.document import Node, Value
    from adamcli.diagnostics import Problems, Span

_ASSIGNMENT = re.compile(r"\s*([^\s=]+)\s*=")

_PAIR = re.compile(r"\s*([^\s,=\[\]{}]+)\s*,\s*([^\s,=\[\]{}]+)\s*")

_INFINITE: dict[str, Value] = {"inf": inf, "+inf": inf, "-inf": -inf}

MOST_NAMES = 6
"""So many variables an example of what to type has."""

Written: TypeAlias = "tuple[str, Node, Span]"
"""A key, its value, and where the key was written."""


def apply_overrides(
    tree: Mapping, overrides: Iterable[str | Source], problems: Problems
) -> Mapping:
    """Return `tree` with every override, in order.

    One is a text `key=value` as `--set` takes it, where `a.b=value` sets `b` inside `a`; or the
    text of another of `OPTIONS`, as a source of its name.

    Raises `ConfigError` for a text that cannot be read, and for bounds that are given twice.
    """
    given: list[str] = []
    for override in overrides:
        source = override if isinstance(override, Source) else Source(SET, override)
        key, value, span = OPTIONS[source.name](source, problems)
        if source.name == "-b":
            _refuse_twice(key, given, span)
        tree = with_value(tree, key, value, span)
    return tree


def _refuse_twice(key: str, given: list[str], span: Span) -> None:
    """Raise `ConfigError` if one of the keys `given` by `-b` would be lost; else `key` is added."""
    if any(f"{other}.".startswith(f"{key}.") for other in given):
        hint = "write NAME=LOW,HIGH for each variable" if key == "bounds" else ""
        raise fail(f"`{key}` is given twice", span, hint)
    given.append(key)


def named_function(name: str) -> Source:
    """Return what stands for an argument CONFIG that names a test function instead of a file.

    Raises `FileError` if there is no such function.
    """
    from adamcli.config.standard import names

    if name not in names():
        hint = did_you_mean(name, names()) or "adamcli functions lists them"
        kind = "no file" if not Path(name).exists() else "no file but a folder"
        raise FileError(f"there is {kind} `{name}`, and no test function `{name}`\n  {hint}")
    return Source("CONFIG", name)


def example_of(key: str, free: Dict[str, bool]) -> str:
    """Return what to type for a missing key, where the formula leaves the names `free`.

    Each comes with whether it is indexed.
    """
    if key == "objective":
        return "write, for example, -e 'x**2 + y**2'"
    if free == {"x": True}:
        return "write, for example, -b -1,1 --dim 10"
    names = [
        f"-b '{name}={{low: -1, high: 1, shape: 3}}'" if indexed else f"-b {name}=-1,1"
        for name, indexed in (free or {"x": False}).items()
    ]
    return (
        "write, for example, " + " ".join(names[:MOST_NAMES]) + " ..." * (len(names) > MOST_NAMES)
    )


def _match(source: Source) -> re.Match[str] | None:
    """Return the key of a text `key=value`; None if it has none."""
    match = _ASSIGNMENT.match(source.text)
    return match if match is not None and is_path(match[1]) else None


def _assignment(source: Source, problems: Problems) -> Written:
    match = _match(source)
    if match is None:
        from adamcli.config.elsewhere import hint_for

        name, _, text = source.text.partition("=")
        hint = hint_for(name.strip(), text, "=")
        hint = hint or "write, for example, --set alpha=0.05 or --set 'bounds.x=[-2, 2]'"
        raise fail("expected key=value", _whole(source), hint)
    value = _value(source, match.end(), problems)
    return normal(match[1]), value, source.span(*match.span(1))


def _text(key: str, source: Source, _: Problems) -> Written:
    """Return a key whose value is the text as it is, which is not YAML."""
    span = _whole(source)
    return key, Scalar(source.text, source.text, span, False), span


def _formula(key: str, source: Source, problems: Problems) -> Written:
    """Return a key whose value is a formula; the indentation of its lines does not count."""
    span, (first, line_break, rest) = _whole(source), source.text.strip().partition("\n")
    if first.startswith("{"):
        hint = "only a file can name a Python function: objective: {python: file.py:name}"
        raise fail("expected a formula such as x**2 + y**2", span, hint)
    text = first + line_break + dedent(rest)
    return key, Scalar(text, text, span, False), span


def _yaml(key: str, source: Source, problems: Problems) -> Written:
    return key, _value(source, 0, problems), _whole(source)


def _bounds(source: Source, problems: Problems) -> Written:
    """Return the bounds of a variable from `name=low,high`, or those of all from `low,high`.

    Either may be any value in YAML instead.
    """
    match = _match(source)
    if match is not None:
        value = _pair(source, match.end()) or _value(source, match.end(), problems)
        return f"bounds.{normal(match[1])}", value, source.span(*match.span(1))
    found = _pair(source, 0) or _value(source, 0, problems)
    if isinstance(found, Scalar):
        raise fail("expected NAME=LOW,HIGH", _whole(source), "write, for example, -b x=-2,2")
    return "bounds", found, _whole(source)


def _pair(source: Source, start: int) -> List | None:
    """Return the pair `low,high` from offset `start` on, or None if there is something else."""
    match = _PAIR.fullmatch(source.text, start)
    if match is None:
        return None
    if decimal_comma(match[0]) is not None:
        raise comma_problem(match[0].strip(), source.span(match.start(1), match.end(2)))
    ends = tuple(
        Scalar(
            _INFINITE.get(match[k], resolve(match[k])), match[k], source.span(*match.span(k)), True
        )
        for k in (1, 2)
    )
    return List(ends, source.span(match.start(1), match.end(2)))


def _value(source: Source, start: int, problems: Problems) -> Node:
    """Return the value in YAML from offset `start` on; where there is none, null."""
    value = read_node(source, start, problems)
    if value is not None:
        return value
    return Scalar(None, "", source.span(max(0, start - 1), max(1, start)), True)


def _whole(source: Source) -> Span:
    return source.span(0, max(1, len(source.text)))


OPTIONS: dict[str, Callable[[Source, Problems], Written]] = {
    "CONFIG": partial(_text, "objective"),
    "-e": partial(_formula, "objective"),
    "--model": partial(_formula, "model"),
    "--data": partial(_text, "data"),
    "-b": _bounds,
    "--dim": partial(_yaml, "dim"),
    SET: _assignment,
}
"""What reads the text of each option that writes a key."""
