"""Arrays of a config that come from Python: they stay arrays, and are never written as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config.document import ArrayList, List, Mapping, Scalar

if TYPE_CHECKING:
    from adamcli.arrays import Array
    from adamcli.config.document import Node

KEYS = ("constants", "data")
"""The keys whose arrays may be large."""

MOST_WRITTEN = 1000
"""An array of so many numbers is written as text, into which errors point."""


class KeptArrays:
    """The arrays that a text of YAML stands for: it has a word in place of each."""

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

    def word_for(self, value: Any) -> str | None:
        """Return the word for a large array, or None if `value` is to be written out.

        A large list of numbers of one type is an array as well. A copy is kept, so that nothing
        outside can change it.
        """
        array = _large_array(value)
        if array is None:
            return None
        array.flags.writeable = False
        # Texts are quoted, so that none of them is taken for such a word.
        word = f"<array-{len(self._arrays)}-of-{'x'.join(map(str, array.shape))}>"
        self._arrays[word] = array
        return word

    def restored(self, tree: Mapping) -> Mapping:
        """Return a config with the arrays in place of their words."""
        if not self._arrays:
            return tree
        entries = ((k, self._restored(v) if k.text in KEYS else v) for k, v in tree.entries)
        return tree._replace(entries=tuple(entries))

    def _restored(self, node: Node) -> Node:
        if isinstance(node, Mapping):
            entries = tuple((key, self._restored(value)) for key, value in node.entries)
            return node._replace(entries=entries)
        if isinstance(node, List):
            return node._replace(items=tuple(map(self._restored, node.items)))
        is_word = isinstance(node, Scalar) and node.plain and node.text in self._arrays
        return ArrayList(self._arrays[node.text], node.span) if is_word else node


def _large_array(value: Any) -> Array | None:
    """Return a copy of an array or list of more than `MOST_WRITTEN` numbers, else None."""
    if isinstance(value, list | tuple):
        return _array_of_list(value)
    if not hasattr(value, "tolist") or not hasattr(value, "shape"):
        return None
    array = np.array(value)
    return array if array.size > MOST_WRITTEN and array.dtype.kind in "iuf" else None


def _array_of_list(value: list[Any] | tuple[Any, ...]) -> Array | None:
    if not value or (len(value) <= MOST_WRITTEN and isinstance(value[0], int | float)):
        return None
    if all(hasattr(part, "shape") for part in value):
        return _large_array(_joined(value))
    flat: Any = value
    while isinstance(flat[0], list | tuple) and flat[0]:
        if set(map(type, flat)) - {list, tuple}:
            return None
        flat = [entry for part in flat for entry in part]
    # Of mixed types, whole numbers would become others when they are written again.
    if len(flat) <= MOST_WRITTEN or set(map(type, flat)) not in ({float}, {int}):
        return None
    array = _joined(value)
    return array if array.dtype.kind in "iuf" else None


def _joined(value: list[Any] | tuple[Any, ...]) -> Array:
    """Return an array of parts; an empty one if they do not fit each other."""
    try:
        return np.array(value)
    except (ValueError, OverflowError):
        return np.empty(0, dtype=object)
