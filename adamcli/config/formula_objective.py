"""An objective that is a formula, or the name of a test function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.objective_reader import ObjectiveReader
from adamcli.diagnostics import Source, did_you_mean
from adamcli.objective.base import SCHEME_NAMES
from adamcli.objective.compiler import Scope
from adamcli.objective.formula import FormulaObjective, FormulaSpecification
from adamcli.objective.functions import ARITY
from adamcli.objective.syntax import parse

if TYPE_CHECKING:
    from adamcli.config.bounds import Domain
    from adamcli.config.document import Node
    from adamcli.objective.standard import StandardFunction
    from adamcli.objective.tree import Formula


class FormulaReader(ObjectiveReader):
    """Reads a formula; its gradient is derived, taken by differences, or formulas as well."""

    own_gradient = "formulas, as the objective is one"

    def _read(self) -> None:
        node = self._keys.nodes.get("objective")
        self.standard = self._standard(node)
        if self.standard is not None:
            source = Source(f"<{self.standard.name}>", self.standard.formula)
            self._formula: Formula | None = parse(source.whole())
        else:
            self._formula = None if node is None else self._keys.formula(node, "objective")

    def free_names(self) -> dict[str, bool] | None:
        """Return the names that are neither constants nor functions."""
        if self._formula is None:
            return None
        if self.standard is not None:
            return {"x": True}
        return {
            name: indexed
            for name, indexed in self._formula.free_names().items()
            if name not in self._named.constants and name not in ARITY
        }

    def specification(self, domain: Domain | None, sign: float) -> FormulaSpecification | None:
        """Return the compiled formula with its gradient; None if something is wrong."""
        node, gradient, by_hand = self._keys.nodes.get("gradient"), "by hand", None
        if not isinstance(node, List | Mapping):
            choices = ("derived", *SCHEME_NAMES)
            gradient = self._keys.choice_of("gradient", choices, "derived")
            gradient = SCHEME_NAMES.get(gradient, gradient)
        elif domain is not None:
            by_hand = self._formulas(node, domain)
        if domain is None or self._formula is None:
            return None
        scope = Scope(domain.variables, self._named.constants, self._named.unusable)
        compiled = self._keys.attempt(FormulaObjective, self._formula, scope, sign, by_hand)
        if compiled is None:
            return None
        dim, box = domain.variables.dim, domain.bounds.box
        return FormulaSpecification(compiled, gradient, dim, box, sign)

    def _standard(self, node: Node | None) -> StandardFunction | None:
        """Return the test function that the objective names, or None if it names none."""
        if not (isinstance(node, Scalar) and node.text.strip().isidentifier()):
            return None
        from adamcli.config.standard import load, names

        name = node.text.strip()
        if name in names():
            self.needs_bounds = False
            return load(name)
        if "bounds" not in self._keys.nodes:
            hint = did_you_mean(name, names()) or "adamcli functions lists them"
            self._keys.problems.add(f"`{name}` is not one of the test functions", node.span, hint)
            self.needs_bounds = False
        return None

    def _formulas(self, node: List | Mapping, domain: Domain) -> list[Formula] | None:
        """Return the formulas of a gradient by hand, one for each coordinate."""
        named = self._by_variable(node, domain)
        if named is None:
            return None
        formulas: list[Formula | None] = []
        for name, value in named.items():
            size = domain.variables.by_name[name].size
            entries = value.items if isinstance(value, List) else (value,)
            if len(entries) != size:
                self._keys.wrong(f"gradient.{name}", f"{size} formulas, one per entry", value)
                return None
            formulas += [
                self._keys.formula(entry, f"gradient.{name}", number=True) for entry in entries
            ]
        known = [formula for formula in formulas if formula is not None]
        return known if len(known) == len(formulas) else None

    def _by_variable(self, node: List | Mapping, domain: Domain) -> dict[str, Node] | None:
        variables = domain.variables.all
        if isinstance(node, List):
            if len(variables) == 1 and variables[0].shape:
                return {variables[0].name: node}
            if len(node.items) != len(variables):
                self._keys.wrong("gradient", f"{len(variables)} formulas, one per variable", node)
                return None
            return dict(zip((v.name for v in variables), node.items, strict=True))
        given = {key.text: value for key, value in node.entries}
        self._keys.refuse_others(node, "gradient", domain.variables.by_name, "variable")
        missing = [v.name for v in variables if v.name not in given]
        if missing:
            self._keys.problems.add(f"gradient: no formula for `{missing[0]}`", node.span)
            return None
        return {v.name: given[v.name] for v in variables}
