"""The graph of a formula: single assignment, shared subexpressions, folded constants.

`Graph.apply` and `Graph.structural` are the only ways to make an operation's node. They fold what
is constant, return an existing node that computes the same thing, and replace powers by products;
so both the value and the derivatives come out lean.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.objective.folding import Folding, fold, settle, with_runs
from adamcli.objective.functions import NO_OPERATION, OPERATIONS, Operation
from adamcli.objective.limits import data_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from adamcli.arrays import Array


_COMMUTATIVE = {"add", "multiply"}

_SMALL = 1000
"""Constants of so many entries are folded at once, and known by their bits."""

_MAX_PRODUCT_POWER = 8
"""Whole powers up to this one are products: x**3 = x**2 * x. Beyond it, rounding would add up."""


MOST_AXES = 30
"""The most axes of an array; NumPy has 32 or 64, and needs some for runs and blocks."""


class ShapeError(ValueError):
    """The shapes of an operation's arguments do not fit each other, or the result is too large."""


class Split(Exception):  # noqa: N818 - it is not an error
    """The runs do not share a program: those where `mask` (runs,) is set need another one."""

    def __init__(self, mask: Array) -> None:
        super().__init__("the runs do not share a program")
        self.mask = mask


class Refilled:
    """Data of a `shape` that are replaced between evaluations, in `array`.

    That has the runs on its last axis, of which there is one if they share the data.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.array: Array = np.empty((*shape, 1))


class Node:
    """One value of the graph: a leaf, a constant, or an operation on earlier nodes.

    `index` is the position in the graph; arguments always have smaller ones. `shape` is the shape
    in one run. A leaf is a variable, with the `offset` of its first entry in the flat vector of all
    coordinates; or data that are `refilled` between evaluations. A node that depends on no leaf is
    a constant and has a `value`, an array of its shape; if it `differs` between runs, the last axis
    of the value is the runs. A constant with a `folding` has no value yet. `varies` says whether it
    depends on a variable, and `steep` keeps what `steep.is_steep` found.
    """

    __slots__ = (
        "_value",
        "args",
        "differs",
        "folding",
        "graph",
        "index",
        "offset",
        "operation",
        "refilled",
        "shape",
        "steep",
        "varies",
    )

    def __init__(
        self,
        graph: Graph,
        shape: tuple[int, ...],
        operation: Operation = NO_OPERATION,
        args: tuple[Node, ...] = (),
        offset: int | None = None,
        value: Array | None = None,
        differs: bool = False,
        refilled: Refilled | None = None,
        folding: Folding | None = None,
    ) -> None:
        self.graph = graph
        self.index = len(graph.nodes)
        self.shape = shape
        self.operation = operation
        self.args = args
        self.offset = offset
        self._value = value
        self.folding = folding
        self.differs = differs
        self.refilled = refilled
        self.steep: bool | None = None
        self.varies: bool = offset is not None or any(arg.varies for arg in args)

    @property
    def value(self) -> Array | None:
        """The value of a constant, which is folded when it is first asked for; else None."""
        if self.folding is not None:
            settle(self)
        return self._value

    def fold(self) -> None:
        """Make the value of a constant whose arguments have theirs."""
        if self.folding is not None:
            self._value, self.folding = self.folding.make(), None

    @property
    def is_constant(self) -> bool:
        """Whether the node has a value, now or when it is asked for."""
        return self._value is not None or self.folding is not None

    @property
    def is_condition(self) -> bool:
        """Whether the node is true or false instead of a number."""
        if self.folding is not None:
            return self.folding.condition
        return self.operation.condition if self._value is None else self._value.dtype == bool

    @property
    def is_number(self) -> bool:
        """Whether the node is a constant that is a single number."""
        return self.is_constant and not self.shape and not self.is_condition

    @property
    def number(self) -> float | None:
        """The value of a constant number, else None; raises `Split` if it differs between runs."""
        if not self.is_number or self.value is None:
            return None
        if self.differs:
            raise Split(self.value.view(np.int64) == self.value.view(np.int64)[0])
        return float(self.value)

    def is_value(self, number: float) -> bool:
        """Return whether the node is the constant `number`; raises `Split` if in some runs only."""
        return self.is_number and agreed(self.value == number)

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
    """All nodes of a formula and its derivatives, in an order in which they can be computed.

    With `gathers_factors`, constant factors are multiplied together: 3*(2*x) becomes 6*x. That
    saves calls in derivatives; a value is computed in the order in which it is written.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.gathers_factors = False
        self.limit = data_limit()
        self._entries = 0
        self._known: dict[Hashable, Node] = {}
        self._constants: list[Node] = []
        self._differing: list[Node] = []

    def constant(self, value: Any) -> Node:
        """Return the node of a number, a truth value or an array of them."""
        array = np.asarray(value)
        # Data are not copied. A view has an identity of its own, by which large arrays are known.
        array = (array if array.dtype == bool else array.astype(float, copy=False)).view()
        return self._constant(array, array.shape, differs=False)

    def per_run(self, values: Any) -> Node:
        """Return the node of a number whose values in the runs are `values` (runs,)."""
        return self._constant(np.asarray(values, dtype=float), (), differs=True)

    def _constant(self, array: Array, shape: tuple[int, ...], *, differs: bool) -> Node:
        """Return the node of a constant; equal ones share a node, as they would in a single run."""
        if differs and (_bits(array) == _bits(array)[..., :1]).all():
            array, differs = array[..., 0].copy(), False
        small = array.size <= _SMALL or differs
        for other in self._constants if differs else self._differing:
            if small and other.shape == shape and agreed(_equal(array, differs, other)):
                return other
        # Comparing bytes keeps the sign of zero and the bits of NaN. Large arrays are not compared.
        key = (str(array.dtype), shape, array.tobytes() if small else id(array))
        known = len(self.nodes)
        node = self._node(key, Node(self, shape, value=array, differs=differs))
        if node.index == known:
            self._constants.append(node)
        if node.differs and node not in self._differing:
            self._differing.append(node)
        return node

    def leaf(self, offset: int, shape: tuple[int, ...] = ()) -> Node:
        """Return the node of the variable whose entries begin at `offset`."""
        return self._node(("leaf", offset, shape), Node(self, shape, offset=offset))

    def data(self, refilled: Refilled) -> Node:
        """Return the node of data that are replaced between evaluations."""
        return self._node(("data", id(refilled)), Node(self, refilled.shape, refilled=refilled))

    def apply(self, name: str, *args: Node) -> Node:
        """Return the node of the operation or composite `name` of `args`, entry by entry.

        Raises `ShapeError` if the arguments cannot be broadcast against each other.
        """
        composite = _COMPOSITES.get(name)
        if composite is not None:
            return composite(self, *args)
        try:
            shape = np.broadcast_shapes(*(arg.shape for arg in args))
        except ValueError:
            shapes = " and ".join(str(shape) for shape in dict.fromkeys(a.shape for a in args))
            raise ShapeError(f"the shapes {shapes} do not fit each other") from None
        refusal = self.limit.refusal(prod(shape))
        if refusal:
            raise ShapeError(f"an array of shape {shape} {refusal}")
        simpler = _SIMPLER.get(name)
        found = simpler(self, *args) if simpler is not None else None
        if found is not None and found.shape == shape:
            return found
        if name in _COMMUTATIVE:
            args = tuple(sorted(args, key=lambda node: node.index))
        return self.structural(OPERATIONS[name], shape, *args)

    def counted(self, condition: Node) -> Node:
        """Return the node of 1 where a condition holds, else of 0."""
        return self.apply("where", condition, self.constant(1.0), self.constant(0.0))

    def structural(self, operation: Operation, shape: tuple[int, ...], *args: Node) -> Node:
        """Return the node of `operation` on `args`, whose result has the given shape."""
        key = (operation.name, operation.params, *(arg.index for arg in args))
        if not (args and all(arg.is_constant for arg in args)):
            return self._node(key, Node(self, shape, operation, args))
        condition = args[0].is_condition if operation.view is not None else operation.condition
        folding = Folding(partial(fold, operation, shape, args), args, condition)
        return self._folded(key, folding, shape, differs=any(arg.differs for arg in args))

    def made(self, make: Callable[[tuple[int, ...]], Array], shape: tuple[int, ...]) -> Node:
        """Return the node of `make(shape)`, an array of that shape; raises `ShapeError`."""
        refusal = self.limit.refusal(prod(shape))
        if refusal:
            raise ShapeError(f"an array of shape {shape} {refusal}")
        return self._folded((make, shape), Folding(partial(make, shape)), shape, differs=False)

    def _folded(
        self, key: Hashable, folding: Folding, shape: tuple[int, ...], *, differs: bool
    ) -> Node:
        """Return the node of a constant, which is folded at once only if it is small."""
        if prod(shape) <= _SMALL or differs:
            self._refuse_more_than(self._entries + prod(shape))
            return self._constant(folding.make(), shape, differs=differs)
        return self._node(key, Node(self, shape, folding=folding))

    def release(self) -> None:
        """Drop what no program needs, such as data that were folded; no nodes can be made then."""
        for kept in (self.nodes, self._known, self._constants, self._differing):
            kept.clear()

    def _node(self, key: Hashable, node: Node) -> Node:
        known = self._known.get(key)
        if known is None:
            if len(node.shape) > MOST_AXES:
                raise ShapeError(f"an array has at most {MOST_AXES} axes, found {len(node.shape)}")
            self._entries += prod(node.shape)
            self._refuse_more_than(self._entries)
            self.nodes.append(node)
            self._known[key] = known = node
        return known

    def _refuse_more_than(self, entries: int) -> None:
        refusal = self.limit.refusal(entries)
        if refusal:
            raise ShapeError(f"all that is computed up to here {refusal}")


