"""The inside of a method: a row for each coordinate, alpha below, every number on its axis."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcli.errors import UsageError
from adamcli.optimizer.methods import METHODS
from adamcli.pictures.figures import figure_of
from adamcli.pictures.inside import Inside
from adamcli.pictures.kinds.state import MOST, draw, lacks, suits
from adamcli.pictures.scene import Line, Rule
from adamcli.pictures.subject import Subject, Wish
from adamcli.plotting.sources import subject_of
from tests.pictures.layout import faults
from tests.pictures.problems import BOX, PROBLEMS, drawn

PLANE = {"objective": "x**2 + 3*y**2", "bounds": BOX, "n_iter": 30, "alpha": 0.05}


def lines(panel) -> list[Line]:
    return [mark for mark in panel.marks if isinstance(mark, Line)]


def test_a_coordinate_has_a_row_and_alpha_is_below() -> None:
    subject = subject_of(PLANE, Wish("state"))
    picture = draw([subject], Wish())
    inside = subject.inside
    *rows, (alpha,) = picture.rows
    assert [row[0].y.label for row in rows] == ["x", "y"]
    assert len(picture.heights) == 3
    for k, (states, step) in enumerate(rows):
        assert [mark.role for mark in lines(states)] == ["pale", "deep", "bright"]
        for mark, values in zip(lines(states), inside.quantities.values(), strict=True):
            assert np.array_equal(mark.y, values[:, k])
            assert np.array_equal(mark.x, inside.t)
            assert np.array_equal(mark.steps, inside.t)
        (mark,) = lines(step)
        assert np.array_equal(mark.y, inside.step[:, k])
        assert [rule.at for rule in step.marks if isinstance(rule, Rule)] == [-1, 0, 1]
        assert step.y.low < -1
        assert step.y.high > 1
    (mark,) = lines(alpha)
    assert (mark.y == 0.05).all()
    assert (alpha.x.label, alpha.y.label) == ("step", "alpha")
    # Names stand once.
    names = [mark.label for panel in picture.panels for mark in lines(panel) if mark.label]
    assert names == ["g", "m̂", "√v̂", "step"]


def test_figures_show_the_same_rows() -> None:
    figure = figure_of(drawn(PLANE, "state"))
    assert len(figure.axes) == 5
    tops = [axes.get_position().y1 for axes in figure.axes]
    assert tops == sorted(tops, reverse=True)
    assert faults(figure) == []


def test_at_most_six_coordinates_are_shown() -> None:
    picture = drawn(PROBLEMS["ten variables"], "state")
    assert len(picture.rows) == MOST + 1 == 7
    assert "6 of 10 coordinates" in picture.notes
    picture = drawn(PROBLEMS["ten variables"], "state", variables=("x[9]", "x[0]"))
    assert [row[0].y.label for row in picture.rows[:-1]] == ["x[9]", "x[0]"]
    assert "2 of 10 coordinates" in picture.notes
    with pytest.raises(UsageError, match="at most 6 coordinates, found 10"):
        drawn(PROBLEMS["ten variables"], "state", variables=("x",))
    with pytest.raises(UsageError, match="`z` is not a variable"):
        drawn(PLANE, "state", variables=("z",))


def test_alpha_is_a_line_for_each_coordinate_if_it_differs() -> None:
    subject = subject_of(PROBLEMS["schedules"], Wish("state"))
    alpha = draw([subject], Wish()).rows[-1][0]
    assert [mark.label for mark in lines(alpha)] == ["x", "y"]
    for k, mark in enumerate(lines(alpha)):
        assert np.array_equal(mark.y, subject.inside.alpha[:, k])
    assert len({mark.role for mark in lines(alpha)}) == 2
    assert alpha.y.scale == "log"


FORMULAS = {
    ("adam", "outside"): "m̂ / (√v̂ + eps)",
    ("adam", "inside"): "m̂ / √(v̂ + eps)",
    ("adam", "hat"): "m̂ / (√v̂ + eps / √(1 - beta2**t))",
}


@pytest.mark.parametrize("mode", ["outside", "inside", "hat"])
def test_the_note_has_the_formula_of_the_step(mode: str) -> None:
    """The formula, evaluated with what is shown, gives the step that is shown."""
    eps = 0.01
    subject = subject_of({**PLANE, "eps": eps, "eps_mode": mode}, Wish("state"))
    note = draw([subject], Wish()).notes[0]
    formula = note.split("step: ")[1].removesuffix(", in units of alpha")
    assert formula == FORMULAS["adam", mode]
    m, root = (subject.inside.quantities[symbol] for symbol in ("m̂", "√v̂"))
    t = subject.inside.t[:, np.newaxis] + 1.0
    names = {"m": m, "r": root, "v": root**2, "eps": eps, "sqrt": np.sqrt, "beta2": 0.999, "t": t}
    code = formula.replace("m̂", "m").replace("√v̂", "r").replace("v̂", "v").replace("√", "sqrt")
    np.testing.assert_allclose(eval(code, names), subject.inside.step, rtol=1e-9)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "adam"])
def test_other_methods_have_their_own_states(method: str) -> None:
    config = {**PLANE, "method": method}
    subject = subject_of(config, Wish("state"))
    picture = draw([subject], Wish())
    assert "by which x decreases" in picture.notes[0]
    symbols = [mark.label for mark in lines(picture.panels[0])]
    assert symbols == list(subject.inside.quantities)
    assert len(symbols) <= 4


def test_rounding_is_not_shown_as_change() -> None:
    picture = drawn({**PLANE, "objective": "0.3*x + y**2"}, "state")
    axis = picture.panels[0].y
    assert axis.high - axis.low > 0.01


def test_gradients_of_many_decades_have_a_logarithmic_axis_of_both_signs() -> None:
    axis = drawn({**PLANE, "n_iter": 3000, "alpha": 0.01}, "state").panels[0].y
    assert axis.scale == "symlog"
    assert axis.low < 0 < axis.high
    assert 0 < axis.unit < axis.high


NUMBERS = st.one_of(st.floats(), st.floats(-5, 5), st.sampled_from([0.0, 1.7e308, -1.7e308]))


@settings(max_examples=60)
@given(st.lists(NUMBERS, min_size=5, max_size=40))
def test_any_numbers_can_be_drawn(numbers) -> None:
    rows = np.array(numbers[: len(numbers) // 5 * 5]).reshape(-1, 5, 1)
    g, m, v, step, alpha = (rows[:, k] for k in range(5))
    quantities = {"g": g, "m̂": m, "√v̂": v}
    inside = Inside(np.arange(len(rows)), ("α_1",), quantities, step, np.abs(alpha))
    picture = draw([Subject("f", names=("α_1",), inside=inside)], Wish())
    for panel in picture.panels:
        for axis in (panel.x, panel.y):
            assert np.isfinite([axis.low, axis.high]).all()
            assert axis.low < axis.high
        for mark in lines(panel):
            assert not np.isinf(mark.y).any()
            shares = panel.y.shares(mark.y[~np.isnan(mark.y)])
            assert ((shares >= -1e-9) & (shares <= 1 + 1e-9)).all()


def test_what_is_missing_is_said() -> None:
    assert lacks(Subject("f"), Wish()) == "needs a config, whose run is repeated"
    subject = subject_of({**PLANE, "n_iter": 0}, Wish("state"))
    assert lacks(subject, Wish()) == "needs the steps of a run"
    assert not suits(subject)
