"""How much memory arrays may ask for: the data of a config, and all values of its formula."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from adamcli.errors import UsageError

VARIABLE = "ADAMCLI_MAX_DATA"
"""The environment variable that sets the limit: `16GB`, `500MB`, or a number of bytes."""

DEFAULT_BYTES = 4 * 10**9

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_SIZE = re.compile(r"\s*(\d+(?:\.\d*)?)\s*([kmgt]?)b?\s*", re.IGNORECASE)


class Limit(NamedTuple):
    """The most bytes that arrays may have, and with them the most numbers, of 8 bytes each."""

    bytes: int

    @property
    def entries(self) -> int:
        """How many numbers fit in."""
        return self.bytes // 8

    def refusal(self, entries: int) -> str:
        """Return what is wrong with so many numbers; empty if they fit in.

        It continues a sentence whose subject is what would hold them.
        """
        if entries <= self.entries:
            return ""
        most = size_text(self.bytes)
        return f"needs {size_text(8 * entries)} of memory; the most is {most}, see {VARIABLE}"


def data_limit() -> Limit:
    """Return the limit: 4 GB, unless the environment has another.

    Raises `UsageError` if that is no size.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return Limit(DEFAULT_BYTES)
    found = _SIZE.fullmatch(text)
    if found is None:
        raise UsageError(f"{VARIABLE}: expected a size such as 16GB, found `{text}`")
    return Limit(int(float(found[1]) * _UNITS[found[2].lower()]))


def size_text(count: float) -> str:
    """Return a number of bytes in the unit that suits it."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.4g} TB"
