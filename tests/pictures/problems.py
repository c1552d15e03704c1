"""Problems whose runs are drawn, from the easiest to those that are hard to draw."""

from __future__ import annotations

from math import inf

import adamcli
from adamcli.pictures.kinds import KINDS, picture_of
from adamcli.pictures.subject import Wish
from adamcli.plotting.sources import subject_of
from tests.conftest import ROOT

BOX = {"x": (-1, 1), "y": (-1, 1)}
LONG = "a_very_long_name_of_a_variable_that_goes_on_and_on_until_nobody_reads_it"


def of(objective, bounds, **keys) -> dict:
    return {"objective": objective, "bounds": bounds, **keys}


def holes(x, y):
    if x + y > 1.5:
        raise ValueError("nothing here")
    return (x - 2) ** 2 + (y - 1) ** 2


PROBLEMS = {
    "narrow valley": of("rosenbrock", (-2, 2), dim=2, alpha=0.05, n_iter=300),
    "many minima": of("rastrigin", (-5.12, 5.12), dim=2, alpha=0.05, n_iter=60),
    "maximize, one variable": str(ROOT / "configs" / "maximize.yaml"),
    "maximize": of(
        "exp(-(x-1)**2 - (y+2)**2) + 0.3*x",
        {"x": (-3, 3), "y": (-4, 3)},
        direction="maximize",
        alpha=0.05,
    ),
    "one variable": of("x**4 - 3*x**2 + x", {"x": (-2, 2)}, alpha=0.05),
    "ten variables": of("rosenbrock", (-2, 2), dim=10, alpha=0.01, n_iter=200),
    "constant": of("0*x + 0*y + 3", BOX, n_iter=20),
    "constant, huge": of("0*x + 0*y + 1e300", BOX, n_iter=20),
    "constant, one variable": of("0*x + 3", {"x": (-1, 1)}, n_iter=20),
    "diverged": of("x**4 + y**4", {"x": (-3, 3), "y": (-3, 3)}, method="sgd", alpha=1,
                   bounds_mode="start"),
    "diverged, one variable": of("x**4", {"x": (2, 3)}, method="sgd", alpha=1,
                                 bounds_mode="start"),
    "left": of("x - y**2/10 + y", BOX, bounds_mode="start", alpha=0.5),
    "left, one variable": of("x", {"x": (-1, 1)}, bounds_mode="start", alpha=0.5, n_iter=200),
    "two steps": of("x**2 + y**2", BOX, n_iter=2),
    "one step": of("x**2 + y**2", BOX, n_iter=1),
    "no step": of("x**2 + y**2", BOX, n_iter=0),
    "no step, one variable": of("x**2", {"x": (-1, 1)}, n_iter=0),
    "NaN": of("sqrt(x) + log(y)**2", {"x": (-1, 1), "y": (-1, 2)}, start={"x": 0.5, "y": 0.5},
              bounds_mode="start", alpha=0.01, n_iter=60),
    "NaN, one variable": of("sqrt(x) + x**2", {"x": (-1, 1)}, start={"x": 0.5}, n_iter=30),
    "logarithmic": str(ROOT / "configs" / "scales.yaml"),
    "logarithmic, wide": of(
        "log(x)**2 + log(y)**2",
        {"x": {"low": 1e-300, "high": 1e300, "scale": "log"},
         "y": {"low": 0.01, "high": 1000, "scale": "log"}},
        alpha=5,
    ),
    "half infinite": of("x**2 + y**2", {"x": (0.5, inf), "y": (-inf, 3)},
                        start={"x": 3, "y": -2}, alpha=0.1),
    "infinite": of("x**2 + y**2", {"x": (-inf, inf), "y": (-inf, inf)},
                   start={"x": 3, "y": -2}, alpha=0.1),
    "huge bounds": of("(x-3)**2 + (y-1)**2", {"x": (-1e300, 1e300), "y": (-1e300, 1e300)},
                      start={"x": 30, "y": -20}, alpha=0.1),
    "best at the start": of("abs(x) + abs(y)", BOX, start={"x": 0.001, "y": -0.001},
                            method="sgd", alpha=0.3, n_iter=20),
    "tiny scores": of("1e-250*(x**2 + y**2)", BOX, n_iter=20),
    "large offset": of("1e9 + x**2 + y**2", BOX, alpha=0.1, n_iter=40),
    "overflow": of("exp(300*x**2 + y**2)", {"x": (-2, 2), "y": (-1, 1)}, alpha=0.1,
                   start={"x": 0.5, "y": 0.5}),
    "narrow bounds": of("x**2 + y**2", {"x": (1, 1 + 1e-10), "y": (-1, 1)}, alpha=0.1, n_iter=40),
    "one fixed": of("x**2 + y**2", {"x": (1, 1), "y": (-1, 1)}, alpha=0.1, n_iter=40),
    "linear": of("x + 2*y", BOX, alpha=0.01, n_iter=40),
    "long names": of(
        f"({LONG} - 1)**2 + {LONG}_2**2 + third_$1**2".replace("$", "_"),
        {LONG: (-3, 3), f"{LONG}_2": (-2, 2), "third__1": (-2, 2)},
        alpha=0.1,
        n_iter=40,
    ),
    "schedules": of("x**2 + 10*y**2", {"x": (-5, 5), "y": (-5, 50)}, alpha="0.1*width/(1 + t)",
                    beta1="0.9*(1 - 0.5*exp(-t/10))"),
}  # fmt: skip
"""Configs, or their paths, by what is hard about them."""


def drawn(source, kind: str, **wish):
    """Return the picture of a source, once it is known to be one that can be drawn."""
    wished = Wish(kind, **wish)
    subject = subject_of(source, wished, allow_python=True)
    assert KINDS[kind].lacks(subject, wished) == ""
    return picture_of([subject], wished)


def result_of(problem, **keys) -> adamcli.Result:
    """Return the result of a problem with all of its steps."""
    if isinstance(problem, str):
        config = adamcli.load_config(problem)
        return adamcli.run_config(config, history=True)
    given = {**problem, **keys}
    return adamcli.minimize(given.pop("objective"), given.pop("bounds"), history=True,
                            **given)  # fmt: skip
