"""Runs whose verdict is known by construction, in families.

What is known comes from mathematics, never from the code that judges: the minimum of the function,
how far steps can go, the cycle that gradient descent falls into, a gradient that is 0.
"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcli.config.standard import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FALLING = "(1 - t/n_iter)"
"""A factor of alpha that lets a run come to rest."""

ADAPTIVE = ("adam", "amsgrad", "nadam", "radam", "adamax", "adagrad", "rmsprop")
MOMENTA = ("sgd", "momentum", "nesterov")


class Case(NamedTuple):
    """A run, the verdict that is right, and the lowest score it could lead to, where there is one.

    Of several verdicts, separated by |, each is right.
    """

    name: str
    expected: str
    fun: str | Callable[..., Any]
    bounds: Any
    settings: dict[str, Any]
    least: float | None = None


def case(
    name: str, expected: str, fun: Any, bounds: Any, least: float | None = None, **settings: Any
) -> Case:
    return Case(name, expected, fun, bounds, settings, least)


# Bowls, reached.


def quadratics() -> Iterator[Case]:
    """The method comes to rest in a bowl, as its alpha falls to 0."""
    for method in ADAPTIVE:
        alpha = 3.0 if method == "adagrad" else 0.3
        yield case(
            f"bowl, {method}", "minimum", "(x - 1)**2 + 3*(y + 0.5)**2 - 7",
            {"x": (-5, 5), "y": (-5, 5)}, -7, method=method, n_iter=600, alpha=f"{alpha}*{FALLING}",
        )  # fmt: skip
    for method in MOMENTA:
        yield case(
            f"bowl, {method}", "minimum", "(x - 1)**2 + 3*(y + 0.5)**2 - 7",
            {"x": (-5, 5), "y": (-5, 5)}, -7, method=method, n_iter=600, alpha=0.05,
        )  # fmt: skip
    for dim in (1, 2, 10, 100, 1000):
        settings = {"dim": dim, "n_iter": 1000, "alpha": f"0.2*{FALLING}"}
        yield case(f"bowl, D = {dim}", "minimum", "sum((x - 0.3)**2)", (-1, 1), 0, **settings)
    for size in (1e-6, 1e-3, 1e3, 1e6):
        yield case(
            f"bowl, x of size {size:g}", "minimum", f"(x/{size:g} - 0.2)**2",
            {"x": (-size, size)}, 0, n_iter=500, alpha=f"0.1*width*{FALLING}", eps=1e-12,
        )  # fmt: skip
    yield case(
        "bowl, x and y of sizes 1e-6 and 1e6", "minimum", "(1e6*x - 0.2)**2 + (1e-6*y - 0.4)**2",
        {"x": (-1e-6, 1e-6), "y": (-1e6, 1e6)}, 0,
        n_iter=500, alpha=f"0.1*width*{FALLING}", eps=1e-12,
    )  # fmt: skip
    yield case(
        "bowl, maximised", "minimum", "7 - (x - 1)**2 - 3*y**2", {"x": (-5, 5), "y": (-5, 5)}, -7,
        n_iter=600, alpha=f"0.3*{FALLING}", direction="maximize",
    )  # fmt: skip
    yield case(
        "bowl without bounds", "minimum", "(x - 40)**2/100 + (y - x/10)**2",
        {"x": (-np.inf, np.inf), "y": (-np.inf, np.inf)}, 0,
        start=[0.0, 1.0], alpha=f"0.5*{FALLING}", n_iter=2000,
    )  # fmt: skip
    for mode in ("clip", "reflect", "transform", "start"):
        yield case(
            f"bowl, {mode}", "minimum", "(x - 1)**2 + 3*(y + 0.5)**2", {"x": (-5, 5), "y": (-5, 5)},
            0, n_iter=600, alpha=f"0.3*{FALLING}", bounds_mode=mode,
        )  # fmt: skip
    for optimum in (2e-3, 1.0, 300.0):
        yield case(
            f"bowl of a logarithm, minimum at {optimum:g}", "minimum", f"log(k/{optimum})**2",
            {"k": {"low": 1e-3, "high": 1e3, "scale": "log"}}, 0,
            n_iter=600, alpha=f"0.3*{FALLING}",
        )  # fmt: skip
    for scheme in ("2-point", "3-point", "complex-step"):
        yield case(
            f"bowl, {scheme}", "minimum", "(x - 1)**2 + 3*(y + 0.5)**2",
            {"x": (-5, 5), "y": (-5, 5)}, 0, n_iter=600, alpha=f"0.3*{FALLING}", jac=scheme,
        )  # fmt: skip
    for dim in (1, 2, 8, 20, 50):
        yield case(
            f"bowl of a Python function, D = {dim}", "minimum", lambda x: float(x @ x),
            [(-1, 1)] * dim, 0, n_iter=600, alpha=f"0.1*{FALLING}",
        )  # fmt: skip
    yield case(
        "bowl of a Python function with its gradient, D = 50", "minimum", lambda x: float(x @ x),
        [(-1, 1)] * 50, 0, jac=lambda x: 2 * x, n_iter=600, alpha=f"0.1*{FALLING}",
    )  # fmt: skip
    for rule in ("score < 1e-9", "gradient < 1e-5", "predicted_decrease < 1e-10"):
        yield case(
            f"bowl, stopped by {rule}", "minimum", "x**2 + y**2", {"x": (-1, 1), "y": (-1, 1)}, 0,
            n_iter=100000, alpha=0.01, stop=rule,
        )  # fmt: skip
    yield case(
        "start at the minimum", "minimum", "x**2 + y**2", {"x": (-1, 1), "y": (-1, 1)}, 0,
        start=[0.0, 0.0],
    )  # fmt: skip
    yield case(
        "start at the minimum, no steps", "minimum", "x**2 + y**2 + 3",
        {"x": (-1, 1), "y": (-1, 1)}, 3, start=[0.0, 0.0], n_iter=0,
    )  # fmt: skip


def factors_and_offsets() -> Iterator[Case]:
    """A verdict is the same for a*f + b as for f, but for what rounding hides."""
    bounds = {"x": (-4, 4), "y": (-4, 4)}
    for factor in (1e-30, 1e-9, 1e9, 1e30):
        for expected, settings in (
            ("minimum", {"n_iter": 600, "alpha": f"0.3*{FALLING}"}),
            ("limited", {"n_iter": 50, "alpha": 0.001, "start": [0.5, 3.0]}),
            ("unmoved", {"n_iter": 1, "alpha": 3.5, "start": [0.9, 1.1]}),
        ):
            formula = f"{factor:g}*((x - 1)**2 + (y - 1)**2)"
            settings = {"eps": 0.0, **settings}
            yield case(f"{expected}, times {factor:g}", expected, formula, bounds, 0, **settings)
    for offset in (1e9, -1e9, 1e12):
        formula = f"(x - 1)**2 + (y - 1)**2 + {offset:g}"
        settings = {"n_iter": 600, "alpha": f"0.3*{FALLING}"}
        yield case(f"minimum, plus {offset:g}", "minimum", formula, bounds, offset, **settings)
    for offset in (1e6, -1e6, 1e9):
        formula = f"(x - 1)**2 + (y - 1)**2 + {offset:g}"
        settings = {"n_iter": 50, "alpha": 0.001, "start": [0.5, 3.0]}
        yield case(f"limited, plus {offset:g}", "limited", formula, bounds, offset, **settings)


REACHED: dict[str, dict[str, Any]] = {
    "rosenbrock": {"dim": 2, "n_iter": 20000, "alpha": f"0.1*{FALLING}", "seed": 1},
    "beale": {"n_iter": 10000, "alpha": f"0.1*{FALLING}", "start": [1.0, 1.0]},
    "booth": {"n_iter": 3000, "alpha": f"0.5*{FALLING}"},
    "matyas": {"n_iter": 5000, "alpha": f"0.5*{FALLING}"},
    "himmelblau": {"n_iter": 3000, "alpha": f"0.1*{FALLING}"},
    "branin": {"n_iter": 3000, "alpha": f"0.3*{FALLING}"},
    "mccormick": {"n_iter": 3000, "alpha": f"0.1*{FALLING}", "start": [0.0, 0.0]},
    "three_hump_camel": {"n_iter": 3000, "alpha": f"0.1*{FALLING}", "start": [0.5, 0.5]},
    "six_hump_camel": {"n_iter": 3000, "alpha": f"0.1*{FALLING}", "start": [0.5, -0.5]},
    "colville": {"n_iter": 30000, "alpha": f"0.1*{FALLING}"},
    "sphere": {"dim": 30, "n_iter": 2000, "alpha": f"0.1*{FALLING}"},
    "sum_squares": {"dim": 20, "n_iter": 3000, "alpha": f"0.3*{FALLING}"},
    "rotated_hyper_ellipsoid": {"dim": 10, "n_iter": 5000, "alpha": f"2*{FALLING}"},
    "zakharov": {"dim": 4, "n_iter": 20000, "alpha": f"0.2*{FALLING}", "beta2": 0.9},
    "styblinski_tang": {"dim": 3, "n_iter": 3000, "alpha": f"0.1*{FALLING}", "start": [-1.0] * 3},
    "trid_6": {"n_iter": 5000, "alpha": f"1*{FALLING}"},
    "hartmann_3": {"n_iter": 3000, "alpha": f"0.02*{FALLING}", "start": [0.1, 0.6, 0.9]},
    "dixon_price": {"dim": 2, "n_iter": 5000, "alpha": f"0.1*{FALLING}", "start": [1.0, 1.0]},
    "goldstein_price": {"n_iter": 8000, "alpha": f"0.02*{FALLING}", "start": [0.1, -0.9]},
    "easom": {"n_iter": 2000, "alpha": f"0.05*{FALLING}", "start": [3.0, 3.5]},
    "levy": {"dim": 3, "n_iter": 3000, "alpha": f"0.02*{FALLING}", "start": [1.2, 0.8, 1.1]},
    "griewank": {"dim": 2, "n_iter": 3000, "alpha": f"0.05*{FALLING}", "start": [0.5, -0.7]},
    "rastrigin": {"dim": 5, "n_iter": 3000, "alpha": f"0.01*{FALLING}", "start": [0.1] * 5},
    "exponential": {"dim": 5, "n_iter": 2000, "alpha": f"0.05*{FALLING}"},
}
"""Test functions with settings that lead to the minimum."""

FAR = {
    "rosenbrock": [-1.5, 1.0], "beale": [0.5, -2.0], "booth": [8.0, -6.0], "matyas": [9.0, -5.0],
    "himmelblau": [0.5, 0.2], "branin": [-4.0, 1.0], "mccormick": [3.0, 3.5],
    "sphere": [3.0, -4.0, 2.0], "sum_squares": [6.0, 5.0, -7.0], "zakharov": [3.0, -2.0, 4.0],
    "trid_6": [-30.0] * 6, "colville": [-8.0, 5.0, 7.0, -9.0],
}  # fmt: skip
"""Starts on a slope, further from every minimum than the steps of `small_steps` go."""


def test_functions() -> Iterator[Case]:
    """The minimum is tabulated."""
    for name, settings in REACHED.items():
        found = load(name)
        dim = settings.get("dim", found.dim)
        least = float(eval(found.minimum, {"d": dim, "exp": exp}))
        place = found.domain * dim if len(found.domain) == 1 else found.domain
        rest = {key: value for key, value in settings.items() if key != "dim"}
        yield case(f"{name}, reached", "minimum", found.formula, list(place), least, **rest)
    for name, start in FAR.items():
        found = load(name)
        place = found.domain * len(start) if len(found.domain) == 1 else found.domain
        for n_iter in (10, 100):
            yield case(
                f"{name}, {n_iter} small steps", "limited", found.formula, list(place), None,
                start=start, n_iter=n_iter, alpha=0.05 / n_iter,
            )  # fmt: skip


def degenerate() -> Iterator[Case]:
    """The second derivative at the minimum is 0 in some direction."""
    settings = {"n_iter": 5000, "alpha": f"0.1*{FALLING}"}
    for power in (4, 6):
        bounds = {"x": (-1, 1)}
        yield case(f"x**{power}", "minimum", f"x**{power}", bounds, 0, start=[0.9], **settings)
    bounds = {"x": (-2, 2), "y": (-2, 2)}
    yield case("x**2 + y**4", "minimum", "x**2 + y**4", bounds, 0, **settings)
    for start in ([1.5, 0.2], [-1.5, -0.3], [0.3, 1.9]):
        yield case(f"hyperbola from {start}", "minimum", "(x*y - 1)**2", bounds, 0,
                   start=start, **settings)  # fmt: skip
    yield case("circle", "minimum", "(x**2 + y**2 - 1)**2", bounds, 0, start=[1, 1.5], **settings)
    yield case("sum alone", "minimum", "(x + y)**2", bounds, 0, start=[1.0, 1.5], **settings)
    for dim in (2, 10, 100):
        yield case(f"half of {dim} unused", "minimum", f"sum(x[:{dim // 2}]**2)", (-1, 1), 0,
                   dim=dim, **settings)  # fmt: skip
    yield case("hinge", "minimum", "maximum(0, x)**2", {"x": (-1, 1)}, 0, start=[0.8], **settings)
    yield case("hinge with a kink", "minimum", "maximum(0, x)", {"x": (-1, 1)}, 0,
               start=[0.8], **settings)  # fmt: skip
    # Eleven points of a line, with a parameter that only occurs in a sum.
    yield case("one parameter too many", "minimum", "sum((a + c + k*x - 1 - 2*x)**2)",
               {"a": (-5, 5), "c": (-5, 5), "k": (-5, 5)}, 0,
               data={"x": [0.1 * i for i in range(11)]}, n_iter=5000, alpha=f"0.3*{FALLING}",
    )  # fmt: skip


def at_bounds() -> Iterator[Case]:
    """The minimum is where the box ends."""
    for dim in (1, 2, 10, 100, 1000):
        yield case(f"corner, D = {dim}", "minimum", "sum(x)", (-1, 1), -dim,
                   dim=dim, n_iter=300, alpha=0.05)  # fmt: skip
        yield case(f"corner of a bowl, D = {dim}", "minimum", "sum((x + 2)**2)", (-1, 1), dim,
                   dim=dim, n_iter=300, alpha=0.05)  # fmt: skip
    for power in (1, 2, 3, 4):
        yield case(f"x**{power} at 0, the bound", "minimum", f"x**{power}", {"x": (0, 1)}, 0,
                   n_iter=300, alpha=0.05)  # fmt: skip
    for mode in ("clip", "reflect", "transform"):
        settings = {"n_iter": 20000, "alpha": f"0.5*{FALLING}"} if mode == "transform" else {
            "n_iter": 3000, "alpha": f"0.05*{FALLING}**2"}  # fmt: skip
        yield case(f"edge, {mode}", "minimum", "3*x + (y - 0.5)**2", {"x": (0, 1), "y": (0, 1)}, 0,
                   bounds_mode=mode, **settings)  # fmt: skip
    yield case("one side infinite", "minimum", "x + (y - 3)**2",
               {"x": (0, np.inf), "y": (-np.inf, 2)}, 1, start=[4.0, -3.0],
               n_iter=2000, alpha=0.05)  # fmt: skip
    yield case("no room", "minimum", "(x - 2)**2 + (y - 1)**2", {"x": (1, 1), "y": (-2, 2)}, 1,
               n_iter=1000, alpha=f"0.2*{FALLING}")  # fmt: skip
    yield case("corner, maximised", "minimum", "x - y", {"x": (0, 1), "y": (0, 1)}, 1,
               direction="maximize", n_iter=200, alpha=0.05)  # fmt: skip
    yield case("start in the corner", "minimum", "x + y", {"x": (0, 1), "y": (0, 1)}, 0,
               start=[0.0, 0.0])  # fmt: skip
    yield case("saddle whose falling side is outside", "minimum", "x**2 - 2*y - y**2",
               {"x": (-1, 1), "y": (0, 1)}, -3, n_iter=2000, alpha=f"0.1*{FALLING}")  # fmt: skip


# What went wrong.


def limited() -> Iterator[Case]:
    """All steps together are shorter than half of the way."""
    for method in ADAPTIVE:
        expected = "limited|descending" if method == "radam" else "limited"
        # The first steps of RMSProp are longer than alpha.
        for reach in (0.01, 0.05 if method == "rmsprop" else 0.4):
            yield case(f"{method} reaches {reach:g} of the way", expected, "(x - 2)**2",
                       {"x": (-5, 5)}, 0, start=[-2.0], method=method,
                       n_iter=80, alpha=0.05 * reach)  # fmt: skip
    for dim in (2, 10, 100, 1000):
        yield case(f"limited, D = {dim}", "limited", "sum((x - 0.9)**2)", (-1, 1), 0,
                   dim=dim, n_iter=100, alpha=1e-3)  # fmt: skip
    for size in (1e-6, 1e-3, 1e3, 1e6):
        yield case(f"limited, x of size {size:g}", "limited", f"(x/{size:g} - 0.9)**2",
                   {"x": (-size, size)}, 0, n_iter=100, alpha=1e-3 * size, eps=1e-12,
                   start=[-0.5 * size])  # fmt: skip
    for schedule in ("0.1/t**2", "0.1*0.5**t", f"0.002*{FALLING}", "where(t < 10, 0.01, 0)"):
        yield case(f"limited, alpha: {schedule}", "limited", "(x - 2)**2 + y**2",
                   {"x": (-5, 5), "y": (-5, 5)}, 0, start=[-2.0, 1.0],
                   n_iter=200, alpha=schedule)  # fmt: skip
    for mode in ("reflect", "transform", "start"):
        yield case(f"limited, {mode}", "limited", "(x - 2)**2", {"x": (-5, 5)}, 0,
                   start=[-2.0], bounds_mode=mode, n_iter=100, alpha=0.01)  # fmt: skip
    yield case("limited, of a logarithm", "limited", "log(k)**2",
               {"k": {"low": 1e-3, "high": 1e3, "scale": "log"}}, 0, start=[100.0],
               n_iter=100, alpha=0.01)  # fmt: skip
    yield case("limited, maximised", "limited", "-(x - 2)**2", {"x": (-5, 5)}, 0,
               start=[-2.0], direction="maximize", n_iter=100, alpha=0.01)  # fmt: skip
    for dim in (1, 2, 30, 1000):
        yield case(f"plane, D = {dim}", "limited", "sum(x)", (-1, 1), -dim,
                   dim=dim, start=[0.9] * dim, n_iter=100, alpha=0.005)  # fmt: skip
    yield case("endless slope", "limited", "exp(-x)", {"x": (0, 1000)}, 0, start=[1.0],
               n_iter=100, alpha=0.02)  # fmt: skip
    yield case("endless plane", "limited", "x - y", {"x": (-np.inf, np.inf), "y": (0, np.inf)},
               None, start=[0.0, 1.0], n_iter=100, alpha=0.02)  # fmt: skip
    yield case("hilltop", "limited", "cos(x)", {"x": (-5, 5)}, -1, start=[0.2],
               n_iter=100, alpha=0.01)  # fmt: skip
    yield case("kink far away", "limited", "abs(x - 2)", {"x": (-5, 5)}, 0, start=[-2.0],
               n_iter=100, alpha=0.01)  # fmt: skip
    for dim in (1, 5, 20):
        yield case(f"limited, Python, D = {dim}", "limited", lambda x: float((x - 2) @ (x - 2)),
                   [(-5, 5)] * dim, 0, start=[-2.0] * dim, n_iter=50, alpha=0.01)  # fmt: skip
    for rule in ("t > 50", "score < 15.9"):
        yield case(f"limited, stopped by {rule}", "limited", "(x - 2)**2", {"x": (-5, 5)}, 0,
                   start=[-2.0], n_iter=10000, alpha=0.001, stop=rule)  # fmt: skip
    for n_iter in (1, 2, 3):
        yield case(f"limited, {n_iter} steps", "limited", "(x - 2)**2", {"x": (-5, 5)}, 0,
                   start=[-2.0], n_iter=n_iter)  # fmt: skip
    yield case("steps lost in rounding", "limited", "(x - 2)**2", {"x": (-5, 5)}, 0,
               start=[-2.0], alpha=1e-18)  # fmt: skip
    for method in ("adam", "sgd"):
        yield case(f"no steps, {method}", "limited", "(x - 2)**2", {"x": (-5, 5)}, 0,
                   start=[-2.0], n_iter=0, method=method)  # fmt: skip
        yield case(f"alpha 0, {method}", "limited", "(x - 2)**2", {"x": (-5, 5)}, 0,
                   start=[-2.0], alpha=0, method=method)  # fmt: skip


SLOW = [(flat, left) for flat in (1e-2, 1e-3) for left in (0.5, 0.1, 0.03, 0.011, 0.0098, 0.001)]
SLOW += [(1e-4, 0.5), (1e-4, 0.1)]
"""How steep the score is in y, beside x, and which part of it is left after the steps."""


def slow_steps(flat: float, left: float) -> int:
    """Return after how many steps with alpha 0.25 the score flat*y**2 is `left` of what it was."""
    return round(0.5 * log(left) / log(1 - 0.5 * flat))


def descending() -> Iterator[Case]:
    """Gradient descent shrinks x by 1 - 2*alpha*c in each step, if the score is c*x**2 there."""
    for flat, left in SLOW:
        yield case(f"descending, {flat:g} as steep, {left:g} left", "descending",
                   f"x**2 + {flat:g}*y**2", {"x": (-400, 400), "y": (-400, 400)}, 0,
                   start=[1e-3, flat**-0.5], method="sgd", alpha=0.25,
                   n_iter=slow_steps(flat, left))  # fmt: skip
    for method in ("momentum", "nesterov"):
        yield case(f"descending, {method}", "descending", "x**2 + 1e-4*y**2",
                   {"x": (-5, 5), "y": (-5, 5)}, 0, start=[1e-3, 2.0], method=method,
                   alpha=0.02, n_iter=5000)  # fmt: skip
    for n_iter in (300, 1000, 3000):
        # The gain of the steps falls like 1/t**2.
        yield case(f"descending, x**4, {n_iter} steps", "descending", "x**4", {"x": (-5, 5)}, 0,
                   start=[1.0], method="sgd", alpha=0.01, n_iter=n_iter)  # fmt: skip
    for n_iter in (100, 1000):
        # The steps of AdaGrad shorten like 1/sqrt(t), and go alpha*2*sqrt(n) far at most.
        yield case(f"descending, AdaGrad, {n_iter} steps", "descending", "x**2",
                   {"x": (-5, 5)}, 0, start=[1.0], method="adagrad",
                   alpha=0.5 / n_iter**0.5, n_iter=n_iter)  # fmt: skip
    for n_iter in (500, 2000):
        yield case(f"descending, Rosenbrock, {n_iter} steps", "descending",
                   "(1 - x)**2 + 100*(y - x**2)**2", {"x": (-2, 2), "y": (-2, 2)}, 0,
                   start=[-1.0, 1.0], method="sgd", alpha=1e-3, n_iter=n_iter)  # fmt: skip


def oscillating() -> Iterator[Case]:
    """Steps of one length go to and fro over the minimum."""
    signs = {"rmsprop": {"beta2": 0, "eps": 0}, "adam": {"beta1": 0, "beta2": 0, "eps": 0}}
    for part in (0.1, 0.2, 0.3, 0.4):
        # At last x is in turns `part` of alpha above 0 and 1 - `part` below.
        settings = {"start": [0.1 * (9 + part)], "alpha": 0.1, "n_iter": 100}
        name = f"best at {part:g} of alpha"
        yield case(f"kink, sgd, {name}", "oscillating", "abs(x)", {"x": (-5, 5)}, 0,
                   method="sgd", **settings)  # fmt: skip
        for method, keys in signs.items():
            for formula in ("abs(x)", "x**2"):
                yield case(f"{formula}, {method}, {name}", "oscillating", formula,
                           {"x": (-5, 5)}, 0, method=method, **keys, **settings)  # fmt: skip
    for dim in (2, 10, 100):
        yield case(f"kinks, D = {dim}", "oscillating", "sum(abs(x))", (-1, 1), 0,
                   dim=dim, n_iter=500, alpha=0.05)  # fmt: skip
    yield case("largest of two", "oscillating", "maximum(abs(x), 2*abs(y))",
               {"x": (-1, 1), "y": (-1, 1)}, 0, n_iter=500, alpha=0.05)  # fmt: skip
    for growth in (1.001, 1.01, 1.05):
        # x grows by that factor in every step, while y shrinks by a tenth.
        yield case(f"gradient descent, x grows by {growth:g}", "oscillating",
                   f"x**2*{(1 + growth) / 2 / 0.05:g} + y**2",
                   {"x": (-5, 5), "y": (-5, 5)}, 0, start=[0.05, 1.0], method="sgd",
                   alpha=0.05, n_iter=round(3 / log(growth)) + 100)  # fmt: skip


def kinks_at_rest() -> Iterator[Case]:
    """As alpha falls to 0, a run comes to rest on a kink."""
    settings = {"n_iter": 3000, "alpha": f"0.1*{FALLING}**2"}
    for formula in ("abs(x)", "abs(x) + abs(y)", "abs(x - y) + 2*abs(x + y - 0.5)",
                    "abs(x) + y**2", "maximum(x, -3*x) + y**2", "abs(x) + 5"):  # fmt: skip
        least = 5.0 if "5" in formula and "0.5" not in formula else 0.0
        bounds = {name: (-1, 1) for name in "xy" if name in formula.replace("maximum", "")}
        yield case(f"kink at rest, {formula}", "minimum", formula, bounds, least, **settings)
    for dim in (2, 20):
        yield case(f"kinks at rest, D = {dim}", "minimum", "sum(abs(x))", (-1, 1), 0,
                   dim=dim, **settings)  # fmt: skip


def unmoved() -> Iterator[Case]:
    """Every step leads further up."""
    for method in (*ADAPTIVE[:3], "adamax", "adagrad", "rmsprop"):
        yield case(f"unmoved, {method}", "unmoved", "x**2", {"x": (-50, 50)}, 0, start=[0.1],
                   method=method, n_iter=1, alpha=20.0)  # fmt: skip
    for alpha in (1.0, 1.001, 1.5, 100):
        # x is multiplied by 1 - 2*alpha.
        yield case(f"unmoved, gradient descent with alpha {alpha:g}", "unmoved", "x**2",
                   {"x": (-5, 5)}, 0, start=[0.5], method="sgd", n_iter=30,
                   alpha=alpha)  # fmt: skip
    for part in (0.125, 0.375):
        yield case(f"unmoved, best of a cycle at {part:g}", "unmoved", "abs(x)", {"x": (-5, 5)}, 0,
                   start=[part], method="sgd", n_iter=100, alpha=1.0)  # fmt: skip
    for dim in (2, 10, 100):
        yield case(f"unmoved, D = {dim}", "unmoved", "sum(x**2)", [(-1, 1)] * dim, 0,
                   start=[0.01] * dim, n_iter=1, alpha=0.5)  # fmt: skip
    yield case("unmoved, maximised", "unmoved", "-x**2", {"x": (-5, 5)}, 0, start=[0.1],
               n_iter=1, alpha=2.0, direction="maximize")  # fmt: skip
    yield case("unmoved, Python", "unmoved", lambda x: float(x @ x), [(-5, 5)] * 3, 0,
               start=[0.1] * 3, n_iter=1, alpha=2.0)  # fmt: skip


def saddles() -> Iterator[Case]:
    """The steps stay on a line of symmetry, across which the score falls."""
    box = {"x": (-1, 1), "y": (-1, 1)}
    ridge = [0.7, 0.0]
    for formula, start in (
        ("x**2 - y**2", ridge), ("3*x**2 - 0.1*y**2", ridge), ("x*y", [0.6, 0.6]),
        ("x**2 + y**4/4 - y**2/2", ridge), ("x**2 + cos(3*y)", ridge), ("x**2 - 1e-3*y**2", ridge),
        ("1e9*(x**2 - y**2)", ridge), ("x**2 - y**2 + 100", ridge), ("x**4 - y**2", ridge),
    ):  # fmt: skip
        yield case(f"saddle of {formula}", "saddle", formula, box, None, start=start,
                   n_iter=3000, alpha=f"0.05*{FALLING}")  # fmt: skip
    yield case("saddle, maximised", "saddle", "y**2 - x**2", box, None, start=ridge,
               n_iter=1000, alpha=f"0.05*{FALLING}", direction="maximize")  # fmt: skip
    yield case("saddle, gradient descent", "saddle", "x**2 - y**2", box, None, start=ridge,
               n_iter=300, alpha=0.1, method="sgd")  # fmt: skip
    for dim in (2, 10, 80, 100, 1000):
        yield case(f"saddle, D = {dim}", "saddle", "sum(x[1:]**2) - x[0]**2", (-1, 1), None,
                   dim=dim, start=[0.0] + [0.5] * (dim - 1),
                   n_iter=1000, alpha=f"0.05*{FALLING}")  # fmt: skip
    yield case("start on the saddle", "saddle", "x**2 - y**2", box, None, start=[0.0, 0.0])
    yield case("start on the top", "saddle", "-x**2 - y**2", box, None, start=[0.0, 0.0])
    yield case("saddle at a bound", "saddle", "x**2 - y**2", {"x": (-1, 1), "y": (0, 1)}, None,
               start=ridge, n_iter=1000, alpha=f"0.05*{FALLING}")  # fmt: skip
    # All second derivatives are 0 as well.
    yield case("monkey saddle", "saddle|flat", "x**3 - 3*x*y**2", box, None, start=[0.0, 0.0])


def flat() -> Iterator[Case]:
    """The gradient is 0 by the rules of derivatives or by underflow, or far below eps."""
    easom = "-cos(x)*cos(y)*exp(-(x - pi)**2 - (y - pi)**2)"
    plains = {
        easom: [-60.0, 70.0], "floor(3*x) + floor(y)": [0.5, 0.5], "where(x > 0, 1, 2) + 0*y": None,
        "3 + 0*(x + y)": None, "sign(x)*2 + ceil(y)": [0.4, 0.3],
        "maximum(0, x - 50)**2 + maximum(0, y - 60)": [0.0, 0.0], "exp(-1e6*(x**2 + y**2))": [3, 3],
    }  # fmt: skip
    for formula, start in plains.items():
        keys = {} if start is None else {"start": start}
        for alpha in (0.001, 1.0):
            yield case(f"plain of {formula}, alpha {alpha:g}", "flat", formula,
                       {"x": (-100, 100), "y": (-100, 100)}, None, alpha=alpha, **keys)  # fmt: skip
    for factor in (1e-10, 1e-12, 1e-20):
        for dim in (1, 10):
            yield case(f"lost beside eps, {factor:g}, D = {dim}", "flat",
                       f"{factor:g}*sum((x - 0.5)**2)", (-1, 1), 0, dim=dim, n_iter=100,
                       alpha=0.05)  # fmt: skip
    for digits in (3, 4, 5):
        # Differences are taken over 1.5e-8, where no value changes.
        yield case(f"rounded to {digits} digits", "flat",
                   lambda x, digits=digits: round(float(x @ x), digits), [(-1, 1)] * 2, None,
                   start=[0.31, 0.52], n_iter=50)  # fmt: skip


def noisy_bowl(size: float, dim: int, seed: int) -> Callable[[Any], float]:
    random = np.random.default_rng(seed)
    return lambda x: float(x @ x + size * random.normal())


def noisy() -> Iterator[Case]:
    """The score has noise, which does or does not hide what matters."""
    for size in (1e-1, 1e-2, 1e-3):
        for dim in (1, 2, 10):
            # Steps of 0.05 to one side and the other, over which the score changes by less.
            yield case(f"noise of {size:g} hides a cycle, D = {dim}", "noisy",
                       noisy_bowl(size, dim, 3), [(-1, 1)] * dim, None, jac=lambda x: 2 * x,
                       start=[0.41 * size**0.5] * dim, n_iter=1000, method="rmsprop", beta2=0,
                       eps=0, alpha=0.2 * size**0.5)  # fmt: skip
    for size in (1e-7, 1e-9, 1e-13):
        for dim in (1, 2, 10):
            # The gradient is exact, and becomes 0.
            yield case(f"noise of {size:g} hides nothing, D = {dim}", "minimum",
                       noisy_bowl(size, dim, 3), [(-1, 1)] * dim, None, jac=lambda x: 2 * x,
                       n_iter=1000, alpha=f"0.1*{FALLING}")  # fmt: skip
    for digits in (5, 6, 9):
        yield case(f"rounded to {digits} digits, with the gradient", "minimum",
                   lambda x, digits=digits: round(float(x @ x), digits), [(-1, 1)] * 2, None,
                   jac=lambda x: 2 * x, n_iter=600, alpha=f"0.05*{FALLING}")  # fmt: skip
    for size in (1e-1, 1e-2, 1e-3):
        # Differences over 1.5e-8 are all noise.
        yield case(f"differences of noise of {size:g}", "noisy", noisy_bowl(size, 2, 5),
                   [(-1, 1)] * 2, None, n_iter=300, alpha=1e-4)  # fmt: skip
    for size in (1e-4, 1e-8, 1e-12):
        yield case(f"limited in spite of noise of {size:g}", "limited", noisy_bowl(size, 2, 7),
                   [(-5, 5)] * 2, None, jac=lambda x: 2 * x, start=[4.0, -4.0], n_iter=100,
                   alpha=0.01)  # fmt: skip


def diverged() -> Iterator[Case]:
    """A value of the run is not a finite number."""
    for formula, start, keys in (
        ("log(x)", 0.5, {"alpha": 0.1}), ("sqrt(x)", 0.05, {"alpha": 0.1}),
        ("1e200*x**2", 0.9, {"alpha": 0.1}), ("exp(1000*x)", 0.9, {}), ("log(x - 2)", 0.5, {}),
        ("-x", 0.5, {"alpha": 1e308, "bounds_mode": "start"}),
        ("x**4", 0.9, {"alpha": 1.0, "method": "sgd", "bounds_mode": "start"}),
        ("x**2", 0.9, {"alpha": 2.0, "method": "sgd", "bounds_mode": "start", "n_iter": 2000}),
        ("-1/x", 0.9, {"alpha": 0.1}),
    ):  # fmt: skip
        yield case(f"{formula} from {start}", "diverged", formula, {"x": (0, 1)}, None,
                   start=[start], **{"n_iter": 50, **keys})  # fmt: skip


FAMILIES = (
    quadratics, factors_and_offsets, test_functions, degenerate, at_bounds, limited, descending,
    oscillating, kinks_at_rest, unmoved, saddles, flat, noisy, diverged,
)  # fmt: skip


def all_cases() -> list[Case]:
    return [one for family in FAMILIES for one in family()]
