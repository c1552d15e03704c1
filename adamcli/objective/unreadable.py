"""What is said of a formula that Python's parser cannot read, in the words of this language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from adamcli.diagnostics import fail, quoted
from adamcli.names import is_letter, is_word, words_of
from adamcli.objective.characters import written_as
from adamcli.objective.hints import COLON, EQUAL, OF_CONDITIONS, STATEMENT, function_named

if TYPE_CHECKING:
    from adamcli.diagnostics import ConfigError, Excerpt


class _Place(NamedTuple):
    """Where and why the parser gave up: in a `line`, between what is `before` and what is `here`.

    `lines` counts the lines of the formula.
    """

    reason: str
    before: str
    here: str
    lines: int

    @property
    def line(self) -> str:
        return self.before + self.here


class _Told(NamedTuple):
    """A message and what to type, `back` characters before the place where the parser gave up."""

    message: str
    hint: str = ""
    back: int = 0


def syntax_error(excerpt: Excerpt, error: SyntaxError) -> ConfigError:
    """Return the error of a formula that Python's parser refuses."""
    return _too_many_digits(excerpt) or _told(excerpt, error)


MOST_DIGITS = 4300
"""The most digits of a whole number that Python reads."""

_LONG_NUMBER = re.compile(rf"(?<![\w.])\d{{{MOST_DIGITS + 1},}}")


def _too_many_digits(excerpt: Excerpt) -> ConfigError | None:
    """Return the error of the first number with more digits than Python reads, if there is one."""
    found = _LONG_NUMBER.search(excerpt.text)
    if found is None:
        return None
    message = f"a number has {len(found[0]):,} digits; the most is {MOST_DIGITS:,}"
    return fail(message, excerpt.span(*found.span()), "write it as 1.5e300")


def _told(excerpt: Excerpt, error: SyntaxError) -> ConfigError:
    lines = excerpt.text.splitlines(keepends=True)
    row = min(max(error.lineno or 1, 1), len(lines)) - 1
    begin, line = sum(len(line) for line in lines[:row]), lines[row].rstrip("\n")
    column = min(max((error.offset or 1) - 1, 0), len(line))
    reason = (error.msg or "invalid syntax").split(". Perhaps")[0].split(". Maybe")[0]
    if reason != (error.msg or reason):
        # Python points at all that it would part by a comma.
        gap = _GAP.search(line, column)
        column = gap.end() if gap is not None else column
    place = _Place(reason, line[:column], line[column:], len(lines))
    found = (diagnose(place) for diagnose in _DIAGNOSES)
    told = next((each for each in found if each is not None), None) or _as_it_is(place)
    offset = begin + column - told.back
    return fail(told.message, excerpt.span(offset, offset + 1), told.hint)


_GAP = re.compile(r"(?<=[\w)\]])\s+(?=[\w(])")


def _quote(place: _Place) -> _Told | None:
    """Return what is said of a quote; none if there is none."""
    if "string literal" not in place.reason:
        return None
    quote = max(place.before[-1:], place.here[:1], key="'\"".find)
    message = f"text is not part of the formula language, found {quoted(quote)}"
    return _Told(message, "remove the quote", int(place.here[:1] != quote))


def _bracket(place: _Place) -> _Told | None:
    """Return what is said of brackets that do not match."""
    other = re.search(r"closing parenthesis '(.)' does not match .*'(.)'", place.reason)
    if other is not None:
        return _Told(f"expected `{_CLOSING[other[2]]}`, found `{other[1]}`")
    found = re.search(r"'([(\[{])' was never closed|unmatched '(.)'", place.reason)
    if found is None:
        return None
    if found[1] is None:
        return _Told(f"this `{found[2]}` closes nothing")
    return _Told(f"this `{found[1]}` has no closing `{_CLOSING[found[1]]}`")


_CLOSING = {"(": ")", "[": "]", "{": "}"}


def _unfinished_number(place: _Place) -> _Told | None:
    """Return what is said of a number whose exponent has no digits."""
    number = re.search(r"[\d.]+[eE][-+]?$", place.line[: len(place.before) + 2].rstrip())
    if "decimal literal" not in place.reason or number is None:
        return None
    return _Told("the exponent of this number is missing", "write, for example, 1e-3")