def agreed(holds: Any) -> bool:
    """Return the truth value `holds`, or the one that all runs share if there is one per run.

    Raises `Split` if the runs do not agree.
    """
    if np.all(holds):
        return True
    if np.any(holds):
        raise Split(holds)
    return False


def _bits(array: Array) -> Array:
    return array if array.dtype == bool else array.view(np.int64)


def _equal(array: Array, differs: bool, other: Node) -> Array | bool:
    """Return in which runs a constant has the bits of `other`, which has its shape."""
    assert other.value is not None
    if array.dtype != other.value.dtype:
        return False
    a = _bits(np.ascontiguousarray(with_runs(array, differs)))
    b = _bits(np.ascontiguousarray(with_runs(other.value, other.differs)))
    same: Array = (a == b).all(axis=tuple(range(len(other.shape))))
    return same


def _simpler_multiply(graph: Graph, a: Node, b: Node) -> Node | None:
    for one, other in ((a, b), (b, a)):
        if one.is_value(1.0):
            return other
        if one.is_value(-1.0):
            return -other
        gathered = _gathered(graph, one, other) if graph.gathers_factors else None
        if gathered is not None:
            return gathered
    if a is b:
        return graph.apply("square", a)
    return None


def _gathered(graph: Graph, factor: Node, product: Node) -> Node | None:
    """Return `factor * product` with its constant factors multiplied, or None if there are none."""
    if not factor.is_number:
        return None
    if product.operation.name == "negative":
        return -factor * product.args[0]
    if product.operation.name != "multiply":
        return None
    for own, rest in (product.args, product.args[::-1]):
        if own.is_number:
            return factor * own * rest
    return None


