"""Which kind is drawn, and what is said where one cannot be."""

import pytest

from adamcli.errors import NoScoreError, UsageError
from adamcli.pictures.kinds import KINDS, kind_of, picture_of
from adamcli.pictures.subject import Subject, Wish
from adamcli.plotting.sources import subject_of
from tests.pictures.kinds.grids import grid
from tests.pictures.kinds.grids import subject as sweep_subject
from tests.pictures.problems import PROBLEMS

PARTS = {"course", "inside", "minimum", "table"}


def run(name: str = "narrow valley", kind: str | None = None) -> Subject:
    return subject_of(PROBLEMS[name], Wish(kind))


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_can_be_asked(name: str) -> None:
    kind = kind_of(name)
    assert kind.name == name
    assert kind.about
    assert set(kind.needs) <= PARTS
    reason = kind.lacks(Subject("f"), Wish())
    assert reason.startswith("needs ")
    assert isinstance(kind.suits(Subject("f")), bool)


@pytest.mark.parametrize(
    ("problem", "kind"),
    [("narrow valley", "path"), ("one variable", "path"), ("ten variables", "score")],
)
def test_the_kind_that_fits_is_chosen(problem: str, kind: str) -> None:
    assert picture_of([run(problem)], Wish()).kind == kind


def test_the_kind_that_is_wished_is_drawn() -> None:
    subject = run(kind="state")
    for kind in ("path", "score", "state"):
        picture = picture_of([subject], Wish(kind))
        assert picture.kind == kind
        assert picture.title
        assert picture.rows


def test_a_sweep_has_kinds_of_its_own() -> None:
    table = grid({"alpha": [0.1, 0.2, 0.3], "beta1": [0.5, 0.9]}, lambda a, b: a + b)
    assert picture_of([sweep_subject(table)], Wish()).kind in ("heatmap", "repeats", "slices")


def test_several_runs_are_compared_by_their_scores() -> None:
    assert picture_of([run(), run("one variable")], Wish()).kind == "score"
    with pytest.raises(UsageError, match="path: expected one source, found 2"):
        picture_of([run(), run()], Wish("path"))


def test_an_unknown_kind_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match=r"unknown kind of picture `pth`\n.*path"):
        picture_of([run()], Wish("pth"))


def test_what_can_be_drawn_instead_is_said() -> None:
    with pytest.raises(UsageError) as caught:
        picture_of([run()], Wish("heatmap"))
    assert "heatmap needs" in str(caught.value)
    assert "what can be drawn: path, score" in str(caught.value)
    with pytest.raises(NoScoreError, match="there is no finite score to draw"):
        picture_of([Subject("empty")], Wish())
