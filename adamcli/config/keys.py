"""The keys that a config may have, and setting one of them, also inside another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.config.document import Mapping, Scalar, describe
from adamcli.diagnostics import fail
from adamcli.names import normal
from adamcli.optimizer.hyperparameters import NAMES
from adamcli.optimizer.methods import OPTIONS

if TYPE_CHECKING:
    from adamcli.config.document import Node
    from adamcli.diagnostics import Span

OBJECTIVE_KEYS = ("objective", "model", "sigma", "loss", "gradient")
"""The keys that say what is minimised."""

BATCH_KEYS = ("batches", "epochs", "metrics")
"""The keys that say how a run goes through its data."""

KEYS = (
    *OBJECTIVE_KEYS,
    "bounds",
    "dim",
    "start",
    "constants",
    "data",
    *BATCH_KEYS,
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

SET = "--set"
"""The name of the option that writes one key, and of what it says."""

PARAMETER = "-p"
"""The name of the option that varies one key."""

COMMAND_LINE = "<command line>"
"""The name of a config that has no file."""


def with_value(tree: Mapping, key: str, value: Node, span: Span) -> Mapping:
    """Return `tree` with `key`, such as `a.b` for `b` inside `a`, set to `value`.

    `span` is where the key was written; if it has another text, all of it stands for each part.
    """
    name, _, rest = key.partition(".")
    here = there = span
    written = span.source.text[span.start : span.end]
    if normal(written) == key:
        here = span._replace(end=span.start + len(written.partition(".")[0]))
        there = span._replace(start=here.end + 1)
    if rest:
        inner = tree.get(name) or Mapping((), here)
        if not isinstance(inner, Mapping):
            raise fail(
                f"`{name}` holds {describe(inner)}, so it has no `{rest.partition('.')[0]}`",
                here,
                f"set all of it: --set '{name}=...'",
            )
        value = with_value(inner, rest, value, there)
    return tree.with_entry(Scalar(name, name, here, True), value)
