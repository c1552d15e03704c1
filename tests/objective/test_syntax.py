"""The formula language: what it accepts, and how it refuses the rest."""

import pytest

from adamcli.diagnostics import ConfigError, Source
from adamcli.objective.syntax import MAX_LENGTH, parse
from tests.conftest import config_of


def problem_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(Source("f", text).whole())
    return str(caught.value)


def compile_problem_of(text: str, bounds: str = "{x: [-1, 1], y: [-1, 1]}") -> str:
    with pytest.raises(ConfigError) as caught:
        config_of(text, bounds)
    return str(caught.value)


PINNED = {
    "x^2": "f:1:2: `^` is not a power\n    x^2\n     ^\n  write `**`",
    "(x + 1) % y": (
        "f:1:9: `%` is not part of the formula language\n    (x + 1) % y\n            ^\n"
        "  write x - y*floor(x/y)"
    ),
    "x + y.real": (
        "f:1:5: names with dots are not part of the formula language\n    x + y.real\n"
        "        ^^^^^^"
    ),
    "sinn(x)": "f:1:1: unknown function `sinn`\n    sinn(x)\n    ^^^^\n  did you mean `sin`?",
    "sin(x, y)": "f:1:1: `sin` takes 1 argument, found 2\n    sin(x, y)\n    ^^^^^^^^^",
    "2x": (
        "f:1:1: expected a sign after `2`\n    2x\n    ^\n"
        "  a product needs its sign: write 2*x, not 2x"
    ),
    "2(x + 1)": (
        "f:1:1: only the functions of the formula language can be called\n    2(x + 1)\n    ^\n"
        "  a product needs its sign: write 2*(x + 1)"
    ),
    "x ×\xa02": (
        "f:1:3: unexpected character `×` in the formula\n    x ×\ufffd2\n      ^\n  write `*`"
    ),
    "": "f:1:1: expected a formula, found nothing\n    \n    ^",
    "x if x else y": (
        "f:1:1: `if` ... `else` is not part of the formula language\n    x if x else y\n"
        "    ^^^^^^^^^^^^^\n  write where(condition, a, b)"
    ),
}


@pytest.mark.parametrize("text", PINNED)
def test_errors_point_at_the_character(text: str) -> None:
    assert problem_of(text) == PINNED[text].replace("\n    \n    ^", "\n    \n    ^")


REFUSED = [
    "x.__class__",
    "().__class__",
    "lambda: x",
    "[x for x in y]",
    "{x}",
    "{x: y}",
    "(x := 1)",
    "f'{x}'",
    "'text'",
    "b'x'",
    "True",
    "None",
    "...",
    "1j",
    "x[y]",
    "x[::0]",
    "x[...]",
    "sum(x, axis=y)",
    "sum(x, keepdims=1)",
    "sin(x, axis=0)",
    "min(x, y)",
    "x[1.5]",
    "*x",
    "await x",
    "yield x",
    "x, y",
    "sin(*x)",
    "sin(x=1)",
    "sin",
    "x is y",
    "x in y",
    "~x",
    "x // y",
    "x << 2",
    "x & y",
    "x | y",
    "import os",
    "x; y",
    "x = 1",
    "x += 1\nx",
    "del x",
    "__import__('os')",
    "eval(x)",
    "a.b = 1\nx",
    "sin(x)(y)",
    "# only a comment",
    "x\x00",
    "\x1b[31mx",
    "ｘ ＋ 1",
    "x\u2028y",
    "if x: y",
    "def f(): pass",
    "x = y = 1\nx",
    "sin = 3\nx",
    "pi = 3\nx",
    "@x",
    "x!",
    "x$",
    "1_000.0.0",
    "0777",
]


@pytest.mark.parametrize("text", REFUSED)
def test_whatever_is_not_listed_is_refused_with_a_place(text: str) -> None:
    if text == "sin":
        assert compile_problem_of(text).startswith("<config>:1:13: `sin` is a function")
    else:
        message = problem_of(text)
        assert message.startswith("f:")
        assert "^" in message
        assert "Traceback" not in message
        assert "\x1b" not in message


