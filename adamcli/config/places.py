"""Where the parts of a config were written, which may be a file and options over it.

What is to be written there depends on it: `dim: 3` in a file, `--dim 3` among options.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.keys import PARAMETER, SET

if TYPE_CHECKING:
    from collections.abc import Mapping as Dict

    from adamcli.config.document import Node
    from adamcli.diagnostics import Span
    from adamcli.objective.variables import Variables

TYPED = ("CONFIG", "-e", "--model", "--data", "-b", "--dim", SET, PARAMETER)
"""The options that write keys of a config, as the names of what they say."""


def is_typed(span: Span | None) -> bool:
    """Return whether something was written on the command line."""
    return span is not None and span.source.name in TYPED


def as_typed(key: str, value: str, span: Span) -> str:
    """Return how a key is written next to what is at `span`."""
    if not is_typed(span):
        return f"{key}: {value}"
    return f"--dim {value}" if key == "dim" else f"{SET} {quote(f'{key}={value}')}"


def place_of(node: Node) -> Span:
    """Return where a node was written; for a mapping, what an option has set inside it."""
    if isinstance(node, Mapping):
        for _, value in node.entries:
            inner = place_of(value)
            if inner.source is not node.span.source:
                return inner
    return node.span


def place_of_bounds(nodes: Dict[str, Node], variables: Variables, k: int) -> Span | None:
    """Return where the bounds of coordinate `k` were written, if they were."""
    node = nodes.get("bounds") or nodes.get("dim")
    if isinstance(node, Mapping):
        node = node.get(variables.of_coordinate(k).name)
    elif isinstance(node, List) and not any(isinstance(item, Scalar) for item in node.items):
        node = node.items[k]
    return None if node is None else place_of(node)


def place_of_name(node: Node, name: str) -> Span:
    """Return where the name of a variable was written, or all bounds if they have no names."""
    keys = node.entries if isinstance(node, Mapping) else ()
    return next((key.span for key, _ in keys if key.text == name), node.span)
