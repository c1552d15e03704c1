"""The inside of a method, as the article draws Adam's: g, m̂, √v̂, and the step they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamcli.pictures.scales import LARGEST, ends
from adamcli.pictures.scene import Axis, Line, Panel, Picture, Rule
from adamcli.pictures.scores import placed, score_axis, steps_axis
from adamcli.pictures.style import SERIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adamcli.arrays import FloatArray
    from adamcli.pictures.inside import Inside
    from adamcli.pictures.scene import Mark
    from adamcli.pictures.subject import Subject, Wish

MOST = 6
"""Coordinates that fit into a picture."""

ROUNDING = 1e-9
"""Numbers that differ by less than this part of them are shown as one."""

DEEPEST = 1e-20
"""Numbers smaller than this part of the largest are next to zero, however many there are."""

ROLES = ("pale", "deep", "bright", "thin")
"""The looks of the gradient, and of the states of a method."""


def lacks(subject: Subject, wish: Wish) -> str:
    """Return why the inside is not known; nothing if it is."""
    if subject.inside is None:
        return "needs a config, whose run is repeated"
    if not len(subject.inside.t):
        return "needs the steps of a run"
    return ""


def suits(subject: Subject) -> bool:
    """Return that the inside is shown where it was asked for."""
    return False


def draw(subjects: Sequence[Subject], wish: Wish) -> Picture:
    """Return the picture of the first subject: a row for each coordinate, alpha below."""
    subject = subjects[0]
    inside = subject.inside
    assert inside is not None
    across = steps_axis("step", int(inside.t[0]), int(inside.t[-1]))
    rows = [_row(inside, k, across) for k in range(len(inside.names))]
    up = score_axis(inside.alpha.reshape(-1), "alpha")
    alphas = Panel(across, up, _alphas(inside, up))
    notes = [f"g: the gradient; step: {_formula(subject)}, in units of alpha"]
    if len(subject.names) > len(inside.names):
        notes.append(f"{len(inside.names)} of {len(subject.names):,} coordinates")
    heights = (*(1.0 for _ in rows), 0.6)
    return Picture("state", subject.title, (*rows, (alphas,)), heights, tuple(notes))


_FORMULAS = {
    ("adam", "outside"): "m̂ / (√v̂ + eps)",
    ("adam", "inside"): "m̂ / √(v̂ + eps)",
    ("adam", "hat"): "m̂ / (√v̂ + eps / √(1 - beta2**t))",
}
"""The steps that have a short formula, by the method and where it adds eps."""


def _formula(subject: Subject) -> str:
    config = subject.config
    if config is None:
        return "by which x decreases"
    method = config.method_name, config.method.chosen.get("eps_mode", "")
    return _FORMULAS.get(method, "by which x decreases")


def _row(inside: Inside, k: int, across: Axis) -> tuple[Panel, Panel]:
    """Return the panels of a coordinate: what the step is made of, and the step."""
    t = inside.t.astype(float)
    name, first = inside.names[k], k == 0
    across = across._replace(label="")
    found = {symbol: values[:, k] for symbol, values in inside.quantities.items()}
    up = _axis(name, list(found.values()))
    marks: list[Mark] = [Rule(0.0, "y", "rule")]
    for role, (symbol, values) in zip(ROLES, found.items(), strict=False):
        marks.append(Line(t, placed(up, values), role, symbol if first else "", inside.t))
    step = inside.step[:, k]
    largest = np.abs(step[np.isfinite(step)]).max(initial=1.0)
    high = 1.1 * min(float(largest), LARGEST / 1.1)
    beside = Axis("", -high, high)
    steps: list[Mark] = [Rule(at, "y", "rule") for at in (-1.0, 0.0, 1.0)]
    steps.append(Line(t, placed(beside, step), "deep", "step" if first else "", inside.t))
    return Panel(across, up, tuple(marks)), Panel(across, beside, tuple(steps))


def _axis(name: str, series: list[FloatArray]) -> Axis:
    """Return an axis for numbers of both signs; of many decades it shows each.

    It is even up to the lower quartile of the sizes, and logarithmic beyond, if the largest is more
    than a hundred times their median.
    """
    values = np.concatenate(series)
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    low, high = ends(values)
    if sizes.size and high - low < ROUNDING * sizes.max():
        return Axis(name, *ends(np.array([np.median(values[np.isfinite(values)])])))
    if sizes.size and sizes.max() / 100 > np.median(sizes):
        unit = max(float(np.quantile(sizes, 0.25)), DEEPEST * float(sizes.max()))
        return Axis(name, low, high, "symlog", unit=unit)
    return Axis(name, low, high)


def _alphas(inside: Inside, up: Axis) -> tuple[Mark, ...]:
    t, alpha = inside.t.astype(float), placed(up, inside.alpha)
    if np.array_equal(alpha, np.broadcast_to(alpha[:, :1], alpha.shape), equal_nan=True):
        return (Line(t, alpha[:, 0], "deep", "", inside.t),)
    return tuple(
        Line(t, alpha[:, k], f"series{k % SERIES}", name, inside.t)
        for k, name in enumerate(inside.names)
    )
