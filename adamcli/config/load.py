"""Loading a config: every key is read, and everything wrong is reported together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config.bounds import BoundsReader, read_start
from adamcli.config.data import DataReader
from adamcli.config.document import MAX_CHARACTERS, Scalar, plain, read_mapping
from adamcli.config.keys import KEYS, apply_overrides
from adamcli.config.model import Config, ConfigFile
from adamcli.config.objectives import objective_reader
from adamcli.config.values import KeyReader
from adamcli.diagnostics import Problems, Source, did_you_mean
from adamcli.errors import FileError
from adamcli.files import decoded, read_bytes
from adamcli.objective.formula import FormulaOfTime
from adamcli.optimizer.bounds import BOUNDS_MODES
from adamcli.optimizer.hyperparameters import NAMES, Hyperparameters, allowed, expected, first_bad
from adamcli.optimizer.methods import METHODS
from adamcli.optimizer.result import Direction

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from collections.abc import Mapping as Dict

    from adamcli.config.bounds import Domain
    from adamcli.config.document import Mapping, Node
    from adamcli.config.expectations import Comparison, Expectation
    from adamcli.objective.compiler import Constant

MAX_FROM_PYTHON = 1_000_000_000
"""The most characters of a config from a call of the Python API, whose arrays are in memory."""

CHECKED_STEPS = 100_000
"""A formula of t is checked for this many steps and the last before the run, then as they come."""

MAX_N_ITER = 10**12
MAX_SEED = 2**32 - 1


def load_config(path: str, overrides: Iterable[str] = ()) -> Config:
    """Return the config in the file `path`, or on standard input if that is `-`.

    `overrides` are `key=value` texts, as `--set` takes them.

    Raises `FileError` if the file cannot be read, `ConfigError` with everything wrong in it.
    """
    return checked(open_config(path, overrides))


def open_config(path: str, overrides: Iterable[str] = ()) -> ConfigFile:
    """Return what `load_config` returns before it is checked.

    Raises `FileError` if the file cannot be read, `ConfigError` if it has no keys.
    """
    if path == "-":
        return read_config(decoded(_standard_input(), "<stdin>"), "<stdin>", overrides)
    folder = Path(path).resolve().parent
    return read_config(decoded(read_bytes(path), path), path, overrides, folder)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise FileError("standard input is closed")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise FileError(f"<stdin>: cannot be read: {error.strerror or error}") from None


def parse_config(
    text: str,
    name: str = "<config>",
    overrides: Iterable[str] = (),
    folder: Path | None = None,
) -> Config:
    """Return the config in `text`; `name` is shown in errors.

    The paths of files are relative to `folder`, the working directory unless given.

    Raises `ConfigError` with everything wrong in it.
    """
    return checked(read_config(text, name, overrides, folder))


def read_config(
    text: str,
    name: str = "<config>",
    overrides: Iterable[str] = (),
    folder: Path | None = None,
    *,
    most: int = MAX_CHARACTERS,
) -> ConfigFile:
    """Return what `parse_config` returns before it is checked.

    Raises `ConfigError` if it has no keys, or more than `most` characters.
    """
    problems = Problems()
    tree = read_mapping(Source(name, text.replace("\r\n", "\n")), problems, most)
    tree = apply_overrides(tree, overrides, problems)
    section, comparisons = tree.get("sweep"), tree.get("expect")
    sweep, expect = None, []
    if section is not None:
        from adamcli.config.sweep import read_section

        sweep = read_section(section, problems)
    if comparisons is not None:
        from adamcli.config.expectations import read_expectations

        expect = read_expectations(comparisons, problems)
    tree = tree._replace(entries=tuple(e for e in tree.entries if e[0].text != "sweep"))
    return ConfigFile(name, tree, folder or Path.cwd(), tuple(problems.found), sweep, tuple(expect))


def read_keys(keys: Dict[str, Any], name: str) -> ConfigFile:
    """Return a config before it is checked, from its keys with their values in Python."""
    from adamcli.config.write import flow

    text = "\n".join(f"{key}: {flow(value)}" for key, value in keys.items())
    return read_config(text, name, most=MAX_FROM_PYTHON)


def checked(file: ConfigFile) -> Config:
    """Return the config in `file`; its keys are read in the order in which they need each other."""
    problems = Problems()
    for problem in file.problems:
        problems.add(*problem)
    keys = KeyReader(problems, file.tree, file.folder)
    named = DataReader(keys).read()
    reader = objective_reader(keys, named)
    _check_keys(keys, file.tree, needs_bounds=reader.needs_bounds)
    direction = Direction(keys.choice_of("direction", [d.value for d in Direction]))
    mode = keys.choice_of("bounds_mode", BOUNDS_MODES)
    kind = METHODS["adam"]
    method = kind(**{key: keys.choice_of(key, words) for key, words in kind.options.items()})
    n_iter = keys.whole_of("n_iter", 0, MAX_N_ITER, 100)
    seed = keys.whole_of("seed", 0, MAX_SEED, 0)
    domain = BoundsReader(keys, reader.free_names(), reader.standard, mode).read()
    start = read_start(keys, domain)
    objective = reader.specification(domain, direction.sign)
    hyperparameters = _hyperparameters(keys, named.constants, n_iter)
    expect: tuple[Expectation, ...] = ()
    if domain is not None:
        _refuse_two_meanings(keys, domain, named.constants)
        expect = _expectations(keys, file.expect, domain)
    problems.raise_if_any()
    assert domain is not None
    assert objective is not None
    return Config(
        name=file.name,
        objective=objective,
        variables=domain.variables,
        bounds=domain.bounds,
        start=tuple(start),
        method=method,
        hyperparameters=hyperparameters,
        n_iter=n_iter,
        seed=seed,
        direction=direction,
        expect=expect,
        given={key: plain(node) for key, node in keys.nodes.items()},
        files=(*named.files, *objective.files),
        file=file,
    )


def _check_keys(keys: KeyReader, tree: Mapping, *, needs_bounds: bool) -> None:
    for key, _ in tree.entries:
        if key.text not in KEYS:
            hint = did_you_mean(key.text, KEYS) or "keys: " + ", ".join(KEYS)
            keys.problems.add(f"unknown key `{key.text}`", key.span, hint)
    examples = {"objective": "x**2 + y**2", "bounds": "{x: [-1, 1], y: [-1, 1]}"}
    for name, example in examples.items():
        if name not in keys.nodes and (needs_bounds or name != "bounds"):
            hint = f"write, for example\n  {name}: {example}"
            keys.problems.add(f"`{name}` is missing", tree.span.source.span(0, 1), hint)


def _refuse_two_meanings(keys: KeyReader, domain: Domain, constants: Container[str]) -> None:
    named_in = keys.nodes.get("bounds") or keys.nodes["objective"]
    for name in domain.variables.by_name:
        if name in constants:
            message = f"`{name}` is a variable and a constant"
            keys.problems.add(message, named_in.span, "rename one of them")


def _expectations(
    keys: KeyReader, comparisons: tuple[Comparison, ...], domain: Domain
) -> tuple[Expectation, ...]:
    if not comparisons:
        return ()
    from adamcli.config.expectations import over_fields, result_fields

    fields = result_fields(domain.variables)
    return tuple(keys.attempt(over_fields, comparisons, fields) or ())


def _hyperparameters(
    keys: KeyReader, constants: dict[str, Constant], n_iter: int
) -> Hyperparameters:
    """Return the hyperparameters, with the paper's values where the config gives none."""
    found: dict[str, Any] = {}
    for name in NAMES:
        node = keys.nodes.get(name)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            found[name] = _formula_of_time(keys, name, node, constants, n_iter)
        elif node is not None:
            found[name] = _constant_setting(keys, name, node)
    return Hyperparameters(**{name: s for name, s in found.items() if s is not None})


def _constant_setting(keys: KeyReader, name: str, node: Node) -> float | None:
    wanted = f"{expected(name)}, or a formula of t"
    number = keys.number(node, name, expected=wanted)
    if number is not None and not allowed(name, number):
        keys.wrong(name, wanted, node)
        return None
    return number


def _formula_of_time(
    keys: KeyReader, name: str, node: Scalar, constants: dict[str, Constant], n_iter: int
) -> FormulaOfTime | None:
    formula = keys.formula(node, name)
    function = formula and keys.attempt(FormulaOfTime, formula, constants)
    if function is None:
        return None
    bad = None
    for first in range(1, min(n_iter, CHECKED_STEPS) + 1, 4096):
        t = np.arange(first, min(first + 4096, n_iter + 1, CHECKED_STEPS + 1))
        bad = bad or first_bad(name, t, function(t, n_iter))
    last = np.array([max(n_iter, 1)])
    bad = bad or first_bad(name, last, function(last, n_iter))
    if bad is not None:
        message = f"{name} is {bad[1]!r} at t = {bad[0]}, expected {expected(name)}"
        keys.problems.add(message, node.span, "the steps are t = 1, 2, ..., n_iter")
    return function
