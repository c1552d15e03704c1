"""Expectations: comparisons over the fields of a result."""

import pytest

from adamcli.config.expectations import Comparison, result_fields
from adamcli.diagnostics import ConfigError, Source
from adamcli.examples import Known
from adamcli.objective.variables import Variables

FIELDS = result_fields(Known(Variables([("x", ()), ("w", (2,))])))
VALUES = {
    **dict.fromkeys(FIELDS.coordinate_names(), 0.0),
    "best.score": 0.0012,
    "best.x.x": 0.5,
    "best.x[0]": 0.5,
    "best.x.w[1]": -3.0,
    "best.x[2]": -3.0,
    "nit": 60,
    "success": 1.0,
    "last.score": float("nan"),
}


def shortfalls(text: str) -> list[str]:
    expectation = Comparison(Source("e", text).whole()).over(FIELDS)
    return [str(miss) for miss in expectation.shortfalls(VALUES)]


@pytest.mark.parametrize(
    "text",
    [
        "best.score < 1e-2",
        "0 <= best.score < 1",
        "best.score > 0 and nit == 60",
        "success == 1",
        "abs(best.x.x - 0.5) < 1e-12",
        "best.x.w[1] < best.x.w[0]",
        "best.x[2] == best.x.w[-1]",
        "log10(best.score) < -2",
        "nit != 61",
        "best.x.x**2 == 0.25",
        "pi > 3",
    ],
)
def test_what_holds_has_no_shortfall(text) -> None:
    assert shortfalls(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "best.score < 1e-6",
            "expected best.score < 1e-6, found best.score = 0.0012, off by 0.001199",
        ),
        ("nit >= 100", "expected nit >= 100, found nit = 60, off by 40"),
        (
            "0 < best.score < 1e-3",
            "expected 0 < best.score < 1e-3, found best.score = 0.0012, off by 0.0002",
        ),
        *(
            (text, f"expected {text}, found last.score = null (not a number)")
            for text in ("last.score < 1", "last.score != 1")
        ),
        (
            "nit == last.score",
            "expected nit == last.score, found nit = 60, compared with null (not a number)",
        ),
        ("-1/0 > nit", "expected -1/0 > nit, found -1/0 = -inf"),
    ],
)
def test_what_does_not_hold_says_what_was_found_and_how_far_off(text, message) -> None:
    assert shortfalls(text) == [message]


def test_each_link_that_fails_is_reported() -> None:
    assert len(shortfalls("nit < 0 and nit < 1 and nit < 100")) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("best.score", "expected a comparison"),
        ("best.score < 1 or nit > 3", "expected a comparison"),
        ("not nit > 3", "expected a comparison"),
        ("best.fun < 1", "a result has no field `best.fun`"),
        ("best.scor < 1", "did you mean `best.score`?"),
        ("best.x.q < 1", "a result has no field `best.x.q`"),
        ("best.x.w[2] < 1", "there is no such entry"),
        ("best.x.w < 1", "is an array of shape (2,)"),
        ("(nit > 1) < 1", "the formula is a condition"),
        ("message < 1", "a result has no field `message`"),
        ("nit < 'a'", "expected a number, found text"),
        ("x().y < 1", "expected a field such as best.score"),
    ],
)
def test_what_is_not_a_comparison_of_fields_is_refused(text, message) -> None:
    with pytest.raises(ConfigError) as caught:
        Comparison(Source("e", text).whole()).over(FIELDS)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("converged", "converged = 0"),
        ("success == 0", "success = 1"),
        ("2*converged == 2", "2*converged = 0"),
        ("2 == 3", "2 = 2"),
        ("nit == 3", "nit = 5"),
        ("best.score == 3", "best.score = 0.0"),
    ],
)
def test_flags_and_counts_are_whole_numbers(cli, expected, found) -> None:
    options = ("-b", "x=-1,1", "--set", "start.x=0", "--set", "n_iter=5", "--format", "none")
    ended = cli("run", "-e", "x**2", *options, "--expect", expected)
    assert f"expected {expected}, found {found}, off by" in ended.stderr
