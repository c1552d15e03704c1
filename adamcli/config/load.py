"""Loading a config: every key is read, and everything wrong is reported together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adamcli.config.bounds import BoundsReader
from adamcli.config.data import DataReader
from adamcli.config.document import MAX_CHARACTERS, Mapping, plain, read_mapping
from adamcli.config.hyperparameters import read_hyperparameters, refuse_unused
from adamcli.config.keys import BATCH_KEYS, ELSEWHERE, KEYS, SET
from adamcli.config.model import Config, ConfigFile, fitted_by
from adamcli.config.objectives import objective_reader
from adamcli.config.start import read_start
from adamcli.config.values import KeyReader
from adamcli.config.weights import is_weights
from adamcli.diagnostics import ConfigError, Problems, Source, did_you_mean
from adamcli.errors import AdamcliError, FileError
from adamcli.examples import Known
from adamcli.files import decoded, folder_of, read_bytes
from adamcli.names import is_name
from adamcli.optimizer.bounds import BOUNDS_MODES
from adamcli.optimizer.methods import METHODS, method_of
from adamcli.optimizer.result import Direction
from adamcli.optimizer.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence
    from collections.abc import Mapping as Dict

    from adamcli.config.bounds import Domain
    from adamcli.config.expectations import Comparison, Expectation, Fields
    from adamcli.config.objectives import ObjectiveReader

MAX_FROM_PYTHON = 1_000_000_000
"""The most characters of a config from a call of the Python API, whose arrays are in memory."""

MOST_BYTES = 4 * (MAX_CHARACTERS + 1)
"""As many bytes as tell that a config has too many characters, whatever their encoding."""

COMMAND_LINE = "<command line>"
"""The name of a config that has no file."""

MAX_N_ITER = 10**12
MAX_SEED = 2**32 - 1


def load_config(
    path: str, overrides: Iterable[str | Source] = (), stop: Iterable[str] = ()
) -> Config:
    """Return the config in the file `path`, or on standard input if that is `-`.

    Where there is no such file, `path` may be the name of a test function. `overrides` are
    `key=value` texts as `--set` takes them, and `stop` are rules as `--stop` does.

    Raises `FileError` if the file cannot be read, `ConfigError` with everything wrong in it.
    """
    return checked(open_config(path, overrides, stop))


def open_config(
    path: str | None, overrides: Iterable[str | Source] = (), stop: Iterable[str] = ()
) -> ConfigFile:
    """Return what `load_config` returns before it is checked.

    An override may also be the text of another option that writes a key. With no `path` at all
    the overrides, of which there is one at least, are the config.

    Raises `FileError` if the file cannot be read, `ConfigError` if it has no keys.
    """
    if path == "-":
        text = decoded(_standard_input(), "<stdin>")
        overrides = list(overrides)
        if overrides and not text.strip():
            return _written_config(None, overrides, stop)
        return read_config(text, "<stdin>", overrides, stop=stop)
    if path is None or (is_name(path) and not _is_file(path)):
        return _written_config(path, overrides, stop)
    folder = folder_of(path)
    return read_config(
        decoded(read_bytes(path, most=MOST_BYTES), path), path, overrides, folder, stop=stop
    )


def _is_file(path: str) -> bool:
    """Return whether there is something at `path` that can be read, be it a pipe."""
    return Path(path).exists() and not Path(path).is_dir()


def _written_config(
    function: str | None, overrides: Iterable[str | Source], stop: Iterable[str]
) -> ConfigFile:
    """Return the config that consists of overrides, and of the test function if one is named."""
    from adamcli.config.overrides import named_function

    named = [] if function is None else [named_function(function)]
    given = [*named, *overrides]
    # Errors about the whole config, such as a missing key, point at what was written first.
    first = given[0] if isinstance(given[0], Source) else Source(SET, given[0])
    empty = Mapping((), first.span(0, 1))
    return _completed(empty, COMMAND_LINE, Path.cwd(), given, stop, Problems())


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise FileError("standard input is closed")
    try:
        return sys.stdin.buffer.read(MOST_BYTES)
    except OSError as error:
        raise FileError(f"<stdin>: cannot be read: {error.strerror or error}") from None


def parse_config(
    text: str,
    name: str = "<config>",
    overrides: Iterable[str | Source] = (),
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
    overrides: Iterable[str | Source] = (),
    folder: Path | None = None,
    *,
    most: int = MAX_CHARACTERS,
    stop: Iterable[str] = (),
) -> ConfigFile:
    """Return what `parse_config` returns before it is checked.

    Raises `ConfigError` if it has no keys, or more than `most` characters.
    """
    problems = Problems()
    tree = read_mapping(Source(name, text.replace("\r\n", "\n")), problems, most)
    return _completed(tree, name, folder or Path.cwd(), overrides, stop, problems)


def _completed(
    tree: Mapping,
    name: str,
    folder: Path,
    overrides: Iterable[str | Source],
    stop: Iterable[str],
    problems: Problems,
) -> ConfigFile:
    """Return a config as it was read, with what the command line adds to its keys."""
    if overrides:
        from adamcli.config.overrides import apply_overrides

        tree = apply_overrides(tree, overrides, problems)
    if stop:
        from adamcli.config.stop import with_rules

        tree = with_rules(tree, stop, problems)
    section, comparisons = tree.get("sweep"), tree.get("expect")
    sweep, expect = None, []
    if section is not None:
        from adamcli.config.sweep import read_section

        sweep = read_section(section, problems)
    if comparisons is not None:
        from adamcli.config.expectations import read_expectations

        expect = read_expectations(comparisons, problems)
    tree = tree._replace(entries=tuple(e for e in tree.entries if e[0].text != "sweep"))
    return ConfigFile(name, tree, folder, tuple(problems.found), sweep, tuple(expect), section)


def read_keys(keys: Dict[str, Any], name: str) -> ConfigFile:
    """Return a config before it is checked, from its keys with their values in Python."""
    from adamcli.config.in_memory import KEYS as LARGE
    from adamcli.config.in_memory import KeptArrays
    from adamcli.config.write import flow

    kept = KeptArrays()
    words = dict.fromkeys(LARGE, kept.word_for)
    text = "\n".join(f"{key}: {flow(value, words.get(key))}" for key, value in keys.items())
    file = read_config(text, name, most=MAX_FROM_PYTHON)
    return file._replace(tree=kept.restored(file.tree))


def expecting(file: ConfigFile, texts: Sequence[str]) -> ConfigFile:
    """Return a config with what `--expect` compares after its own, and what is wrong there."""
    if not texts:
        return file
    from adamcli.config.expectations import read_texts

    problems = Problems()
    comparisons = read_texts(texts, problems)
    return file._replace(
        problems=(*file.problems, *problems.found), expect=(*file.expect, *comparisons)
    )


def checked(file: ConfigFile, fields: Callable[[Known], Fields] | None = None) -> Config:
    """Return the config in `file`; its keys are read in the order in which they need each other.

    `fields` returns what its expectations may name, the fields of a run unless given.
    """
    problems = Problems()
    for problem in file.problems:
        problems.add(*problem)
    keys = KeyReader(problems, file.tree, file.folder)
    named, batches = DataReader(keys).read(), None
    measures: Sequence[str] | None = ()
    if not keys.nodes.keys().isdisjoint(BATCH_KEYS):
        from adamcli.config.batches import declared_measures, read_batches

        batches, named = read_batches(keys, named)
        measures = declared_measures(keys)
    reader = objective_reader(keys, named)
    check_keys(keys, file, reader)
    direction = Direction(keys.choice_of("direction", [d.value for d in Direction]))
    mode = keys.choice_of("bounds_mode", BOUNDS_MODES)
    named_method = keys.choice_of("method", METHODS)
    kind = method_of(named_method)
    refuse_unused(keys, named_method, kind)
    method = kind(**{key: keys.choice_of(key, words) for key, words in kind.options.items()})
    n_iter = keys.whole_of("n_iter", 0, MAX_N_ITER, 100)
    if batches is not None and batches.epochs is not None:
        n_iter = batches.epochs * batches.updates
    seed = keys.whole_of("seed", 0, MAX_SEED, 0)
    domain = BoundsReader(keys, reader.free_names(), reader.standard, mode).read()
    start = read_start(keys, domain)
    objective = reader.specification(domain, direction.sign)
    if batches is not None and objective is not None and domain is not None:
        from adamcli.config.batches import check_batches

        check_batches(keys, batches, objective, domain.variables)
        # Runs of a sweep share a program where they share the rows.
        objective = objective._replace(takes_constants=False)
    hyperparameters = read_hyperparameters(keys, named.constants, n_iter, domain)
    stop = Stop()
    if "stop" in keys.nodes and domain is not None:
        from adamcli.config.stop import read_stop

        stop = read_stop(keys, direction.sign, domain.variables.dim)
    if domain is not None:
        _refuse_two_meanings(keys, domain, named.constants)
    if problems.found:
        if domain is not None:
            # What follows from a mistake is not told as another one.
            fitted = objective and fitted_by(objective, keys.nodes)
            unsure = ["config", "standardized"]
            unsure += ["fit", "bootstrap", "profile"] if objective is None else []
            unsure += [] if measures is not None else ["start.*", "best.*", "last.*"]
            known = Known(domain.variables, fitted, measures or (), unsure=unsure)
            _expectations(keys, file.expect, fields, known)
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
        method_name=named_method,
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


def with_expectations(
    error: ConfigError, file: ConfigFile, fields: Callable[[Known], Fields]
) -> ConfigError:
    """Return an error about a config together with what is wrong in what is expected of it."""
    problems = Problems()
    problems.extend(error)
    try:
        checked(file, fields)
    except ConfigError as other:
        for problem in other.problems:
            expected = any(each.covers(problem.span) for each in file.expect)
            if expected and problem not in error.problems:
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
    for key, _ in file.tree.entries:
        if key.text not in KEYS:
            known = ELSEWHERE.get(key.text, "")
            if key.span.source.name == SET:
                known = known.replace(": ", "=", 1)
            hint = f"write {known}" if known else ""
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


def _refuse_two_meanings(keys: KeyReader, domain: Domain, constants: Container[str]) -> None:
    named_in = keys.nodes.get("bounds") or keys.nodes["objective"]
    for name in domain.variables.by_name:
        if name in constants:
            message = f"`{name}` is a variable and a constant"
            keys.problems.add(message, named_in.span, "rename one of them")


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
