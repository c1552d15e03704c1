"""`--set key=value`: the same keys, rules and errors as in the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adamcli.config.document import Mapping, Scalar, describe, read_node
from adamcli.diagnostics import Source, fail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.config.document import Node
    from adamcli.diagnostics import Problems, Span

KEY = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
"""A key of the config, or one inside another: `bounds.x`."""

_ASSIGNMENT = re.compile(rf"\s*({KEY})\s*=")


def apply_overrides(tree: Mapping, assignments: Iterable[str], problems: Problems) -> Mapping:
    """Return `tree` with each `key=value` set, in order; `a.b=value` sets `b` inside `a`.

    Raises `ConfigError` for an assignment that cannot be read.
    """
    for assignment in assignments:
        tree = _apply(tree, Source("--set", assignment), problems)
    return tree


def _apply(tree: Mapping, source: Source, problems: Problems) -> Mapping:
    match = _ASSIGNMENT.match(source.text)
    if match is None:
        raise fail(
            "expected key=value",
            source.span(0, max(1, len(source.text))),
            "write, for example, --set alpha=0.05 or --set 'bounds.x=[-2, 2]'",
        )
    value = read_node(source, match.end(), problems)
    if value is None:
        value = Scalar(None, "", source.span(match.end() - 1, match.end()), True)
    span = source.span(match.start(1), match.end(1))
    return with_value(tree, match[1], value, span)


def with_value(tree: Mapping, key: str, value: Node, span: Span) -> Mapping:
    """Return `tree` with `key`, which stands at `span`, set to `value`."""
    path = []
    for part in re.finditer(r"\w+", key):
        place = span.source.span(span.start + part.start(), span.start + part.end())
        path.append(Scalar(part[0], part[0], place, True))
    return _set(tree, path, value)


def _set(tree: Mapping, path: list[Scalar], value: Node) -> Mapping:
    key, rest = path[0], path[1:]
    if not rest:
        return tree.with_entry(key, value)
    inner = tree.get(key.text)
    if inner is None:
        inner = Mapping((), key.span)
    if not isinstance(inner, Mapping):
        raise fail(
            f"`{key.text}` holds {describe(inner)}, so it has no `{rest[0].text}`",
            key.span,
            f"set all of it: --set '{key.text}=...'",
        )
    return tree.with_entry(key, _set(inner, rest, value))
