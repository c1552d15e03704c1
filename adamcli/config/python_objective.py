"""An objective that is a function in a Python file: named here, and loaded when code may run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adamcli.config.document import Mapping
from adamcli.config.objective_reader import ObjectiveReader
from adamcli.errors import UsageError
from adamcli.objective.base import PACKAGES, SCHEME_NAMES
from adamcli.objective.python_file import PythonFunction, PythonSpecification

if TYPE_CHECKING:
    from pathlib import Path

    from adamcli.config.bounds import Domain


class PythonReader(ObjectiveReader):
    """Reads `{python: file.py:name}`; its gradient is one too, or by differences or a package."""

    own_gradient = "{python: file.py:name}, as the objective is"

    def _read(self) -> None:
        node = self._keys.nodes["objective"]
        assert isinstance(node, Mapping)
        self._function = self._function_of(node, "objective")

    def specification(self, domain: Domain | None, sign: float) -> PythonSpecification | None:
        """Return the function and its gradient by name; None if something is wrong."""
        gradient, function = self._gradient(), self._function
        if domain is None or function is None:
            return None
        return PythonSpecification(function, gradient, domain.variables, domain.bounds.box, sign)

    @classmethod
    def moved(cls, key: str, value: dict[str, Any], folder: Path, target: Path) -> dict[str, Any]:
        """Return the mapping for a config in `target`; raises `UsageError` for a file outside."""
        path, _, name = str(value["python"]).rpartition(":")
        inside = (folder / path).resolve()
        if not inside.is_relative_to(target):
            raise UsageError(
                f"the {key} is Python code in {path}, so the config must stay in its folder"
            )
        return {**value, "python": f"{inside.relative_to(target)}:{name}"}

    def _gradient(self) -> str | PythonFunction:
        node = self._keys.nodes.get("gradient")
        if isinstance(node, Mapping):
            return self._function_of(node, "gradient") or "2-point"
        choice = self._keys.choice_of("gradient", (*SCHEME_NAMES, *PACKAGES), "2-point")
        return SCHEME_NAMES.get(choice, choice)

    def _function_of(self, node: Mapping, what: str) -> PythonFunction | None:
        self._keys.refuse_others(node, what, ("python", "vectorized"))
        value, vectorized = node.get("python"), node.get("vectorized")
        assert value is not None
        scalar = self._keys.text(value, what, "file.py:name")
        if scalar is None:
            return None
        file, _, name = scalar.text.strip().rpartition(":")
        path = self._resolved(file)
        if not (path and file.endswith(".py") and name.isidentifier()):
            self._keys.wrong(what, "file.py:name", value)
            return None
        if not path.is_relative_to(self._keys.folder.resolve()):
            self._keys.problems.add(
                f"{what}: the file must be in the folder of the config", value.span
            )
            return None
        in_batches = vectorized and self._keys.truth(vectorized, f"{what}.vectorized")
        return PythonFunction(path, name, scalar.text.strip(), bool(in_batches))

    def _resolved(self, file: str) -> Path | None:
        try:
            return (self._keys.folder / file).resolve()
        except (OSError, ValueError):
            return None
