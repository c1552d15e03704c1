"""The residuals of a model, or of a formula that is a sum of squares, with their exact Jacobian."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.errors import UsageError
from adamcli.objective.compiler import Constant
from adamcli.objective.derivatives import gradient, row_derivatives
from adamcli.objective.graph import Graph, ShapeError
from adamcli.objective.losses import Loss
from adamcli.objective.model import Model, compiled
from adamcli.objective.observed import is_bent, is_weighted, observed_in
from adamcli.objective.program import Program
from adamcli.objective.squares import squares_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adamcli.arrays import Array, FloatArray, IntArray
    from adamcli.objective.compiler import Scope
    from adamcli.objective.graph import Node
    from adamcli.objective.observed import Observed
    from adamcli.objective.tree import Formula

STEP = 1e-150
"""The step along the imaginary axis: its square is lost against any number, so no digit is."""

MOST_ENTRIES = 4_000_000
"""The most numbers that one evaluation of complex values may hold."""


class Data(NamedTuple):
    """What residuals compare with data: they are factor * (values - fitted), in every row."""

    values: FloatArray
    factor: FloatArray


class Residuals:
    """The residuals whose squares (or losses) an objective sums, up to an added constant.

    `rows` is how many there are, `dim` the number of coordinates. `loss` is what is summed.
    `scale_known` says whether they are divided by known errors. `is_fit` says whether they compare
    arrays, as a fit does. `derived` names the lines of the formula that are numbers which depend on
    coordinates. The runs are the last axis everywhere; a run has the same bits in any batch.
    """

    def __init__(
        self, source: Formula | Model, scope: Scope, sign: float, derived: tuple[str, ...]
    ) -> None:
        self._source = (source, scope, sign, derived)
        self.derived = derived
        self.loss = source.loss if isinstance(source, Model) else Loss()
        self.scale_known = isinstance(source, Model) and source.sigma is not None
        self.dim = sum(variable.size for variable in scope.variables.values())

    @classmethod
    def find(
        cls,
        source: Formula | Model,
        scope: Scope,
        sign: float,
        value: Node,
        named: dict[str, Node],
    ) -> Residuals | None:
        """Return the residuals of the objective with the node `value`; None if it has none."""
        if not isinstance(source, Model) and squares_in(value, sign) is None:
            return None
        numbers = (name for name, node in named.items() if not node.shape and not node.is_constant)
        return cls(source, scope, sign, tuple(numbers))

    def __reduce__(self) -> tuple[type[Residuals], tuple[object, ...]]:
        return Residuals, self._source

    @property
    def rows(self) -> int:
        """The number of residuals."""
        return self._made.rows

    @property
    def multiple(self) -> float:
        """What the sum of the losses is multiplied by, besides an added constant."""
        return self._made.multiple

    @cached_property
    def is_fit(self) -> bool:
        """Whether some residuals are the entries of an array, and none is bent: see `is_bent`."""
        arrays = [node for node in self._made.nodes if node.shape]
        if isinstance(self._source[0], Model):
            return True
        with np.errstate(all="ignore"):
            return bool(arrays) and not any(is_bent(node, self._measured) for node in arrays)

    @property
    def entries(self) -> int:
        """How many numbers residuals and Jacobian take per run."""
        return self._made.entries

    @cached_property
    def data(self) -> Data | None:
        """What the residuals compare with data; None if it cannot be told from the formula."""
        known = [each for each in self._observed if each is not None]
        if len(known) < len(self._observed):
            return None
        return Data(_flat([o.values for o in known]), _flat([o.factor for o in known]))

    @cached_property
    def is_weighted(self) -> bool:
        """Whether residuals are divided by errors, or multiplied by weights, of each row."""
        arrays = [
            pair for pair in zip(self._made.nodes, self._observed, strict=True) if pair[0].shape
        ]
        return self.scale_known or all(
            is_weighted(node) if observed is None else observed.is_weighted
            for node, observed in arrays
        )

    @cached_property
    def _observed(self) -> list[Observed | None]:
        """What each part compares with data."""
        return [observed_in(node, self._measured) for node in self._made.nodes]

    @property
    def _measured(self) -> list[Array]:
        """The arrays of the data."""
        constants = self._source[1].constants.values()
        return [c.array for c in constants if isinstance(c, Constant) and c.shape]

    def values(self, x: FloatArray, runs: IntArray | None = None) -> FloatArray:
        """Return the residuals (rows, runs) at the points `x` (dim, runs)."""
        return self._made.values(x)

    def system(
        self, x: FloatArray, residuals: FloatArray, runs: IntArray | None = None
    ) -> FloatArray:
        """Return the Jacobian at `x` (dim, runs), and then the `residuals` (rows, runs) there.

        The shape is (dim + 1, rows, runs): the derivatives by each coordinate come first.
        """
        return self._made.system(x, residuals)

    def derived_at(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the values (lines,) of the `derived` lines at `x` (dim,), and their gradients.

        The gradients have the shape (lines, dim).
        """
        values, slopes = np.empty((len(self.derived), 1)), np.empty((len(self.derived), self.dim))
        if self.derived:
            graph, (source, scope, _, _) = Graph(), self._source
            named = compiled(source, graph, scope)[1]
            leaves = [graph.leaf(v.offset, v.shape) for v in scope.variables.values()]
            for k, name in enumerate(self.derived):
                partials = gradient(graph, named[name], leaves)
                outs = [values[k], *(np.empty((*leaf.shape, 1)) for leaf in leaves)]
                _run(Program([named[name], *partials]).bind(x[:, None], outs))
                slopes[k] = np.concatenate([out.reshape(-1) for out in outs[1:]])
        return values[:, 0], slopes

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the residuals, flat if they have several parts."""
        nodes = self._made.nodes
        return nodes[0].shape if len(nodes) == 1 else (self.rows,)

    @cached_property
    def columns(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the named arrays with a row for each row of the data, by name."""
        constants = self._source[1].constants.items()
        known = ((name, c.shape) for name, c in constants if isinstance(c, Constant))
        return {name: shape for name, shape in known if shape[:1] == self.shape[:1]}

    @property
    def predictors(self) -> list[str]:
        """The names of the `columns` that what is fitted depends on.

        In an objective that is no model, those of the formula except for what is compared.
        """
        source = self._source[0]
        used = [name for name in self.columns if name in source.free_names()]
        if isinstance(source, Model) or self.data is None:
            return used
        return [name for name in used if not np.array_equal(self.column(name), self.data.values)]

    def column(self, name: str) -> FloatArray:
        """Return the entries of one of `columns`, in its shape."""
        constant = self._source[1].constants[name]
        assert isinstance(constant, Constant)
        return constant.array

    def with_columns(self, columns: dict[str, FloatArray]) -> Residuals:
        """Return the residuals of other data: all columns with other entries, as many in each.

        Using them raises `UsageError` if the objective is no sum of squares with these.
        """
        source, scope, sign, derived = self._source
        return Residuals(source, scope.with_arrays(columns), sign, derived)

    def fitted_program(self) -> Program | None:
        """Return the program of what is fitted, if the objective is a model."""
        source, scope = self._source[:2]
        return Program([source.sides(Graph(), scope).fitted]) if isinstance(source, Model) else None

    @cached_property
    def _made(self) -> _Made:
        source, scope, sign, _ = self._source
        graph = Graph()
        if isinstance(source, Model):
            return _Made(graph, [source.sides(graph, scope).residual], self.dim)
        squares = squares_in(compiled(source, graph, scope)[0], sign)
        if squares is None:
            raise UsageError("the objective is no sum of squares over the new rows")
        nodes = [graph.constant(np.sqrt(s.weight)) * s.root for s in squares.parts]
        return _Made(graph, nodes, self.dim, squares.multiple)


