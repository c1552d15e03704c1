"""Arrays made of the columns of a file: `{file: a.csv, columns: x1..x9, standardize: true}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.document import List, Mapping, Scalar
from adamcli.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import FloatArray
    from adamcli.config.data_files import Columns
    from adamcli.config.document import Node
    from adamcli.config.values import KeyReader

KEYS = ("file", "columns", "standardize")

EVERY = "*"
"""Stands for all columns of a file."""

TO = ".."
"""Stands between two columns for both and all that are between them in the file."""


class Standardized(NamedTuple):
    """What was taken from the columns of the array `name`, and what they were then divided by."""

    name: str
    columns: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the mean and deviation of each column by its name."""
        each = zip(self.columns, self.means, self.deviations, strict=True)
        return {title: {"mean": mean, "deviation": by} for title, mean, by in each}


class MatrixReader:
    """Reads the mapping for the array `name`; `columns_of` returns the columns of a file.

    `standardized` says what was done to it, if that was asked for.
    """

    def __init__(
        self, keys: KeyReader, columns_of: Callable[[Scalar, str], Columns], name: str
    ) -> None:
        self._keys, self._columns_of, self._name = keys, columns_of, name
        self._what = f"data.{name}"
        self.standardized: list[Standardized] = []

    def read(self, node: Mapping) -> FloatArray | str | None:
        """Return the array: (rows,) for the name of one column, else (rows, columns).

        A text is the reason why a column is not all numbers; None that something is wrong, which
        is noted.
        """
        example = "write, for example, {file: a.csv, columns: [x1, x2]}"
        self._keys.refuse_others(node, self._what, KEYS)
        file, wanted, wish = (node.get(key) for key in KEYS)
        if file is None or wanted is None:
            missing = "file" if file is None else "columns"
            self._keys.problems.add(f"{self._what}: `{missing}` is missing", node.span, example)
            return None
        standardize = wish is not None and self._keys.truth(wish, f"{self._what}.standardize")
        scalar = self._keys.text(file, f"{self._what}.file", "the name of a file")
        if scalar is None:
            return None
        path = scalar.text.strip()
        columns = self._columns_of(scalar, path)
        titles = self._titles(wanted, columns, path) if columns else None
        if titles is None:
            return None
        found = self._array(titles, columns, wanted, is_one=_is_title(wanted, columns))
        if isinstance(found, str) or found is None or not standardize:
            return found
        return self._standardize(found, titles)

    def _titles(self, node: Node, columns: Columns, path: str) -> list[str] | None:
        """Return the names of the columns that are wanted, in order."""
        items = node.items if isinstance(node, List) else (node,)
        parts = [self._part(item, list(columns), path) for item in items]
        if any(part is None for part in parts):
            return None
        titles = [title for part in parts for title in part or ()]
        if not titles:
            self._keys.wrong(f"{self._what}.columns", "at least one column", node)
            return None
        twice = next((title for title in titles if titles.count(title) > 1), None)
        if twice is not None:
            message = f"{self._what}.columns: `{twice}` is named twice"
            self._keys.problems.add(message, node.span)
            return None
        return titles

    def _part(self, node: Node, known: Sequence[str], path: str) -> Sequence[str] | None:
        """Return the columns that a name, a range or `*` stands for."""
        what = f"{self._what}.columns"
        if not isinstance(node, Scalar) or not node.text.strip():
            self._keys.wrong(what, f'names, a range such as x1{TO}x9, or "{EVERY}"', node)
            return None
        text = node.text.strip()
        if text in known:
            return [text]
        if text == EVERY:
            return known
        ends = [end.strip() for end in text.split(TO)] if TO in text else [text]
        for end in ends:
            if end not in known:
                hint = did_you_mean(end, known)
                self._keys.problems.add(f"{what}: {path} has no column `{end}`", node.span, hint)
                return None
        first, last = known.index(ends[0]), known.index(ends[-1])
        if len(ends) != 2 or first > last:
            message = f"{what}: expected first{TO}last, in the order of the file, found `{text}`"
            self._keys.problems.add(message, node.span)
            return None
        return known[first : last + 1]

    def _array(
        self, titles: Sequence[str], columns: Columns, node: Node, *, is_one: bool
    ) -> FloatArray | str | None:
        parts: list[FloatArray] = []
        for title in titles:
            column = columns[title]
            if isinstance(column, str):
                return column
            parts.append(column)
        if is_one:
            return parts[0]
        for title, part in zip(titles, parts, strict=True):
            if part.shape != (len(parts[0]) if parts[0].shape else 0,):
                message = f"{self._what}.columns: `{title}` has the shape {part.shape}, expected "
                expected = "one axis, and as many entries as the others"
                self._keys.problems.add(message + expected, node.span)
                return None
        return np.stack(parts, axis=1)

    def _standardize(self, found: FloatArray, titles: Sequence[str]) -> FloatArray:
        """Return an array whose columns have the mean 0 and, unless constant, the deviation 1."""
        table = found.reshape(len(found), -1) if found.ndim else found.reshape(1, 1)
        if len(titles) < table.shape[1]:
            titles = [f"{titles[0]}[{k}]" for k in range(table.shape[1])]
        means, deviations = [], []
        result = np.empty(table.shape)
        for k in range(table.shape[1]):
            column = np.ascontiguousarray(table[:, k])
            is_constant = column.min() == column.max()
            mean = column[0] if is_constant else column.mean()
            column = column - mean
            deviation = 1.0 if is_constant else np.sqrt(np.square(column).mean())
            np.divide(column, deviation, out=result[:, k])
            means.append(float(mean))
            deviations.append(float(deviation))
        self.standardized.append(
            Standardized(self._name, tuple(titles), tuple(means), tuple(deviations))
        )
        return result.reshape(found.shape)


def _is_title(node: Node, columns: Columns) -> bool:
    """Return whether a node is the name of one column, and not a list, a range or `*`."""
    return isinstance(node, Scalar) and node.text.strip() in columns
