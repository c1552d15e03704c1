"""The kinds of objectives that a config may name, and which of them one names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.config.document import List, Mapping

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Dict
    from pathlib import Path

    from adamcli.config.data import Named
    from adamcli.config.document import Node
    from adamcli.config.objective_reader import ObjectiveReader
    from adamcli.config.values import ValueReader


def _formula() -> type[ObjectiveReader]:
    from adamcli.config.formula_objective import FormulaReader

    return FormulaReader


def _python() -> type[ObjectiveReader]:
    from adamcli.config.python_objective import PythonReader

    return PythonReader


KINDS: dict[str, Callable[[], type[ObjectiveReader]]] = {"text": _formula, "python": _python}
"""What reads each kind of objective, by the key of its mapping; `text` is a formula."""


def objective_reader(
    values: ValueReader, nodes: Dict[str, Node], folder: Path, named: Named
) -> ObjectiveReader:
    """Return the reader of the kind that the config names; the gradient has to be of that kind."""
    kind, gradient = _kind_of(nodes.get("objective")), nodes.get("gradient")
    reader = KINDS[kind]()
    if isinstance(gradient, List | Mapping) and _kind_of(gradient) != kind:
        if "objective" in nodes:
            values.wrong("gradient", reader.own_gradient, gradient)
        nodes = {key: node for key, node in nodes.items() if key != "gradient"}
    return reader(values, nodes, folder, named)


def _kind_of(node: Node | None) -> str:
    keys = [key.text for key, _ in node.entries] if isinstance(node, Mapping) else []
    return next((key for key in keys if key in KINDS), "text")
