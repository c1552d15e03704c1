"""An objective that is a function in a Python file: named here, and loaded when code may run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adamcli.config.document import Mapping, Scalar
from adamcli.config.objective_reader import ObjectiveReader
from adamcli.errors import UsageError
from adamcli.objective.base import PACKAGES, SCHEME_NAMES
from adamcli.objective.python_file import PythonFunction, PythonSpecification

if TYPE_CHECKING:
    from pathlib import Path

    from adamcli.config.bounds import Domain


class PythonReader(ObjectiveReader):
    """Reads `{python: file.py:name}`; its gradient is one too, by differences, or by a package."""

    own_gradient = "{python: file.py:name}, as the objective is"

    def _read(self) -> None:
        node = self._nodes["objective"]
        assert isinstance(node, Mapping)
        self._function = self._function_of(node, "objective")

    def specification(self, domain: Domain | None, sign: float) -> PythonSpecification | None:
        """Return the names of the function and its gradient."""
        gradient = self._gradient()
        if domain is None or self._function is None:
            return None
        return PythonSpecification(
            self._function, gradient, domain.variables, domain.bounds.box, sign
        )

    @classmethod
    def moved(cls, key: str, value: dict[str, Any], folder: Path, target: Path) -> dict[str, Any]:
        """Return the mapping for a config in `target`, which has to be around the file as well."""
        path, _, name = str(value["python"]).rpartition(":")
        inside = (folder / path).resolve()
        if not inside.is_relative_to(target):
            raise UsageError(
                f"the {key} is Python code in {path}, so the config has to stay in its folder"
            )
        return {**value, "python": f"{inside.relative_to(target)}:{name}"}

    def _gradient(self) -> str | PythonFunction:
        node = self._nodes.get("gradient")
        if node is None:
            return "2-point"
        if isinstance(node, Mapping):
            return self._function_of(node, "gradient") or "2-point"
        choice = self._values.choice(node, "gradient", (*SCHEME_NAMES, *PACKAGES)) or "2-point"
        return SCHEME_NAMES.get(choice, choice)

    def _function_of(self, node: Mapping, what: str) -> PythonFunction | None:
        for key, _ in node.entries:
            if key.text not in ("python", "vectorized"):
                hint = "known: python, vectorized"
                self._problems.add(f"{what}: unknown key `{key.text}`", key.span, hint)
        value = node.get("python")
        assert value is not None
        scalar = self._values.text(value, what, "file.py:name")
        if scalar is None:
            return None
        file, _, name = scalar.text.strip().rpartition(":")
        if not (file.endswith(".py") and name.isidentifier()):
            self._values.wrong(what, "file.py:name", value)
            return None
        try:
            path = (self._folder / file).resolve()
        except (OSError, ValueError):
            self._values.wrong(what, "file.py:name", value)
            return None
        if not path.is_relative_to(self._folder.resolve()):
            self._problems.add(f"{what}: the file must be in the folder of the config", value.span)
            return None
        return PythonFunction(path, name, scalar.text.strip(), self._vectorized(node, what))

    def _vectorized(self, node: Mapping, what: str) -> bool:
        value = node.get("vectorized")
        if value is None:
            return False
        if not (isinstance(value, Scalar) and isinstance(value.value, bool)):
            self._values.wrong(f"{what}.vectorized", "true or false", value)
            return False
        return value.value
