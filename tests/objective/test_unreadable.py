"""What is said of formulas that cannot be read: in the words of this language, and what to type."""

import re

import pytest

from adamcli.diagnostics import ConfigError, Source
from adamcli.objective.functions import ARITY, CONSTANTS
from adamcli.objective.hints import ARGUMENTS, FUNCTIONS, function_named
from adamcli.objective.syntax import parse

TOLD = {
    "np.pi*x": (0, "names with dots", "write pi"),
    "math.e + x": (0, "names with dots", "write e"),
    "np.inf*x": (0, "names with dots", "formulas have no infinity"),
    "np.sin": (0, "names with dots", "write sin(...)"),
    "x.T": (0, "names with dots", "write transpose(x)"),
    "x.sum()": (0, "only the functions", "write sum(...)"),
    "torch.besselj(x)": (0, "only the functions", ""),
    "|x|": (0, "`|`", "write abs(x)"),
    "2*|x - y| + 1": (2, "`|`", "write abs(x)"),
    "abs|x|": (5, "`|`", "write abs(x)"),
    "x!": (1, "`!`", "write exp(lgamma(x + 1))"),
    "x && y": (2, "`&&`", "write `and`"),
    "x || y": (2, "`||`", "write `or`"),
    "x ? 1 : 2": (2, "`?`", "write where(condition, a, b)"),
    "x <> y": (2, "`<>`", "write `!=`"),
    "x =< y": (2, "`=<`", "write `<=`"),
    "x => y": (2, "`=>`", "write `>=`"),
    "x := 3": (2, "`:=`", "write name = ..."),
    "if(x > 0, 1, 2)": (0, "`if`", "write where(condition, a, b)"),
    "3 x": (2, "expected a sign, found `x`", "write 3*x"),
    "x y": (2, "expected a sign, found `y`", "write x*y"),
    "sum(x y)": (6, "expected a sign, found `y`", "write x*y"),
    "(x + 1) y": (8, "expected a sign, found `y`", "write (x + 1)*y"),
    "sin(x) cos(y)": (7, "expected a sign", "write sin(x)*cos(y)"),
    "2 sin(x)": (2, "expected a sign", "write 2*sin(x)"),
    "exp x": (4, "expected a sign", "write exp(x)"),
    "ln x + 1": (3, "expected a sign", "write log(x)"),
    "2x": (0, "expected a sign after `2`", "write 2*x"),
    "x(x + 1)": (0, "unknown function `x`", "if it is a number, write x*(...)"),
    "it's x": (2, "text is not part", "remove the quote"),
    '"x': (0, "text is not part", "remove the quote"),
    "0.01:0.1": (4, "not part of the formula language", "x[1:3]"),
    "x:y": (0, "not part of the formula language", "x[1:3]"),
    "return x": (0, "not part of the formula language", ""),
    "f(x) = 2": (0, "expected a plain name on the left", "on a line of its own"),
    "1e + x": (0, "the exponent of this number", "1e-3"),
    "(x + 1": (0, "this `(` has no closing `)`", ""),
    "x + 1)": (5, "this `)` closes nothing", ""),
    "(x + 1]": (6, "expected `)`, found `]`", ""),
    "x + ": (4, "expected a value, found the end", ""),
    "x + * y": (4, "expected a value, found `*`", ""),
    "*x": (0, "expected a value, found `*`", ""),
    "{x}": (0, "braces", "group by (...)"),
    "x +\ny": (3, "expected a value", "parentheses around a formula that spans"),
    "x\n+ y": (0, "before the last line", "parentheses around a formula that spans"),
    "log(x, 10)": (0, "`log` takes 1", "write log(x)/log(base), log10(x) or log2(x)"),
    "atan(y, x)": (0, "`atan` takes 1", "write arctan2(y, x)"),
    "Ln(x)": (0, "`Ln`", "write log(x)"),
    "SIN(x)": (0, "`SIN`", "write sin(...)"),
    "tg(x)": (0, "`tg`", "write tan(x)"),
    "hypot(x, y)": (0, "`hypot`", "write sqrt(x**2 + y**2)"),
}


@pytest.mark.parametrize("text", TOLD, ids=repr)
def test_what_is_said_of_other_notations(text) -> None:
    offset, message, hint = TOLD[text]
    with pytest.raises(ConfigError) as caught:
        parse(Source("f", text).whole())
    (problem,) = caught.value.problems
    assert problem.span is not None
    assert problem.span.start == offset
    assert message in problem.message
    assert hint in problem.hint
    assert bool(hint) == bool(problem.hint)
    for word in ("syntax", "literal (", "annotation", "detected", "attributes"):
        assert word not in problem.message


def test_what_stands_in_place_of_other_functions_is_a_formula() -> None:
    for text in (*FUNCTIONS.values(), *ARGUMENTS.values()):
        formula = parse(Source("f", re.sub(r", (or|which|of|log10).*", "", text)).whole())
        assert not formula.free_names().keys() & (ARITY.keys() | CONSTANTS.keys())


def test_a_function_of_another_language_is_known_by_its_own() -> None:
    assert [function_named(word) for word in ("ln", "SIN", "pow", "x", "tg")] == [
        "log",
        "sin",
        "",
        "",
        "tan",
    ]
