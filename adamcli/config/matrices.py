"""Arrays made of the columns of a file: `{file: a.csv, columns: x1..x9, standardize: true}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.headers import title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray
    from adamcli.config.data_files import Columns
    from adamcli.config.document import Node
    from adamcli.config.values import KeyReader

KEYS = ("file", "columns", "standardize")

EVERY = "*"
"""Stands for all columns of a file."""

TO = ".."
"""Stands between two columns for both and all that are between them in the file."""


class Matrix(NamedTuple):
    """The columns that the array `name` is made of, and what was done to them if anything.

    Of a standardised array `means` and `deviations` have what was taken from each of its columns,
    and what they were then divided by; else both are None.
    """

    name: str
    columns: tuple[str, ...]
    means: tuple[float, ...] | None = None
    deviations: tuple[float, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the mean and deviation of each column by its name."""
        means, deviations = self.means or (), self.deviations or ()
        each = zip(self._titles(len(means)), means, deviations, strict=True)
        return {title: {"mean": mean, "deviation": by} for title, mean, by in each}

    def _titles(self, count: int) -> Sequence[str]:
        """Return the names of the columns; an array of a file has no more than one for all."""
        if len(self.columns) == count:
            return self.columns
        return [f"{self.columns[0]}[{k}]" for k in range(count)]


class Lookup(Protocol):
    """The files of the data."""

    def columns(self, node: Scalar, path: str) -> Columns:
        """Return the columns of a file, none if it cannot be read, which is noted."""

    def lacks(self, what: str, path: str, title: str, node: Node, known: Columns) -> str | None:
        """Return why an array cannot be used whose column `title` is not in the file.

        None says that this has been noted as wrong.
        """


class MatrixReader:
    """Reads the mapping for the array `name` from `files`.

    `known` says which columns it had, and what was done to them, in other rows; these are then
    treated alike. `matrix` says it of the array that was read, if there is one.
    """

    def __init__(
        self, keys: KeyReader, files: Lookup, name: str, known: Matrix | None = None
    ) -> None:
        self._keys, self._files, self._name, self._known = keys, files, name, known
        self._what = f"data.{name}"
        self._reason: str | None = None
        self.matrix: Matrix | None = None

    def read(self, node: Mapping) -> FloatArray | str | None:
        """Return the array: (rows,) for the name of one column, else (rows, columns).

        A text is the reason why it cannot be used, as a column is not all numbers; None that
        something is wrong, which is noted.
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
        columns = self._files.columns(scalar, path)
        titles = self._titles(wanted, columns, path) if columns else None
        if titles is None:
            return self._reason
        found = self._array(titles, columns, wanted, is_one=_is_title(wanted, columns))
        if isinstance(found, str) or found is None:
            return found
        self.matrix = Matrix(self._name, tuple(titles))
        if self._known is not None and bool(standardize) != (self._known.means is not None):
            were = "were not" if standardize else "were"
            message = f"{self._what}: the weights are those of columns that {were} standardised"
            self._keys.problems.add(message, (wish or node).span)
            return None
        return self._standardized(found, wanted) if standardize else found

    def _titles(self, node: Node, columns: Columns, path: str) -> list[str] | None:
        """Return the names of the columns that are wanted, in order."""
        if self._known is not None:
            return self._known_titles(self._known, node, columns, path)
        items = node.items if isinstance(node, List) else (node,)
        parts = [self._part(item, columns, path) for item in items]
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

    def _known_titles(
        self, known: Matrix, node: Node, columns: Columns, path: str
    ) -> list[str] | None:
        """Return the names of the columns of the other rows, whatever else is in the file."""
        if not needs_file(node):
            items = node.items if isinstance(node, List) else (node,)
            written = [item.text.strip() for item in items if isinstance(item, Scalar)]
            if written != [*known.columns]:
                others, these = (", ".join(titles) for titles in (known.columns, written))
                message = f"{self._what}.columns: the weights are those of {others}, found {these}"
                self._keys.problems.add(message, node.span)
                return None
        titles = {column: title_of(column, columns) for column in known.columns}
        for column, title in titles.items():
            if title is None:
                self._lack(path, column, node, columns)
                return None
        return [title for title in titles.values() if title is not None]

    def _lack(self, path: str, title: str, node: Node, columns: Columns) -> None:
        reason = self._files.lacks(f"{self._what}.columns", path, title, node, columns)
        self._reason = self._reason or reason

    def _part(self, node: Node, columns: Columns, path: str) -> Sequence[str] | None:
        """Return the columns that a name, a range or `*` stands for."""
        what = f"{self._what}.columns"
        if not isinstance(node, Scalar) or not node.text.strip():
            self._keys.wrong(what, f'names, a range such as x1{TO}x9, or "{EVERY}"', node)
            return None
        text, known = node.text.strip(), list(columns)
        if title := title_of(text, columns):
            return [title]
        if text == EVERY:
            return known
        ends = [end.strip() for end in text.split(TO)] if TO in text else [text]
        places = []
        for end in ends:
            title = title_of(end, columns)
            if title is None:
                self._lack(path, end, node, columns)
                return None
            places.append(known.index(title))
        first, last = places[0], places[-1]
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

    def _standardized(self, found: FloatArray, node: Node) -> FloatArray | None:
        """Return an array whose columns have the mean 0 and, unless constant, the deviation 1.

        With what is known of other rows it is those that have them.
        """
        table = found.reshape(len(found), -1) if found.ndim else found.reshape(1, 1)
        assert self.matrix is not None
        if self._known is None:
            means, deviations = zip(*map(_mean_and_deviation, table.T), strict=True)
            self.matrix = self.matrix._replace(means=means, deviations=deviations)
        else:
            self.matrix = self._known
        means, deviations = self.matrix.means or (), self.matrix.deviations or ()
        if not len(means) == len(deviations) == table.shape[1]:
            message = f"expected {len(means)} columns, as many as the weights know means of"
            self._keys.problems.add(f"{self._what}: {message}, found {table.shape[1]}", node.span)
            return None
        result = np.empty(table.shape)
        for k, (mean, deviation) in enumerate(zip(means, deviations, strict=True)):
            np.divide(table[:, k] - mean, deviation, out=result[:, k])
        return result.reshape(found.shape)


def _mean_and_deviation(column: FloatArray) -> tuple[float, float]:
    """Return the mean of a column, and its deviation, or 1 if it is constant."""
    column = np.ascontiguousarray(column)
    if column.min() == column.max():
        return float(column[0]), 1.0
    mean = column.mean()
    return float(mean), float(np.sqrt(np.square(column - mean).mean()))


def needs_file(node: Node) -> bool:
    """Return whether `columns` has a range or `*`, which only a file can resolve."""
    items = node.items if isinstance(node, List) else (node,)
    texts = (item.text.strip() for item in items if isinstance(item, Scalar))
    return any(text == EVERY or TO in text for text in texts)


def _is_title(node: Node, columns: Columns) -> bool:
    """Return whether a node is the name of one column, and not a list, a range or `*`."""
    return isinstance(node, Scalar) and title_of(node.text.strip(), columns) is not None