HOSTILE = {
    "nested parentheses": "(" * 200_000 + "x" + ")" * 200_000,
    "some nested parentheses": "(" * 9_000 + "x" + ")" * 9_000,
    "nested calls": "sin(" * 4_000 + "x" + ")" * 4_000,
    "a million terms": " + ".join(["x"] * 1_000_000),
    "terms up to the limit": "+".join(["x"] * (MAX_LENGTH // 2)),
    "signs": "-" * 19_999 + "x",
    "nots": "not " * 4_000 + "x",
    "powers": "**".join(["9"] * 6_000),
    "a long number": "9" * 19_000,
    "open brackets": "[" * 15_000,
    "lambdas": "lambda: " * 2_000 + "x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_formulas_end_in_an_error_or_a_number(name: str) -> None:
    message = "^"
    try:
        parse(Source("f", HOSTILE[name]).whole())
    except ConfigError as error:
        message = str(error)
    assert "^" in message
    assert len(message) < 1000


def test_the_text_around_an_error_in_a_long_line_is_a_window() -> None:
    message = problem_of("x + " * 500 + "y^2")
    lines = message.splitlines()
    assert len(lines[1]) < 120
    assert lines[1][lines[2].index("^")] == "^"


def test_lines_name_intermediate_values() -> None:
    formula = parse(Source("f", "r = x**2\ns = r + y  # a comment\ns*r").whole())
    assert [target.name for target, _ in formula.assignments] == ["r", "s"]
    assert formula.free_names() == {"x": False, "y": False}


def test_every_unknown_name_of_a_formula_is_reported() -> None:
    message = problem_of("sinn(x) + coss(tann(y))")
    assert [f"unknown function `{n}`" in message for n in ("sinn", "coss", "tann")] == [True] * 3
    message = compile_problem_of("x + z*sin(q)")
    assert "unknown name `z`" in message
    assert "unknown name `q`" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("z", "unknown name `z`"),
        ("sine + x", "unknown name `sine`"),
        ("x[0]", "`x` is a single number and has no entries"),
        ("x > 1", "the formula is a condition, expected a number"),
        ("x + (y > 1)", "expected a number, found a condition"),
        ("where(x, 1, 2)", "expected a condition such as x > 0, found a number"),
        ("where(x and y > 0, 1, 2)", "expected a condition such as x > 0, found a number"),
        ("x = 1\nx + y", "`x` is already a variable or constant"),
    ],
)
def test_names_and_kinds_are_checked(text: str, message: str) -> None:
    assert message in compile_problem_of(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x[3]", "`x`: its shape is (3,), there is no such entry"),
        ("x[-4]", "the last entry is x[2]"),
        ("x[0, 1]", "`x`: its shape is (3,), found 2 indices"),
        ("x[3:][0]", "`x`: its shape is (3,), so this slice of it is empty"),
        ("(x + 1)[5]", "this: its shape is (3,), there is no such entry"),
        ("x", "the formula is an array of shape (3,), expected one number"),
        ("max(x > 0)", "expected a number, found a condition"),
        ("sum(x, axis=1)", "there is no axis 1 in an array of shape (3,)"),
        ("sum(x[:2] + x)", "the shapes (2,) and (3,) do not fit each other"),
        ("sum(x @ ones(4))", "the shapes (3,) and (4,) do not fit a matrix product"),
        ("sum(ones(2, 2) @ x)", "the shapes (2, 2) and (3,) do not fit a matrix product"),
        ("sum(cumsum(ones(2, 2)*x[0]))", "cumsum needs axis= for an array of shape (2, 2)"),
        ("sum(concat(x, ones(2, 2)))", "the shapes (3,) and (2, 2) cannot be joined along axis 0"),
        ("len(x[0])*x[0]", "a single number has no length"),
        ("sum(arange(x[0]))", "expected a whole number from 1 to 500,000,000"),
        ("sum(zeros(2.5))", "expected a whole number from 1 to 500,000,000"),
        ("sum(zeros(100000, 10000))", "an array of shape (100000, 10000) needs 8 GB of memory"),
        ("sum(transpose(x*ones(9999, 1)) + x*ones(99999, 1))", "do not fit"),
    ],
)
def test_indices_are_checked(text: str, message: str) -> None:
    assert message in compile_problem_of(text, "{x: {low: -1, high: 1, shape: 3}}")


def test_an_error_in_a_block_of_lines_points_into_the_file() -> None:
    text = "objective: |\n  r = sqrt(x)\n  0.1*r - coz(r)\nbounds: {x: [0, 1]}\n"
    from adamcli.config.load import parse_config

    with pytest.raises(ConfigError) as caught:
        parse_config(text, "a.yaml")
    expected = (
        "a.yaml:3:11: unknown function `coz`\n      0.1*r - coz(r)\n              ^^^\n"
        "  did you mean `cos`?"
    )
    assert str(caught.value) == expected
