"""Columns: how fields are laid out in rows, and how their values are written as text."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.fields import Kind, nested

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.fields import Path


class Encoding(NamedTuple):
    """How a text format writes values: `text` writes a text, and a number has all its digits.

    `missing` stands for a number that is not finite; with None it is `nan`, `inf` or `-inf`.
    """

    text: Callable[[str], str]
    missing: str | None = None

    def numbers(self, values: Sequence[float]) -> list[str]:
        """Return numbers as texts."""
        if self.missing is None:
            return list(map(repr, values))
        return [repr(value) if isfinite(value) else self.missing for value in values]

    def texts(self, values: Sequence[str]) -> list[str]:
        """Return texts as they are written; each is made once."""
        known = {value: self.text(value) for value in set(values)}
        return list(map(known.__getitem__, values))


class Column:
    """A column: its name, where its values stand in nested forms, and their kind."""

    def __init__(self, name: str, path: Path, kind: Kind) -> None:
        self.name, self.path, self.kind = name, path, kind


class Layout:
    """The columns of rows, in their order."""

    columns: Sequence[Column]

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        return [column.name for column in self.columns]

    def nested(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return a value for each column in nested mappings and lists."""
        paths = (column.path for column in self.columns)
        return nested(zip(paths, values, strict=True))
