"""What is wrong in a text that is not valid YAML, told at the mistake.

A parser notices a mistake only where the text cannot go on: an unclosed bracket at the next key, or
at the end of the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.diagnostics import fail, quoted
from adamcli.names import is_name

if TYPE_CHECKING:
    from adamcli.diagnostics import ConfigError, Source

CLOSING = {"[": "]", "{": "}"}


def yaml_problem(source: Source, start: int, error: Exception, last: Any) -> ConfigError:
    """Return the error of a text whose YAML begins at offset `start`, as the parser met it.

    `last` is the last event before it.
    """
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None) or ""
    opened = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or opened
    index = mark.index if mark is not None else getattr(error, "position", 0) or 0
    most = max(len(source.text) - 1, 0)
    at = min(start + int(index), most)
    began = min(start + int(opened.index), most) if opened is not None else at
    place = _Place(source, start, at, began, reason, context, last)
    found = (diagnose(place) for diagnose in _DIAGNOSES)
    return next((each for each in found if each is not None), None) or _as_it_is(place)


class _Place(NamedTuple):
    """Where and why a parser gave up: `at` an offset, in what `began` at another."""

    source: Source
    start: int
    at: int
    began: int
    reason: str
    context: str
    last: Any

    def line_start(self, offset: int) -> int:
        return self.source.text.rfind("\n", 0, offset) + 1

    def line(self, offset: int) -> str:
        return self.source.text[self.line_start(offset) :].partition("\n")[0]

    def fail(self, message: str, start: int, end: int | None = None, hint: str = "") -> ConfigError:
        return fail(message, self.source.span(start, start + 1 if end is None else end), hint)

    @property
    def begins_line(self) -> bool:
        """Whether nothing stands before `at` in its line."""
        return not self.source.text[self.line_start(self.at) : self.at].strip()

    @property
    def rest(self) -> str:
        """The line from `at` on, without a comment."""
        return _COMMENT.sub("", self.source.text[self.at :].partition("\n")[0]).strip()


_COMMENT = re.compile(r"(?:^|\s)#.*")


def _too_deep(place: _Place) -> ConfigError | None:
    # Some versions of libyaml have their own limit and read ahead of the events.
    from adamcli.config.document import MAX_DEPTH

    if "nesting depth" not in place.reason:
        return None
    return place.fail(f"nested more than {MAX_DEPTH} levels deep", place.at)


def _open_quote(place: _Place) -> ConfigError | None:
    """Return the error of a quote that only the next one closes, or none."""
    message = "this text has no closing quote"
    if (swallowing := _quoted_before(place)) is not None and _KEY_LINE.search(swallowing[1]):
        return place.fail(message, swallowing[0])
    if "quoted scalar" in place.context and "unexpected" in place.reason:
        return place.fail(message, place.began)
    return None


_KEY_LINE = re.compile(r"\n *[\w.]+:(?:\s|$)")


def _quoted_before(place: _Place) -> tuple[int, str] | None:
    """Return where the quoted text began that ends before `at` in the same line, and the text."""
    if getattr(place.last, "style", None) not in ("'", '"'):
        return None
    first, end = (
        place.start + int(mark.index) for mark in (place.last.start_mark, place.last.end_mark)
    )
    if place.source.text[end : place.at].strip(" "):
        return None
    return first, place.source.text[first:end]


def _open_bracket(place: _Place) -> ConfigError | None:
    """Return the error of a list or mapping in brackets that does not end, or not as it must."""
    bracket = place.source.text[place.began : place.began + 1]
    if not place.context.startswith("while parsing a flow") or bracket not in CLOSING:
        return None
    closing = CLOSING[bracket]
    outside = _QUOTED.sub("", place.source.text[place.at :])
    if outside.count(closing) <= outside.count(bracket):
        return place.fail(f"this `{bracket}` has no closing `{closing}`", place.began)
    inside = place.source.text[place.began : place.at]
    hint = "entries are written {name: value, name: value}"
    if inside.count("(") != inside.count(")"):
        hint = "lists are in square brackets: [-1, 1]"
    elif outside[:1] in CLOSING and _VALUE.search(inside):
        hint = "quote a formula that has brackets"
    elif bracket == "[":
        hint = "entries are written [value, value]"
    word = _WORD.match(place.source.text, place.at)
    shown = word[0] if word is not None else ""
    message = f"expected `,` or `{closing}`, found {quoted(shown)}"
    return place.fail(message, place.at, place.at + len(shown), hint)


_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|(?:^|(?<=\s))#[^\n]*")
_VALUE = re.compile(r":\s[^,{]*$")
_WORD = re.compile(r"[\w.]+|\S")


def _no_space(place: _Place) -> ConfigError | None:
    """Return the error of a colon with a list or mapping right after it."""
    following = place.source.text[place.at : place.at + 2]
    if "unexpected ':'" not in place.reason or following[1:] not in CLOSING:
        return None
    return place.fail("expected a space after the colon", place.at, None, f"write : {following[1]}")


def _more_in_line(place: _Place) -> ConfigError | None:
    """Return the error of what follows a value that has ended with a quote or a bracket."""
    if not place.context.startswith("while parsing a block") or place.begins_line:
        return None
    if place.rest[:1] in CLOSING.values():
        return place.fail(f"this `{place.rest[0]}` closes nothing", place.at)
    is_text = _quoted_before(place) is not None
    hint = "quote all of it" if is_text else "quote a formula that begins with { or ["
    message = f"expected the end of the line, found {quoted(place.rest)}"
    return place.fail(message, place.at, place.at + len(place.rest), hint)


def _no_colon(place: _Place) -> ConfigError | None:
    """Return the error of a line without a key, which YAML reads together with the next."""
    if "scanning a simple key" in place.context:
        offset = place.line_start(place.began)
    elif "mapping values" in place.reason or "document start" in place.reason:
        offset = _line_above(place)
    else:
        return None
    line = _COMMENT.sub("", place.line(offset))
    text = line.strip()
    if not text or _ENTRY.match(text):
        return None
    first = offset + len(line) - len(line.lstrip())
    pair = _PAIR.fullmatch(text)
    hint = f"write {pair[1]}: {pair[2]}" if pair is not None else ""
    return place.fail(f"expected key: value, found {quoted(text)}", first, first + len(text), hint)


_ENTRY = re.compile(r"(?:- +)?[^\s:][^:]*:(?:\s|$)|- ")
_PAIR = re.compile(r"(\w+)(?:\s*[=:]\s*|\s+)([^\s=<>!].*)")


def _line_above(place: _Place) -> int:
    """Return where the last line above `at` begins that is neither empty nor a comment."""
    offset = place.line_start(place.at)
    while offset > place.start:
        offset = place.line_start(offset - 1)
        if _COMMENT.sub("", place.line(offset)).strip():
            break
    return offset


def _wrong_column(place: _Place) -> ConfigError | None:
    """Return the error of a key that begins in another column than those of its mapping."""
    first = place.line_start(place.at)
    if first <= place.start:
        return None
    column = _column(place.line(first))
    above = _columns_above(place)
    if "mapping values" in place.reason and column > above[-1]:
        # It would go on with the value of the line above.
        above = [c for c in above if c < column]
    elif not place.begins_line or not (
        place.context.startswith("while parsing a block") or "document start" in place.reason
    ):
        return None
    at, word = first + column - 1, place.line(first).split()[0]
    if word == "-":
        hint = "the entries of a list begin in the same column"
        return place.fail("expected key: value, found an entry of a list", at, None, hint)
    wanted = " or ".join(map(str, sorted({*above})))
    message = f"{quoted(word)} begins in column {column}, expected column {wanted}"
    return place.fail(message, at, at + len(word), "the keys of a mapping begin in the same column")


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" ")) + 1


def _columns_above(place: _Place) -> list[int]:
    """Return the columns of the mappings that are open in the line above `at`, from outer on."""
    columns: list[int] = []
    for line in place.source.text[place.start : place.line_start(place.at)].split("\n"):
        if _ENTRY.match(line.strip()):
            columns = [*(c for c in columns if c < _column(line)), _column(line)]
    return columns or [1]


def _as_it_is(place: _Place) -> ConfigError:
    """Return the error in the parser's words."""
    line, hint = place.line(place.at), ""
    if "\t" in line:
        hint = "indent with spaces, not with a tab"
    elif "quoted scalar" in place.context:
        hint = "in single quotes a backslash is a character like any other"
    elif ":" in line:
        key = line.split(":", 1)[0].strip()
        hint = f"if the value is a formula, quote it: {key}: '...'" if is_name(key) else ""
    return place.fail(f"this is not valid YAML: {place.reason}", place.at, None, hint)


_DIAGNOSES = (
    _too_deep,
    _open_quote,
    _open_bracket,
    _no_space,
    _more_in_line,
    _no_colon,
    _wrong_column,
)
"""What may be wrong, in the order in which it is looked for."""
