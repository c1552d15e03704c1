"""What a shell completes where TAB is pressed: configs, functions, keys and their values.

Where nothing is known, nothing is returned: then the shell completes the names of files itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from adamcli.config.document import Mapping

CONFIGS = (".yaml", ".yml")
"""The extensions of the files that are offered as configs."""


def configs(incomplete: str) -> list[str]:
    """Return the test functions, configs and folders whose names begin with a text."""
    return _with_functions(incomplete, CONFIGS)


def sources(incomplete: str) -> list[str]:
    """Return the test functions, files and folders whose names begin with a text."""
    return _with_functions(incomplete, None)


def _with_functions(incomplete: str, extensions: Collection[str] | None) -> list[str]:
    """Return the test functions, and the files and folders here, that begin with a text.

    Without a function the shell does better: it goes on inside of folders.
    """
    found = functions(incomplete)
    if not found:
        return []
    there = [path for path in sorted(Path().iterdir()) if path.name[0] != "."]
    folders = [f"{path.name}/" for path in there if path.is_dir()]
    files = [
        path.name
        for path in there
        if not path.is_dir() and (extensions is None or path.suffix in extensions)
    ]
    return [*_beginning(incomplete, [*files, *folders]), *found]


def commands(incomplete: str) -> list[str]:
    """Return the commands whose names begin with a text."""
    from adamcli.cli.app import COMMANDS

    return _beginning(incomplete, [*COMMANDS])


def functions(incomplete: str) -> list[str]:
    """Return the test functions whose names begin with a text."""
    from adamcli.config.standard import names

    return _beginning(incomplete, names())


def settings(ctx: Any, incomplete: str) -> list[str]:
    """Return what `--set` can go on with: `alpha=` for `alp`, `method=adam` for `method=a`."""
    return _assignments(_keys(ctx), incomplete, "")


def axes(ctx: Any, incomplete: str) -> list[str]:
    """Return what `-p` can go on with, which is also another value after a comma."""
    from adamcli.config.sweep import check_key
    from adamcli.diagnostics import ConfigError, Source

    keys = []
    for key in _keys(ctx):
        try:
            check_key(key, Source("-p", key).span(0, 1))
        except ConfigError:
            continue
        keys.append(key)
    values = incomplete.partition("=")[2]
    return _assignments(keys, incomplete, values[: values.rfind(",") + 1])


def _assignments(keys: Iterable[str], incomplete: str, before: str) -> list[str]:
    """Return what a text `key=value` can go on with; other values may stand `before` the last."""
    from adamcli.config.choices import words_of

    key, equals, _ = incomplete.partition("=")
    if not equals:
        return _beginning(incomplete, [f"{key}=" for key in keys])
    taken = before.split(",")
    words = [f"{key}={before}{word}" for word in words_of(key) if word not in taken]
    return _beginning(incomplete, words)


def _keys(ctx: Any) -> list[str]:
    """Return the keys of the config that the rest of the command line names."""
    from adamcli.config.choices import keys_in

    return keys_in(_tree(_given(ctx)))


def _given(ctx: Any) -> dict[str, Any]:
    """Return the parameters of a command line whose last option has no value yet."""
    words = ctx.obj[ctx.obj.index(ctx.info_name) + 1 :]
    if words and words[-1].startswith("-"):
        del words[-1]
    made = ctx.command.make_context(ctx.info_name, words, ctx.parent, resilient_parsing=True)
    return dict(made.params)


def _tree(given: dict[str, Any]) -> Mapping:
    """Return the config of a command line that is not complete; an empty one if it cannot be."""
    from adamcli.cli.source import ConfigSource
    from adamcli.config.document import Mapping
    from adamcli.diagnostics import Source
    from adamcli.errors import AdamcliError

    known = {name: given.get(name) for name in ConfigSource._fields}
    changed: dict[str, Any] = {"overrides": None, "stop": None, "print_config": False}
    path = known["config"]
    if path is not None and not (Path(path).is_file() or path in functions(path)):
        # Standard input and pipes belong to the command itself.
        changed["config"] = None
    try:
        return ConfigSource(**{**known, **changed}).open().tree
    except AdamcliError:
        return Mapping((), Source("", "").span(0, 0))


def fields(incomplete: str) -> list[str]:
    """Return what `--fields` can go on with."""
    from adamcli.optimizer.result import RECORD_FIELDS

    return _listed(RECORD_FIELDS, incomplete)


def kinds(incomplete: str) -> list[str]:
    """Return the kinds of pictures."""
    from adamcli.pictures.kinds import KINDS

    return _beginning(incomplete, KINDS)


def _listed(words: Iterable[str], incomplete: str) -> list[str]:
    """Return the words that a list between commas can go on with."""
    before = incomplete[: incomplete.rfind(",") + 1]
    taken = before.split(",")
    return _beginning(incomplete, [f"{before}{word}" for word in words if word not in taken])


def _beginning(text: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(text)]
