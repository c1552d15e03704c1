"""Axes as `-p` takes them: values, ranges, formulas, distributions, and where errors point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamcli.config import axes
from adamcli.config.axes import Drawn
from adamcli.config.document import List, Mapping, Scalar
from adamcli.config.sweep import combined, read_parameters
from adamcli.diagnostics import ConfigError


def axis_of(text: str):
    (axis,) = read_parameters([text])
    return axis


def values_of(text: str) -> list:
    values = axis_of(text).values
    return [values.plain(i) for i in range(values.size)]


def problem_of(*texts: str) -> str:
    with pytest.raises(ConfigError) as caught:
        combined((), read_parameters(texts))
    return str(caught.value)


GOOD = {
    "alpha=0.1": [0.1],
    "alpha=0.1,0.01": [0.1, 0.01],
    " alpha = 0.1 , 0.01 ": [0.1, 0.01],
    "seed=3": [3],
    "seed=0..4": [0, 1, 2, 3, 4],
    "seed=0 .. 4": [0, 1, 2, 3, 4],
    "seed=0..6..3": [0, 3, 6],
    "seed=4..0..-2": [4, 2, 0],
    "seed=0..2,7,10..11": [0, 1, 2, 7, 10, 11],
    "alpha=0..1..0.25": [0.0, 0.25, 0.5, 0.75, 1.0],
    "alpha=-.5...5..0.5": [-0.5, 0.0, 0.5],
    "alpha=lin(0,1,3)": [0.0, 0.5, 1.0],
    "n_iter=lin(10, 30, 3)": [10, 20, 30],
    "n_iter=log(1,100,3)": [1, 10, 100],
    "n_iter=1e1,20": [10.0, 20.0],
    "alpha=log(1e-4,1e-1,4)": [1e-4, 1e-3, 1e-2, 1e-1],
    "alpha=log(1e-1,1e-2,2),0.5": [0.1, 0.01, 0.5],
    "alpha=lin( 1 , 2 , 2 )": [1, 2],
    "direction=minimize,maximize": ["minimize", "maximize"],
    "objective=x**2,abs(x)": ["x**2", "abs(x)"],
    "objective=max(x, y),x[0, 1] + y,(x + y)": ["max(x, y)", "x[0, 1] + y", "(x + y)"],
    "objective='max(x, y)',\"a, b\"": ["max(x, y)", "a, b"],
    "alpha=log(t)": ["log(t)"],
    "alpha=log(t),0.1": ["log(t)", 0.1],
    "alpha=0.1/sqrt(t),minimum(0.1, 1/t)": ["0.1/sqrt(t)", "minimum(0.1, 1/t)"],
    "alpha=log(10)/log(20)": ["log(10)/log(20)"],
    "gradient=derived,3-point,{x: 'max(1, 2)', y: 1}": [
        "derived",
        "3-point",
        "{x: max(1, 2), y: 1}",
    ],
    "bounds.x=[-1,1],[-2,2]": ["[-1, 1]", "[-2, 2]"],
    "bounds={x: [0, 1], y: [0, 2]},[[1, 2]]": ["{x: [0, 1], y: [0, 2]}", "[[1, 2]]"],
    "start=null,[1, null]": [None, "[1, null]"],
    "objective=x=y": ["x=y"],
}


@pytest.mark.parametrize("text", GOOD)
def test_values(text) -> None:
    values = values_of(text)
    assert values == GOOD[text]
    assert list(map(type, values)) == list(map(type, GOOD[text]))


@given(st.lists(st.integers(-(2**53), 2**53), min_size=1, unique=True))
def test_whole_numbers_stay_whole_and_keep_their_order(numbers) -> None:
    values = values_of("seed=" + ",".join(map(str, numbers)))
    assert values == numbers
    assert set(map(type, values)) == {int}


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != 0),
        min_size=1,
        unique=True,
    )
)
def test_floats_keep_every_bit(numbers) -> None:
    values = values_of("alpha=" + ", ".join(map(repr, numbers)))
    assert values == numbers
    assert set(map(type, values)) == {float}


TEXTS = st.text("ab ,([{}])#:", min_size=1).filter(lambda text: text == text.strip())


@given(st.lists(TEXTS, min_size=1, unique=True))
def test_quoted_texts_are_taken_as_they_are(texts) -> None:
    nodes = axis_of("objective=" + ",".join(f"'{text}'" for text in texts)).values.nodes
    assert [node.value for node in nodes] == texts


def test_a_formula_that_begins_with_a_range_and_ends_with_a_bracket_is_a_formula() -> None:
    assert values_of("alpha=log(2)*minimum(1, t/50)") == ["log(2)*minimum(1, t/50)"]
    assert values_of("objective=log(1 + x) + maximum(x, y),x") == [
        "log(1 + x) + maximum(x, y)",
        "x",
    ]


def test_quotes_in_quotes_are_doubled_as_in_yaml() -> None:
    assert [node.value for node in axis_of("objective='it''s, a','b'").values.nodes] == [
        "it's, a",
        "b",
    ]


def test_values_are_nodes_as_a_config_has_them() -> None:
    numbers = axis_of("seed=3..4").values
    assert (numbers.node(1).value, numbers.node(1).text, numbers.text(1)) == (4, "4", "4")
    floats = axis_of("alpha=0.30,0.1").values
    assert (floats.node(0).value, floats.node(0).text, floats.text(0)) == (0.3, "0.3", "0.3")
    nodes = axis_of("bounds.x=[-1,1],{low: 0, high: 1},text,'5'").values
    assert [type(nodes.node(i)) for i in range(4)] == [List, Mapping, Scalar, Scalar]
    assert [item.value for item in nodes.node(0).items] == [-1, 1]
    assert (nodes.node(2).value, nodes.node(2).plain) == ("text", True)
    assert (nodes.node(3).value, nodes.node(3).plain) == ("5", False)


def test_each_value_knows_where_it_was_written() -> None:
    values = axis_of("seed= 7 ,0..3,lin(10,20,3)").values
    columns = [values.places.at(i).column for i in range(values.size)]
    assert columns == [7, 10, 10, 10, 10, 15, 15, 15]
    assert values.node(2).span.column == 10
    nodes = axis_of("objective=x**2, 'a,b' ,y").values
    assert [node.span.column for node in nodes.nodes] == [11, 17, 24]


def test_values_taken_at_some_places() -> None:
    numbers = axis_of("seed=5..9").values.taken(np.array([4, 0, 4]))
    assert [numbers.plain(i) for i in range(3)] == [9, 5, 9]
    texts = axis_of("objective=x,y").values.taken(np.array([1, 1, 0]))
    assert [texts.plain(i) for i in range(3)] == ["y", "y", "x"]


def test_an_axis_keeps_its_key_and_its_text() -> None:
    axis = axis_of(" alpha = 0.1 , log(1,2,3) ")
    assert (axis.key, axis.text) == ("alpha", "0.1,log(1,2,3)")
    assert (axis.span.column, axis.span.end - axis.span.start) == (2, 5)


# The text, the column and what is underlined there, and the message.
BAD = [
    ("alpha", 1, "alpha", "expected key=values"),
    ("=3", 1, "=3", "expected key=values"),
    ("alpha=", 1, "alpha", "the axis `alpha` is empty"),
    ("alpha=  ", 1, "alpha", "the axis `alpha` is empty"),
    ("alpha=,1", 7, ",", "the axis `alpha` has an empty value"),
    ("alpha=1,,2", 9, ",", "the axis `alpha` has an empty value"),
    ("alpha=1,", 9, "", "the axis `alpha` has an empty value"),
    ("alpha=0.1,0.10", 11, "0.10", "the axis `alpha` has the value 0.1 twice"),
    ("seed=1..3, 2", 12, "2", "the axis `seed` has the value 2 twice"),
    ("alpha=lin(1,10,4),log(1,10,3)", 19, "log(1,10,3)", "has the value 1.0 twice"),
    ("objective=x,y,x", 15, "x", "the axis `objective` has the value x twice"),
    ("bounds.x=[1,2],[1, 2]", 16, "[1, 2]", "the axis `bounds.x` has the value [1, 2] twice"),
    ("alpha=log(t),.1,0.1", 17, "0.1", "the axis `alpha` has the value 0.1 twice"),
    ("seed=0..9..0", 6, "0..9..0", "seed: 0..9..0: the step is zero"),
    ("seed=9..0", 6, "9..0", "the range is empty; for falling values write 9..0..-1"),
    ("seed=5, 0..9..4", 9, "0..9..4", "do not reach 9; the last value is 8"),
    ("seed=0..10000000", 6, "0..10000000", "has 10,000,001 values; the most is 10,000,000"),
    ("alpha=lin(1,1,3)", 7, "lin(1,1,3)", "the step is zero: both ends are 1"),
    (
        "alpha=lin(0,1,1)",
        7,
        "lin(0,1,1)",
        "expected a whole number of values, 2 or more, found `1`",
    ),
    ("alpha=lin(0,1,2.5)", 7, "lin(0,1,2.5)", "values, 2 or more, found `2.5`"),
    ("alpha=lin(0,1,99999999)", 7, "lin(0,1,99999999)", "has 99,999,999 values"),
    ("alpha=lin(0,1)", 7, "lin(0,1)", "expected a first value, a last value and a count, found 2"),
    ("seed=lin()", 6, "lin()", "a count, found none"),
    ("seed=lin(0,x,3)", 6, "lin(0,x,3)", "seed: lin(0,x,3): expected a number, found `x`"),
    ("alpha=log(0,1,3)", 7, "log(0,1,3)", "a logarithmic range needs ends above 0"),
    ("alpha=log(2)", 7, "log(2)", "a first value, a last value and a count, found 1"),
    ("alpha=0.5,1..1e400", 11, "1..1e400", "expected a number that a float can hold"),
    ("n_iter=foo(1,2)", 8, "foo(1,2)", "n_iter: there is no kind of range called `foo`"),
    ("seed=1,unifrom(1,2)", 8, "unifrom(1,2)", "there is no kind of range called `unifrom`"),
    (
        "alpha=uniform(0,1),2",
        7,
        "uniform(0,1)",
        "draws all values of an axis, so it must stand alone",
    ),
    ("alpha=2, choice(0,1)", 10, "choice(0,1)", "alpha: choice(...) draws all values"),
    ("alpha=uniform(1,0)", 7, "uniform(1,0)", "uniform: the first end must be below the second"),
    ("alpha=uniform(1,1)", 7, "uniform(1,1)", "uniform: the first end must be below the second"),
    ("alpha= uniform(0)", 8, "uniform(0)", "expected two ends, found 1"),
    ("alpha=uniform(0,t)", 7, "uniform(0,t)", "expected a number, found `t`"),
    ("alpha=loguniform(0,1)", 7, "loguniform(0,1)", "loguniform: both ends must be above 0"),
    ("alpha=choice()", 7, "choice()", "the axis `alpha` is empty"),
    ("alpha=choice(1,2,2)", 18, "2", "the axis `alpha` has the value 2 twice"),
    ("alpha=choice(uniform(0,1),2)", 14, "uniform(0,1)", "alpha: uniform(...) draws all values"),
    ("alpha=choice(choice(1,2))", 7, "choice(choice(1,2))", "choice(...) takes values and ranges"),
    ("alpah=1", 1, "alpah", "`alpah` is not a key of the config"),
    ("  alpah.x = 1", 3, "alpah.x", "`alpah.x` is not a key of the config"),
    ("bounds.1=3", 1, "bounds.1", "`bounds.1` is not a key of the config"),
    ("expect=a<1,b<1", 1, "expect", "`expect` cannot be an axis of a sweep"),
    ("sweep=1", 1, "sweep", "`sweep` cannot be an axis of a sweep"),
    ("sweep.alpha=1", 1, "sweep.alpha", "`sweep.alpha` cannot be an axis of a sweep"),
]


@pytest.mark.parametrize(("text", "column", "marked", "message"), BAD, ids=[b[0] for b in BAD])
def test_errors_point_at_what_was_typed(text, column, marked, message) -> None:
    first, line, carets, *_ = problem_of(text).splitlines()
    assert first.startswith(f"-p:1:{column}: ")
    assert message in first
    assert line == f"    {text}".rstrip()
    assert carets == "    " + " " * (column - 1) + "^" * max(1, len(marked))
    assert text[column - 1 :].startswith(marked)


HINTS = {
    "alpah=1": "  did you mean `alpha`?",
    "sedd=1": "  did you mean `seed`?",
    "n_iter=unifrom(0,1)": "  did you mean `uniform`?",
    "n_iter=foo(1,2)": "  known: lin, log, uniform, loguniform, choice",
    "alpha": "  write, for example, -p 'alpha=log(1e-4,1e-1,20)' or -p seed=0..99",
    "alpha=": "  write, for example, 0.01,0.1 or 0..9",
    "alpha=1,": "  remove one of the commas",
}


@pytest.mark.parametrize("text", HINTS)
def test_errors_say_what_to_type_instead(text) -> None:
    assert problem_of(text).endswith("\n" + HINTS[text])


def test_an_option_is_not_taken_for_a_misspelt_key() -> None:
    assert "did you mean `samples`?" not in problem_of("samples=3")


@pytest.mark.parametrize("text", ["bounds.x=[-1,1],[-2", "bounds.x=[0,1],{low: 0, low: 1}"])
def test_errors_inside_a_value_point_inside_it(text) -> None:
    first = problem_of(text).splitlines()[0]
    column = int(first.split(":")[2])
    assert 16 <= column <= len(text) + 1


def test_all_bad_parameters_are_reported_together() -> None:
    message = problem_of("alpah=1", "seed=0..9", "seed=9..0", "expect=1")
    assert message.count("-p:1:") == 3


def test_a_key_that_is_given_twice_is_named() -> None:
    assert problem_of("alpha=1", "seed=2", " alpha=3").startswith(
        "-p:1:2: the axis `alpha` is given twice\n     alpha=3\n     ^^^^^"
    )


@pytest.mark.parametrize(
    ("texts", "outer", "inner"),
    [
        (("bounds=[1,2]", "bounds.x=[1,2]"), "bounds", "bounds.x"),
        (("bounds.x=[1,2]", "bounds=[1,2]"), "bounds", "bounds.x"),
        (("bounds.x=[1,2]", "seed=1", "bounds.x.low=1"), "bounds.x", "bounds.x.low"),
    ],
)
def test_axes_that_set_the_same_key_are_named(texts, outer, inner) -> None:
    message = problem_of(*texts)
    assert f"the axes `{outer}` and `{inner}` set the same key\n    {inner}=" in message
    assert message.endswith("remove one of them")


def test_keys_that_only_look_alike_do_not_overlap() -> None:
    texts = ["bounds.x=[1,2]", "bounds.xy=[1,2]", "beta1=0.5", "bounds.y=[0,1]"]
    assert [axis.key for axis in combined((), read_parameters(texts))] == [
        "bounds.x",
        "bounds.xy",
        "beta1",
        "bounds.y",
    ]


def test_too_many_values_of_several_pieces_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(axes, "MAX_VALUES", 10)
    assert values_of("seed=0..4,5..9") == list(range(10))
    assert "-p:1:6: the axis `seed` has 11 values; the most is 10" in problem_of("seed=0..4,5..10")


def test_distributions() -> None:
    for text, found in {
        "alpha=uniform(-1, 2.5)": ("uniform", -1.0, 2.5, None),
        "alpha=loguniform(1e-4,1e-1)": ("loguniform", 1e-4, 1e-1, None),
    }.items():
        values = axis_of(text).values
        assert isinstance(values, Drawn)
        assert values[:4] == found
    choice = axis_of("alpha=choice(log(t), 0.5, lin(1,2,2))").values
    assert choice.kind == "choice"
    assert [choice.choices.plain(i) for i in range(4)] == ["log(t)", 0.5, 1, 2]


def test_a_distribution_is_evaluated_by_its_inverse() -> None:
    u = np.array([0.0, 0.25, 0.5, 0.999])
    uniform = axis_of("alpha=uniform(-2,2)").values.at(u).numbers
    assert uniform == pytest.approx([-2, -1, 0, 1.996])
    log = axis_of("alpha=loguniform(1e-4,1)").values.at(u).numbers
    assert log == pytest.approx([1e-4, 1e-3, 1e-2, 10**-0.004])
    choice = axis_of("objective=choice(a,b,c,d)").values.at(u)
    assert [choice.plain(i) for i in range(4)] == ["a", "b", "c", "d"]


ENDS = st.floats(1e-300, 1e300)


@pytest.mark.parametrize("kind", ["uniform", "loguniform"])
@given(ends=st.tuples(ENDS, ENDS).filter(lambda e: e[0] != e[1]), u=st.floats(0, 1 - 2**-53))
def test_drawn_values_stay_within_their_ends(kind, ends, u) -> None:
    low, high = sorted(ends)
    (value,) = axis_of(f"alpha={kind}({low!r},{high!r})").values.at(np.array([u])).numbers
    assert low <= value <= high
