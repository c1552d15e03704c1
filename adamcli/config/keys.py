"""The keys that a config may have, and `--set key=value`, which sets one of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adamcli.config.document import Mapping, Scalar, describe, read_node
from adamcli.diagnostics import Source, fail
from adamcli.optimizer.hyperparameters import NAMES
from adamcli.optimizer.methods import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.config.document import Node
    from adamcli.diagnostics import Problems, Span

KEYS = (
    "objective",
    "gradient",
    "bounds",
    "dim",
    "start",
    "constants",
    "data",
    "method",
    *NAMES,
    *OPTIONS,
    "n_iter",
    "seed",
    "direction",
    "bounds_mode",
    "stop",
    "expect",
    "sweep",
)

KEY = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
"""The pattern of a key, or of one inside another: `bounds.x`."""

_ASSIGNMENT = re.compile(rf"\s*({KEY})\s*=")


def apply_overrides(tree: Mapping, assignments: Iterable[str], problems: Problems) -> Mapping:
    """Return `tree` with each `key=value` set, in order; `a.b=value` sets `b` inside `a`.

    Raises `ConfigError` for an assignment that cannot be read.
    """
    for assignment in assignments:
        source = Source("--set", assignment)
        match = _ASSIGNMENT.match(assignment)
        if match is None:
            hint = "write, for example, --set alpha=0.05 or --set 'bounds.x=[-2, 2]'"
            raise fail("expected key=value", source.span(0, max(1, len(assignment))), hint)
        value = read_node(source, match.end(), problems)
        if value is None:
            value = Scalar(None, "", source.span(match.end() - 1, match.end()), True)
        tree = with_value(tree, match[1], value, source.span(*match.span(1)))
    return tree


def with_value(tree: Mapping, key: str, value: Node, span: Span) -> Mapping:
    """Return `tree` with `key`, which was written at `span`, set to `value`."""
    name, _, rest = key.partition(".")
    first = Scalar(name, name, span._replace(end=span.start + len(name)), True)
    if rest:
        inner = tree.get(name) or Mapping((), first.span)
        if not isinstance(inner, Mapping):
            raise fail(
                f"`{name}` holds {describe(inner)}, so it has no `{rest.partition('.')[0]}`",
                first.span,
                f"set all of it: --set '{name}=...'",
            )
        value = with_value(inner, rest, value, span._replace(start=first.span.end + 1))
    return tree.with_entry(first, value)