class _Made:
    """The programs of the residuals `nodes` and of their derivatives by `dim` coordinates."""

    def __init__(
        self, graph: Graph, nodes: Sequence[Node], dim: int, multiple: float = 1.0
    ) -> None:
        self.nodes, self._dim, self.multiple = nodes, dim, multiple
        self.rows = sum(prod(node.shape) for node in nodes)
        self._graph = graph
        self._values = Program(nodes)
        self._bound: dict[tuple[str, int], _Bound] = {}

    @cached_property
    def _columns(self) -> _Columns | None:
        return _columns(self._graph, self.nodes)

    @property
    def entries(self) -> int:
        inner = self._values.entries if self._columns is None else self._columns.program.entries
        return (self._dim + 2) * self.rows + inner

    def values(self, x: FloatArray) -> FloatArray:
        found: FloatArray = self._evaluated("values", x)[0]
        return found

    def system(self, x: FloatArray, residuals: FloatArray) -> FloatArray:
        if self._columns is None:
            found = np.empty((self._dim + 1, *residuals.shape))
            for k in range(self._dim):
                found[k] = self._along(x, k)
        else:
            found = self._evaluated("columns", x)
        found[-1] = residuals
        return found

    def _evaluated(self, what: str, x: FloatArray) -> FloatArray:
        """Return what a program yields at `x`, in an array that the next call overwrites."""
        width = _roomy(x.shape[1])
        bound = self._bound.get((what, width))
        if bound is None:
            while len(self._bound) >= 6:
                del self._bound[next(iter(self._bound))]
            bound = self._bound[what, width] = self._bind(what, np.empty((self._dim, width)))
        bound.x[:, : x.shape[1]] = x
        bound.x[:, x.shape[1] :] = x[:, -1:]
        _run(bound.calls)
        return bound.found[..., : x.shape[1]]

    def _bind(self, what: str, x: FloatArray) -> _Bound:
        if what == "values":
            found = np.empty((1, self.rows, x.shape[1]))
            return _Bound(x, found, self._values.bind(x, self._parts(found[0])))
        assert self._columns is not None
        # What no program writes is and stays 0, also when rows are multiplied.
        found = np.zeros((self._dim + 1, self.rows, x.shape[1]))
        first, parts = np.cumsum([0, *(prod(node.shape) for node in self.nodes)]).tolist(), []
        for number, place in self._columns.places:
            rows = found[place, first[number] : first[number + 1]]
            parts.append(rows.reshape(*self.nodes[number].shape, -1))
        return _Bound(x, found, self._columns.program.bind(x, parts))

    def _parts(self, column: Array) -> list[Array]:
        """Return the views of an array (rows, runs) that belong to the nodes."""
        parts, first = [], 0
        for node in self.nodes:
            size = prod(node.shape)
            parts.append(column[first : first + size].reshape(*node.shape, -1))
            first += size
        return parts

    def _along(self, x: FloatArray, k: int) -> FloatArray:
        """Return the derivatives by coordinate `k` (rows, runs), from a complex step."""
        found = np.empty((self.rows, x.shape[1]))
        width = max(1, MOST_ENTRIES // (self.rows + self._values.entries + 1))
        for first in range(0, x.shape[1], width):
            z = x[:, first : first + width].astype(complex)
            z[k] += 1j * STEP
            values = np.empty((self.rows, z.shape[1]), dtype=complex)
            _run(self._values.bind(z, self._parts(values), np.complex128))
            found[:, first : first + width] = values.imag / STEP
        return found


class _Bound(NamedTuple):
    """A program bound to arrays: the calls fill `found` from `x`."""

    x: FloatArray
    found: FloatArray
    calls: Sequence[Callable[[], object]]


class _Columns(NamedTuple):
    """The program of derivatives that are not all 0: of a node (its number) by a coordinate."""

    program: Program
    places: list[tuple[int, int]]


def _columns(graph: Graph, nodes: Sequence[Node]) -> _Columns | None:
    """Return the derivatives of all nodes; None if their rows mix, or the arrays are too large."""
    places: list[tuple[int, int]] = []
    outputs: list[Node] = []
    for number, node in enumerate(nodes):
        try:
            found = row_derivatives(graph, node)
        except ShapeError:
            found = None
        if found is None:
            return None
        places += [(number, place) for place in found]
        outputs += found.values()
    return _Columns(Program(outputs), places)


def _flat(parts: Sequence[Array]) -> FloatArray:
    return np.concatenate([part.reshape(-1) for part in parts])


def _roomy(runs: int) -> int:
    """Return a width for that many runs, one of a few, so that programs need not be bound anew."""
    step = max(1, 1 << max(0, runs.bit_length() - 3))
    return -(-runs // step) * step


def _run(calls: Sequence[Callable[[], object]]) -> None:
    with np.errstate(all="ignore"):
        for call in calls:
            call()
