"""Words of a command line that are keys of a config: `alpha=3`, `--alpha 3`, `x=-1,1`.

Each is answered with the option that writes it, of those that a command takes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adamcli.names import is_path, normal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

UNKNOWN = "VALUE"
"""What stands in a hint for a value that was not given."""


def is_setting(word: str) -> bool:
    """Return whether a word is `key=value`, where the key looks like one."""
    return "=" in word and is_path(word.partition("=")[0])


def as_options(words: Iterable[str], taken: Collection[str], *, near: bool = True) -> str:
    """Return the options that words `key=value` are given by, of those that are `taken`.

    Words that no option takes are left out; a key may be misspelt if one that is `near` is meant.
    """
    from shlex import quote

    written = (pair for word in words for pair in _options(word, taken, near=near))
    return " ".join(f"{option} {quote(text)}" for option, text in written)


def setting_of(option: str, args: Sequence[str]) -> str:
    """Return the setting `key=value` that an unknown `option`, such as `--n-iter`, stands for."""
    key, value = option.lstrip("-"), UNKNOWN
    for arg, after in zip(args, [*args[1:], ""], strict=True):
        if arg.startswith(f"{option}="):
            value = arg.partition("=")[2]
        elif arg == option and after and not re.match(r"-[^0-9.]", after):
            value = after
    return f"{key}={value}"


def _options(word: str, taken: Collection[str], *, near: bool) -> list[tuple[str, str]]:
    """Return the options that write a setting, each with its text; none if it is no key."""
    from adamcli.config.axes import is_several
    from adamcli.config.keys import PARAMETER, SET

    name, _, value = word.partition("=")
    keys = _keys(normal(name), value)
    if not keys and _PAIR.fullmatch(value):
        return [("-b", word)] if "-b" in taken else []
    keys = keys or (_nearest(name, value) if near else {})
    found = [
        (PARAMETER if PARAMETER in taken and is_several(key, text) else SET, f"{key}={text}")
        for key, text in keys.items()
    ]
    return [(option, text) for option, text in found if option in taken]


def _keys(name: str, value: str) -> dict[str, str]:
    """Return the keys that say what a name says here or elsewhere, with their values."""
    from adamcli.config.elsewhere import meant_by
    from adamcli.config.keys import KEYS

    return {name: value} if name.partition(".")[0] in KEYS else meant_by(name, value)


def _nearest(name: str, value: str) -> dict[str, str]:
    """Return the key whose name is nearest, if one is near, with its value."""
    from adamcli.config.keys import KEYS
    from adamcli.diagnostics import nearest

    key = nearest(name, KEYS)
    return {key: value} if key else {}


_PAIR = re.compile(r"[^,\[\]{}]+,[^,\[\]{}]+|\[[^,]+,[^,]+\]")
"""The bounds of a variable."""