def _simpler_divide(graph: Graph, a: Node, b: Node) -> Node | None:
    if b.is_value(1.0):
        return a
    return -a if b.is_value(-1.0) else None


def _simpler_power(graph: Graph, base: Node, exponent: Node) -> Node | None:
    if not exponent.is_number or exponent.value is None:
        return None
    if exponent.is_value(0.5):
        return graph.apply("sqrt", base)
    with np.errstate(invalid="ignore"):
        whole = (exponent.value % 1 == 0) & (abs(exponent.value) <= _MAX_PRODUCT_POWER)
    value = exponent.number if agreed(whole) else None
    if value is None:
        return None
    if value == 0:
        return graph.made(np.ones, base.shape)
    product = _product_power(graph, base, int(abs(value)))
    return product if value > 0 else graph.constant(1.0) / product


def _product_power(graph: Graph, base: Node, exponent: int) -> Node:
    if exponent == 1:
        return base
    half = graph.apply("square", _product_power(graph, base, exponent // 2))
    return half * base if exponent % 2 else half


_SIMPLER: dict[str, Callable[..., Node | None]] = {
    "multiply": _simpler_multiply,
    "divide": _simpler_divide,
    "negative": lambda graph, a: a.args[0] if a.operation.name == "negative" else None,
    "power": _simpler_power,
}

_COMPOSITES: dict[str, Callable[..., Node]] = {
    "softplus": lambda graph, x: graph.apply("logaddexp", x, graph.constant(0.0)),
    "clip": lambda graph, x, low, high: graph.apply(
        "minimum", graph.apply("maximum", x, low), high
    ),
}
