"""The targets of pictures: whole processes beside matplotlib alone, drawing the same."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import mkdtemp

from tests.benchmarks.measure import Row, paired, process

PYTHON = sys.executable
COMMAND = [str(Path(PYTHON).with_name("adamcli"))]

BY_HAND = """\
import sys
import numpy as np
from matplotlib.figure import Figure

x, y, m, v, path = -1.5, 2.5, np.zeros(2), np.zeros(2), [(-1.5, 2.5)]
for t in range(1, 61):
    g = np.array([-2*(1 - x) - 400*x*(y - x*x), 200*(y - x*x)])
    m = 0.9*m + 0.1*g
    v = 0.999*v + 0.001*g*g
    x, y = (x, y) - 0.05*(m/(1 - 0.9**t))/(np.sqrt(v/(1 - 0.999**t)) + 1e-8)
    path.append((x, y))
X, Y = np.meshgrid(np.linspace(-2, 2, 201), np.linspace(-1, 3, 201))
Z = np.log10((1 - X)**2 + 100*(Y - X**2)**2 + 1e-3)
figure = Figure(figsize=(5.2, 3.9), dpi=160, layout="constrained")
axes = figure.add_subplot()
figure.colorbar(axes.contourf(X, Y, Z, 14), ax=axes)
line, = axes.plot(*np.array(path).T, "w.-", label="path")
axes.legend()
"""

SAVED = BY_HAND + "figure.savefig(sys.argv[1])\n"

ANIMATED = (
    BY_HAND
    + """\
from matplotlib.animation import FuncAnimation, PillowWriter

figure.set_dpi(100)
FuncAnimation(figure, lambda k: line.set_data(*np.array(path[:k + 1]).T), 60).save(
    sys.argv[1], PillowWriter(fps=12)
)
"""
)

RUN = [
    *("run", "-e", "(1 - x)**2 + 100*(y - x**2)**2", "-b", "x=-2,2", "-b", "y=-1,3"),
    *("--set", "start={x: -1.5, y: 2.5}", "--set", "alpha=0.05", "--set", "n_iter=60", "-q"),
]


def rows() -> list[Row]:
    """Measure a picture and an animation."""
    folder = Path(mkdtemp())

    def against(what: str, script: str, name: str, target: float) -> Row:
        ours = process([*COMMAND, *RUN, "-o", str(folder / f"ours.{name}")])
        peer = process([PYTHON, "-c", script, str(folder / f"peer.{name}")])
        return Row(what, *paired(ours, peer, 5), target, "ms")

    return [
        against("a path as PNG / matplotlib by hand", SAVED, "png", 1.2),
        against("60 frames as GIF / matplotlib's animation", ANIMATED, "gif", 0.5),
    ]
