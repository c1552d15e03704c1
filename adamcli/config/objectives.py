"""The keys `objective` and `gradient`, for each kind of objective that a config may name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.keys import SET
from adamcli.diagnostics import Source, did_you_mean
from adamcli.errors import FileError, UsageError
from adamcli.files import resolved
from adamcli.names import is_name, normal
from adamcli.objective.base import PACKAGES, SCHEME_NAMES, Specification
from adamcli.objective.compiler import Scope
from adamcli.objective.formula import FormulaObjective
from adamcli.objective.functions import ARITY
from adamcli.objective.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from adamcli.config.bounds import Domain
    from adamcli.config.data import Named
    from adamcli.config.document import Node
    from adamcli.config.values import KeyReader
    from adamcli.objective.callables import PythonFunction
    from adamcli.objective.model import Model
    from adamcli.objective.standard import StandardFunction
    from adamcli.objective.tree import Formula


class ObjectiveReader:
    """Reads both keys for one kind of objective.

    `own_gradient` describes a gradient of the same kind. `needs_bounds` says whether the config
    must give bounds; `standard` is the test function that the objective names.
    """

    own_gradient: ClassVar[str]
    needs_bounds = True
    standard: StandardFunction | None = None

    def __init__(self, keys: KeyReader, named: Named) -> None:
        self._keys = keys
        self._named = named
        self._read()

    def _read(self) -> None:
        raise NotImplementedError

    def free_names(self) -> dict[str, bool] | None:
        """Return the names left to the bounds, each with whether it is indexed; None if unknown."""
        return None

    def specification(self, domain: Domain | None, sign: float) -> Specification | None:
        """Return the objective with its gradient; None if something is wrong, which is noted.

        `sign` is 1 to minimise and -1 to maximise.
        """
        raise NotImplementedError

    def formula(self) -> Formula | Model | None:
        """Return the formula or model as it is written; None for code, or if it is wrong."""
        return None

    @classmethod
    def moved(cls, key: str, value: dict[str, Any], folder: Path, target: Path) -> dict[str, Any]:
        """Return the `value` of `key`, with paths relative to `folder`, for a config in `target`.

        Raises `UsageError` for a file that a config there cannot name.
        """
        return value


class FormulaReader(ObjectiveReader):
    """Reads a formula or the name of a test function; its gradient may be formulas as well."""

    own_gradient = "formulas, as the objective is one"

    def _read(self) -> None:
        node = self._keys.nodes.get("objective")
        self.standard = self._standard(node)
        if self.standard is not None:
            source = Source(f"<{self.standard.name}>", self.standard.formula)
            self._formula: Formula | Model | None = parse(source.whole())
        else:
            self._formula = None if node is None else self._keys.formula(node, "objective")

    def formula(self) -> Formula | Model | None:
        """Return the formula or model as it is written; None if it is wrong."""
        return self._formula

    def free_names(self) -> dict[str, bool] | None:
        """Return the names that are neither constants nor functions."""
        if self._formula is None or self._named.unread:
            return None
        if self.standard is not None:
            return {"x": True}
        known, free = {*self._named.constants, *ARITY}, self._formula.free_names()
        return {name: indexed for name, indexed in free.items() if name not in known}

    def specification(self, domain: Domain | None, sign: float) -> Specification | None:
        """Return the compiled formula with its gradient; None if something is wrong."""
        node, gradient, by_hand = self._keys.nodes.get("gradient"), "by hand", None
        if not isinstance(node, List | Mapping):
            gradient = self._keys.choice_of("gradient", ("derived", *SCHEME_NAMES))
            gradient = SCHEME_NAMES.get(gradient, gradient)
        elif domain is not None:
            by_hand = self._formulas(node, domain)
        # Where data could not be read, whatever uses them would be called wrong as well.
        if domain is None or self._formula is None or self._named.unread:
            return None
        named, bounds = self._named, self._keys.nodes.get("bounds")
        typed = bounds is not None and bounds.span.source.name in ("-b", SET)
        missing = partial(_bounds_for, typed)
        scope = Scope(domain.variables, named.constants, named.unusable, named.headers, missing)
        compiled = self._keys.attempt(FormulaObjective, self._formula, scope, sign, by_hand)
        if compiled is None:
            return None
        return Specification(
            gradient,
            partial(compiled.with_gradient, gradient, domain.variables.dim, domain.bounds.box),
            takes_constants=gradient not in SCHEME_NAMES,
            residuals=compiled.residuals,
        )

    def _standard(self, node: Node | None) -> StandardFunction | None:
        """Return the test function that the objective names, or None if it names none."""
        if not (isinstance(node, Scalar) and is_name(node.text.strip())):
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
        formulas: list[Formula | None] = []
        for name, value in self._by_variable(node, domain).items():
            size = domain.variables.by_name[name].size
            entries = value.items if isinstance(value, List) else (value,)
            if len(entries) != size:
                self._keys.wrong(f"gradient.{name}", f"{size} formulas, one per entry", value)
                return None
            what = f"gradient.{name}"
            formulas += [self._keys.formula(entry, what, number=True) for entry in entries]
        known = [formula for formula in formulas if formula is not None]
        return known if 0 < len(known) == len(formulas) else None

    def _by_variable(self, node: List | Mapping, domain: Domain) -> dict[str, Node]:
        variables = domain.variables.all
        if isinstance(node, Mapping):
            self._keys.refuse_others(node, "gradient", domain.variables.by_name, "variable")
            given = {key.text: value for key, value in node.entries}
            missing = [v.name for v in variables if v.name not in given]
            if not missing:
                return {v.name: given[v.name] for v in variables}
            self._keys.problems.add(f"gradient: no formula for `{missing[0]}`", node.span)
        elif len(variables) == 1 and variables[0].shape:
            return {variables[0].name: node}
        elif len(node.items) == len(variables):
            return dict(zip((v.name for v in variables), node.items, strict=True))
        else:
            self._keys.wrong("gradient", f"{len(variables)} formulas, one per variable", node)
        return {}


class PythonReader(ObjectiveReader):
    """Reads `{python: file.py:name}`; its gradient is one too, or by differences or a package."""

    own_gradient = "{python: file.py:name}, as the objective is"

    def _read(self) -> None:
        node = self._keys.nodes["objective"]
        assert isinstance(node, Mapping)
        self._function = self._function_of(node, "objective")

    def specification(self, domain: Domain | None, sign: float) -> Specification | None:
        """Return the function and its gradient by name; None if something is wrong."""
        gradient, function = self._gradient(), self._function
        if domain is None or function is None:
            return None
        own = [f for f in (function, gradient) if not isinstance(f, str)]
        return Specification(
            gradient if isinstance(gradient, str) else gradient.text,
            partial(function.objective, gradient, domain.variables, domain.bounds.box, sign),
            code=f"Python code ({function.text})",
            files=tuple(dict.fromkeys(f.text.rpartition(":")[0] for f in own)),
            takes_batches=function.vectorized,
        )

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
        choice = self._keys.choice_of("gradient", (*SCHEME_NAMES, *PACKAGES))
        return SCHEME_NAMES.get(choice, choice)

    def _function_of(self, node: Mapping, what: str) -> PythonFunction | None:
        from adamcli.objective.callables import PythonFunction

        self._keys.refuse_others(node, what, ("python", "vectorized"))
        value, vectorized = node.get("python"), node.get("vectorized")
        assert value is not None
        scalar = self._keys.text(value, what, "file.py:name")
        if scalar is None:
            return None
        file, _, name = scalar.text.strip().rpartition(":")
        name = normal(name)
        if not (file.endswith(".py") and is_name(name)):
            self._keys.wrong(what, "file.py:name", value)
            return None
        try:
            path = resolved(self._keys.folder / file)
        except FileError as error:
            self._keys.problems.add(f"{what}: {error}", value.span)
            return None
        if not path.is_relative_to(self._keys.folder.resolve()):
            message = f"{what}: the file must be in the folder of the config"
            self._keys.problems.add(message, value.span)
            return None
        in_batches = vectorized and self._keys.truth(vectorized, f"{what}.vectorized")
        return PythonFunction(path, name, scalar.text.strip(), bool(in_batches))


def _bounds_for(typed: bool, name: str, indexed: bool) -> str:
    """Return what to type if a name is a variable; `typed` says that bounds are options."""
    ends = "{low: LOW, high: HIGH, shape: N}" if indexed else "LOW,HIGH" if typed else "[LOW, HIGH]"
    if not typed:
        return f"if it is a variable, add it to bounds: {name}: {ends}"
    option = f"{name}={ends}"
    return "if it is a variable, add -b " + (f"'{option}'" if indexed else option)


KINDS: dict[str, type[ObjectiveReader]] = {"text": FormulaReader, "python": PythonReader}
"""What reads each kind of objective, by the key of its mapping; `text` is a formula."""


def objective_reader(keys: KeyReader, named: Named) -> ObjectiveReader:
    """Return the reader of the objective; a gradient of another kind is noted as wrong."""
    objective, gradient = keys.nodes.get("objective"), keys.nodes.get("gradient")
    reader = _reader_of_node(objective)
    if "model" in keys.nodes:
        from adamcli.config.models import ModelReader

        reader = ModelReader
    else:
        _refuse_without_model(keys)
    if isinstance(gradient, List | Mapping) and not issubclass(reader, _reader_of_node(gradient)):
        if objective is not None or "model" in keys.nodes:
            keys.wrong("gradient", reader.own_gradient, gradient)
        del keys.nodes["gradient"]
    return reader(keys, named)


def _refuse_without_model(keys: KeyReader) -> None:
    for key in ("sigma", "loss"):
        if key in keys.nodes:
            hint = "write, for example\n  model: y ~ a*x + c"
            keys.problems.add(f"`{key}` needs a `model`", keys.nodes[key].span, hint)


def reader_of(keys: Iterable[str]) -> type[ObjectiveReader]:
    """Return the reader of the kind of objective whose mapping has these keys."""
    return KINDS[next((key for key in keys if key in KINDS), "text")]


def _reader_of_node(node: Node | None) -> type[ObjectiveReader]:
    return reader_of(key.text for key, _ in (node.entries if isinstance(node, Mapping) else ()))
