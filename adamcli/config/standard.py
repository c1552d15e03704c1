"""The standard test functions, each read from its file when it is asked for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from adamcli.config.document import List, Mapping, Scalar, describe, number_of, read_mapping
from adamcli.diagnostics import Problems, Source, did_you_mean
from adamcli.files import decoded, read_bytes
from adamcli.objective.standard import CATEGORIES, FOLDER, StandardFunction
from adamcli.objective.variables import natural_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from adamcli.config.document import Node

T = TypeVar("T")


@cache
def names() -> tuple[str, ...]:
    """Return the names of all functions, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load_all() -> list[StandardFunction]:
    """Return all functions by category and name, with trid_6 before trid_10."""
    in_order = sorted(names(), key=natural_order)
    return sorted(map(load, in_order), key=lambda one: CATEGORIES.index(one.category))


@cache
def load(name: str) -> StandardFunction:
    """Return the function called `name`, one of `names()`.

    Raises `FileError` if its file cannot be read, `ConfigError` with everything wrong in it.
    """
    path, problems = str(FOLDER / f"{name}.yaml"), Problems()
    tree = read_mapping(Source(path, decoded(read_bytes(path), path)), problems)
    found = {key.text: _value(key, node, problems) for key, node in tree.entries}
    for key in _KEYS:
        if key not in found and key not in StandardFunction._field_defaults:
            problems.add(f"`{key}` is missing", tree.span.source.span(0, 1))
    problems.raise_if_any()
    return StandardFunction(name=name, any_dim="min_dim" in found, **found)


def _value(key: Scalar, node: Node, problems: Problems) -> Any:
    """Return the value of a key of a file; what is wrong goes to `problems`."""
    if key.text not in _KEYS:
        problems.add(f"unknown key `{key.text}`", key.span, did_you_mean(key.text, _KEYS))
        return None
    expected, read = _KEYS[key.text]
    value = read(node)
    if value is None:
        problems.add(f"{key.text}: expected {expected}, found {describe(node)}", node.span)
    return value


def _text(node: Node) -> str | None:
    return node.text.strip() or None if isinstance(node, Scalar) else None


def _category(node: Node) -> str | None:
    return node.text if isinstance(node, Scalar) and node.text in CATEGORIES else None


def _count(node: Node) -> int | None:
    value = node.value if isinstance(node, Scalar) else None
    return value if type(value) is int and value > 0 else None


def _truth(node: Node) -> bool | None:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, bool) else None


def _number(node: Node) -> float | None:
    value = number_of(node)
    return None if value is None else float(value)


def _each(node: Node, read: Callable[[Node], T | None]) -> tuple[T, ...] | None:
    items = node.items if isinstance(node, List) else ()
    known = tuple(value for value in map(read, items) if value is not None)
    return known if known and len(known) == len(items) else None


def _numbers(node: Node) -> tuple[float, ...] | None:
    return _each(node, _number)


def _points(node: Node) -> tuple[tuple[float, ...], ...] | None:
    return _each(node, _numbers)


def _domain(node: Node) -> tuple[tuple[float, ...], ...] | None:
    pair = _numbers(node)
    pairs = _points(node) if pair is None else (pair,)
    return pairs if pairs and all(len(ends) == 2 for ends in pairs) else None


def _minimisers(node: Node) -> tuple[tuple[float, ...], ...] | str | None:
    return _text(node) or _points(node)


def _settings(node: Node) -> tuple[tuple[str, str], ...] | None:
    entries = node.entries if isinstance(node, Mapping) else ()
    known = tuple((key.text, text) for key, value in entries if (text := _text(value)))
    return known if known and len(known) == len(entries) else None


_KEYS: dict[str, tuple[str, Callable[[Node], Any]]] = {
    "title": ("a text", _text),
    "category": (f"one of {', '.join(CATEGORIES)}", _category),
    "formula": ("a formula of x", _text),
    "domain": ("a pair [low, high], or one for each coordinate", _domain),
    "dim": ("a whole number above 0", _count),
    "min_dim": ("a whole number above 0", _count),
    "minimum": ("a number, or a formula of d", _text),
    "minimisers": ("a list of points, or a formula of i and d", _minimisers),
    "smooth": ("true or false", _truth),
    "source": ("a text", _text),
    "config": ("keys of a config with their values", _settings),
    "note": ("a text", _text),
}
"""Every key of a file: what its value is, and what reads it, with None for anything else."""
