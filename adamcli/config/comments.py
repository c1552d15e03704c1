"""Comments of tables: `#` begins a whole line or the rest of one, as NumPy's `loadtxt` reads them.

In a cell that begins with it, be it in quotes or not, `#` is a character: a colour, the number of a
sample.
"""

from __future__ import annotations

import re
from functools import lru_cache


def is_comment(line: str) -> bool:
    """Return whether all of a line is a comment."""
    return line.lstrip().startswith("#")


def without_comments(text: str, delimiter: str | None) -> str:
    """Return rows without their comments, in the same lines.

    Cells are separated by `delimiter`, or by any white space if that is None.
    """
    if "#" not in text:
        return text
    return _pattern(delimiter).sub(lambda found: found["kept"] or "", text)


@lru_cache(maxsize=8)
def _pattern(delimiter: str | None) -> re.Pattern[str]:
    """Return what matches comments; what only looks like one is matched as `kept`."""
    # Without a delimiter the cells of a row are in one line, and `1 # x` has none that begins so.
    first = rf"(?:^|{re.escape(delimiter)})" if delimiter is not None else r"(?:^|(?<=\s))"
    inside = r'[^"]' if delimiter is not None else r'[^"\n]'
    quoted = rf'{first}[^\S\n]*"{inside}*(?:""{inside}*)*"'
    begun = rf"{re.escape(delimiter)}[^\S\n]*#" if delimiter is not None else r"(?!)"
    return re.compile(rf"(?P<kept>{quoted}|{begun})|#[^\n]*", re.MULTILINE)
