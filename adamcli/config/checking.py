"""Checking a config: every key is read, and everything wrong is reported together."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from adamcli.config.bounds import BoundsReader
from adamcli.config.data import DataReader
from adamcli.config.document import Mapping, number_of, plain
from adamcli.config.hyperparameters import read_hyperparameters, refuse_unused
from adamcli.config.keys import BATCH_KEYS, COMMAND_LINE, KEYS, SET
from adamcli.config.model import Config, fitted_by
from adamcli.config.objectives import objective_reader
from adamcli.config.places import place_of_name
from adamcli.config.start import read_start
from adamcli.config.values import KeyReader
from adamcli.config.weights import is_weights
from adamcli.diagnostics import ConfigError, Problems, did_you_mean
from adamcli.errors import AdamcliError
from adamcli.examples import Known
from adamcli.names import normal
from adamcli.objective.variables import Variables
from adamcli.optimizer.bounds import BOUNDS_MODES
from adamcli.optimizer.methods import METHODS, method_of
from adamcli.optimizer.result import Direction
from adamcli.optimizer.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from adamcli.config.bounds import Domain
    from adamcli.config.comparable import Fields
    from adamcli.config.data import Named
    from adamcli.config.document import Node, Scalar
    from adamcli.config.expectations import Comparison, Expectation
    from adamcli.config.model import ConfigFile
    from adamcli.config.objectives import ObjectiveReader
    from adamcli.objective.base import Specification
    from adamcli.objective.minibatches import Batches
    from adamcli.optimizer.method import Method

MAX_N_ITER = 10**12
MAX_SEED = 2**32 - 1


def checked(file: ConfigFile, fields: Callable[[Known], Fields] | None = None) -> Config:
    """Return the config in `file`; its keys are read in the order in which they need each other.

    `fields` returns what its expectations may name, the fields of a run unless given.

    Raises `ConfigError` with everything wrong in it.
    """
    problems = Problems()
    for problem in file.problems:
        problems.add(*problem)
    keys = KeyReader(problems, file.tree, file.folder)
    named, batches, measures = _data(keys)
    reader = objective_reader(keys, named)
    check_keys(keys, file, reader)
    direction = Direction(keys.choice_of("direction", [d.value for d in Direction]))
    mode = keys.choice_of("bounds_mode", BOUNDS_MODES)
    method_name, method = _method(keys)
    n_iter = keys.whole_of("n_iter", 0, MAX_N_ITER, 100)
    if batches is not None and batches.epochs is not None:
        n_iter = batches.epochs * batches.updates
    seed = keys.whole_of("seed", 0, MAX_SEED, 0)
    domain = _domain(keys, named, reader, mode)
    start = read_start(keys, domain)
    objective = None
    if domain is None or not _has_two_meanings(keys, domain, named.constants):
        objective = reader.specification(domain, direction.sign)
    if batches is not None and objective is not None and domain is not None:
        objective = _over_batches(keys, batches, objective, domain)
    own = _without_formulas(keys) if named.unread else keys
    hyperparameters = read_hyperparameters(own, named.constants, n_iter, domain)
    stop = _stop(keys, direction, domain)
    if problems.found:
        _expectations(keys, file.expect, fields, _known_so_far(keys, domain, objective, measures))
    problems.raise_if_any()
    assert domain is not None
    assert objective is not None
    given = {key: plain(node) for key, node in keys.nodes.items()}
    weights = (given["start"],) if is_weights(given.get("start")) else ()
    config = Config(
        name=file.name,
        objective=objective,
        variables=domain.variables,
        bounds=domain.bounds,
        start=start,
        method=method,
        method_name=method_name,
        hyperparameters=hyperparameters,
        n_iter=n_iter,
        seed=seed,
        direction=direction,
        stop=stop,
        expect=(),
        given=given,
        files=(*named.files, *weights, *objective.files),
        matrices=named.matrices,
        batches=batches,
        file=file,
    )
    expect = _expectations(keys, file.expect, fields, config.known) if file.expect else ()
    problems.raise_if_any()
    return config._replace(expect=expect)


def _data(keys: KeyReader) -> tuple[Named, Batches | None, Sequence[str] | None]:
    """Return the names of a config, how a run goes through their rows, and what it measures.

    What it measures is None if that cannot be known.
    """
    named = DataReader(keys).read()
    if named.unread:
        from adamcli.config.batches import declared_measures

        return named, None, declared_measures(keys)
    if keys.nodes.keys().isdisjoint(BATCH_KEYS):
        return named, None, ()
    from adamcli.config.batches import declared_measures, read_batches

    batches, named = read_batches(keys, named)
    return named, batches, declared_measures(keys)


def _domain(keys: KeyReader, named: Named, reader: ObjectiveReader, mode: str) -> Domain | None:
    """Return the variables with their bounds; None if it is not known which there are."""
    if named.unread and not isinstance(keys.nodes.get("bounds"), Mapping):
        # It means the names that a formula leaves to it.
        return None
    return BoundsReader(keys, reader.free_names(), reader.standard, mode).read()


def _without_formulas(keys: KeyReader) -> KeyReader:
    """Return the keys that hold numbers: formulas may name what could not be read."""
    numbers = copy(keys)
    numbers.nodes = {k: node for k, node in keys.nodes.items() if number_of(node) is not None}
    return numbers


def _method(keys: KeyReader) -> tuple[str, Method]:
    """Return the method by its name and with its options."""
    name = keys.choice_of("method", METHODS)
    kind = method_of(name)
    refuse_unused(keys, name, kind)
    return name, kind(**{key: keys.choice_of(key, words) for key, words in kind.options.items()})


def _over_batches(
    keys: KeyReader, batches: Batches, objective: Specification, domain: Domain
) -> Specification:
    """Return the objective of runs that go through their data in batches."""
    from adamcli.config.batches import check_batches

    check_batches(keys, batches, objective, domain.variables)
    # Runs of a sweep share a program where they share the rows.
    return objective._replace(takes_constants=False)


def _stop(keys: KeyReader, direction: Direction, domain: Domain | None) -> Stop:
    """Return the rules that end a run."""
    if "stop" not in keys.nodes:
        return Stop()
    from adamcli.config.stop import read_stop

    return read_stop(keys, direction.sign, 0 if domain is None else domain.variables.dim)


def _known_so_far(
    keys: KeyReader,
    domain: Domain | None,
    objective: Specification | None,
    measures: Sequence[str] | None,
) -> Known:
    """Return what is known of the result of a config with mistakes.

    What follows from a mistake is not told as another one.
    """
    unsure = ["config", "standardized"]
    unsure += ["fit", "bootstrap", "profile"] if objective is None else []
    unsure += [] if measures is not None else ["start.*", "best.*", "last.*"]
    fitted = objective and fitted_by(objective, keys.nodes)
    if domain is not None:
        return Known(domain.variables, fitted, measures or (), unsure=unsure)
    from adamcli.fields import OF_VARIABLES

    return Known(Variables([]), fitted, measures or (), unsure=[*unsure, *OF_VARIABLES])


def with_expectations(
    error: ConfigError, file: ConfigFile, fields: Callable[[Known], Fields], *, whole: bool
) -> ConfigError:
    """Return an error about a config together with what is wrong in what is expected of it.

    If the `whole` config means the same without what is wrong, all its own mistakes are added.
    """
    problems = Problems()
    problems.extend(error)
    try:
        checked(file, fields)
    except ConfigError as other:
        for problem in other.problems:
            told = whole or any(each.covers(problem.span) for each in file.expect)
            if told and problem not in error.problems:
                problems.add(*problem)
    except AdamcliError:
        pass
    try:
        problems.raise_if_any()
    except ConfigError as found:
        return found
    return error


def check_keys(keys: KeyReader, file: ConfigFile, reader: ObjectiveReader) -> None:
    """Note every key that does not exist, and those that are missing."""
    for key, value in file.tree.entries:
        if key.text not in KEYS:
            hint = _instead_of(key, value)
            hint = hint or did_you_mean(key.text, KEYS) or "keys: " + ", ".join(KEYS)
            keys.problems.add(f"unknown key `{key.text}`", key.span, hint)
    examples = {"objective": "x**2 + y**2", "bounds": "{x: [-1, 1], y: [-1, 1]}"}
    for name, example in examples.items():
        given = name in keys.nodes or (name == "objective" and "model" in keys.nodes)
        if not given and (reader.needs_bounds or name != "bounds"):
            hint = f"write, for example\n  {name}: {example}"
            if file.name == COMMAND_LINE:
                from adamcli.config.overrides import example_of

                hint = example_of(name, reader.free_names() or {})
            keys.problems.add(f"`{name}` is missing", file.tree.span.source.span(0, 1), hint)


def _instead_of(key: Scalar, value: Node) -> str:
    """Return what to write for a key of another program; empty if it is none."""
    from adamcli.config.axis_values import as_written
    from adamcli.config.elsewhere import hint_for

    equals = "=" if key.span.source.name == SET else ": "
    return hint_for(key.text, as_written(value), equals)


def _has_two_meanings(keys: KeyReader, domain: Domain, constants: Container[str]) -> bool:
    """Note each name that is a variable and a constant, and return whether there is one."""
    given = keys.nodes.get("constants")
    entries = given.entries if isinstance(given, Mapping) else ()
    written = {normal(key.text): key.span for key, _ in entries}
    twice = [name for name in domain.variables.by_name if name in constants]
    for name in twice:
        named_in = keys.nodes.get("bounds") or keys.nodes["objective"]
        span = written.get(name) or place_of_name(named_in, name)
        keys.problems.add(f"`{name}` is a variable and a constant", span, "rename one of them")
    return bool(twice)


def _expectations(
    keys: KeyReader,
    comparisons: tuple[Comparison, ...],
    fields: Callable[[Known], Fields] | None,
    known: Known,
) -> tuple[Expectation, ...]:
    if not comparisons:
        return ()
    from adamcli.config.expectations import over_fields, result_fields

    named = (fields or result_fields)(known)
    return tuple(keys.attempt(over_fields, comparisons, named) or ())
