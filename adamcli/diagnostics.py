"""Problems found in texts: the message, the place, and what to type instead."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from adamcli.errors import AdamcliError
from adamcli.widths import columns

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PROBLEMS = 50
"""Further problems are only counted."""

MOST_CITED = 30
"""Characters of a cell or of the name of a column that errors show."""

MOST_KNOWN, LONGEST = 1000, 100
"""Among more names, or for a longer one, none is looked for that is near."""

FEW_KNOWN = 12
"""So many names are listed where none is near."""

LINE_WIDTH = 100
"""Of longer source lines only this many characters around the caret are shown."""


class Source(NamedTuple):
    """A text and its name for the user: a path, ``<stdin>``, ``--set``, ``<formula>``."""

    name: str
    text: str

    def whole(self) -> Excerpt:
        """Return the entire text as an excerpt."""
        return Excerpt(self.text, self, ((0, 0),))

    def span(self, start: int, end: int) -> Span:
        """Return the characters from offset `start` up to `end`."""
        return Span(self, start, end)


class Span(NamedTuple):
    """Characters `start` (0-based) up to `end` (exclusive) of a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The number of the line, counted from 1."""
        return self.source.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """The position in the line, counted from 1."""
        return self.start - self.source.text.rfind("\n", 0, self.start)

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


class Excerpt(NamedTuple):
    """A text taken from a source, such as a formula from a YAML file.

    `starts` holds ascending pairs (offset in `text`, offset in the source), one for each unchanged
    stretch, so that an error in the formula points into the file.
    """

    text: str
    source: Source
    starts: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> Span:
        """Return the source's span of the characters from `start` up to `end`."""
        first = self._locate(start)
        return Span(self.source, first, max(first + 1, self._locate(end - 1) + 1))

    def _locate(self, offset: int) -> int:
        before = (start for start in self.starts if start[0] <= offset)
        text_start, source_start = max(before, default=self.starts[0])
        return source_start + offset - text_start


class Problem(NamedTuple):
    """What is wrong, where, and how to correct it."""

    message: str
    span: Span | None = None
    hint: str = ""

    def render(self) -> str:
        """Return the text of the problem: place and message, the line, a caret, the hint."""
        lines = [self.message] if self.span is None else _pointed(self.message, self.span)
        lines += [f"  {line}" for line in self.hint.split("\n") if line]
        return harmless("\n".join(lines))


class ConfigError(AdamcliError):
    """A config or a formula is wrong; holds all problems in the order of the text."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.render() for problem in self.problems))


class Problems:
    """Collects the problems `found` in a text, so that all are reported together."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self._more = 0

    @property
    def full(self) -> bool:
        """Whether further problems are only counted."""
        return len(self.found) >= MAX_PROBLEMS

    def add(self, message: str, span: Span | None = None, hint: str = "") -> None:
        """Add one problem."""
        if self.full:
            self._more += 1
        else:
            self.found.append(Problem(message, span, hint))

    def extend(self, error: ConfigError) -> None:
        """Add the problems of an error."""
        for problem in error.problems:
            self.add(*problem)

    def raise_if_any(self) -> None:
        """Raise `ConfigError` with all problems in the order of the text, if there are any."""
        if self.found:
            rest = [Problem(f"and {self._more:,} more like these")] if self._more else []
            raise ConfigError([*sorted(self.found, key=_position), *rest])


def fail(message: str, span: Span | None = None, hint: str = "") -> ConfigError:
    """Return the error of a single problem."""
    return ConfigError([Problem(message, span, hint)])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint with the closest of the `known` names, else all of them if they are few."""
    names = list(known)
    if hint := meant(name, names):
        return hint
    few = 0 < len(names) <= FEW_KNOWN and len(name) <= LONGEST
    return "known: " + ", ".join(map(cited, names)) if few else ""


def meant(name: str, known: Iterable[str]) -> str:
    """Return a hint with the closest of the `known` names, or nothing if none is close."""
    near = nearest(name, known)
    return f"did you mean `{near}`?" if near else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the closest of the `known` names, in small or capital letters, or nothing."""
    names = list(known)
    if len(names) > MOST_KNOWN or len(name) > LONGEST:
        return ""
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if not near:
        folded = {each.casefold(): each for each in names}
        near = [folded[each] for each in get_close_matches(name.casefold(), folded, n=1)]
    return next(iter(near), "")


def printable(text: str) -> str:
    """Return `text` with control characters replaced, so that it cannot control a terminal.

    Bytes that are no text, as in the names of some files, are shown as hexadecimal escapes.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _shown(c) for c in text)


def _shown(c: str) -> str:
    # Python's own stand-ins for the bytes from 128 to 255 in names of files.
    byte = ord(c) - 0xDC00
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else "\N{REPLACEMENT CHARACTER}"


def cited(text: str) -> str:
    """Return what a file of data says, for an error: as it can be shown, and no more than a word.

    A config may come from a stranger, and name any file that its reader can read.
    """
    return printable(text if len(text) <= MOST_CITED else text[: MOST_CITED - 1] + "…")


def lacking_in(error: UnicodeEncodeError) -> tuple[str, str]:
    """Return which character the system's encoding of names does not have, and what to type."""
    found = printable(error.object[error.start])
    return f"the encoding {error.encoding} does not have `{found}`", "export PYTHONUTF8=1"


def quoted(text: str) -> str:
    """Return `text` as errors show what was written."""
    return f"`{printable(text)}`"


def harmless(text: str) -> str:
    """Return `text` with control characters other than newlines replaced."""
    return "\n".join(map(printable, text.split("\n")))


def readable(text: str) -> str:
    """Return `text` with control characters other than line breaks replaced."""
    return harmless("\n".join(text.splitlines()))


def _position(problem: Problem) -> tuple[bool, str, int]:
    span = problem.span
    return (True, "", 0) if span is None else (False, span.source.name, span.start)


def _pointed(message: str, span: Span) -> list[str]:
    column = span.column - 1
    line = span.source.text[span.start - column :].partition("\n")[0]
    length = max(1, min(span.end - span.start, len(line) - column))
    return [f"{span}: {message}", *(f"    {text}" for text in pointed(line, column, length))]


def pointed(line: str, column: int, length: int, width: int = LINE_WIDTH) -> tuple[str, str]:
    """Return a source line and below it carets, of so many characters from `column` on.

    Of a line of more characters than `width` those around the first caret are shown.
    """
    left = "…" if column > width * 3 // 4 else ""
    if left:
        first = column - width // 2
        line, column = line[first:], column - first + 1
    right = "…" if len(line) > width else ""
    length = min(length, max(1, width - column))
    shown = left + printable(line[:width].replace("\t", " ")) + right
    before, marked = columns(shown[:column]), columns(shown[column : column + length])
    return shown.rstrip(), " " * before + "^" * max(marked, 1)
