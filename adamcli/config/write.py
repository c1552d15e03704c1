"""Writing a config as YAML, so that loading it gives the same values bit for bit."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from adamcli.config.document import plain, resolve
from adamcli.config.objectives import reader_of
from adamcli.config.weights import is_weights
from adamcli.diagnostics import printable
from adamcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adamcli.config.document import Mapping as Tree


def yaml_of(tree: Tree, folder: Path, target: Path) -> str:
    """Return the config `tree`, with paths relative to `folder`, as YAML for the folder `target`.

    Raises `UsageError` if `target` does not contain the Python code that the config names.
    """
    folder, target = folder.resolve(), target.resolve()
    values = {key.text: plain(node) for key, node in tree.entries}
    if folder != target:
        values = {key: _moved(key, value, folder, target) for key, value in values.items()}
    return "".join(_entry(key, value) for key, value in values.items())


def flow(value: Any, word_for: Callable[[Any], str | None] | None = None) -> str:
    """Return a number, a text, or a mapping or sequence of them, as YAML on one line.

    Where `word_for` has a word for a value, that stands in its place.
    """
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        inner = (f"{key}: {flow(entry, word_for)}" for key, entry in value.items())
        return "{" + ", ".join(inner) + "}"
    word = word_for(value) if word_for is not None else None
    if word is not None:
        return word
    if hasattr(value, "tolist"):
        return flow(value.tolist(), word_for)
    if isinstance(value, Sequence):
        return "[" + ", ".join(flow(entry, word_for) for entry in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not isfinite(value):
        return ".nan" if value != value else f"{value}".replace("inf", ".inf")
    return "null" if value is None else str(value)


def _entry(key: str, value: Any) -> str:
    if isinstance(value, str) and "\n" in value and value.replace("\n", "").isprintable():
        indented = "".join(f"  {line}\n" for line in value.splitlines())
        return f"{key}: |\n{indented}"
    if isinstance(value, dict) and value and key in ("bounds", "start", "constants"):
        return f"{key}:\n" + "".join(f"  {name}: {flow(entry)}\n" for name, entry in value.items())
    if isinstance(value, str) and key in ("objective", "model") and _is_plain(value):
        return f"{key}: {value}\n"
    return f"{key}: {flow(value)}\n"


def _quoted(text: str) -> str:
    """Return a text in double quotes, with YAML's escapes for what is not printable.

    Raises `UsageError` for the name of a file that is not text.
    """
    if any("\ud800" <= c <= "\udfff" for c in text):
        hint = "give the file a name in UTF-8"
        raise UsageError(f"{printable(text)}: YAML cannot hold this name\n  {hint}")
    escaped = (
        f"\\{c}" if c in '"\\' else c if c.isprintable() else f"\\U{ord(c):08x}" for c in text
    )
    return f'"{"".join(escaped)}"'


def _is_plain(text: str) -> bool:
    """Return whether YAML reads `text` as itself without quotes."""
    safe = text[:1].isalnum() or text[:1] == "("
    return (
        safe
        and text.isprintable()
        and not any(c in text for c in ":#{}&!%@`\"'")
        and resolve(text) == text
    )


def _moved(key: str, value: Any, folder: Path, target: Path) -> Any:
    """Return a value with its paths, which are relative to `folder`, relative to `target`."""
    if key == "data":
        if isinstance(value, str):
            return os.path.relpath(folder / value, target)
        if isinstance(value, dict):
            return {name: _moved_column(entry, folder, target) for name, entry in value.items()}
    if key == "start" and is_weights(value):
        return os.path.relpath(folder / value, target)
    if key in ("objective", "gradient") and isinstance(value, dict):
        return reader_of(value).moved(key, value, folder, target)
    return value


def _moved_column(entry: Any, folder: Path, target: Path) -> Any:
    if isinstance(entry, dict) and "file" in entry:
        return {**entry, "file": os.path.relpath(folder / entry["file"], target)}
    if not isinstance(entry, str):
        return entry
    path, _, name = entry.rpartition(":")
    return f"{os.path.relpath(folder / path, target)}:{name}"
