"""The lines of a formula at a point: what any expression of them is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.diagnostics import Problems, did_you_mean
from adamcli.objective.compiler import Compiler
from adamcli.objective.functions import ARITY
from adamcli.objective.graph import Graph
from adamcli.objective.program import Program
from adamcli.objective.tree import names_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray
    from adamcli.objective.compiler import Scope
    from adamcli.objective.graph import Node
    from adamcli.objective.tree import Formula, Name


def evaluate(
    formula: Formula, shown: Sequence[Formula], scope: Scope, x: FloatArray
) -> list[FloatArray]:
    """Return the value of each of `shown` at the point `x` (dim,), in its shape.

    They may use the lines of `formula` before its last, of which only those are computed that they
    need, and all names of the scope. A condition becomes 1 where it holds, else 0.

    Raises `ConfigError` for what does not compile.
    """
    names = [(each, name) for each in shown for name in _free_names(each)]
    _refuse_unknown(names, formula, scope)
    lines = formula.lines_for(name.name for _, name in names)
    compiler = Compiler(graph := Graph(), lines, scope)
    compiler.nodes()
    nodes = [_node(graph, each, scope, compiler.named) for each in shown]
    outputs = [np.empty((*node.shape, 1)) for node in nodes]
    with np.errstate(all="ignore"):
        for call in Program(nodes).bind(x[:, None], outputs):
            call()
    return [output[..., 0] for output in outputs]


def _free_names(formula: Formula) -> list[Name]:
    """Return the names that a formula uses but does not define."""
    expressions = [*(expression for _, expression in formula.assignments), formula.value]
    found = [name for expression in expressions for name, _ in names_in(expression)]
    own = {target.name for target, _ in formula.assignments}
    return [name for name in found if name.name not in own]


def _refuse_unknown(names: Sequence[tuple[Formula, Name]], formula: Formula, scope: Scope) -> None:
    """Raise `ConfigError` for names that are neither lines nor in the scope."""
    lines, problems = [target.name for target, _ in formula.assignments], Problems()
    known = [*lines, *scope.variables, *scope.constants, *scope.unusable]
    for shown, name in names:
        if name.name not in known and name.name not in ARITY:
            hint = did_you_mean(name.name, known)
            if not hint.startswith("did"):
                named = {"lines": lines, "variables": [*scope.variables]}
                hint = "\n".join(f"{what}: {', '.join(n)}" for what, n in named.items() if n)
            problems.add(f"unknown name `{name.name}`", shown.span(name), hint)
    problems.raise_if_any()


def _node(graph: Graph, shown: Formula, scope: Scope, named: dict[str, Node]) -> Node:
    (node,) = Compiler(graph, shown, scope, named).nodes(shown.value)
    return graph.counted(node) if node.is_condition else node
