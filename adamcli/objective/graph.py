"""The graph of a formula: single assignment, shared subexpressions, folded constants.

`Graph.apply` is the only way to make a node. It folds what is constant, returns the node that
computes the same thing already, and replaces powers by products; so whatever is built on it, the
value and the derivatives alike, comes out lean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.objective.functions import OPERATIONS, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_COMMUTATIVE = {"add", "multiply"}

_MAX_PRODUCT_POWER = 8
"""Whole powers up to this one are products: x**3 = x**2 * x. Beyond it rounding would add up."""


class Node:
    """One value of the graph: a leaf (a variable), a constant, or an operation on earlier nodes.

    `index` is the position in the graph; arguments always have smaller ones. A node that depends on
    no leaf is a constant and has a `value`.
    """

    __slots__ = ("args", "graph", "index", "leaf", "operation", "value")

    def __init__(
        self,
        graph: Graph,
        index: int,
        operation: Operation | None = None,
        args: tuple[Node, ...] = (),
        leaf: int | None = None,
        value: float | bool | None = None,
    ) -> None:
        self.graph = graph
        self.index = index
        self.operation = operation
        self.args = args
        self.leaf = leaf
        self.value = value

    @property
    def is_condition(self) -> bool:
        """Whether the node is true or false instead of a number."""
        if self.operation is not None:
            return self.operation.condition
        return isinstance(self.value, bool)

    def __add__(self, other: Node) -> Node:
        return self.graph.apply("add", self, other)

    def __sub__(self, other: Node) -> Node:
        return self.graph.apply("subtract", self, other)

    def __mul__(self, other: Node) -> Node:
        return self.graph.apply("multiply", self, other)

    def __truediv__(self, other: Node) -> Node:
        return self.graph.apply("divide", self, other)

    def __neg__(self) -> Node:
        return self.graph.apply("negative", self)


class Graph:
    """All nodes of a formula and its derivatives, in an order in which they can be computed."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._known: dict[Hashable, Node] = {}

    def constant(self, value: float | bool) -> Node:
        """Return the node of a constant; a signed zero and each NaN keep their bits."""
        key = (type(value), value.hex() if isinstance(value, float) else value)
        return self._add(key, value=value)

    def leaf(self, number: int) -> Node:
        """Return the node of input number `number`."""
        return self._add(("leaf", number), leaf=number)

    def apply(self, name: str, *args: Node) -> Node:
        """Return a node whose value is operation or composite `name` of `args`."""
        composite = _COMPOSITES.get(name)
        if composite is not None:
            return composite(self, *args)
        if all(arg.value is not None for arg in args):
            return self.constant(_fold(OPERATIONS[name], args))
        simpler = _SIMPLER.get(name)
        found = simpler(self, *args) if simpler is not None else None
        if found is not None:
            return found
        if name in _COMMUTATIVE:
            args = tuple(sorted(args, key=lambda node: node.index))
        key = (name, *(arg.index for arg in args))
        return self._add(key, operation=OPERATIONS[name], args=args)

    def _add(
        self,
        key: Hashable,
        operation: Operation | None = None,
        args: tuple[Node, ...] = (),
        leaf: int | None = None,
        value: float | bool | None = None,
    ) -> Node:
        node = self._known.get(key)
        if node is None:
            node = Node(self, len(self.nodes), operation, args, leaf, value)
            self.nodes.append(node)
            self._known[key] = node
        return node


def _fold(operation: Operation, args: tuple[Node, ...]) -> float | bool:
    # The same kernel on arrays of one element: the same bits as at run time.
    out = np.empty(1, dtype=bool if operation.condition else float)
    with np.errstate(all="ignore"):
        operation.kernel(*(np.array([arg.value]) for arg in args), out)
    result: float | bool = out[0].item()
    return result


def _simpler_multiply(graph: Graph, a: Node, b: Node) -> Node | None:
    for one, other in ((a, b), (b, a)):
        if one.value == 1.0:
            return other
        if one.value == -1.0:
            return -other
    if a is b:
        return graph.apply("square", a)
    return None


def _simpler_divide(graph: Graph, a: Node, b: Node) -> Node | None:
    if b.value == 1.0:
        return a
    return -a if b.value == -1.0 else None


def _simpler_negative(graph: Graph, a: Node) -> Node | None:
    if a.operation is not None and a.operation.name == "negative":
        return a.args[0]
    return None


def _simpler_power(graph: Graph, base: Node, exponent: Node) -> Node | None:
    value = exponent.value
    if value is None:
        return None
    if value == 0.5:
        return graph.apply("sqrt", base)
    if not (float(value).is_integer() and abs(value) <= _MAX_PRODUCT_POWER):
        return None
    if value == 0:
        return graph.constant(1.0)
    product = _product_power(graph, base, int(abs(value)))
    return product if value > 0 else graph.constant(1.0) / product


def _product_power(graph: Graph, base: Node, exponent: int) -> Node:
    if exponent == 1:
        return base
    half = graph.apply("square", _product_power(graph, base, exponent // 2))
    return half * base if exponent % 2 else half


def _softplus(graph: Graph, x: Node) -> Node:
    return graph.apply("logaddexp", x, graph.constant(0.0))


def _clip(graph: Graph, x: Node, low: Node, high: Node) -> Node:
    return graph.apply("minimum", graph.apply("maximum", x, low), high)


_SIMPLER: dict[str, Callable[..., Node | None]] = {
    "multiply": _simpler_multiply,
    "divide": _simpler_divide,
    "negative": _simpler_negative,
    "power": _simpler_power,
}

_COMPOSITES: dict[str, Callable[..., Node]] = {
    "softplus": _softplus,
    "clip": _clip,
}