def _sign(place: _Place) -> _Told | None:
    """Return what is said of a sign that this language does not have."""
    for pattern, hint in _SIGNS.items():
        for back in (2, 1, 0):
            first = len(place.before) - back
            found = re.compile(pattern).match(place.line, max(first, 0))
            reaches = found is not None and found.end() > len(place.before) - (not place.here)
            if first >= 0 and found is not None and reaches:
                return _Told(f"`{found[0]}` is not part of the formula language", hint, back)
    if "annotation" in place.reason or place.reason == "expected ':'":
        at = place.line.find(":", len(place.before))
        if at >= 0:
            return _Told(STATEMENT, COLON, len(place.before) - at)
    return None


_SIGNS = {
    r"&&?": "write `and`",
    r"\|\|(?=\s)": "write `or`",
    r"\|\|?": "write abs(x) for |x|, or `or` in a condition",
    r"!(?!=)": "write exp(lgamma(x + 1)) for x!, and `not` in a condition",
    r"\?": f"write {OF_CONDITIONS}",
    r"<>": "write `!=`",
    r"=<": "write `<=`",
    r"=>": "write `>=`",
    r":=": "write name = ... on its own line",
    r"\$": "a name has letters, digits and _ only",
}
"""Signs of other languages as patterns, and what to type in their place."""


def _condition(place: _Place) -> _Told | None:
    """Return what is said of a word `if` that begins a formula."""
    found = re.search(r"\bif\b", place.line)
    if found is None:
        return None
    back = len(place.before) - found.start()
    return _Told("`if` is not part of the formula language", f"write {OF_CONDITIONS}", back)


def _no_sign(place: _Place) -> _Told | None:
    """Return what is said of two values without a sign between them."""
    left, right = _LAST.search(place.before), _FIRST.match(place.here)
    if "decimal literal" in place.reason or (
        place.before[-1:].isdigit() and is_letter(place.here[:1] or " ")
    ):
        number = re.search(r"[\d.]+(?=[^\d.]*$)|$", place.before + place.here[:1])
        shown = number[0] if number is not None else ""
        hint = "a product needs its sign: write 2*x, not 2x"
        return _Told(f"expected a sign after {quoted(shown)}", hint)
    if left is None or right is None or is_word(left[0]) or is_word(right[0]):
        return None
    function = function_named(left[0])
    hint = f"a product needs its sign: write {left[0]}*{right[0]}"
    if place.before == place.before.rstrip():
        hint = ""
    elif function:
        hint = f"write {function}({right[0]})"
    return _Told(f"expected a sign, found {quoted(right[0])}", hint)


_VALUE = r"[^\W\d]\w*|\d[\w.]*|\.\d\w*"
_LAST = re.compile(rf"(?:(?<![\w.])(?:{_VALUE}))?(?:\([^()]*\)|\[[^\[\]]*\]|(?<=\w))(?=\s*$)")
_FIRST = re.compile(rf"(?:{_VALUE})(?:\([^()]*\))?|\([^()]*\)")


def _no_value(place: _Place) -> _Told | None:
    """Return what is said of a sign without a value behind it."""
    if place.reason != "invalid syntax" or not re.search(r"(?:^|[-+*/@<>=,(\[])\s*$", place.before):
        return None
    end = "the end of the line" if place.lines > 1 else "the end"
    found = re.match(r"[\w.]+|[-+*/@<>=]+|\S", place.here.strip())
    if found is not None and (is_word(found[0]) or found[0] == "("):
        return None
    message = f"expected a value, found {quoted(found[0]) if found is not None else end}"
    return _Told(message, _SEVERAL if place.lines > 1 and found is None else "")


_SEVERAL = "put parentheses around a formula that spans several lines"


def _as_it_is(place: _Place) -> _Told:
    """Return what the parser says, with what may help."""
    reason, hint = place.reason, ""
    taken = (w for w in words_of(place.line) if is_word(w) and w not in _OURS)
    word = next(taken, "")
    if "invalid character" in reason:
        hint = written_as(place.here[:1])
    elif word:
        hint = f"`{word}` is no name here: choose another one, such as {word}_"
    elif "cannot assign" in reason or "==" in reason:
        hint = f"{EQUAL}; an intermediate value is `name = formula` on a line of its own"
        return _Told("expected a plain name on the left of `=`", hint)
    elif "indent" in reason or place.lines > 1:
        hint = _SEVERAL
    return _Told(f"the formula cannot be read: {reason}", hint)


_OURS = ("and", "or", "not", "None", "if", "else")
"""Words that are in formulas, or whose error says what stands in their place."""

_DIAGNOSES = (_quote, _bracket, _unfinished_number, _sign, _condition, _no_sign, _no_value)
"""What may be wrong, in the order in which it is looked for."""
