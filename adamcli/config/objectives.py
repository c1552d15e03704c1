"""The kinds of objectives that a config may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.config.document import List, Mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adamcli.config.data import Named
    from adamcli.config.document import Node
    from adamcli.config.objective_reader import ObjectiveReader
    from adamcli.config.values import KeyReader


def _formula() -> type[ObjectiveReader]:
    from adamcli.config.formula_objective import FormulaReader

    return FormulaReader


def _python() -> type[ObjectiveReader]:
    from adamcli.config.python_objective import PythonReader

    return PythonReader


KINDS: dict[str, Callable[[], type[ObjectiveReader]]] = {"text": _formula, "python": _python}
"""What reads each kind of objective, by the key of its mapping; `text` is a formula."""


def objective_reader(keys: KeyReader, named: Named) -> ObjectiveReader:
    """Return the reader of the objective; a gradient of another kind is noted as wrong."""
    objective, gradient = keys.nodes.get("objective"), keys.nodes.get("gradient")
    reader = _reader_of_node(objective)
    if isinstance(gradient, List | Mapping) and _reader_of_node(gradient) is not reader:
        if objective is not None:
            keys.wrong("gradient", reader.own_gradient, gradient)
        del keys.nodes["gradient"]
    return reader(keys, named)


def reader_of(keys: Iterable[str]) -> type[ObjectiveReader]:
    """Return the reader of the kind of objective whose mapping has these keys."""
    return KINDS[next((key for key in keys if key in KINDS), "text")]()


def _reader_of_node(node: Node | None) -> type[ObjectiveReader]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return reader_of(key.text for key, _ in entries)
