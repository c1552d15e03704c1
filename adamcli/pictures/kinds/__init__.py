"""The kinds of pictures: which there are, when each fits, and the one that is chosen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from adamcli.diagnostics import did_you_mean
from adamcli.errors import NoScoreError, UsageError
from adamcli.pictures.scene import legible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.pictures.scene import Picture
    from adamcli.pictures.subject import Subject, Wish


class Kind(NamedTuple):
    """A kind of pictures; `module` makes them.

    The module has two functions. `lacks(subject, wish)` says, in words that follow the name of the
    kind, why none can be drawn of a subject, or nothing if one can: "needs two variables".
    `draw(subjects, wish)` returns the picture; it gets several subjects only if `several`.
    `suits(subject)` says whether the kind is chosen by itself for a subject it can be drawn of.
    `needs` names the parts of a subject that take a run, a search or a sweep to know. `takes` names
    the parts of a wish that change the picture.
    """

    name: str
    about: str
    needs: tuple[str, ...] = ()
    several: bool = False
    takes: tuple[str, ...] = ()

    def lacks(self, subject: Subject, wish: Wish) -> str:
        """Return why the picture cannot be drawn of `subject`; nothing if it can."""
        found: str = self._module.lacks(subject, wish)
        return found

    def suits(self, subject: Subject) -> bool:
        """Return whether this kind is a good first choice for `subject`."""
        found: bool = self._module.suits(subject)
        return found

    def draw(self, subjects: Sequence[Subject], wish: Wish) -> Picture:
        """Return the picture."""
        found: Picture = self._module.draw(subjects, wish)
        return found

    @property
    def _module(self) -> Any:
        return import_module(f"adamcli.pictures.kinds.{self.name}")


KINDS = {
    kind.name: kind
    for kind in (
        Kind("fit", "data, the fitted curve with its band, residuals", ("minimum",)),
        Kind("path", "the way over the objective", ("course",), takes=("x", "y")),
        Kind("score", "the scores over the steps", ("course",), several=True),
        Kind(
            "state",
            "the inside of the method: g, m̂, √v̂ and the step",
            ("course", "inside"),
            takes=("variables",),
        ),
        Kind("heatmap", "the scores over two axes of a sweep", ("table",), takes=("x", "y")),
        Kind("repeats", "the spread of the scores by setting", ("table",)),
        Kind("slices", "the scores against each axis of a sweep", ("table",), takes=("x", "y")),
        Kind("parallel", "a line through all axes for each run of a sweep", ("table",)),
        Kind("importance", "the share of each axis in the variance of the scores", ("table",)),
    )
}
"""The kinds in the order in which they are tried when none is named."""


def kind_of(name: str) -> Kind:
    """Return a kind by its name; raises `UsageError` if there is none."""
    if name not in KINDS:
        raise UsageError(f"unknown kind of picture `{name}`\n  {did_you_mean(name, KINDS)}")
    return KINDS[name]


def wished_kind(wish: Wish) -> Kind | None:
    """Return the kind that a wish names, or the only one that takes what else it has.

    None leaves the choice to what is known of the subject. Raises `UsageError` if there is no such
    kind, or none for such a wish.
    """
    fitting = [kind for kind in KINDS.values() if _untaken(kind, wish) is None]
    if wish.kind is not None:
        return _taking(kind_of(wish.kind), wish)
    if not fitting:
        raise UsageError(f"no kind of picture takes all of {', '.join(_wished(wish))}")
    return fitting[0] if len(fitting) == 1 else None


def picture_of(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture of some subjects, of the kind that is wished or that fits the first.

    Raises `UsageError` if there is no such kind, or it cannot be drawn, with the reason, and
    `NoScoreError` if there is nothing to draw of a subject.
    """
    kind = wished_kind(wish) or _chosen(subjects, wish)
    if len(subjects) > 1 and not kind.several:
        raise UsageError(f"{kind.name}: expected one source, found {len(subjects)}")
    for subject in subjects:
        reason = kind.lacks(subject, wish)
        if reason:
            raise UsageError(f"{subject.name}: {kind.name} {reason}{_others(subject, wish)}")
    picture: Picture = legible(kind.draw(subjects, wish))
    return picture


def _chosen(subjects: Sequence[Subject], wish: Wish) -> Kind:
    """Return the kind that suits the first subject best; of several, one that compares them."""
    several = len(subjects) > 1
    kinds = [kind for kind in KINDS.values() if kind.several or not several]
    taking = [kind for kind in kinds if _untaken(kind, wish) is None]
    able = [kind for kind in taking if not any(kind.lacks(each, wish) for each in subjects)]
    if able:
        return next((kind for kind in able if kind.suits(subjects[0])), able[0])
    if several:
        raise _not_together(subjects, _taking(kinds[0], wish), wish)
    subject = subjects[0]
    others = _others(subject, wish._replace(x=None, y=None))
    if others:
        raise UsageError(f"{subject.name}: {', '.join(_wished(wish))} cannot be shown{others}")
    raise NoScoreError(f"{subject.name}: there is no finite score to draw")


def _not_together(subjects: Sequence[Subject], kind: Kind, wish: Wish) -> UsageError:
    """Return the error that several subjects cannot be drawn as the one kind that compares them."""
    reasons = ((subject, kind.lacks(subject, wish)) for subject in subjects)
    subject, reason = next((subject, reason) for subject, reason in reasons if reason)
    message = f"{subject.name}: several sources are drawn as {kind.name}, which {reason}"
    return UsageError(f"{message}{_others(subject, wish, 'what can be drawn of it alone')}")


def _taking(kind: Kind, wish: Wish) -> Kind:
    """Return the kind; raises `UsageError` if it does not take all that is wished."""
    part = _untaken(kind, wish)
    if part is not None:
        others = ", ".join(other.name for other in KINDS.values() if part in other.takes)
        raise UsageError(f"{kind.name}: `{part}` does not change it\n  it is for {others}")
    return kind


def _wished(wish: Wish) -> list[str]:
    """Return the parts of a wish that some kinds take, and that are not empty."""
    return [part for part in ("x", "y", "variables") if getattr(wish, part)]


def _untaken(kind: Kind, wish: Wish) -> str | None:
    """Return a part of a wish that a kind does not take; None if it takes all."""
    return next((part for part in _wished(wish) if part not in kind.takes), None)


def _others(subject: Subject, wish: Wish, what: str = "what can be drawn") -> str:
    """Return what else can be drawn, as a line below an error."""
    # A config that was not run yet has the pictures of a run.
    unrun = subject.config is not None and not subject.about and subject.table is None
    others = [
        kind.name
        for kind in KINDS.values()
        if not kind.lacks(subject, wish) or (unrun and "course" in kind.needs)
    ]
    return f"\n  {what}: {', '.join(others)}" if others else ""
