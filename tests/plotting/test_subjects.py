"""Subjects: what a wish needs is computed, no more; what a result has is told as it is."""

import numpy as np
import pytest

import adamcli
from adamcli.errors import UsageError
from adamcli.optimizer.loop import Control
from adamcli.optimizer.status import Status
from adamcli.pictures.subject import Wish
from adamcli.plotting.subjects import (
    LONGEST,
    MOST,
    computed,
    name_of,
    needs_of,
    of_config,
    of_result,
    of_solution,
)
from tests.conftest import ROOT, config_of

WIDE = config_of("sum(x**2)", "[-1, 1]", dim=8, n_iter=5)


@pytest.fixture(scope="module")
def fit():
    return adamcli.load_config(str(ROOT / "configs" / "fit.yaml"))


@pytest.mark.parametrize(
    ("wish", "needs"),
    [
        (Wish(), ("course",)),
        (Wish("score"), ("course",)),
        (Wish("state"), ("course", "inside")),
        (Wish(variables=("x",)), ("course", "inside")),
        (Wish("fit"), ("minimum",)),
        (Wish("heatmap"), ("table",)),
        (Wish(x="x"), ("course",)),
    ],
)
def test_what_a_picture_needs(wish, needs) -> None:
    assert needs_of(config_of("x**2"), wish) == needs


def test_a_fit_is_solved_unless_its_run_is_wished_for(fit) -> None:
    assert needs_of(fit, Wish()) == ("minimum",)
    assert needs_of(fit, Wish("path")) == ("course",)
    solved = computed(fit, Wish())
    assert solved.best.score == pytest.approx(0.12455138894, rel=1e-9)
    assert computed(fit, Wish("score")).best.score > 1e6


def test_a_result_is_told_as_it_is() -> None:
    result = adamcli.run_config(config_of("x**2 + y**2", n_iter=1), history=True)
    found = of_result(result)
    assert found.about == "1 step of adam"
    assert (found.start, found.best, found.last) == (result.start, result.best, result.last)
    assert not found.diverged
    many = adamcli.run_config(config_of("x**2 + y**2", n_iter=1234, method="nadam"))
    assert of_result(many).about == "1,234 steps of nadam"
    assert of_result(many).course is None


def test_a_run_that_failed_at_once_has_no_best_point() -> None:
    found = computed(config_of("sqrt(x - 10)"), Wish())
    assert found.best is None
    assert found.diverged


def test_the_inside_has_the_named_coordinates() -> None:
    assert computed(WIDE, Wish("state")).inside.names == tuple(f"x[{k}]" for k in range(MOST))
    found = computed(WIDE, Wish("state", variables=("x[7]", "x[2]", "x[7]")))
    assert found.inside.names == ("x[7]", "x[2]")
    pair = config_of("sum(a**2) + b**2", "{a: {low: -1, high: 1, shape: 2}, b: [0, 1]}", n_iter=3)
    found = computed(pair, Wish("state", variables=("b", "a")))
    assert found.inside.names == ("b", "a[0]", "a[1]")


def test_a_run_without_steps_has_nothing_inside() -> None:
    found = computed(config_of("x**2", n_iter=0), Wish("state"))
    assert len(found.inside.t) == 0
    with pytest.raises(UsageError, match="state needs"):
        adamcli.plot(config_of("x**2", n_iter=0), "state")


@pytest.mark.parametrize(
    ("names", "message"),
    [(("y",), "`y` is not a variable"), (("x",), "at most 6 coordinates, found 8")],
)
def test_wrong_coordinates_are_refused(names, message) -> None:
    with pytest.raises(UsageError, match=message):
        computed(WIDE, Wish("state", variables=names))


def test_the_steps_do_not_depend_on_what_is_watched() -> None:
    config = config_of("(1 - x)**2 + 100*(y - x**2)**2", alpha=0.1, n_iter=50)
    plain, watched = (computed(config, Wish(kind)).course for kind in ("score", "state"))
    np.testing.assert_array_equal(plain.x, watched.x)
    np.testing.assert_array_equal(plain.norm, watched.norm)
    assert np.isfinite(plain.norm).all()


def test_an_interrupted_run_is_what_it_had_reached() -> None:
    control = Control()
    control.stop = Status.INTERRUPTED
    found = computed(config_of("x**2", n_iter=10**12), Wish(), control=control)
    assert found.best is not None
    assert found.start is not None


def test_a_search_has_its_minima_and_its_scores() -> None:
    result = adamcli.solve_config(config_of("(x**2 - 0.25)**2 + y**2"))
    found = of_solution(result)
    assert found.best.x == result.minima[0].x
    assert found.course.unit == "evaluation"
    assert list(found.course.t) == [each.nfev for each in result.progress]
    assert found.path is None
    up = adamcli.solve_config(config_of("1 - x**2", direction="maximize"))
    np.testing.assert_allclose(of_solution(up).course.score[-1], 1.0)


def test_names_are_files_or_else_formulas(article) -> None:
    assert name_of(adamcli.load_config(article)) == article
    assert name_of(config_of("(x**2 +\n  y**2)")) == "(x**2 + y**2)"
    long = "+".join(["x**2"] * 40)
    assert name_of(config_of(long)) == long[: LONGEST - 1] + "…"
    assert of_config(config_of("x**2 + y**2")).names == ("x", "y")
