"""Reading a config: from a file, standard input, the command line, text or Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adamcli.config.checking import checked
from adamcli.config.document import MAX_CHARACTERS, Mapping, read_mapping
from adamcli.config.keys import COMMAND_LINE, SET
from adamcli.config.model import ConfigFile
from adamcli.diagnostics import Problems, Source
from adamcli.errors import FileError
from adamcli.files import decoded, folder_of, read_bytes
from adamcli.names import is_name
from adamcli.pipes import read_standard_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Mapping as Dict

    from adamcli.config.model import Config

MAX_FROM_PYTHON = 1_000_000_000
"""The most characters of a config from a call of the Python API, whose arrays are in memory."""

MOST_BYTES = 4 * (MAX_CHARACTERS + 1)
"""As many bytes as tell that a config has too many characters, whatever their encoding."""


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
        return read_standard_input(MOST_BYTES)
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
