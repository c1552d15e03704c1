"""Formulas of variables, with their gradient and their fit to data; formulas of the step number."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from adamcli.diagnostics import fail
from adamcli.objective.base import SCHEME_NAMES, Evaluation, Objective
from adamcli.objective.compiler import Compiler, PerRun, Scope
from adamcli.objective.derivatives import gradient
from adamcli.objective.graph import Graph, ShapeError
from adamcli.objective.model import compiled
from adamcli.objective.program import Program
from adamcli.objective.residuals import Residuals
from adamcli.objective.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from adamcli.arrays import Array, FloatArray, IntArray
    from adamcli.objective.base import BatchFunction
    from adamcli.objective.compiler import Constant
    from adamcli.objective.graph import Refilled
    from adamcli.objective.model import Model
    from adamcli.objective.tree import Formula


class FormulaObjective(Objective):
    """A formula, or the sum that a model minimises, compiled with respect to its variables.

    `by_hand` holds one formula per coordinate if the user gives the gradient; it is not verified.
    `sign` is 1 to minimise and -1 to maximise.

    Raises `ConfigError` for a formula that does not compile.
    """

    cheap = True

    def __init__(
        self,
        formula: Formula | Model,
        scope: Scope,
        sign: float = 1.0,
        by_hand: Sequence[Formula] | None = None,
    ) -> None:
        self._source = (formula, scope, sign, by_hand)
        graph = Graph()
        value, named = compiled(formula, graph, scope)
        self._parts: list[tuple[int, tuple[int, ...]]]
        if by_hand is None:
            self._parts = [(v.offset, v.shape) for v in scope.variables.values()]
            leaves = [graph.leaf(offset, shape) for offset, shape in self._parts]
            try:
                partials = gradient(graph, value, leaves, sign)
            except ShapeError as error:
                raise fail(f"gradient: {error}", formula.span(formula.value)) from None
        else:
            self._parts = [(offset, ()) for offset in range(len(by_hand))]
            seed = graph.constant(sign)
            partials = [seed * Compiler(graph, entry, scope, {}).compile() for entry in by_hand]
        self.residuals: Residuals | None = None
        if not scope.is_refilled:
            self.residuals = Residuals.find(formula, scope, sign, value, named)
        self.values: BatchFunction = self
        self._value = Program([value])
        self._value_and_gradient = Program([value, *partials])
        self.entries = self._value_and_gradient.entries
        graph.release()

    @property
    def numbers(self) -> int:
        """How many numbers whole intermediate arrays have per run."""
        return self._value_and_gradient.numbers

    @property
    def lines(self) -> list[str]:
        """The names of the lines before the last."""
        return self._source[0].lines

    def needed(self, names: Iterable[str] = ()) -> set[str]:
        """Return the names that the value, its gradient and `names` need, lines included."""
        source, _, _, by_hand = self._source
        own = (name for formula in by_hand or () for name in formula.needed())
        return source.needed({*names, *own})

    def with_constants(self, values: Mapping[str, FloatArray]) -> FormulaObjective:
        """Return the objective with `values` (runs,) of some constants, one per run.

        It can be bound to that many runs only; each has the same bits as alone with its values.

        Raises `Split` if the runs do not share a program, `ConfigError` for an unsuitable value.
        """
        formula, scope, sign, by_hand = self._source
        return FormulaObjective(formula, scope.with_values(values), sign, by_hand)

    def with_data(self, data: Mapping[str, Refilled]) -> FormulaObjective:
        """Return the objective of data that are replaced between evaluations."""
        formula, scope, sign, by_hand = self._source
        return FormulaObjective(formula, scope.with_arrays(data), sign, by_hand)

    def program_with(
        self, formulas: Sequence[Formula], arrays: Mapping[str, FloatArray]
    ) -> Program:
        """Return the program of the value and of `formulas`, which may use its lines.

        `arrays` are other values of some constants. Raises `ConfigError` for a formula that does
        not compile.
        """
        source, scope, _, _ = self._source
        scope, graph = scope.with_arrays(arrays), Graph()
        value, named = compiled(source, graph, scope)
        more = [Compiler(graph, formula, scope, named).compile() for formula in formulas]
        return Program([value, *more])

    def taken(self, runs: IntArray) -> FormulaObjective:
        """Return the objective of the given ones of its runs."""
        own = self._source[1].constants.items()
        values = {name: c.values[runs] for name, c in own if isinstance(c, PerRun)}
        return self.with_constants(values) if values else self

    def with_gradient(
        self, name: str, dim: int, box: tuple[FloatArray, FloatArray] | None
    ) -> Objective:
        """Return the formula itself, or differences of its values if `name` is a scheme.

        `box` holds the bounds (dim,) that no difference may cross.
        """
        if name not in SCHEME_NAMES:
            return self
        from adamcli.objective.differences import DifferenceObjective

        return DifferenceObjective(self, dim, name, box, self._source[2])

    def bind(self, x: FloatArray, f: FloatArray, g: FloatArray) -> Evaluation:
        """Return the evaluation of value and gradient, which share their subexpressions."""
        parts = [g[at : at + prod(shape)].reshape(*shape, -1) for at, shape in self._parts]
        return Evaluation(self._value_and_gradient.bind(x, [f, *parts]))

    def bind_values(self, x: Array, f: Array) -> Sequence[Callable[[], object]]:
        """Return the evaluation of the value alone."""
        return self._value.bind(x, [f], f.dtype.type)


MOST_AT_ONCE = 1 << 20
"""The most numbers of a formula of the step that are computed at once, for several steps."""


class FormulaOfTime:
    """A formula of the step number, such as `0.1/sqrt(t)` for alpha.

    With the `width` (dim,) of the bounds of some coordinates it has a value for each of them.

    Raises `ConfigError` for a formula that does not compile.
    """

    def __init__(
        self,
        formula: Formula,
        constants: Mapping[str, Constant],
        width: FloatArray | None = None,
    ) -> None:
        names = ("t", "n_iter") if width is None else ("t", "n_iter", "width")
        own = Variables((name, ()) for name in names)
        others = {name: c for name, c in constants.items() if name not in own.by_name}
        self._program = Program([Compiler(Graph(), formula, Scope(own, others)).compile()])
        self._width = width
        self.plain = formula.excerpt.text.strip()

    @property
    def size(self) -> int:
        """The number of values that it has at each step."""
        return 1 if self._width is None else len(self._width)

    def __call__(self, t: IntArray, n_iter: int) -> FloatArray:
        """Return the values at the steps `t` (1, 2, …): (steps,), or (dim, steps) with a width."""
        at_once = max(1, MOST_AT_ONCE // self.numbers)
        parts = [self._some(t[k : k + at_once], n_iter) for k in range(0, len(t), at_once)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)

    @property
    def numbers(self) -> int:
        """How many numbers are computed at each step."""
        return max(1, self._program.entries) * self.size

    def _some(self, t: IntArray, n_iter: int) -> FloatArray:
        rows = [t.astype(float), np.full(t.shape, float(n_iter))]
        if self._width is None:
            return self._program.value(np.stack(rows))
        wide = [np.tile(row, self.size) for row in rows]
        found = self._program.value(np.stack([*wide, np.repeat(self._width, len(t))]))
        return found.reshape(self.size, len(t))

    def __repr__(self) -> str:
        return self.plain
