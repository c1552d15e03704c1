"""The kinds of objectives that a config may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.config.document import List, Mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
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
    """Return the reader of the objective; a gradient of another kind is noted as wrong."""
    reader, gradient = _reader_of_node(nodes.get("objective")), nodes.get("gradient")
    if isinstance(gradient, List | Mapping) and _reader_of_node(gradient) is not reader:
        if "objective" in nodes:
            values.wrong("gradient", reader.own_gradient, gradient)
        nodes = {key: node for key, node in nodes.items() if key != "gradient"}
    return reader(values, nodes, folder, named)


def reader_of(keys: Iterable[str]) -> type[ObjectiveReader]:
    """Return the reader of the kind of objective whose mapping has these keys."""
    return KINDS[next((key for key in keys if key in KINDS), "text")]()


def _reader_of_node(node: Node | None) -> type[ObjectiveReader]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return reader_of(key.text for key, _ in entries)
