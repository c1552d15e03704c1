"""Pictures to draw in tests: one of each family of marks."""

from __future__ import annotations

import numpy as np

from adamcli.pictures.scene import (
    Axis,
    Band,
    Bars,
    Box,
    Dots,
    Field,
    Line,
    Panel,
    Picture,
    Rule,
)


def one(x: Axis, y: Axis, *marks, title: str = "", kind: str = "path", notes=()) -> Picture:
    """Return a picture of a single panel."""
    return Picture(kind, title, ((Panel(x, y, marks),),), notes=notes)


def curve() -> Picture:
    t = np.arange(200.0)
    score = np.exp(-t / 40) * (1 + 0.5 * np.sin(t / 5))
    best = np.minimum.accumulate(score)
    return one(
        Axis("step", 0, 199),
        Axis("score", 3e-3, 2, "log"),
        Line(t, score, "pale", "score"),
        Line(t, best, "deep", "best so far"),
        title="rosenbrock: 200 steps of adam",
        notes=("all steps are shown",),
    )


def contours() -> Picture:
    x, y = np.linspace(-2, 2, 81), np.linspace(-1, 3, 81)
    values = (1 - x) ** 2 + 100 * (y[:, None] - x**2) ** 2
    way = np.linspace(-1.2, 0.9, 60)
    return one(
        Axis("x", -2, 2),
        Axis("y", -1, 3),
        Field(x, y, values, np.geomspace(0.05, 2500, 14), "score"),
        Box(-1.5, 1.5, -0.5, 2.5, "bounds", "bounds"),
        Line(way, way**2, "path"),
        Dots(way[:1], way[:1] ** 2, "start", "start"),
        Dots(way[-1:], way[-1:] ** 2, "best", "best"),
        title="rosenbrock",
    )


def heat_map() -> Picture:
    values = np.outer([1.0, 20.0, 300.0], [0.5, 1.0, 2.0, 4.0, 8.0])
    values[1, 2] = np.nan
    return one(
        Axis("alpha", -0.5, 4.5, ticks=tuple((float(k), f"1e-{k}") for k in range(5))),
        Axis("beta1", -0.5, 2.5, ticks=tuple((float(k), f"0.{k}") for k in range(3))),
        Field(np.arange(5.0), np.arange(3.0), values, np.geomspace(1, 1000, 12), "score", True),
        title="mean of 10 repeats",
    )


def bars() -> Picture:
    names = ("seed", "optimizer.beta1", "optimizer.alpha")
    return one(
        Axis("share of the variance", 0, 1),
        Axis("", -0.5, 2.5, ticks=tuple((float(k), name) for k, name in enumerate(names))),
        Bars(np.array([0.02, 0.3, 1.0]), "bars"),
        title="importance",
    )


def fit() -> Picture:
    x = np.linspace(0, 10, 30)
    y = 5 * np.exp(-x / 3)
    data = y + 0.3 * np.sin(7 * x)
    upper = Panel(
        Axis("", -0.3, 10.3),
        Axis("y", -1, 6),
        (
            Band(x, y - 0.4, y + 0.4, "band", "95% confidence"),
            Line(x, y, "fitted", "fit"),
            Dots(x, data, "data", "data", low=data - 0.2, high=data + 0.2),
        ),
    )
    lower = Panel(
        Axis("x", -0.3, 10.3),
        Axis("residual", -0.7, 0.7),
        (Rule(0.0, "y", "rule"), Dots(x, data - y, "data")),
    )
    return Picture("fit", "y ~ a*exp(-b*x)", ((upper,), (lower,)), (3.0, 1.0))


ALL = {scene.__name__: scene for scene in (curve, contours, heat_map, bars, fit)}
