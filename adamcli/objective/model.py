"""Models of data, `y ~ a*exp(-t/tau) + c`: what was measured, and what is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.diagnostics import fail
from adamcli.objective.arrays import reduce
from adamcli.objective.compiler import Compiler
from adamcli.objective.graph import ShapeError
from adamcli.objective.losses import Loss
from adamcli.objective.syntax import parse
from adamcli.objective.tree import Call, Formula, names_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adamcli.arrays import Array
    from adamcli.diagnostics import Excerpt, Span
    from adamcli.objective.compiler import Scope
    from adamcli.objective.graph import Graph, Node
    from adamcli.objective.tree import Expression

EXAMPLE = "write what was measured on the left: y ~ a*exp(-t/tau) + c"


class Sides(NamedTuple):
    """A compiled model: `measured` does not vary, `residual` is (measured - fitted) / sigma.

    `named` has the node of each line before the last.
    """

    measured: Node
    fitted: Node
    residual: Node
    named: dict[str, Node]


class Model(NamedTuple):
    """A model: the value of `formula` is what is fitted to the expression `measured`.

    `sigma` is the known error of what was measured, None if it is to be estimated. The objective is
    the sum of `loss` over (measured - fitted) / sigma.
    """

    formula: Formula
    measured: Expression
    sigma: Formula | None = None
    loss: Loss = Loss()

    @property
    def value(self) -> Expression:
        """What is fitted."""
        return self.formula.value

    @property
    def lines(self) -> list[str]:
        """The names of the lines before the last."""
        return self.formula.lines

    def span(self, node: Expression) -> Span:
        """Return where `node` stands in the user's text."""
        return self.formula.span(node)

    def free_names(self) -> dict[str, bool]:
        """Return the names that what is fitted uses but does not define; see `Formula`."""
        return self.formula.free_names()

    def needed(self, names: Iterable[str] = ()) -> set[str]:
        """Return the names that both sides, sigma and `names` need, these and lines included."""
        sigma = () if self.sigma is None else self.sigma.needed()
        measured = (name.name for name, _ in names_in(self.measured))
        return self.formula.needed({*names, *measured, *sigma})

    def sides(self, graph: Graph, scope: Scope) -> Sides:
        """Return the nodes of both sides, and of the residuals.

        Raises `ConfigError` if something is not what its place needs.
        """
        compiler = Compiler(graph, self.formula, scope)
        measured, fitted = compiler.nodes(self.measured, self.value)
        if measured.varies:
            names = ", ".join(f"`{name}`" for name in scope.variables)
            message = "the left side of `~` is what was measured, so it cannot use variables"
            raise fail(message, self.span(self.measured), f"the variables are {names}")
        for node, expression in ((measured, self.measured), (fitted, self.value)):
            if node.is_condition:
                raise fail("expected numbers, found a condition", self.span(expression))
        residual = self._apart(measured, fitted)
        if not residual.shape:
            message = "the model has one value only, expected columns of data"
            raise fail(message, self.span(self.measured), "give the columns with `data`")
        if self.sigma is not None:
            residual = _scaled(residual, self.sigma, graph, scope)
        return Sides(measured, fitted, residual, compiler.named)

    def _apart(self, measured: Node, fitted: Node) -> Node:
        try:
            return measured - fitted
        except ShapeError as error:
            raise fail(str(error), self.span(self.value)) from None


def _scaled(residual: Node, formula: Formula, graph: Graph, scope: Scope) -> Node:
    """Return the residual divided by the known errors of what was measured."""
    reason = "`{}` is a variable; known errors are numbers or columns of data"
    (sigma,) = Compiler(graph, formula, scope.without_variables(reason)).nodes(formula.value)
    span = formula.span(formula.value)
    if sigma.is_condition:
        raise fail("sigma: expected numbers, found a condition", span)
    if sigma.value is not None:
        # Of data that are replaced between evaluations, all have been checked before.
        _refuse_wrong_errors(sigma.value, span)
    try:
        scaled = residual / sigma
    except ShapeError as error:
        raise fail(f"sigma: {error}", span) from None
    if scaled.shape != residual.shape:
        message = f"sigma: its shape is {sigma.shape}, that of the data {residual.shape}"
        raise fail(message, span)
    return scaled


def _refuse_wrong_errors(sigma: Array, span: Span) -> None:
    bad = ~((sigma > 0) & np.isfinite(sigma))
    if bad.any():
        first = np.argwhere(bad)[0]
        found = float(sigma[tuple(first)])
        row = f" in row {first[0] + 1} of the data" if sigma.shape else ""
        raise fail(f"sigma: expected positive numbers, found {found!r}{row}", span)


def parse_model(excerpt: Excerpt) -> Model:
    """Return the model that a text describes, with neither sigma nor a loss.

    Raises `ConfigError`, which points at the character.
    """
    places = _tildes(excerpt.text)
    if len(places) != 1:
        at = places[1] if places else 0
        found = "found another one" if places else "found none"
        raise fail(f"expected one `~` in the last line, {found}", excerpt.span(at, at + 1), EXAMPLE)
    # To Python's parser a comparison stands where the `~` does, so all places stay the same.
    text = excerpt.text[: places[0]] + "<" + excerpt.text[places[0] + 1 :]
    value = (formula := parse(excerpt._replace(text=text))).value
    if not (isinstance(value, Call) and value.function == "less" and value.at is None):
        message = "expected one formula on each side of `~`"
        raise fail(message, excerpt.span(places[0], places[0] + 1), EXAMPLE)
    measured, fitted = value.args
    return Model(formula._replace(excerpt=excerpt, value=fitted), measured)


def _tildes(text: str) -> list[int]:
    """Return the places of every `~` outside comments."""
    places, start = [], 0
    for line in text.splitlines(keepends=True):
        code = line.partition("#")[0]
        places += [start + k for k, character in enumerate(code) if character == "~"]
        start += len(line)
    return places


def compiled(source: Formula | Model, graph: Graph, scope: Scope) -> tuple[Node, dict[str, Node]]:
    """Return the node of the number that is minimised, and the node of each line before the last.

    Raises `ConfigError` for a formula or model that does not compile.
    """
    if isinstance(source, Model):
        sides = source.sides(graph, scope)
        return reduce("sum", source.loss.node(sides.residual)), sides.named
    compiler = Compiler(graph, source, scope)
    return compiler.compile(), compiler.named
