"""What to type in place of names that formulas do not have, but other languages do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adamcli.diagnostics import did_you_mean
from adamcli.objective.functions import ALIASES, ARITY, CONSTANTS

if TYPE_CHECKING:
    from collections.abc import Iterable

OF_CONDITIONS = "where(condition, a, b)"
"""What stands in place of an `if`."""

STATEMENT = "this is not part of the formula language"

EQUAL = "write `==` to compare"

COLON = "`:` stands in indices alone: x[1:3]"

FUNCTIONS = {
    "ln": "log(x), which is the natural logarithm",
    "lg": "log10(x), or log2(x)",
    "log_2": "log2(x)",
    "log_10": "log10(x)",
    "exp2": "2**x",
    "exp10": "10**x",
    **dict.fromkeys(("pow", "power"), "x**y"),
    **dict.fromkeys(("fabs", "absolute"), "abs(x)"),
    "sqr": "x**2",
    "sgn": "sign(x)",
    "hypot": "sqrt(x**2 + y**2)",
    **dict.fromkeys(("tg", "tang"), "tan(x)"),
    **dict.fromkeys(("cot", "ctg", "cotan"), "1/tan(x)"),
    "sec": "1/cos(x)",
    **dict.fromkeys(("csc", "cosec"), "1/sin(x)"),
    "sh": "sinh(x)",
    "ch": "cosh(x)",
    "th": "tanh(x)",
    "arctg": "arctan(x)",
    "radians": "x*pi/180",
    "degrees": "x*180/pi",
    **dict.fromkeys(("mod", "fmod", "remainder"), "x - y*floor(x/y)"),
    **dict.fromkeys(("round", "rint"), "floor(x + 0.5)"),
    **dict.fromkeys(("trunc", "int", "fix"), "sign(x)*floor(abs(x))"),
    "fmin": "minimum(a, b)",
    "fmax": "maximum(a, b)",
    **dict.fromkeys(("avg", "average"), "mean(x)"),
    "erfc": "1 - erf(x)",
    "gamma": "exp(lgamma(x))",
    **dict.fromkeys(("factorial", "fact"), "exp(lgamma(x + 1))"),
    **dict.fromkeys(("gammaln", "loggamma"), "lgamma(x)"),
    **dict.fromkeys(("expit", "logistic"), "sigmoid(x)"),
    "logit": "log(p/(1 - p))",
    **dict.fromkeys(("heaviside", "step"), "where(x > 0, 1, 0)"),
    **dict.fromkeys(("iif", "if", "ifelse", "cond", "piecewise"), OF_CONDITIONS),
    "clamp": "clip(x, low, high)",
    "matmul": "a @ b",
    "inner": "dot(a, b)",
    "diff": "x[1:] - x[:-1]",
    "size": "len(x)",
}
"""What stands here for functions of other languages, by their names in small letters."""

ARGUMENTS = {
    "log": "log(x)/log(base), log10(x) or log2(x)",
    "min": "minimum(a, b)",
    "max": "maximum(a, b)",
    **dict.fromkeys(("atan", "arctan"), "arctan2(y, x)"),
    "sum": "sum(x), of an array",
}
"""What stands here for functions that take more arguments elsewhere."""

NAMES = {
    "inf": "formulas have no infinity; where(condition, a, b) chooses between numbers",
    "nan": "formulas have no NaN; where(condition, a, b) chooses between numbers",
}
"""What is said of numbers of other languages."""


ATTRIBUTES = {"T": "transpose(x)", "shape": "len(x)"}
"""What stands here for attributes of arrays."""


def function_hint(name: str) -> str:
    """Return what to type for a function that does not exist."""
    own = name if name in FUNCTIONS else name.lower()
    if own in FUNCTIONS:
        return f"write {FUNCTIONS[own]}"
    if own in ARITY:
        return f"write {own}(...)"
    return did_you_mean(name, ARITY) or f"if it is a number, write {name}*(...)"


def function_named(word: str) -> str:
    """Return the function of the language that a word names; empty if it names none."""
    own = word if word in ARITY else word.lower()
    known = FUNCTIONS.get(own, "").partition("(")[0]
    return own if own in ARITY else known if known in ARITY else ""


def arity_hint(name: str) -> str:
    """Return what to type where a function has another number of arguments."""
    return f"write {ARGUMENTS[name]}" if name in ARGUMENTS else ""


def attribute_hint(name: str) -> str:
    """Return what to type for an attribute of this name, such as that of `np.pi`."""
    if name in ATTRIBUTES:
        return f"write {ATTRIBUTES[name]}"
    if name in NAMES:
        return NAMES[name]
    if name in CONSTANTS:
        return f"write {name}"
    name = ALIASES.get(name, name)
    return function_hint(name) if name in ARITY or name in FUNCTIONS else ""


def method_hint(name: str) -> str:
    """Return what to type for a call of an attribute of this name, such as `np.sin(x)`."""
    return attribute_hint(name) or did_you_mean(name, ARITY)


def name_hint(name: str, known: Iterable[str]) -> str:
    """Return what to type for a name that is none of those `known`; empty if none is near.

    A name that stands for a number is never a function.
    """
    if name in NAMES:
        return NAMES[name]
    near = did_you_mean(name, [*known, *CONSTANTS])
    return near if near.startswith("did") else ""
