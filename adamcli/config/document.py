"""YAML with positions: a tree of scalars, lists and mappings that know where they were written.

Numbers are those of YAML 1.2's core schema: `1e-8` and `1e3` are numbers, `no` and `1:30` are text.
Duplicate keys, aliases, tags, several documents and deep nesting are refused. The tree is built
from PyYAML's events, so PyYAML never constructs an object.
"""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from adamcli.config.commas import comma_problem, decimal_comma
from adamcli.diagnostics import Excerpt, Source, Span, fail
from adamcli.names import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adamcli.arrays import Array
    from adamcli.diagnostics import ConfigError, Problems

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 12

Value: TypeAlias = "str | int | float | bool | None"


class Scalar(NamedTuple):
    """A text, number, truth value or null; `plain` says whether it was written without quotes."""

    value: Value
    text: str
    span: Span
    plain: bool

    def excerpt(self) -> Excerpt:
        """Return the text as an excerpt of the file, located word by word.

        Where quoting has changed the text, it is located letter by letter.
        """
        source, cursor = self.span.source, self.span.start
        starts: list[tuple[int, int]] = []
        for match in re.finditer(r"\S+", self.text):
            found = source.text.find(match[0], cursor, self.span.end)
            if found < 0:
                return Excerpt(self.text, source, self._letters())
            starts.append((match.start(), found))
            cursor = found + len(match[0])
        return Excerpt(self.text, source, tuple(starts) or ((0, self.span.start),))

    def _letters(self) -> tuple[tuple[int, int], ...]:
        """Return where each letter of a quoted text stands, or all of them at its beginning."""
        text, start, end = self.span.source.text, self.span.start, self.span.end
        written = _IN_QUOTES.get(text[start])
        matches = written.finditer(text, start + 1, end - 1) if written is not None else ()
        places = [match.start() for match in matches for _ in range(_letters_of(match[0]))]
        if len(places) != len(self.text):
            places = [start] * len(self.text)
        return tuple(enumerate(places))


_IN_QUOTES = {
    "'": re.compile(r"''|[ \t]*\n\s*|.", re.DOTALL),
    '"': re.compile(r"\\(?:x.{2}|u.{4}|U.{8}|\n[ \t]*|.)|[ \t]*\n\s*|.", re.DOTALL),
}
"""What stands for a letter between quotes, or for a break of lines."""


def _letters_of(written: str) -> int:
    """Return how many letters of a quoted text are written so."""
    if written.startswith("\\\n"):
        return 0
    # A break of lines is a space, and each empty line after it a break.
    return max(1, written.count("\n") - 1)


class List(NamedTuple):
    """A YAML sequence."""

    items: tuple[Node, ...]
    span: Span


class ArrayList(List):
    """A list of numbers that are an array in memory; `items` are made only when they are read.

    It stands where the text has a scalar of that `span`.
    """

    array: Array

    def __new__(cls, array: Array, span: Span) -> ArrayList:
        """Return the list with the entries of an array of one axis or more."""
        found = super().__new__(cls, (), span)
        found.array = array
        return found

    @property
    def items(self) -> tuple[Node, ...]:
        """The entries along the first axis."""
        if self.array.ndim > 1:
            return tuple(ArrayList(part, self.span) for part in self.array)
        values = self.array.tolist()
        return tuple(Scalar(value, repr(value), self.span, True) for value in values)

    def __reduce__(self) -> tuple[type[ArrayList], tuple[Array, Span]]:
        return ArrayList, (self.array, self.span)


class Mapping(NamedTuple):
    """A YAML mapping; keys are plain texts, `normal` as names are, and unique."""

    entries: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """Return the value of `key`, or None if there is no such key."""
        return next((value for name, value in self.entries if name.text == key), None)

    def with_entry(self, key: Scalar, value: Node) -> Mapping:
        """Return the mapping with `key` set to `value`, in place of an entry of the same name."""
        entries = {entry[0].text: entry for entry in self.entries} | {key.text: (key, value)}
        return self._replace(entries=tuple(entries.values()))


Node: TypeAlias = Scalar | List | Mapping


def number_of(node: Node) -> int | float | None:
    """Return the number that a node holds, or None if it holds anything else."""
    value = node.value if isinstance(node, Scalar) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def plain(node: Node) -> Any:
    """Return a node as a JSON value; an array in memory as itself, which its `tolist` makes one."""
    if isinstance(node, ArrayList):
        return node.array
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, List):
        return [plain(item) for item in node.items]
    return node.text.strip() if isinstance(node.value, str) else node.value


def relocated(node: Node, place: Callable[[Span], Span]) -> Node:
    """Return a node whose spans are where `place` has them, and those inside it as well."""
    span = place(node.span)
    if isinstance(node, Mapping):
        entries = ((relocated(k, place), relocated(v, place)) for k, v in node.entries)
        return Mapping(tuple((k, v) for k, v in entries if isinstance(k, Scalar)), span)
    if isinstance(node, List):
        return List(tuple(relocated(item, place) for item in node.items), span)
    return node._replace(span=span)


def describe(node: Node) -> str:
    """Return a node in words, to follow "found" in an error."""
    if isinstance(node, List):
        return f"a list of {len(node.items)}" if node.items else "an empty list"
    if isinstance(node, Mapping):
        return "a mapping"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, str):
        shown = node.value if len(node.value) <= 40 else node.value[:37] + "..."
        return f"the text `{shown.strip()}`" if shown.strip() else "an empty text"
    return f"`{node.text}`"


