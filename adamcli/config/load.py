"""Loading a config: every key is read, everything wrong is told in one go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.config.bounds import BoundsReader, read_start
from adamcli.config.data import DataReader
from adamcli.config.document import MAX_CHARACTERS, read_mapping
from adamcli.config.keys import KEYS
from adamcli.config.model import Config, plain
from adamcli.config.objectives import objective_reader
from adamcli.config.overrides import apply_overrides, with_value
from adamcli.config.settings import read_hyperparameters
from adamcli.config.values import ValueReader
from adamcli.diagnostics import ConfigError, Problems, Source, did_you_mean
from adamcli.errors import FileError
from adamcli.files import decoded, read_bytes
from adamcli.optimizer.bounds import BOUNDS_MODES
from adamcli.optimizer.direction import Direction
from adamcli.optimizer.methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as Dict

    from adamcli.config.bounds import Domain
    from adamcli.config.document import Mapping, Node
    from adamcli.config.expectations import Comparison, Expectation
    from adamcli.config.sweep import SweepSettings
    from adamcli.diagnostics import Problem, Span
    from adamcli.optimizer.method import Method

MAX_FROM_PYTHON = 1_000_000_000
"""Characters of a config that comes from a call, whose arrays are no longer than its memory."""

MAX_N_ITER = 10**12
MAX_SEED = 2**32 - 1


class ConfigFile(NamedTuple):
    """A config that has been read but not checked: its keys, and what was wrong by then.

    `name` is how errors call it; `folder` is where the paths of files start. `tree` lacks the key
    `sweep`, which `sweep` holds as it was read; `expect` is what the key of that name says.
    """

    name: str
    tree: Mapping
    folder: Path
    problems: tuple[Problem, ...] = ()
    sweep: SweepSettings | None = None
    expect: tuple[Comparison, ...] = ()

    def config(self, values: Iterable[tuple[str, Node, Span]] = ()) -> Config:
        """Return the checked config, with some keys set to other values.

        Raises `ConfigError` with everything wrong in it.
        """
        problems = Problems()
        for problem in self.problems:
            problems.add(*problem)
        file = self._replace(tree=self.with_values(values))
        return _Loader(file, problems).config()

    def with_values(self, values: Iterable[tuple[str, Node, Span]]) -> Mapping:
        """Return the keys, with some of them set to other values."""
        tree = self.tree
        for key, node, span in values:
            tree = with_value(tree, key, node, span)
        return tree


def load_config(path: str, overrides: Iterable[str] = ()) -> Config:
    """Return the config in the file `path`, or on standard input if that is `-`.

    `overrides` are `key=value` texts, as `--set` takes them.

    Raises `FileError` if the file cannot be read, `ConfigError` with everything wrong in it.
    """
    return open_config(path, overrides).config()


def open_config(path: str, overrides: Iterable[str] = ()) -> ConfigFile:
    """Return what `load_config` checks.

    Raises `FileError` if the file cannot be read, `ConfigError` if it has no keys.
    """
    name = "<stdin>" if path == "-" else path
    raw = _standard_input() if path == "-" else read_bytes(path)
    folder = Path.cwd() if path == "-" else Path(path).resolve().parent
    return read_config(decoded(raw, name), name, overrides, folder)


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
    *,
    most: int = MAX_CHARACTERS,
) -> Config:
    """Return the config in `text`; `name` is how errors call it.

    `folder` is where the paths of files start, the working directory unless given. A text of more
    than `most` characters is refused before it is read.

    Raises `ConfigError` with everything wrong in it.
    """
    return read_config(text, name, overrides, folder, most=most).config()


def read_config(
    text: str,
    name: str = "<config>",
    overrides: Iterable[str] = (),
    folder: Path | None = None,
    *,
    most: int = MAX_CHARACTERS,
) -> ConfigFile:
    """Return what `parse_config` checks; raises `ConfigError` if it has no keys."""
    problems = Problems()
    tree = read_mapping(Source(name, text.replace("\r\n", "\n")), problems, most)
    tree = apply_overrides(tree, overrides, problems)
    section, expected = tree.get("sweep"), tree.get("expect")
    sweep, expect = None, []
    if section is not None:
        from adamcli.config.sweep import read_section

        sweep = read_section(section, problems)
    if expected is not None:
        from adamcli.config.expectations import read_expectations

        expect = read_expectations(expected, problems)
    tree = tree.without("sweep")
    return ConfigFile(name, tree, folder or Path.cwd(), tuple(problems.found), sweep, tuple(expect))


def read_keys(keys: Dict[str, Any], name: str) -> ConfigFile:
    """Return what `parse_config` checks, from the keys of a config with their values in Python."""
    from adamcli.config.write import flow

    text = "\n".join(f"{key}: {flow(value)}" for key, value in keys.items())
    return read_config(text, name, most=MAX_FROM_PYTHON)


class _Loader:
    """Reads the keys of one config, in the order in which they need each other."""

    def __init__(self, file: ConfigFile, problems: Problems) -> None:
        self._file, self._problems = file, problems
        self._values = ValueReader(problems)
        self._nodes = {key.text: value for key, value in file.tree.entries}

    def config(self) -> Config:
        folder = self._file.folder
        named = DataReader(self._values, self._nodes, folder).read()
        reader = objective_reader(self._values, self._nodes, folder, named)
        self._refuse_unknown_keys(needs_bounds=reader.needs_bounds)
        direction = self._direction()
        bounds_mode = self._choice("bounds_mode", tuple(BOUNDS_MODES), "clip")
        method = self._method()
        n_iter = self._whole("n_iter", 0, MAX_N_ITER, 100)
        seed = self._whole("seed", 0, MAX_SEED, 0)
        domain = BoundsReader(
            self._values, self._nodes, reader.free_names(), reader.standard, bounds_mode
        ).read()
        self._refuse_two_meanings(domain, named.constants)
        start = read_start(self._values, self._nodes, domain)
        objective = reader.specification(domain, direction.sign)
        hyperparameters = read_hyperparameters(self._values, self._nodes, named.constants, n_iter)
        expect = self._expectations(domain)
        self._problems.raise_if_any()
        assert domain is not None
        assert objective is not None
        return Config(
            name=self._file.name,
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
            given={key: plain(node) for key, node in self._nodes.items()},
            files=(*named.files, *objective.files),
            file=self._file,
        )

    def _refuse_unknown_keys(self, *, needs_bounds: bool) -> None:
        for key, _ in self._file.tree.entries:
            if key.text not in KEYS:
                hint = did_you_mean(key.text, KEYS) or "keys: " + ", ".join(KEYS)
                self._problems.add(f"unknown key `{key.text}`", key.span, hint)
        examples = {"objective": "x**2 + y**2", "bounds": "{x: [-1, 1], y: [-1, 1]}"}
        for name, example in examples.items():
            if name not in self._nodes and (needs_bounds or name != "bounds"):
                hint = f"write, for example\n  {name}: {example}"
                span = self._file.tree.span.source.span(0, 1)
                self._problems.add(f"`{name}` is missing", span, hint)

    def _refuse_two_meanings(self, domain: Domain | None, constants: Iterable[str]) -> None:
        for name in domain.variables.by_name if domain is not None else ():
            if name in constants:
                message = f"`{name}` is a variable and a constant"
                self._problems.add(message, self._nodes["bounds"].span, "rename one of them")

    def _choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        if key not in self._nodes:
            return default
        return self._values.choice(self._nodes[key], key, choices) or default

    def _method(self) -> Method:
        kind = METHODS["adam"]
        options = kind.options.items()
        return kind(**{key: self._choice(key, words, words[0]) for key, words in options})

    def _direction(self) -> Direction:
        choices = tuple(direction.value for direction in Direction)
        return Direction(self._choice("direction", choices, "minimize"))

    def _whole(self, key: str, low: int, high: int, default: int) -> int:
        if key not in self._nodes:
            return default
        found = self._values.whole(self._nodes[key], key, low, high)
        return default if found is None else found

    def _expectations(self, domain: Domain | None) -> tuple[Expectation, ...]:
        if not self._file.expect or domain is None:
            return ()
        from adamcli.config.expectations import over_fields, result_fields

        try:
            return tuple(over_fields(self._file.expect, result_fields(domain.variables)))
        except ConfigError as error:
            self._problems.extend(error)
            return ()
