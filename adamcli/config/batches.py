"""The keys `batches`, `epochs` and `metrics`: how a run goes through the rows of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.config.document import List, Mapping, Scalar, number_of
from adamcli.diagnostics import did_you_mean
from adamcli.objective.compiler import Constant
from adamcli.objective.formula import FormulaObjective
from adamcli.objective.minibatches import VALIDATION, Batches
from adamcli.optimizer.result import RECORD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray, IntArray
    from adamcli.config.data import Named
    from adamcli.config.document import Node
    from adamcli.config.values import KeyReader
    from adamcli.objective.base import Specification
    from adamcli.objective.tree import Formula
    from adamcli.objective.variables import Variables

INSIDE = ("rows", "size", "shuffle", "validation")

EXAMPLE = "write, for example, batches: {rows: [X, y], size: 32}"

ALL = "all"
"""Stands for the number of all rows."""

SIZE, EPOCHS = 32, 100
"""The rows of a batch, and the epochs, unless given."""

MAX_EPOCHS = 10**9

TAKEN = ("t", "score", VALIDATION, *RECORD_FIELDS)
"""What metrics cannot be called, as columns of the steps have these names."""


def read_batches(keys: KeyReader, named: Named) -> tuple[Batches | None, Named]:
    """Return how a run goes through its data, and the names with the rows that it may see.

    None if the config says nothing of it, or if something is wrong, which is noted.
    """
    node, epochs = keys.nodes.get("batches"), keys.nodes.get("epochs")
    metrics = _Metrics(keys).read()
    if node is None:
        if epochs is not None:
            keys.problems.add("`epochs` needs `batches`", epochs.span, EXAMPLE)
        return (Batches(metrics=metrics) if metrics else None), named
    if "n_iter" in keys.nodes:
        message = "n_iter: with `batches`, `epochs` says how long a run is"
        keys.problems.add(message, keys.nodes["n_iter"].span, "write, for example, epochs: 20")
    found = _Reader(keys, named).read(node)
    if found is None:
        return None, named
    count = keys.whole_of("epochs", 0, MAX_EPOCHS, EPOCHS)
    batches = found._replace(epochs=count, metrics=metrics)
    own = {name: Constant(array) for name, array in batches.rows.items()}
    return batches, named._replace(constants={**named.constants, **own})


def declared_measures(keys: KeyReader) -> tuple[str, ...] | None:
    """Return the names of all that a run may measure, even if it is wrong how it does.

    None if it cannot be known, as `metrics` holds no names.
    """
    node = keys.nodes.get("metrics")
    if node is not None and not isinstance(node, Mapping):
        return None
    names = (key.text for key, _ in node.entries) if node is not None else ()
    return (*((VALIDATION,) if "batches" in keys.nodes else ()), *names)


class _Reader:
    """Reads `batches`."""

    def __init__(self, keys: KeyReader, named: Named) -> None:
        self._keys, self._constants = keys, named.constants

    def read(self, node: Node) -> Batches | None:
        """Return the batches, without epochs and metrics; None if something is wrong."""
        if not isinstance(node, Mapping):
            self._keys.wrong("batches", "names of data and a size", node, EXAMPLE)
            return None
        self._keys.refuse_others(node, "batches", INSIDE)
        rows, size, shuffle, validation = (node.get(key) for key in INSIDE)
        if rows is None:
            self._keys.problems.add("batches: `rows` is missing", node.span, EXAMPLE)
            return None
        arrays = self._arrays(rows)
        if not arrays:
            return None
        count = len(next(iter(arrays.values())))
        shuffles = shuffle is None or self._keys.truth(shuffle, "batches.shuffle")
        share = 0 if validation is None else self._held_count(validation, count)
        length = SIZE if size is None else self._size(size)
        if share is None or length is None or shuffles is None:
            return None
        apart: dict[str, FloatArray] = {}
        if share:
            kept, held = split(count, share, shuffle=shuffles)
            apart = {name: array[held] for name, array in arrays.items()}
            arrays = {name: array[kept] for name, array in arrays.items()}
        return Batches(arrays, apart, min(length or count, count - share), shuffles)

    def _arrays(self, node: Node) -> dict[str, FloatArray] | None:
        """Return the arrays whose rows are taken in batches."""
        found: dict[str, FloatArray] = {}
        known = [name for name, c in self._constants.items() if isinstance(c, Constant) and c.shape]
        for item in node.items if isinstance(node, List) else (node,):
            name = item.text.strip() if isinstance(item, Scalar) else ""
            if name not in known:
                hint = did_you_mean(name, known) or f"arrays: {', '.join(known) or 'none'}"
                self._keys.wrong("batches.rows", "names of arrays in `data`", item, hint)
                return None
            constant = self._constants[name]
            assert isinstance(constant, Constant)
            found[name] = constant.array
        lengths = {name: len(array) for name, array in found.items()}
        if len(set(lengths.values())) > 1:
            each = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
            message = f"batches.rows: expected arrays of as many rows as each other; {each}"
            self._keys.problems.add(message, node.span)
            return None
        return found

    def _size(self, node: Node) -> int | None:
        """Return the rows of a batch, 0 for all."""
        if isinstance(node, Scalar) and node.text.strip() == ALL:
            return 0
        return self._keys.whole(node, "batches.size", 1, 10**12)

    def _held_count(self, node: Node, count: int) -> int | None:
        """Return how many of `count` rows are held out."""
        value = number_of(node)
        if value is not None and 0 <= value < 1:
            number = round(count * value) or int(value > 0)
        elif value is not None and value % 1 == 0 and 1 <= value < count:
            number = int(value)
        else:
            expected = f"a part of the rows from 0 to 1, or a number of rows below {count}"
            self._keys.wrong("batches.validation", expected, node)
            return None
        return min(number, count - 1)


def split(count: int, held: int, *, shuffle: bool) -> tuple[IntArray, IntArray]:
    """Return which of `count` rows are kept and which `held` out, each in their order.

    They are the last ones, or with `shuffle` drawn, alike for every seed: so the runs of a sweep
    can be compared.
    """
    places = np.arange(count)
    if shuffle and held:
        places = np.random.RandomState(0).permutation(count)
    return np.sort(places[: count - held]), np.sort(places[count - held :])


class _Metrics:
    """Reads `metrics`."""

    def __init__(self, keys: KeyReader) -> None:
        self._keys = keys

    def read(self) -> tuple[tuple[str, Formula], ...]:
        """Return the formulas with their names."""
        node = self._keys.nodes.get("metrics")
        if node is None:
            return ()
        if not isinstance(node, Mapping):
            example = "{mae: mean(abs(z - y))}"
            self._keys.wrong("metrics", f"names and formulas, such as {example}", node)
            return ()
        pairs = [(self._name(key), self._formula(key, value)) for key, value in node.entries]
        return tuple((name, formula) for name, formula in pairs if name and formula)

    def _name(self, key: Scalar) -> str | None:
        name = self._keys.name(key)
        if name in TAKEN:
            message = f"metrics: `{name}` is the name of another column"
            self._keys.problems.add(message, key.span, "choose another name")
            return None
        return name

    def _formula(self, key: Scalar, node: Node) -> Formula | None:
        return self._keys.formula(node, f"metrics.{key.text}")


def check_batches(
    keys: KeyReader, batches: Batches, objective: Specification, variables: Variables
) -> None:
    """Note what is wrong with batches and metrics for an objective."""
    what = "batches" if batches.rows else "metrics"
    node = keys.nodes[what]
    made = None if objective.code else objective.make()
    if not isinstance(made, FormulaObjective):
        message = f"{what}: the objective must be a formula, with `gradient: derived` or formulas"
        keys.problems.add(message, node.span)
        return
    columns = variables.coordinate_names()
    metrics = keys.nodes.get("metrics")
    if isinstance(metrics, Mapping):
        _refuse_columns(keys, metrics, columns)
    keys.attempt(made.program_with, [formula for _, formula in batches.metrics], batches.held)


def _refuse_columns(keys: KeyReader, node: Mapping, columns: Sequence[str]) -> None:
    for key, _ in node.entries:
        if key.text in columns:
            message = f"metrics: `{key.text}` is the name of a variable"
            keys.problems.add(message, key.span, "choose another name")
