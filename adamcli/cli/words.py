"""Words of the command line that are text, whatever the locale says of their bytes."""

from __future__ import annotations

import os
import sys
from typing import Any

TEXTS = {
    *("objective", "model", "bounds", "overrides", "parameters", "stop", "expect"),
    *("show", "at", "variables", "x", "y"),
}
"""The parameters that have names and formulas, which are UTF-8; those of files have any bytes."""


def read_texts(params: dict[str, Any]) -> None:
    """Let parameters be the text that their bytes are in UTF-8, if they are that."""
    if sys.getfilesystemencoding() == "utf-8":
        return
    for name in TEXTS & params.keys():
        found = params[name]
        if isinstance(found, str):
            params[name] = _text(found)
        elif found is not None:
            params[name] = [*map(_text, found)]


def _text(word: str) -> str:
    try:
        return os.fsencode(word).decode()
    except UnicodeError:
        return word