def read_mapping(source: Source, problems: Problems, most: int = MAX_CHARACTERS) -> Mapping:
    """Return the mapping that `source` holds; duplicate keys go to `problems`.

    Raises `ConfigError` if it holds anything else, or has more than `most` characters.
    """
    first = source.span(0, 1)
    if len(source.text) > most:
        raise fail(f"the config has {len(source.text):,} characters; the most is {most:,}", first)
    node = read_node(source, 0, problems)
    if node is None or (isinstance(node, Scalar) and node.value is None):
        smallest = "objective: x**2 + y**2\n  bounds: {x: [-1, 1], y: [-1, 1]}"
        raise fail("the config is empty", first, f"the smallest config is\n  {smallest}")
    if not isinstance(node, Mapping):
        message = f"expected keys and values, found {describe(node)}"
        raise fail(message, node.span, "write, for example, objective: x**2 + y**2")
    return node


def read_node(source: Source, start: int, problems: Problems) -> Node | None:
    """Return the YAML document that begins at offset `start` of `source`, or None if it is empty.

    Duplicate keys go to `problems`. Raises `ConfigError` for anything else wrong.
    """
    import yaml

    require_text(source)
    text = source.text[start:]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(source, start, problems)
    try:
        return builder.build(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        from adamcli.config.invalid_yaml import yaml_problem

        raise yaml_problem(source, start, error, builder.last) from None


def require_text(source: Source) -> None:
    """Raise `ConfigError` if a text from the command line has bytes that are not text."""
    try:
        source.text.encode()
    except UnicodeEncodeError as error:
        utf = sys.getfilesystemencoding() == "utf-8"
        hint = "give the file a name in UTF-8, or name it by --data"
        hint = hint if utf else "export PYTHONUTF8=1"
        where = source.span(error.start, error.end)
        raise fail("this is not text that UTF-8 can hold", where, hint) from None


class _Builder:
    """Builds the tree of one document from its events, with a stack instead of recursion."""

    def __init__(self, source: Source, start: int, problems: Problems) -> None:
        self._source = source
        self._problems = problems
        self._start = start
        self._stack: list[tuple[Any, list[Node]]] = []
        self._root: Node | None = None
        self.last: Any = None

    def build(self, events: Iterator[Any]) -> Node | None:
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                if self._root is not None:
                    raise fail("expected one YAML document, found a second", self._span(event))
            elif kind == "AliasEvent":
                hint = "quote a formula that begins with *, or write the value again"
                raise self._not_allowed("aliases (*name)", event, hint)
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self._open(event)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._close(event, kind == "MappingEndEvent")
            elif kind == "ScalarEvent":
                self._refuse_tag(event)
                text, unquoted = event.value, event.style in (None, "")
                value = resolve(text) if unquoted else text
                self._put(Scalar(value, text, self._span(event), unquoted))
            self.last = event
        return self._root

    def _open(self, event: Any) -> None:
        self._refuse_tag(event)
        if len(self._stack) >= MAX_DEPTH:
            raise fail(f"nested more than {MAX_DEPTH} levels deep", self._span(event))
        self._stack.append((event, []))

    def _close(self, event: Any, mapping: bool) -> None:
        begin, children = self._stack.pop()
        span = self._span(begin, event)
        if not mapping:
            self._refuse_commas(children)
            self._put(List(tuple(children), span))
            return
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                hint = "quote a formula that begins with { or ["
                raise fail(f"expected a name as key, found {describe(key)}", key.span, hint)
            name = normal(key.text)
            if name in entries:
                first = 0 if self._problems.full else entries[name][0].span.line
                message = f"`{key.text}` is given twice"
                hint = f"first on line {first}" if first != key.span.line else ""
                self._problems.add(message, key.span, hint)
            entries.setdefault(name, (key._replace(text=name), value))
        self._put(Mapping(tuple(entries.values()), span))

    def _refuse_commas(self, items: list[Node]) -> None:
        """Note a number with a decimal comma, which a list takes for two."""
        for first, second in pairwise(items):
            if isinstance(second, Scalar) and second.text[:1] == "0" and isinstance(first, Scalar):
                span = first.span._replace(end=second.span.end)
                text = self._source.text[span.start : span.end]
                if decimal_comma(text) == (0, len(text)):
                    self._problems.extend(comma_problem(text, span))

    def _put(self, node: Node) -> None:
        if self._stack:
            self._stack[-1][1].append(node)
        else:
            self._root = node

    def _refuse_tag(self, event: Any) -> None:
        if event.tag and event.tag != "!":
            hint = "quote a formula that begins with !"
            raise self._not_allowed(f"tags ({event.tag})", event, hint)
        if event.anchor is not None:
            hint = "quote a formula that begins with &"
            raise self._not_allowed("anchors (&name)", event, hint)

    def _not_allowed(self, what: str, event: Any, hint: str) -> ConfigError:
        return fail(f"{what} are not allowed in a config", self._span(event), hint)

    def _span(self, first: Any, last: Any = None) -> Span:
        start = self._start + int(first.start_mark.index)
        end = self._start + int((last or first).end_mark.index)
        return self._source.span(start, max(end, start + 1))


_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{
        sign + name: float(sign + "inf")
        for sign in ("", "+", "-")
        for name in (".inf", ".Inf", ".INF")
    },
}


def resolve(text: str) -> Value:
    """Return the value of an unquoted scalar by YAML 1.2's core schema."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _INTEGER.fullmatch(text) and len(text) <= 400:
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text[2:] if base != 10 else text, base)
    return float(text) if _FLOAT.fullmatch(text) else text
