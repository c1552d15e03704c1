"""What the lines of a config's formula mean at a point, without the rest of the config.

Only what they need has to be there: new rows may lack the column that the objective compares with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adamcli.config.bounds import BoundsReader
from adamcli.config.checking import check_keys
from adamcli.config.data import DataReader, lacking
from adamcli.config.document import Scalar
from adamcli.config.objectives import objective_reader
from adamcli.config.start import given_start
from adamcli.config.values import KeyReader
from adamcli.config.weights import is_weights, read_weights
from adamcli.diagnostics import Problems
from adamcli.errors import UsageError
from adamcli.objective.compiler import Scope
from adamcli.objective.model import Model
from adamcli.optimizer.bounds import BOUNDS_MODES

if TYPE_CHECKING:
    from adamcli.arrays import FloatArray
    from adamcli.config.bounds import Domain
    from adamcli.config.data import Named
    from adamcli.config.model import ConfigFile
    from adamcli.config.objectives import ObjectiveReader
    from adamcli.config.other_rows import OtherRows
    from adamcli.config.weights import Weights
    from adamcli.objective.tree import Formula


class Lines(NamedTuple):
    """A formula, what its names mean, and the point `x` (dim,) of the variables.

    `is_model` says whether the value of the formula is what a model fits.
    """

    formula: Formula
    is_model: bool
    scope: Scope
    x: FloatArray

    @property
    def names(self) -> list[str]:
        """The names of the lines before the last."""
        return [target.name for target, _ in self.formula.assignments]


def start_weights(file: ConfigFile) -> Weights | None:
    """Return the weights that `start` names; None if it names no file of them."""
    node = file.tree.get("start")
    if not (isinstance(node, Scalar) and is_weights(node.value)):
        return None
    return read_weights(node.text.strip(), file.folder)


def read_lines(file: ConfigFile, rows: OtherRows, weights: Weights | None = None) -> Lines:
    """Return the lines of the formula of a config at its weights, or else at its start.

    Raises `ConfigError` with everything wrong in the config, `FileError` for files that cannot be
    read, `UsageError` if the objective is code, or weights or start do not suit the variables.
    """
    problems = Problems()
    for problem in file.problems:
        problems.add(*problem)
    keys = KeyReader(problems, file.tree, file.folder)
    named = DataReader(keys, rows).read()
    if named.unread:
        # Whatever uses its columns would be called wrong as well.
        problems.raise_if_any()
    reader = objective_reader(keys, named)
    check_keys(keys, file, reader)
    free = _free_names(reader, weights)
    mode = keys.choice_of("bounds_mode", BOUNDS_MODES)
    domain = BoundsReader(keys, free, reader.standard, mode).read()
    formula = reader.formula()
    start = None
    if domain is not None and weights is None:
        start = given_start(keys, domain)
    problems.raise_if_any()
    if formula is None:
        raise UsageError(f"{file.name}: expected a formula, but the objective is Python code")
    assert domain is not None
    if weights is not None:
        x = weights.point(domain.variables)
    else:
        assert start is not None
        x = _complete(start, domain)
    is_model = isinstance(formula, Model)
    formula = formula.formula if isinstance(formula, Model) else formula
    return Lines(formula, is_model, _scope(keys, formula, domain, named, rows), x)


def _free_names(reader: ObjectiveReader, weights: Weights | None) -> dict[str, bool] | None:
    """Return the names left to the bounds; of those that lack in new rows, weights tell them."""
    free = reader.free_names()
    if free is None or weights is None:
        return free
    return {name: indexed for name, indexed in free.items() if name in weights.arrays}


def _complete(start: FloatArray, domain: Domain) -> FloatArray:
    missing = np.flatnonzero(np.isnan(start))
    if not missing.size:
        return start
    name = domain.variables.coordinate_names()[int(missing[0])]
    raise UsageError(
        f"expected weights, as `start` does not give `{name}`\n"
        "  add --weights weights.npz, which adamcli run CONFIG -o weights.npz writes"
    )


def _scope(
    keys: KeyReader, formula: Formula, domain: Domain, named: Named, rows: OtherRows
) -> Scope:
    """Return what the names mean; what new rows have besides does not hide anything else."""
    taken = {*domain.variables.by_name, *(target.name for target, _ in formula.assignments)}
    constants, unusable = named.constants, dict(named.unusable)
    data = keys.nodes.get("data")
    if isinstance(data, Scalar):
        constants = {name: c for name, c in constants.items() if name not in taken}
        file = rows.title_of(data.text.strip())
        for name in formula.free_names():
            if name not in constants and name not in taken:
                unusable.setdefault(name, lacking(file, name, named.from_files))
    return Scope(domain.variables, constants, unusable, named.headers)
