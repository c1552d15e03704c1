"""Scores are those of the run, whole; the best so far is the least of all up to a step."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adamcli
from adamcli.optimizer.result import Direction, Point, Record
from adamcli.pictures.course import Course
from adamcli.pictures.kinds import picture_of
from adamcli.pictures.kinds.score import draw, lacks, suits
from adamcli.pictures.scene import Line
from adamcli.pictures.style import SERIES
from adamcli.pictures.subject import Subject, Wish
from adamcli.plotting.sources import subject_of
from tests.pictures.problems import PROBLEMS, drawn, result_of

STEPS = [name for name in PROBLEMS if not name.startswith("no step")]


def line(picture, role: str, panel: int = 0) -> Line:
    (found,) = [m for m in picture.panels[panel].marks if m.role == role]
    return found


def best_so_far(result) -> np.ndarray:
    sign = result.config.direction.sign
    scores = np.array([result.start.score, *(r.score for r in result.history)])
    merits = np.where(np.isfinite(scores), sign * scores, np.inf)
    return sign * np.minimum.accumulate(merits)[1:]


@pytest.mark.parametrize("name", STEPS)
def test_scores_are_those_of_the_run(name: str) -> None:
    picture, result = drawn(PROBLEMS[name], "score"), result_of(PROBLEMS[name])
    deep, axis = line(picture, "deep"), picture.panels[0].y
    scores = np.array([record.score for record in result.history])
    assert np.array_equal(deep.x, [record.t for record in result.history])
    assert np.array_equal(deep.steps, deep.x)
    expected = best_so_far(result)
    # Only scores of 0 are not where they belong, on a logarithmic axis.
    drawable = (expected > 0) | (axis.scale != "log")
    assert np.array_equal(deep.y[drawable], expected[drawable])
    if np.array_equal(scores, expected):
        assert "pale" not in {m.role for m in picture.panels[0].marks}
    else:
        pale = line(picture, "pale").y
        finite = np.isfinite(scores) & ((scores > 0) | (axis.scale != "log"))
        assert np.array_equal(pale[finite], scores[finite])
        assert np.isnan(pale[~np.isfinite(scores)]).all()


@pytest.mark.parametrize("name", STEPS)
def test_all_numbers_are_on_their_axes(name: str) -> None:
    picture = drawn(PROBLEMS[name], "score")
    for panel in picture.panels:
        assert np.isfinite([panel.x.low, panel.x.high, panel.y.low, panel.y.high]).all()
        for mark in panel.marks:
            shares = panel.y.shares(mark.y[~np.isnan(mark.y)])
            assert len(shares)
            assert ((shares >= -1e-9) & (shares <= 1 + 1e-9)).all()


@pytest.mark.parametrize("name", ["narrow valley", "maximize", "logarithmic"])
def test_gradient_norms_are_those_of_the_command(name: str, cli, tmp_path) -> None:
    path = PROBLEMS[name]
    if not isinstance(path, str):
        path = str(tmp_path / "config.json")
        Path(path).write_text(json.dumps(PROBLEMS[name]))
    done = cli("run", path, "--format", "jsonl", "--fields", "gradient_norm")
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    bright = line(drawn(PROBLEMS[name], "score"), "bright", panel=1)
    assert bright.x.tolist() == [row["t"] for row in rows]
    assert bright.y.tolist() == [row["gradient_norm"] for row in rows]


@pytest.mark.parametrize(
    ("name", "scale"),
    [("narrow valley", "log"), ("one variable", "linear"), ("constant", "linear"),
     ("large offset", "linear"), ("diverged", "log"), ("maximize, one variable", "linear")],
)  # fmt: skip
def test_the_axis_is_logarithmic_where_that_shows_more(name: str, scale: str) -> None:
    assert drawn(PROBLEMS[name], "score").panels[0].y.scale == scale


BRANIN = 0.39788735772973816


@pytest.mark.parametrize(("steps", "alpha"), [(50, 0.1), (500, 0.1)])
def test_scores_are_shown_above_a_known_minimum(steps: int, alpha: float) -> None:
    config = adamcli.parse_config(f"objective: branin\nn_iter: {steps}\nalpha: {alpha}")
    result = adamcli.run_config(config, history=True)
    picture = drawn(result, "score")
    axis, deep = picture.panels[0].y, line(picture, "deep")
    assert axis.label == "score above the known minimum"
    assert axis.scale == "log"
    expected = best_so_far(result) - BRANIN
    np.testing.assert_allclose(deep.y, np.maximum(expected, axis.low), rtol=1e-9, atol=1e-15)


def test_a_minimum_that_scores_are_below_is_not_theirs() -> None:
    subject = subject_of({"objective": "branin", "n_iter": 5}, Wish("score"))
    low = Course.of([Record(t, (0.0, 0.0), score) for t, score in enumerate((3, 0.1, 2))])
    assert draw([subject._replace(course=low)], Wish()).panels[0].y.label == "score"
    axis = drawn({"objective": "rosenbrock", "dim": 2}, "score").panels[0].y
    assert axis.label == "score", "which is 0 itself"


@given(
    st.lists(st.one_of(st.floats(), st.floats(-9, 9)), min_size=1, max_size=60),
    st.integers(1, 300),
    st.sampled_from(Direction),
    st.one_of(st.none(), st.floats()),
)
def test_any_scores_can_be_drawn(some, repeats: int, direction, start) -> None:
    scores = (some * repeats)[:12_000]
    course = Course.of(
        Record(t, (0.0,), s, {"gradient_norm": abs(s)}) for t, s in enumerate(scores)
    )
    first = None if start is None else Point(-1, (0.0,), start)
    subject = Subject("f", direction=direction, course=course, start=first)
    assert lacks(subject, Wish()) == ""
    picture = draw([subject], Wish())
    axis, deep = picture.panels[0].y, line(picture, "deep")
    assert np.isfinite([axis.low, axis.high]).all()
    assert axis.low < axis.high
    known = [s for s in [*([] if start is None else [start]), *scores] if np.isfinite(s)]
    if not known:
        assert np.isnan(deep.y).all()
        return
    assert deep.y[-1] == np.clip(direction.best(np.array(known)), axis.low, axis.high)
    seen = np.concatenate([mark.y for mark in picture.panels[0].marks])
    finite = [s for s in scores if np.isfinite(s)]
    for extreme in (np.min, np.max):
        if finite:
            assert np.clip(extreme(finite), axis.low, axis.high) in seen
    merits = direction.merit(deep.y[~np.isnan(deep.y)])
    assert (np.diff(merits) <= 0).all()


def subjects_of(*names: str, **keys) -> list[Subject]:
    problem = {**PROBLEMS["narrow valley"], "n_iter": 20}
    return [
        subject_of({**problem, **keys, "seed": k}, Wish("score"))._replace(name=name)
        for k, name in enumerate(names)
    ]


def test_several_runs_are_told_apart() -> None:
    subjects = subjects_of("a.yaml", "b.yaml", "c.yaml")
    picture = picture_of(subjects, Wish("score"))
    lines = picture.panels[0].marks
    assert [mark.label for mark in lines] == ["a.yaml", "b.yaml", "c.yaml"]
    assert len({mark.role for mark in lines}) == 3
    for mark, subject in zip(lines, subjects, strict=True):
        start = subject.start.score
        expected = np.minimum.accumulate([start, *subject.course.score])[1:]
        assert np.array_equal(mark.y, expected)
    for mark, subject in zip(picture.panels[1].marks, subjects, strict=True):
        assert np.array_equal(mark.y, subject.course.norm)
    axis = picture.panels[0].y
    assert axis.low < min(mark.y.min() for mark in lines)


def test_runs_of_one_name_are_told_apart_by_what_differs() -> None:
    lines = picture_of(subjects_of("f", "f", "f"), Wish("score")).panels[0].marks
    assert [mark.label for mark in lines] == ["seed=0", "seed=1", "seed=2"]
    same = subjects_of("f", seed=3)[0]
    lines = picture_of([same, same], Wish("score")).panels[0].marks
    assert [mark.label for mark in lines] == ["f (1)", "f (2)"]


def test_more_runs_than_looks_can_be_drawn() -> None:
    lines = picture_of(subjects_of(*map(str, range(SERIES + 2))), Wish("score")).panels[0].marks
    assert len(lines) == SERIES + 2


def test_runs_of_unequal_length_share_their_axis() -> None:
    short, long = subjects_of("a"), subjects_of("b", n_iter=90)
    across = picture_of([*short, *long], Wish("score")).panels[0].x
    assert (across.low, across.high) == (0, 89)


def test_a_search_shows_its_evaluations() -> None:
    solution = adamcli.solve({"objective": "six_hump_camel"})
    picture = drawn(solution, "score")
    (panel,) = picture.panels
    assert panel.x.label == "evaluation"
    deep = line(picture, "deep")
    assert deep.x.tolist() == [each.nfev for each in solution.progress]
    assert len(panel.marks) == 1


def test_a_peak_between_the_steps_that_are_kept_is_seen() -> None:
    scores = np.ones(100_000)
    scores[54_321], scores[77_777] = 50.0, 0.02
    course = Course.of(Record(t, (0.0,), float(s)) for t, s in enumerate(scores))
    picture = draw([Subject("f", course=course)], Wish())
    pale, deep = line(picture, "pale"), line(picture, "deep")
    assert (pale.y.max(), pale.y.min()) == (50.0, 0.02)
    assert (np.diff(pale.x) >= 0).all()
    assert abs(pale.x[pale.y.argmax()] - 54_321) < 100
    assert deep.y[-1] == 0.02
    assert len(pale.x) < 10_000


def test_what_is_missing_is_said() -> None:
    assert lacks(Subject("f"), Wish()) == "needs the steps of a run"
    assert lacks(Subject("f", course=Course.of([])), Wish()) == "needs the steps of a run"
    assert suits(Subject("f"))
