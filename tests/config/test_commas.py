"""Numbers with a decimal comma, which are taken for two where commas separate values."""

import pytest

from adamcli.config.commas import decimal_comma, with_point
from adamcli.config.load import parse_config

COMMAS = {
    "0,01": "0,01",
    "-3,01": "-3,01",
    "lin(0,05,2,4)": "0,05",
    "1e-5,01,7,002e-3": "7,002e-3",
    "[0,05],[0,1]": "0,05",
    "0.5,10,01": "10,01",
    "1,000": "1,000",
    "1,500,000": "1,500,000",
    "lin(1,000,2000,3)": "1,000",
    # One may well mean two numbers.
    "0,1": None,
    "0,5,2,5": None,
    "0,0.01": None,
    "0, 01": None,
    "100,200,300": None,
    "00,01,02": None,
    "0..09": None,
    "a1,02": None,
    "1,02.csv": None,
}


@pytest.mark.parametrize("text", COMMAS)
def test_a_comma_is_decimal_where_a_second_number_would_begin_with_0(text) -> None:
    found = decimal_comma(text)
    assert (None if found is None else text[slice(*found)]) == COMMAS[text]


def test_a_number_is_written_with_a_point() -> None:
    assert with_point(" -1,5e-3 ") == "-1.5e-3"
    assert with_point("1,2,3") == with_point("x") == with_point("12") == ""


PLANE = ["-e", "x**2", "-b", "x=-1,1"]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["sweep", *PLANE, "-p", "alpha=0,01"], "-p:1:7: "),
        (["sweep", *PLANE, "-p", "alpha=0,01;0,1"], "-p:1:7: "),
        (["sweep", *PLANE, "--set", "sweep.alpha=0,01"], "--set:1:13: "),
        (["sweep", *PLANE, "--set", "sweep.alpha=[0.5, 0,01]"], "--set:1:19: "),
        (["run", "-e", "x**2", "-b", "x=0,01"], "-b:1:3: "),
        (["run", *PLANE, "--set", "bounds.x=[0,01]"], "--set:1:11: "),
    ],
)
def test_a_decimal_comma_is_never_taken_for_two_numbers(cli, command, shown) -> None:
    ended = cli(*command)
    assert ended.code == 2
    assert f"{shown}`0,01` is a number with a decimal comma\n" in ended.stderr
    assert "^^^^\n  write 0.01, or 0,1 for two numbers\n" in ended.stderr


def test_lists_that_are_no_such_numbers_stay_lists() -> None:
    text = "objective: x**2\nbounds: {x: [0,1]}\nsweep: {seed: [00,01,02]}\n"
    axis = parse_config(text).file.sweep.axes[0]
    assert axis.values.numbers.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("axis", "hint"),
    [
        ("n_iter=1,000", "write 1000 or 1.000"),
        ("n_iter=1,000,000", "write 1000000"),
        ("alpha=-3,01", "write -3.01"),
    ],
)
def test_thousands_are_told_apart(cli, axis, hint) -> None:
    ended = cli("sweep", *PLANE, "-p", axis)
    assert "is a number with a comma in it" in ended.stderr
    assert ended.stderr.endswith(f"\n  {hint}\n")
