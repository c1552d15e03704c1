"""What formulas call the columns of a file, whose headers need not be names.

A header that is a name is kept. Any other has a name made of it: without the unit at its end if
that leaves no doubt (`signal (V)` is `signal`), else with it (`signal_V`). What names cannot have
becomes `_`, and what has a meaning in formulas gets one more: `2nd` is `_2nd`, `min` is `min_`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from adamcli.diagnostics import quoted
from adamcli.names import is_letter, is_name, is_word, normal
from adamcli.objective.functions import ARITY, CONSTANTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

T = TypeVar("T")


class Header(NamedTuple):
    """The title of each column by its name, and by other names the titles that could have them."""

    titles: dict[str, str]
    doubtful: dict[str, list[str]]

    @property
    def made(self) -> dict[str, str]:
        """The titles that are no names themselves, by the names made of them."""
        return {name: title for name, title in self.titles.items() if not _is_own(title)}

    @property
    def constants(self) -> dict[str, str]:
        """Why constants of formulas cannot be used that may as well mean a column."""
        ends = {name.removesuffix("_"): title for name, title in self.made.items()}
        clash = "may mean the constant, or the column"
        return {
            name: f"`{name}` {clash} {quoted(title)}: write {name}_ for the column, or rename it"
            for name, title in ends.items()
            if name in CONSTANTS
        }

    def reasons(self, file: str) -> dict[str, str]:
        """Return why each of the doubtful names cannot be used."""
        names = {title: name for name, title in self.titles.items()}
        found = {}
        for name, titles in self.doubtful.items():
            each = (f"{names[t]} ({quoted(t)})" if t in names else quoted(t) for t in titles)
            found[name] = f"{file}: `{name}` could be more than one column: {', '.join(each)}"
            if not {*titles} <= names.keys():
                found[name] += f"; name one of them by data: {{{name}: '{file}:{titles[0]}'}}"
        return found


def header_of(titles: Iterable[str]) -> Header:
    """Return what columns with these titles are called."""
    return _header(tuple(titles))


@lru_cache(maxsize=8)
def _header(titles: tuple[str, ...]) -> Header:
    found = Header({}, {})
    for name_of in (_own, _without_unit, _whole):
        _give_names(found, titles, name_of)
    names = {title: name for name, title in found.titles.items()}
    # In the order of the file, as errors list them.
    return found._replace(titles={names[title]: title for title in titles if title in names})


def _give_names(found: Header, titles: Sequence[str], name_of: Callable[[str], str]) -> None:
    """Give the titles that have none the names that `name_of` makes and that leave no doubt."""
    named, wanted = {*found.titles.values()}, dict[str, list[str]]()
    for title in titles:
        if title not in named and (name := name_of(title)):
            wanted.setdefault(name, []).append(title)
    for name, its in wanted.items():
        if name in found.titles:
            continue
        if len(its) == 1 and name not in found.doubtful:
            found.titles[name] = its[0]
        else:
            known = found.doubtful.setdefault(name, [])
            known += [title for title in its if title not in known]


def by_name(columns: Mapping[str, T]) -> dict[str, T]:
    """Return columns by what formulas call them, without those that have no name."""
    return {name: columns[title] for name, title in header_of(columns).titles.items()}


def title_of(text: str, columns: Mapping[str, object]) -> str | None:
    """Return the title of the column that a text means, its title or its name; None if none is."""
    if text in columns:
        return text
    return header_of(columns).titles.get(normal(text))


_UNIT = re.compile(r"(.*\S)\s*(?:\([^()]*\)|\[[^\[\]]*\])", re.DOTALL)


def _is_own(title: str) -> bool:
    return is_name(title) and normal(title) not in ARITY and normal(title) not in CONSTANTS


def _own(title: str) -> str:
    return normal(title) if _is_own(title) else ""


def _without_unit(title: str) -> str:
    found = _UNIT.fullmatch(title.strip())
    return _whole(found[1] if found is not None else title)


def _whole(title: str) -> str:
    """Return the name made of all of a title; an empty one if nothing in it can be in a name."""
    name = normal("_".join("".join(c if is_letter(c) else " " for c in title).split()))
    if name and not name[0].isidentifier():
        name = f"_{name}"
    if is_word(name) or name in ARITY or name in CONSTANTS:
        name = f"{name}_"
    return name if is_name(name) else ""
