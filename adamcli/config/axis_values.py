"""The values of an axis, where each was written, and distributions that values are drawn from."""

from __future__ import annotations

from bisect import bisect_right
from math import copysign
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.cells import CellPlaces
from adamcli.config.document import Mapping, Scalar, number_of, relocated

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray, IntArray
    from adamcli.config.document import Node
    from adamcli.diagnostics import Span


class PiecePlaces(NamedTuple):
    """Where the pieces of an axis were written, each with the index of its first value."""

    spans: tuple[tuple[int, Span], ...]

    def at(self, i: int) -> Span:
        """Return where value `i` was written."""
        return self.spans[bisect_right(self.spans, i, key=lambda entry: entry[0]) - 1][1]


class AxisValues(NamedTuple):
    """The values of an axis in order: numbers, or else nodes of a config.

    `whole` says whether all numbers were written as whole ones.
    """

    numbers: FloatArray | None
    nodes: tuple[Node, ...]
    whole: bool
    places: PiecePlaces | CellPlaces

    @property
    def size(self) -> int:
        """The number of values."""
        return len(self.nodes) if self.numbers is None else len(self.numbers)

    def node(self, i: int) -> Node:
        """Return value `i` as a node of a config."""
        if self.numbers is not None:
            value = self.number(i)
            return Scalar(value, repr(value), self.places.at(i), True)
        if isinstance(self.places, CellPlaces):
            return relocated(self.nodes[i], self.places.within(i))
        return self.nodes[i]

    def number(self, i: int) -> int | float:
        """Return value `i` of numbers."""
        assert self.numbers is not None
        value = float(self.numbers[i])
        return int(value) if self.whole else value

    def text(self, i: int) -> str:
        """Return value `i` as it is shown: numbers with all their digits, texts as they are."""
        return repr(self.number(i)) if self.numbers is not None else shown(self.nodes[i])

    def plain(self, i: int) -> Any:
        """Return value `i` as a JSON value; a list or mapping as it is shown."""
        if self.numbers is not None:
            return self.number(i)
        node = self.nodes[i]
        return node.value if isinstance(node, Scalar) else shown(node)

    def taken(self, places: IntArray) -> AxisValues:
        """Return the values at `places`, in that order."""
        if self.numbers is not None:
            return self._replace(numbers=self.numbers[places])
        return self._replace(nodes=tuple(self.nodes[i] for i in places))


class Drawn(NamedTuple):
    """A distribution: the inverse of its cumulative distribution maps [0, 1) to values."""

    kind: str
    low: float
    high: float
    choices: AxisValues | None
    span: Span

    def at(self, u: FloatArray) -> AxisValues:
        """Return one value for each number in `u`."""
        if self.choices is not None:
            return self.choices.taken((u * self.choices.size).astype(np.int64))
        if self.kind == "uniform":
            drawn = self.low + u * (self.high - self.low)
        else:
            drawn = np.exp(np.log(self.low) + u * (np.log(self.high) - np.log(self.low)))
        places = PiecePlaces(((0, self.span),))
        return AxisValues(np.clip(drawn, self.low, self.high), (), False, places)


class Axis(NamedTuple):
    """A key of the config, its values as written, and the values; `span` is that of the key."""

    key: str
    text: str
    values: AxisValues | Drawn
    span: Span


def value_of(node: Node) -> object:
    """Return an object that is equal for nodes of the same value, and for no others."""
    number = number_of(node)
    if number is not None and abs(number) < 1e300:
        return number, copysign(1, float(number))
    return shown(node)


def as_written(node: Node) -> str:
    """Return a value with the digits it has in its text; a list or mapping as it is shown."""
    return node.text if isinstance(node, Scalar) else shown(node)


def shown(node: Node) -> str:
    """Return a value as it would be written in a config."""
    if isinstance(node, Scalar):
        number = number_of(node)
        return node.text.strip() if number is None else repr(number)
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{key.text}: {shown(v)}" for key, v in node.entries) + "}"
    return "[" + ", ".join(map(shown, node.items)) + "]"
