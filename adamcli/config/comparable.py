"""The fields of a result that comparisons may name, and what is said of other names."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from adamcli.diagnostics import did_you_mean, nearest
from adamcli.fields import shapes_of, texts_of
from adamcli.objective.variables import Variables
from adamcli.paths import ANY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from adamcli.examples import Known
    from adamcli.fields import Field

MOST_NAMED = 40
"""Of more fields only some are listed in an error."""


class Fields(Variables):
    """The fields that a comparison may name; `[*]` in a name stands for any place in a list.

    Of those `unsure` it is not known what is in them; `texts` returns those that are no numbers.
    """

    def __init__(
        self,
        shapes: Iterable[tuple[str, tuple[int, ...]]],
        unsure: Collection[str] = (),
        texts: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        super().__init__(shapes)
        self._unsure = unsure
        self._texts = texts

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        """Return the shape of a field, () if it is a number; None if there is no such field."""
        found = self.by_name.get(name) or self.by_name.get(_PLACE.sub(ANY, name))
        return None if found is None else found.shape

    def is_open(self, name: str) -> bool:
        """Return whether it is not known yet if there is such a field."""
        if any(_is_in(name, whole) for whole in self._unsure):
            return True
        owner, *inner = re.split(r"\W+", name)
        return len(inner) == 1 and f"{owner}.*" in self._unsure and self.shape_of(name) is None

    def hint(self, name: str) -> str:
        """Return what to type in place of a name that is no field."""
        if any(_is_in(text, name) for text in self._texts()):
            return f"`{name}` is text; only numbers and the words of status and verdict compare"
        return (self._nearest(name) or self._inside(self._owner(name))).replace(ANY, "[0]")

    def _nearest(self, name: str) -> str:
        """Return the field that was meant, as a hint; empty if none is near."""
        same = [known for known in self.by_name if known.endswith(f".{name}")]
        if same:
            return f"did you mean `{f'best.{name}' if f'best.{name}' in same else same[0]}`?"
        owner = self._owner(name)
        if not owner and "." not in name:
            return did_you_mean(name, self.by_name)
        start = len(owner) + 1 if owner else 0
        first, dot, rest = _PLACE.sub(ANY, name)[start:].partition(".")
        part = nearest(first, self._parts(owner))
        if not part:
            return ""
        found = f"{owner}.{part}" if owner else part
        whole = found + dot + rest
        if whole not in self.by_name and not owner:
            return ""
        return f"did you mean `{whole if whole in self.by_name else found}`?"

    def _owner(self, name: str) -> str:
        """Return the longest part of a name that has fields inside; empty if none has."""
        owner = _PLACE.sub(ANY, name)
        while owner and not any(known.startswith(f"{owner}.") for known in self.by_name):
            owner = owner.rpartition(".")[0]
        return owner

    def _parts(self, owner: str) -> list[str]:
        """Return the names of what stands in a field; of all fields for an empty owner."""
        start = len(owner) + 1 if owner else 0
        inside = [known[start:] for known in self.by_name if known.startswith(owner)]
        return [*dict.fromkeys(part.partition(".")[0] for part in inside if part)]

    def _inside(self, owner: str) -> str:
        """Return the sentence that says what stands in a field."""
        parts = self._parts(owner)
        more = [f"and {len(parts) - MOST_NAMED:,} more"] if len(parts) > MOST_NAMED else []
        shown = ", ".join([*parts[:MOST_NAMED], *more])
        return f"`{owner}` has {shown}" if owner else f"fields: {shown}"


_PLACE = re.compile(r"\[\d+\]")


def _is_in(name: str, owner: str) -> bool:
    """Return whether a field is another one, or inside it."""
    return name == owner or name.startswith((f"{owner}.", f"{owner}["))


def fields_of(
    fields: Sequence[Field], known: Known, unsure: Collection[str] | None = None
) -> Fields:
    """Return what a comparison may name of the `fields` of a result of which so much is `known`."""
    unsure = known.unsure if unsure is None else unsure
    return Fields(shapes_of(fields, known), unsure, partial(texts_of, fields, known))
