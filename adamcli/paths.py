"""Numbers inside JSON values, by their paths: `minima[0].x.w[1,2]`, `config.bounds.x[0]`.

Keys are joined by dots. A key that could not be typed so stands in brackets and quotes:
`standardized.X["t (s)"].mean`. Places in lists stand in brackets, those of nested lists of numbers
together.
"""

from __future__ import annotations

import re
from math import nan
from typing import TYPE_CHECKING, Any

from adamcli.names import is_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

ANY = "[*]"
"""Stands for the place in a list of mappings, whose length is not known beforehand."""


def numbers_in(value: Any, owner: str = "") -> dict[str, float | int]:
    """Return all numbers in a value by their paths; null is NaN, true and false are 1 and 0."""
    return dict(_numbers(value, owner))


def with_more(
    known: dict[str, float], more: Callable[[], Any], wanted: Collection[str] | None
) -> dict[str, float]:
    """Return the numbers that are `known`, and what `wanted` names in the value of `more` besides.

    None names all. The value is made only if it is needed.
    """
    if wanted is None:
        return {**numbers_in(more()), **known}
    there = {*known, *(name.rpartition("[")[0] for name in known)}
    rest = {name for name in wanted if name not in there}
    found = numbers_in(more()) if rest else {}
    own = {k: v for k, v in found.items() if k in rest or k.rpartition("[")[0] in rest}
    return {**own, **known}


def shapes_in(value: Any, owner: str = "") -> dict[str, tuple[int, ...]]:
    """Return the paths of all numbers and nested lists of numbers in an example of a value."""
    return dict(_shapes(value, owner))


def texts_in(value: Any, owner: str = "") -> Iterator[str]:
    """Yield the paths of all texts in a value that are not in lists."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, joined(owner, key))
    elif isinstance(value, str):
        yield owner


def joined(owner: str, key: str) -> str:
    """Return the path of what has a key in the mapping with the path `owner`."""
    if not all(map(is_name, _INDEX.sub("", key).split("."))):
        import json

        return f"{owner}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{owner}.{key}" if owner else key


_INDEX = re.compile(r"\[\d+(,\d+)*\]")


def _numbers(value: Any, owner: str) -> Iterator[tuple[str, float | int]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, joined(owner, key))
    elif _shape(value) is not None:
        yield from _entries(value, owner, ())
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _numbers(inner, f"{owner}[{place}]")


def _entries(value: Any, owner: str, place: tuple[int, ...]) -> Iterator[tuple[str, float | int]]:
    """Yield the entries of a number or of nested lists of numbers."""
    if isinstance(value, list | tuple):
        for k, inner in enumerate(value):
            yield from _entries(inner, owner, (*place, k))
    else:
        found = nan if value is None else int(value) if isinstance(value, bool) else value
        yield f"{owner}[{','.join(map(str, place))}]" if place else owner, found


def _shapes(value: Any, owner: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    shape = _shape(value)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _shapes(inner, joined(owner, key))
    elif shape is not None:
        yield owner, shape
    elif isinstance(value, list | tuple):
        are_mappings = all(isinstance(inner, dict) for inner in value)
        for place, inner in enumerate(value):
            yield from _shapes(inner, owner + (ANY if are_mappings else f"[{place}]"))


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of a number or of nested lists of numbers; None for anything else."""
    if value is None or isinstance(value, int | float):
        return ()
    if not isinstance(value, list | tuple) or not value:
        return None
    inner = {_shape(each) for each in value}
    first = inner.pop()
    return None if inner or first is None else (len(value), *first)
