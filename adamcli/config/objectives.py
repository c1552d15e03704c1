"""The keys `objective` and `gradient`: what is minimised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.config.data import DataReader
from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.model import PythonFunction
from adamcli.diagnostics import ConfigError, Source, did_you_mean
from adamcli.objective.base import PACKAGES, SCHEME_NAMES
from adamcli.objective.compiler import Scope
from adamcli.objective.formula import FormulaObjective
from adamcli.objective.functions import ARITY
from adamcli.objective.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Mapping as Dict
    from pathlib import Path

    from adamcli.config.bounds import Bounds
    from adamcli.config.document import Node
    from adamcli.config.values import Values
    from adamcli.objective.base import Objective
    from adamcli.objective.standard import StandardFunction
    from adamcli.objective.tree import Formula


class ObjectiveReader:
    """Reads everything about the objective of one config, whose folder is `folder`."""

    def __init__(self, values: Values, nodes: Dict[str, Node], folder: Path) -> None:
        self._values = values
        self._problems = values.problems
        self._nodes = nodes
        self._folder = folder
        self.named = DataReader(values, nodes, folder).read()
        self.needs_bounds = True
        self.standard = self._standard()
        self.objective = self._objective()
        self.by_hand: list[Formula] | None = None

    def free_names(self) -> dict[str, bool] | None:
        """Return the names the formula leaves to the bounds, each with whether it is indexed."""
        if self.objective is None or isinstance(self.objective, PythonFunction):
            return None
        if self.standard is not None:
            return {"x": True}
        free = self.objective.free_names()
        return {
            name: indexed
            for name, indexed in free.items()
            if name not in self.named.constants and name not in ARITY
        }

    def gradient(self, bounds: Bounds | None) -> str | PythonFunction:
        """Return how the gradient is found: `derived`, `by hand`, a scheme, or a function."""
        node = self._nodes.get("gradient")
        python = isinstance(self.objective, PythonFunction)
        if node is None:
            return "2-point" if python else "derived"
        if isinstance(node, Mapping) and node.get("python") is not None:
            if not python and self.objective is not None:
                self._values.wrong("gradient", "formulas, as the objective is one", node)
            return self._python(node, "gradient") or "derived"
        if isinstance(node, Scalar):
            choices = (*SCHEME_NAMES, *PACKAGES) if python else ("derived", *SCHEME_NAMES)
            choice = self._values.choice(node, "gradient", tuple(choices)) or "derived"
            return SCHEME_NAMES.get(choice, choice)
        if python:
            self._values.wrong("gradient", "{python: file.py:name}, as the objective is", node)
        elif bounds is not None:
            self.by_hand = self._formulas(node, bounds)
        return "by hand"

    def code(self, gradient: str | PythonFunction) -> list[str]:
        """Return the names of the Python files that the objective and the gradient are in."""
        functions = (self.objective, gradient)
        texts = [f.text for f in functions if isinstance(f, PythonFunction)]
        return list(dict.fromkeys(text.rpartition(":")[0] for text in texts))

    def compiled(
        self, bounds: Bounds | None, gradient: str | PythonFunction, clip: bool, sign: float
    ) -> Objective | PythonFunction | None:
        """Return the objective, ready to be bound; a Python function as it is."""
        if bounds is None or self.objective is None or isinstance(self.objective, PythonFunction):
            return self.objective if isinstance(self.objective, PythonFunction) else None
        scope = Scope(bounds.variables, self.named.constants, self.named.unusable)
        try:
            compiled = FormulaObjective(self.objective, scope, sign, self.by_hand)
        except ConfigError as error:
            self._problems.extend(error)
            return None
        if isinstance(gradient, str) and gradient in SCHEME_NAMES:
            from adamcli.objective.differences import Box, DifferenceObjective

            box = Box.of(bounds.low, bounds.high) if clip else None
            return DifferenceObjective(compiled, bounds.variables.dim, gradient, box, sign)
        return compiled

    def _standard(self) -> StandardFunction | None:
        """Return the test function that the objective names, if it names one."""
        node = self._nodes.get("objective")
        name = node.text.strip() if isinstance(node, Scalar) else ""
        if not name.isidentifier():
            return None
        from adamcli.config.standard import load, names

        if name not in names() and "bounds" not in self._nodes and isinstance(node, Scalar):
            hint = did_you_mean(name, names()) or "adamcli functions lists them"
            self._problems.add(f"`{name}` is not one of the test functions", node.span, hint)
            self.needs_bounds = False
        self.needs_bounds = self.needs_bounds and name not in names()
        return load(name) if name in names() else None

    def _objective(self) -> Formula | PythonFunction | None:
        node = self._nodes.get("objective")
        if node is None:
            return None
        if self.standard is not None:
            return parse(Source(f"<{self.standard.name}>", self.standard.formula).whole())
        if isinstance(node, Mapping) and node.get("python") is not None:
            return self._python(node, "objective")
        return self._values.formula(node, "objective")

    def _python(self, node: Mapping, what: str) -> PythonFunction | None:
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

    def _formulas(self, node: Node, bounds: Bounds) -> list[Formula] | None:
        """Return the formulas of a gradient written by hand, one for each coordinate."""
        named = self._by_variable(node, bounds)
        if named is None:
            return None
        formulas: list[Formula | None] = []
        for name, value in named.items():
            size = bounds.variables.by_name[name].size
            entries = value.items if isinstance(value, List) else (value,)
            if len(entries) != size:
                self._values.wrong(f"gradient.{name}", f"{size} formulas, one an entry", value)
                return None
            formulas += [
                self._values.formula(entry, f"gradient.{name}", number=True) for entry in entries
            ]
        return None if None in formulas else [f for f in formulas if f is not None]

    def _by_variable(self, node: Node, bounds: Bounds) -> dict[str, Node] | None:
        variables = bounds.variables.all
        if isinstance(node, List):
            if len(variables) == 1 and variables[0].shape:
                return {variables[0].name: node}
            if len(node.items) != len(variables):
                self._values.wrong("gradient", f"{len(variables)} formulas, one a variable", node)
                return None
            return dict(zip((v.name for v in variables), node.items, strict=True))
        assert isinstance(node, Mapping)
        given = {key.text: value for key, value in node.entries}
        for key, _ in node.entries:
            if key.text not in bounds.variables.by_name:
                hint = did_you_mean(key.text, bounds.variables.by_name)
                self._problems.add(f"gradient: unknown variable `{key.text}`", key.span, hint)
        missing = [v.name for v in variables if v.name not in given]
        if missing:
            self._problems.add(f"gradient: no formula for `{missing[0]}`", node.span)
            return None
        return {v.name: given[v.name] for v in variables}
